"""Short Chinese names: two models of different make, the Latin name beside them, and ink nobody read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ocr_integration.contract import PermitType, Side
from ocr_integration.engine import Engine, fields
from ocr_integration.engine.confidence import Witness
from ocr_integration.engine.fields import Found
from ocr_integration.engine.kinds import Kind
from ocr_integration.engine.labels import Field
from ocr_integration.engine.lines import Text
from ocr_integration.engine.models import Recognised
from ocr_integration.engine.names import (
    _by_sound,
    _is_spelt_out,
    _lacks_a_part,
    _lookalike,
    _pooled,
    _with_rivals,
    _without_ghosts,
    bears_out,
)
from ocr_integration.engine.page import Frame, Page
from ocr_integration.engine.romanisation import likeness, with_whole_names
from ocr_integration.specimens import SpecimenKind, draw
from ocr_integration.specimens.cards import print_card
from tests.ocr_integration.test_engine_crosscheck import found


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


@pytest.mark.parametrize(
    ("name", "latin"),
    [
        ("陳大文", "CHAN,TAI MAN"),
        ("謝曉穎", "TSE,HIU WING"),
        ("陈美玲", "CHEN,MEILING"),
        ("許志強", "HSU,CHIH-CHIANG"),
        ("張子軒", "CHANG,TZU-HSUAN"),
        ("顏静淑", "YEN,CHING-SHU"),
        ("邝淑芷", "KWONG,SUK CHI"),
        ("伍淏珍", "NG,HO CHUN"),
        ("石子華", "SHEK,TSZ WAH"),
        ("陳大文", "CHAN,TAI MAN PETER"),
        ("蔡慧麗", "CAI,HUILI IVY"),
    ],
)
def test_a_name_sounds_as_it_is_spelt_in_each_romanisation(name: str, latin: str) -> None:
    assert likeness(name, latin) > 0.8


@pytest.mark.parametrize(
    ("read", "whole"),
    [
        ("YE,XUANL IN", "YE,XUANLIN"),
        ("OUYA NG,XIU", "OUYANG,XIU"),  # of the surname, too
        ("LI,Y ING LIA N", "LI,YINGLIAN"),
        ("XU,DE HUI", "XU,DEHUI"),
        ("XU LU,MEILIN", "XU LU,MEILIN"),  # two surnames
        ("XU DE HUI", "XU DE HUI"),  # which of the two stands for the comma is not known
        ("XU DEH UI", "XU DEHUI"),
        ("CAI,HUILI IVY", "CAI,HUILI IVY"),  # no pinyin
        ("AIKEBAIER MAIMAITI", "AIKEBAIER MAIMAITI"),
        ("LI", "LI"),
    ],
)
def test_a_given_name_in_pinyin_has_no_blank_and_no_syllable_has_one(read: str, whole: str) -> None:
    assert with_whole_names(read) == whole


def test_only_permits_whose_latin_names_are_pinyin_have_them_made_whole() -> None:
    of_residents, of_travellers = (
        fields.shapes_of(Kind(permit, Side.FRONT))[Field.ENGLISH_NAME]
        for permit in (PermitType.HK_MACAO_RESIDENT, PermitType.EXIT_ENTRY_TAIWAN)
    )
    assert of_residents("LI,SHA NGAN") == "LI,SHA NGAN"  # Cantonese, and SHANG AN were pinyin
    assert of_travellers("LI,SHA NGAN") == "LI,SHANGAN"


def test_of_two_twins_the_latin_name_tells_which_sounds_like_it() -> None:
    assert likeness("羅龑", "LAW,YIM") > likeness("羅龔", "LAW,YIM") + 0.12
    assert likeness("陳美玲", "TAN,BEE LENG") < 0.75  # spelt after another tongue: says nothing


def _name(text: str, score: float = 0.6) -> Found:
    return found(Field.NAME, text, len(text) - 1, score=score)


def _chosen(both: dict[str, float], every: dict[str, float], latin: str) -> str:
    chosen = _by_sound({name: _name(name, score) for name, score in both.items()}, every, latin)
    return chosen.text if chosen else ""


def test_only_a_name_that_both_models_might_read_is_chosen_by_its_sound() -> None:
    twins = {"羅龑": 0.6, "羅龔": 0.8}
    assert _chosen(twins, twins, "LAW,YIM") == "羅龑"
    assert not _chosen({"羅龔": 0.8}, twins, "LAW,YIM")
    assert not _chosen({"陳雲": 0.9}, {"陳雲": 0.9}, "CHAN,WAN")  # no rival to be told from


def test_names_that_sound_alike_are_not_told_apart_unless_one_is_hardly_likely() -> None:
    assert not _chosen({"何強": 0.6, "荷強": 0.9}, {"何強": 0.9, "荷強": 0.9, "強": 0.3}, "HE,QIANG")
    assert _chosen({"何強": 0.9, "荷強": 0.05}, {"何強": 0.9, "荷強": 0.05, "強": 0.3}, "HE,QIANG") == "何強"


def test_a_rival_stands_in_its_character_s_place_with_its_own_score() -> None:
    read = Recognised("姓名罗龔", (1.0, 1.0, 1.0, 0.8), (0.1, 0.3, 0.6, 0.9), ((), (), (), (("龑", 0.15),)))
    assert [(each.text, each.weakest) for each in _with_rivals(_name("罗龔", 0.8), read)] == [("罗龑", 0.15)]


def _said(text: str, score: float, rival: str) -> tuple[Found, Recognised]:
    """One cut: the last character with this score, its rival with the rest."""
    scores, rivals = (0.99,) * (len(text) - 1) + (score,), ((),) * (len(text) - 1) + (((rival, 1 - score),),)
    name = _name(text)
    value = replace(name.value, scores=scores)
    return replace(name, value=value), Recognised(text, scores, (0.2, 0.5, 0.8)[: len(text)], rivals)


def test_a_character_is_what_all_cuts_of_both_models_together_make_likeliest() -> None:
    small, other = [_said("麦辉昉", 0.98, "肪")] * 5, [_said("麦辉肪", 0.6, "昉"), *[_said("麦辉昉", 0.7, "肪")] * 4]
    pooled = _pooled([small, other])
    assert pooled is not None
    assert (pooled.text, pooled.witness) == ("麦辉昉", Witness.AGREED)
    assert pooled.weakest > 0.95


def test_twins_of_the_two_scripts_need_more_than_that_both_lean_one_way() -> None:
    assert _pooled([[_said("秀英黃", 0.7, "黄")] * 5] * 2) is None
    assert _pooled([[_said("秀英黃", 0.9, "黄")] * 5] * 2) is not None


def test_one_model_that_is_all_but_certain_of_a_twin_settles_what_the_other_cannot_tell() -> None:
    undecided = [_said("秀英黃", 0.45, "黄")] * 5
    assert _pooled([[_said("秀英黃", 0.98, "黄")] * 5, undecided]) is not None
    assert _pooled([[_said("秀英黃", 0.9, "黄")] * 5, undecided]) is None
    against = [_said("秀英黄", 0.8, "黃")] * 5
    assert _pooled([[_said("秀英黃", 0.99, "黄")] * 5, against]) is None


def test_what_neither_model_takes_for_likelier_than_not_is_no_reading() -> None:
    guessed = [_said("龚溴俊", 0.45, "漢")] * 5
    assert _pooled([guessed, guessed]) is None


@pytest.mark.parametrize(
    ("permit", "name", "is_so"),
    [
        (PermitType.HK_MACAO_RESIDENT, "黃秀英", False),  # 黄 is printed much alike
        (PermitType.HK_MACAO_RESIDENT, "黃麗英", True),  # in one script throughout
        (PermitType.HK_MACAO_RESIDENT, "李秀英", True),
        (PermitType.EXIT_ENTRY_TAIWAN, "黄秀英", True),  # prints no other
    ],
)
def test_a_second_look_at_the_same_print_does_not_tell_twins(permit: PermitType, name: str, is_so: bool) -> None:
    page = Page(np.full((400, 400, 3), 255, np.uint8), b"", "PNG", 1, 400, 400)
    before = replace(found(Field.NAME, name), witness=Witness.CONTRADICTED)
    again = replace(before, witness=Witness.AGREED)
    names = {Field.NAME: again}, {Field.NAME: before}
    assert bears_out(page, Text(Frame(0.0), ()), Kind(permit, Side.FRONT), *names) is is_so


def test_a_name_with_a_character_from_beside_its_line_is_not_what_its_pinyin_spells() -> None:
    assert _is_spelt_out(_name("赵颖仪"), "ZHAO,YINGYI")
    assert not _is_spelt_out(_name("也赵颖仪"), "ZHAO,YINGYI")


def test_names_of_different_lengths_agree_on_nothing() -> None:
    assert _pooled([[_said("麦昉", 0.9, "肪")] * 5, [_said("麦辉昉", 0.9, "肪")] * 5]) is None


def test_a_character_that_one_model_sees_in_every_cut_and_the_other_in_some_stands_there() -> None:
    every, whole, short = (
        [_said(text, 0.99, "肪")] * many for text, many in (("麦辉昉", 5), ("麦辉昉", 2), ("麦昉", 3))
    )
    pooled = _pooled([every, whole + short])
    assert pooled is not None
    assert pooled.text == "麦辉昉"
    assert _pooled([every, whole[:1] + short]) is None
    assert _pooled([every[:4] + short[:1], whole + short]) is None


@pytest.mark.parametrize(
    ("kind", "seed", "name"),
    [
        ("hk_macao_front", 121020, "伍淏珍"),  # both models read 溴 as a rule; HO tells
        ("taiwan_front", 122012, "顏傑子"),  # the strip beside the label reaches into the row below
        ("exit_entry_hk_macao_front", 122053, "麦昉辉"),
    ],
)
def test_a_rare_character_of_a_clean_card_is_read(engine: Engine, kind: str, seed: int, name: str) -> None:
    specimen = draw(kind, seed=seed, capture="flat")
    assert engine.read(specimen.image, side=specimen.side).name == specimen.truth.name == name


def test_a_rare_surname_read_in_two_ways_is_settled_by_the_latin_name(engine: Engine) -> None:
    specimen = draw("hk_macao_front", seed=775030, capture="flat")
    seen = engine.examine(specimen.image, side=specimen.side)
    name = next(each for each in seen.evidence if each.name == "name")
    assert name.text == specimen.truth.name == "罗龑"
    assert name.evidence == f"NAME {Witness.CONFIRMED.name}"


def test_what_is_seen_behind_the_end_of_a_line_is_no_character() -> None:
    read = Recognised("李宇傑勳", (1.0, 0.95, 1.0, 0.02), (0.2, 0.5, 0.8, 0.99), ((), (), (), ()))
    assert _without_ghosts(read) == Recognised("李宇傑", (1.0, 0.95, 1.0), (0.2, 0.5, 0.8), ((), (), ()))


@pytest.mark.parametrize(
    ("name", "pinyin", "is_so"),
    [
        ("卓婼珍", "ZHUO,RUOZHEN", True),
        ("卓菇珍", "ZHUO,RUOZHEN", False),
        ("佘善玲", "SHE,SHANLING", True),
        ("余善玲", "SHE,SHANLING", False),
        ("吕小明", "LYU,XIAOMING", True),
        ("吕小明", "LV,XIAOMING", True),
        ("何雯颖", "HE,WENYLNG", True),  # a letter misread
        ("余善玲", "", True),  # no Latin name: nothing speaks against it
    ],
)
def test_an_offices_pinyin_speaks_against_a_twin_that_both_models_read(name: str, pinyin: str, is_so: bool) -> None:
    assert _is_spelt_out(_name(name), pinyin) is is_so


@pytest.mark.parametrize(
    ("latin", "name", "is_pinyin", "is_so"),
    [
        ("CHAO", "趙家禕", False, True),
        ("LEELAN", "李蘭", False, True),  # its comma is lost
        ("CHAO,CHIA-I", "趙家禕", False, False),
        ("CHAN TAI MAN", "陳大文", False, False),
        ("OUYANG", "欧阳修", True, True),
        ("ZHAXI", "扎西", True, False),
    ],
)
def test_a_latin_name_of_one_word_lacks_a_part(latin: str, name: str, is_pinyin: bool, is_so: bool) -> None:
    assert _lacks_a_part(latin, name, is_pinyin=is_pinyin) is is_so


def test_of_a_twin_no_permit_of_the_mainland_says_what_its_pinyin_denies(engine: Engine) -> None:
    specimen = draw("exit_entry_taiwan_front", seed=552, capture="blurred")
    reading = engine.read(specimen.image, side=specimen.side)
    assert specimen.truth.name == "佘善玲"
    assert reading.name in ("", "佘善玲")


@pytest.mark.parametrize(
    ("read", "latin", "stands_there"),
    [
        ("余善玲", "SHE,SHANLING", "佘善玲"),
        ("余善玲", "SHE,SIN LING", "佘善玲"),
        ("羅龔", "LAW,YIM", "羅龑"),
        ("司徒建染", "SZUTU,CHIEN-SHEN", "司徒建燊"),
        ("史琳诺", "SHI,LINRUO", "史琳婼"),
        ("余大文", "YU,TAI MAN", None),
        ("余大文", "YEE,TAI MAN", None),
        ("龔大文", "KUNG,TAI MAN", None),
        ("洗烜颖", "XIAN,XUANYING", None),  # sounds the same
        ("余善玲", "", None),
    ],
)
def test_a_look_alike_no_model_names_stands_there_only_where_the_latin_name_spells_it(
    read: str, latin: str, stands_there: str | None
) -> None:
    found = _lookalike(_name(read), latin)
    assert (found and found.text) == stands_there
    assert found is None or found.witness is Witness.CONFIRMED


def test_no_right_name_becomes_its_look_alike() -> None:
    for kind in ("hk_macao_front", "taiwan_front", "exit_entry_taiwan_front"):
        for seed in range(3000, 3040):
            truth = print_card(SpecimenKind(kind), seed).truth
            if truth.name and len(truth.name) < 6:
                assert _lookalike(_name(truth.name), truth.english_name) is None, truth.name
