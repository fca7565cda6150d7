"""Photographs that cost fields once: each way of losing them, one specimen. Tuning seeds; `make accuracy` reports on others."""

from __future__ import annotations

import pytest

from ocr_integration.contract import KnownWarning, Side
from ocr_integration.engine import Engine, NoCardError, shapes
from ocr_integration.engine.page import Box, decode, without_overlay
from ocr_integration.engine.scripts import Script, mostly, scripts_in
from ocr_integration.specimens import draw
from tests.ocr_integration.test_engine_reading import filled


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


@pytest.mark.parametrize(
    ("kind", "capture", "seed"),
    [
        ("taiwan_front", "far", 237),
        ("exit_entry_hk_macao_front", "far", 238),
        ("hk_macao_front", "watermark", 225),
        ("taiwan_front", "watermark", 227),
        ("exit_entry_hk_macao_front", "hard", 309),
        ("hk_macao_front", "watermark", 60450),
    ],
)
def test_small_cards_and_print_under_a_watermark_are_read_whole(
    engine: Engine, kind: str, capture: str, seed: int
) -> None:
    specimen = draw(kind, seed=seed, capture=capture)
    assert filled(engine.read(specimen.image, side=specimen.side)) == filled(specimen.truth)


def test_a_long_name_is_not_cut_at_its_dot_by_a_shorter_second_look(engine: Engine) -> None:
    specimen = draw("exit_entry_hk_macao_front", seed=80038, capture="flat")
    assert engine.read(specimen.image, side=specimen.side).name == "叶尔兰别克·阿不都热合曼"


@pytest.mark.parametrize(("seed", "what"), [(348, "screenshot"), (351, "blank_form")])
def test_what_only_talks_of_permits_is_no_card(engine: Engine, seed: int, what: str) -> None:
    specimen = draw("not_a_card", seed=seed)
    assert what in str(specimen.look)
    for side in Side:
        with pytest.raises(NoCardError):
            engine.read(specimen.image, side=side)


def test_a_card_whose_number_and_dates_are_burnt_away_is_still_a_card(engine: Engine) -> None:
    specimen = draw("hk_macao_front", seed=110, capture="glare")
    reading = engine.read(specimen.image, side=specimen.side)
    assert reading.type == specimen.truth.type
    assert (reading.number, reading.valid_date) == ("", "")


@pytest.mark.parametrize(("kind", "seed"), [("hk_macao_back", 211), ("exit_entry_taiwan_front", 214)])
def test_another_card_beside_it_is_not_taken_for_a_screen(engine: Engine, kind: str, seed: int) -> None:
    specimen = draw(kind, seed=seed, capture="second_card")
    assert int(KnownWarning.RECAPTURE) not in (engine.read(specimen.image, side=specimen.side).warnings or ())


def test_a_faded_back_cannot_be_told_from_a_copy_and_is_not_called_one(engine: Engine) -> None:
    specimen = draw("hk_macao_back", seed=216, capture="faded")
    assert engine.read(specimen.image, side=specimen.side).warnings == (int(KnownWarning.NOT_ENABLED),)


def test_what_is_laid_over_the_print_becomes_paper() -> None:
    page = decode(draw("taiwan_front", seed=227, capture="watermark").image)
    bare = without_overlay(page)
    assert bare.pixels.shape == page.pixels.shape
    assert (bare.pixels.min(axis=2) > 200).mean() > (page.pixels.min(axis=2) > 200).mean()


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("签发模关中华人民共和国公安部出入境管理局", "中华人民共和国公安部出入境管理局"),
        ("中华人民共和国公安部出入境管理局", "中华人民共和国公安部出入境管理局"),
        ("申华人民共和国出入境管理局", "中华人民共和国出入境管理局"),
        ("廣東省公安廳", "广东省公安厅"),
    ],
)
def test_an_office_begins_where_the_nation_is_named(text: str, read: str) -> None:
    assert shapes.authority(text) == read


@pytest.mark.parametrize("text", ["海市公安局", "东省公安厅", "省公安厅", "龙江省公安厅", "广东省州市公安局"])
def test_an_office_whose_beginning_was_lost_is_none(text: str) -> None:
    assert shapes.authority(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "上海市公安局",
        "黑龙江省公安厅",
        "广东省广州市公安局",
        "广西壮族自治区公安厅",
        "公安部出入境管理局",
        "湖南省津市市公安局",
        "沙市区公安局",
        "(广东省)公安厅",
    ],
)
def test_an_office_whose_beginning_is_known_stays(text: str) -> None:
    assert shapes.authority(text) == text


def test_a_place_is_spelt_as_it_is_printed() -> None:
    assert [shapes.place(text) for text in ("廈门", "內蒙古", "江苏")] == ["厦门", "内蒙古", "江苏"]
    assert [shapes.nationality(text) for text in ("印度尼西亞", "菲律賓")] == ["印度尼西亚", "菲律宾"]


def test_of_short_names_on_zhou_only_cities_are_places() -> None:
    said = ("兰州", "福州", "延边州", "四州", "西洲")
    assert [shapes.place(text) for text in said] == ["兰州", "福州", "延边州", "", ""]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("供国家移民管理局", "国家移民管理局"),  # the end of a watermark's words
        ("机关公安部出人境管理局", "公安部出入境管理局"),
        ("关中华人民共和国国家移民管理局", "中华人民共和国国家移民管理局"),
        ("中华人民典和国出入境管理局", "中华人民共和国出入境管理局"),
        ("华人民共和国国家移民管理局", ""),  # its beginning is lost
        ("国公安部出入境管理局", ""),
        ("上海市公安局出入境管理局", "上海市公安局出入境管理局"),
    ],
)
def test_before_an_office_of_the_whole_country_stands_nothing_but_its_name(text: str, read: str) -> None:
    assert shapes.authority(text) == read


@pytest.mark.parametrize(("text", "read"), [("04", "04"), ("4", ""), ("O4", "04"), ("112", "112")])
def test_a_count_of_one_digit_has_lost_another(text: str, read: str) -> None:
    assert shapes.count(text) == read


def test_a_box_holds_what_has_its_middle_inside() -> None:
    card = Box(0, 0, 100, 60)
    assert card.holds(Box(90, 20, 108, 30))
    assert not card.holds(Box(96, 20, 120, 30))
    assert not card.holds(Box(10, 58, 20, 70))


@pytest.mark.parametrize(
    ("kind", "capture", "seed"),
    [
        ("exit_entry_hk_macao_front", "table", 340),
        ("exit_entry_taiwan_front", "slanted", 144),
        ("hk_macao_front", "table", 8134),
    ],
)
def test_a_twin_of_the_other_script_is_read_again(engine: Engine, kind: str, capture: str, seed: int) -> None:
    specimen = draw(kind, seed=seed, capture=capture)
    assert engine.read(specimen.image, side=specimen.side).name == specimen.truth.name


def test_the_rest_of_a_label_is_no_part_of_a_name(engine: Engine) -> None:
    specimen = draw("exit_entry_taiwan_front", seed=294, forgery="recapture")
    assert engine.read(specimen.image, side=specimen.side).name == specimen.truth.name == "黄美兰"


@pytest.mark.parametrize(
    ("text", "scripts", "most"),
    [
        ("張莹玥", {Script.TRADITIONAL: 1, Script.SIMPLIFIED: 1}, None),
        ("蕭曉莹", {Script.TRADITIONAL: 2, Script.SIMPLIFIED: 1}, Script.TRADITIONAL),
        ("王后余", {}, None),
        ("张昇", {Script.SIMPLIFIED: 1}, Script.SIMPLIFIED),
    ],
)
def test_a_character_tells_a_script_only_when_the_other_lacks_it(
    text: str, scripts: dict[Script, int], most: Script | None
) -> None:
    assert scripts_in(text) == scripts
    assert mostly(scripts_in(text)) == most
