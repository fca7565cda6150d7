"""Further looks at the same permit: rows that were not found, parts of one value, and pictures that are none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest

from ocr_integration.contract import PermitType, Side
from ocr_integration.engine import Engine, NoCardError, WrongSideError, lines, shapes
from ocr_integration.engine.confidence import Witness
from ocr_integration.engine.fields import on_every_card, witnessed
from ocr_integration.engine.kinds import Kind, signs_of_a_permit
from ocr_integration.engine.labels import Field, is_no_label
from ocr_integration.engine.lines import Line
from ocr_integration.engine.models import Models, Recognised
from ocr_integration.engine.opinions import _own_row, _with_its_comma
from ocr_integration.engine.page import Box, Frame, Page
from ocr_integration.engine.seen import clearer, moved
from ocr_integration.engine.spacing import with_blanks
from ocr_integration.engine.strips import _begins_within_a_word
from ocr_integration.specimens import draw
from tests.ocr_integration.test_engine_crosscheck import found
from tests.ocr_integration.test_engine_reading import filled


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


@pytest.mark.parametrize(
    ("kind", "capture", "seed"),
    [
        ("hk_macao_back", "table", 774066),  # the identity number's whole row was not found
        ("exit_entry_taiwan_front", "table", 775030),  # a label and the sex under it were one box
        ("hk_macao_front", "flat", 5025),  # the two dates of a period were two boxes
    ],
)
def test_a_row_that_was_not_found_at_first_is_read(engine: Engine, kind: str, capture: str, seed: int) -> None:
    specimen = draw(kind, seed=seed, capture=capture)
    assert filled(engine.read(specimen.image, side=specimen.side)) == filled(specimen.truth)


@pytest.mark.parametrize("name", ["曾曾敏咏", "曾麗", "文偉", "關子明", "史大文"])
def test_a_surname_that_labels_have_too_makes_no_label(name: str) -> None:
    assert is_no_label(name)


@pytest.mark.parametrize("label", ["签发", "性别", "曾用证件", "停留期限", "证件號碼"])
def test_a_label_in_part_is_still_a_label(label: str) -> None:
    assert not is_no_label(label)


def test_a_name_is_looked_for_unless_the_number_says_that_there_may_be_none() -> None:
    front = Kind(PermitType.HK_MACAO_RESIDENT, Side.FRONT)
    number = found(Field.NUMBER, "H12345678")
    foreign = found(Field.NUMBER, "HA1234567")
    assert Field.NAME in on_every_card(front, {Field.NUMBER: number})
    assert Field.NAME not in on_every_card(front, {Field.NUMBER: foreign})
    assert Field.NAME not in on_every_card(Kind(front.permit, Side.BACK), {Field.HISTORY: foreign})


def test_a_part_of_what_was_read_before_is_never_taken_for_it() -> None:
    whole = {Field.ENGLISH_NAME: found(Field.ENGLISH_NAME, "MUHAMMAD,ASIF KHAN", 3, score=0.7)}
    part = {Field.ENGLISH_NAME: found(Field.ENGLISH_NAME, "MUHAMMAD,ASIF")}
    assert clearer(whole, part)[Field.ENGLISH_NAME].text == "MUHAMMAD,ASIF KHAN"


def test_a_surer_look_at_a_part_gives_way_to_a_clear_one_at_the_whole() -> None:
    part = {Field.ENGLISH_NAME: replace(found(Field.ENGLISH_NAME, "CHAO"), witness=Witness.CONFIRMED)}
    clear = replace(found(Field.ENGLISH_NAME, "CHAO,CHIA-I"), witness=Witness.AGREED)
    assert clearer(part, {Field.ENGLISH_NAME: clear})[Field.ENGLISH_NAME].text == "CHAO,CHIA-I"
    doubtful = found(Field.ENGLISH_NAME, "CHAO,CHIA-I", 5)
    assert clearer(part, {Field.ENGLISH_NAME: doubtful})[Field.ENGLISH_NAME].text == "CHAO"


def test_the_same_line_seen_twice_bears_itself_out_no_better() -> None:
    once = found(Field.NUMBER, "H12345678")
    again = found(Field.NUMBER, "H12345678")
    assert clearer({Field.NUMBER: once}, {Field.NUMBER: once})[Field.NUMBER].witness is once.witness
    assert clearer({Field.NUMBER: once}, {Field.NUMBER: again})[Field.NUMBER].witness > once.witness


def test_a_latin_name_that_lost_its_comma_in_two_looks_is_no_surer() -> None:
    once, again = (found(Field.ENGLISH_NAME, "CHEN HSIAO-FENG") for _ in range(2))
    assert clearer({Field.ENGLISH_NAME: once}, {Field.ENGLISH_NAME: again})[Field.ENGLISH_NAME].witness is once.witness


def test_a_place_told_in_another_frame_is_the_same_place_on_the_page() -> None:
    seen = {Field.NUMBER: found(Field.NUMBER, "H12345678")}
    before, after = Frame(0.02), Frame(0.0)
    there = moved(seen, before, after)[Field.NUMBER].value.box
    middle = after.to_page(np.array([[(there.left + there.right) / 2, there.middle]]))
    box = seen[Field.NUMBER].value.box
    assert np.allclose(middle, before.to_page(np.array([[(box.left + box.right) / 2, box.middle]])))


def _blots(*columns: tuple[int, int], width: int = 400) -> np.ndarray:
    crop = np.full((48, width, 3), 235, dtype=np.uint8)
    for left, right in columns:
        crop[8:40, left:right] = 20
    return crop


def _read(text: str, middles: list[float], width: int = 400) -> Recognised:
    return Recognised(text, (1.0,) * len(text), tuple(middle / width for middle in middles))


def test_narrow_letters_of_one_pitch_have_room_around_them_and_no_blanks() -> None:
    # L I N G of one advance of 40: the I is narrow, so that its gaps are as wide as a proportional face's blank.
    crop = _blots((10, 36), (60, 66), (88, 116), (130, 156), (170, 196), (220, 226))
    read = _read("LINGLI", [23, 63, 102, 143, 183, 223])
    assert with_blanks(read, crop).text == "LINGLI"


def test_a_gap_is_a_blank_when_it_is_as_wide_as_the_line_s_other_blanks() -> None:
    crop = _blots((10, 30), (36, 60), (84, 104), (110, 134), (150, 170), (176, 200))
    read = _read("AB CDEF", [20, 48, 72, 94, 122, 160, 188])
    assert with_blanks(read, crop).text == "AB CDEF"
    crop = _blots((10, 30), (36, 60), (84, 104), (110, 134), (158, 178), (184, 208))
    assert with_blanks(_read("AB CDEF", [20, 48, 72, 94, 122, 168, 196]), crop).text == "AB CD EF"


def _line(text: str) -> Line:
    box = Box(0, 0, 20.0 * len(text), 24)
    return Line(text, (1.0,) * len(text), tuple((at + 0.5) / len(text) for at in range(len(text))), box, box.corners())


def _rows(*rows: tuple[int, int]) -> np.ndarray:
    """A crop of 96 pixels' height with print in these rows."""
    crop = np.full((96, 300, 3), 235, dtype=np.uint8)
    for top, bottom in rows:
        crop[top:bottom, 20:280:12] = 20
    return crop


@pytest.mark.parametrize(
    ("rows", "height"),
    [
        (((2, 20), (28, 82)), 72),  # a small label above
        (((10, 66), (76, 92)), 71),  # and one below
        (((10, 84),), 96),
        (((4, 40), (52, 90)), 96),  # two of one height: which is it?
        (((10, 16), (24, 84)), 96),  # a stroke of a character
    ],
)
def test_a_smaller_row_in_one_box_with_a_name_is_cut_off(rows: tuple[tuple[int, int], ...], height: int) -> None:
    assert abs(_own_row(_rows(*rows)).shape[0] - height) <= 1


def test_signs_of_a_permit_are_titles_labels_dates_numbers_and_zones() -> None:
    lines = ("港澳居民来往内地通行", "性别 女", "2021.10.23-2031.10.22", "H37674966", "CSC289988312<2909288<4901208<0")
    assert signs_of_a_permit(tuple(map(_line, lines))) == {"a title", "sex", "a date", "a number", "a zone"}
    assert not signs_of_a_permit(tuple(map(_line, ("山上的雪，慢慢地化了", "牛奶 Milk", "HK$ 12.50"))))


@pytest.mark.parametrize("seed", [9901, 9902, 9906])
def test_a_picture_without_a_sign_of_a_permit_is_not_read_at_all(
    engine: Engine, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    specimen = draw("not_a_card", seed=seed)
    monkeypatch.setattr(Models, "recognise", lambda *_args, **_more: pytest.fail(f"{specimen.look} was read"))
    with pytest.raises(NoCardError):
        engine.read(specimen.image, side=Side.FRONT)


def test_the_other_side_of_a_card_is_told_without_another_look(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    detect = Models.detect

    def counted(*given: Any, **more: Any) -> Any:
        nonlocal looks
        looks += 1
        return detect(*given, **more)

    monkeypatch.setattr(Models, "detect", counted)
    specimen = draw("taiwan_front", seed=1207)
    with pytest.raises(WrongSideError):
        engine.read(specimen.image, side=Side.BACK)
    assert looks == 1


def _heard(*texts: str) -> list[Recognised]:
    return [Recognised(text, (0.9,) * len(text), (0.5,) * len(text)) for text in texts]


_BARE, _WHOLE = "LU XIANLONG PETER", "LU,XIANLONG PETER"


@pytest.mark.parametrize(
    ("skimmed", "cuts", "name", "witness"),
    [
        (_WHOLE, ("LU，XIANLONG PETER",) * 3 + (_BARE,) * 2, _WHOLE, Witness.AGREED),
        ("Name LU，XIANLONGPETER", (_WHOLE,) * 5, _WHOLE, Witness.AGREED),
        (_WHOLE, ("LU,XIANLONGPETER",) * 5, _WHOLE, Witness.AGREED),  # blanks stay as they were read
        (_WHOLE, (_WHOLE,) * 2 + (_BARE,) * 3, _BARE, Witness.CONTRADICTED),
        (_WHOLE, ("LU,XIANLONG PETERS",) * 5, _BARE, Witness.CONTRADICTED),
        (_WHOLE, ("LU XIANLONG,PETER",) * 5, _BARE, Witness.CONTRADICTED),
        (_BARE, (_WHOLE,) * 5, _BARE, Witness.CONTRADICTED),
        (_BARE, ("LU，XIANLUNG PETER",) * 5, _BARE, Witness.ALONE),
        (_BARE, (_BARE,) * 5, _BARE, Witness.ALONE),
    ],
)
def test_a_lost_comma_is_taken_from_two_other_models_that_both_saw_it(
    skimmed: str, cuts: tuple[str, ...], name: str, witness: Witness
) -> None:
    read = found(Field.ENGLISH_NAME, _BARE)
    read = replace(read, value=replace(read.value, line=replace(read.value.line, skimmed=skimmed)))
    whole = _with_its_comma(read, _heard(*cuts), shapes.english_name)
    assert (whole.text, whole.witness) == (name, witness)


def test_a_comma_that_was_read_is_not_moved_by_others() -> None:
    read = found(Field.ENGLISH_NAME, "LI,XIAO MING")
    read = replace(read, value=replace(read.value, line=replace(read.value.line, skimmed="LIXIAO,MING")))
    assert _with_its_comma(read, _heard(*["LIXIAO,MING"] * 5), shapes.english_name) == read


def test_a_name_that_both_models_read_alike_is_agreed_upon_whatever_comma_it_was_read_with() -> None:
    read = found(Field.ENGLISH_NAME, "LI,XIAO")
    wide = replace(read.value, text="LI，XIAO", line=replace(read.value.line, skimmed="LI,XIAO"))
    assert witnessed(replace(read, value=wide)).witness is Witness.AGREED


def _row(text: str, left: float, top: float = 0.0) -> Line:
    box = Box(left, top, left + 20.0 * len(text), top + 24)
    return Line(text, (1.0,) * len(text), tuple((at + 0.5) / len(text) for at in range(len(text))), box, box.corners())


class _Joining:
    """Models that read nothing but say how often they were asked."""

    def __init__(self) -> None:
        self.asked = 0

    def recognise(self, crops: list[Any]) -> list[Recognised]:
        self.asked += 1
        return [Recognised("WHOLE", (1.0,) * 5, (0.1, 0.3, 0.5, 0.7, 0.9), ((),) * 5)]


def test_parts_of_lines_are_put_together_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    rest_of = Mock(wraps=lines._rest_of)
    monkeypatch.setattr(lines, "_rest_of", rest_of)
    rows = [_row(text, left, 40.0 * at) for at in range(30) for text, left in (("AB", 0.0), ("CD", 50.0), ("7", 400.0))]
    models: Any = _Joining()
    page = Page(np.zeros((1300, 600, 3), np.uint8), b"", "PNG", 1, 600, 1300)
    whole = lines._rejoined(page, Frame(0.0), rows, models)
    assert sorted(line.text for line in whole) == ["7"] * 30 + ["WHOLE"] * 30
    assert models.asked == 30
    assert rest_of.call_count == 30 + len(whole)  # each line once, and each that was put together once more


def test_a_part_of_a_contradicted_name_may_be_the_name() -> None:
    before = replace(found(Field.NAME, "也赵颖仪"), witness=Witness.CONTRADICTED)
    again = replace(found(Field.NAME, "赵颖仪"), witness=Witness.AGREED)
    assert clearer({Field.NAME: before}, {Field.NAME: again})[Field.NAME].text == "赵颖仪"
    unsure = found(Field.NAME, "也赵颖仪", 0)
    assert clearer({Field.NAME: unsure}, {Field.NAME: again})[Field.NAME].text == "也赵颖仪"


@pytest.mark.parametrize(("skimmed", "is_so"), [("外文姓名LAU，FAI", True), ("外文姓名AU，FAI", False), ("", False)])
def test_a_strip_that_begins_within_a_word_has_lost_its_beginning(skimmed: str, is_so: bool) -> None:
    label = replace(found(Field.ENGLISH_NAME, "外文姓名").value.line, skimmed=skimmed)
    assert _begins_within_a_word("AU,FAI", label) is is_so


def test_a_name_in_the_light_of_a_lamp_keeps_its_comma(engine: Engine) -> None:
    specimen = draw("hk_macao_front", seed=13180, capture="lamp")
    assert engine.read(specimen.image, side=specimen.side).english_name == specimen.truth.english_name
