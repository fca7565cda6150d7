"""Print against machine-readable line: confirmed, mended, contradicted, and what each does to the confidence."""

from __future__ import annotations

import pytest

from ocr_integration.contract import PermitType, Side
from ocr_integration.engine import fields, shapes, thresholds
from ocr_integration.engine.calibration import CURVES
from ocr_integration.engine.confidence import Family, Witness, confidence
from ocr_integration.engine.crosscheck import cross_checked, disagrees, supplied
from ocr_integration.engine.fields import Found
from ocr_integration.engine.kinds import Kind
from ocr_integration.engine.labels import Field, Value
from ocr_integration.engine.lines import Line
from ocr_integration.engine.page import Box
from ocr_integration.engine.zone import Zone

FRONT = Kind(PermitType.EXIT_ENTRY_HK_MACAO, Side.FRONT)
BACK = Kind(PermitType.HK_MACAO_RESIDENT, Side.BACK)
BOX = Box(0, 0, 200, 30)
ZONE = Zone("CH5461699", "820515", "320216")


def found(field: Field, text: str, *weak: int, score: float = 0.3) -> Found:
    """A value read as `text`, its characters at the `weak` places scored `score` and all others 0.99."""
    scores = tuple(score if place in weak else 0.99 for place in range(len(text)))
    line = Line(text, scores, (0.5,) * len(text), BOX, BOX.corners())
    return Found(field, text, Value(text, scores, BOX, line))


def checked(each: Found, zone: Zone | None = ZONE) -> Found:
    return cross_checked({each.field: each}, zone)[each.field]


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (Field.NUMBER, "CH5461699"),
        (Field.BIRTHDAY, "1982.05.15"),
        (Field.VALID_DATE, "2022.02.17-2032.02.16"),
    ],
)
def test_a_print_the_line_repeats_is_confirmed(field: Field, text: str) -> None:
    assert checked(found(field, text)).witness is Witness.CONFIRMED


def test_a_weak_character_the_line_says_otherwise_is_mended() -> None:
    mended = checked(found(Field.NUMBER, "CH5451699", 4))
    assert (mended.text, mended.witness) == ("CH5461699", Witness.CONFIRMED)


def test_a_clear_print_that_contradicts_the_line_stays_and_is_evidence() -> None:
    clear = found(Field.NUMBER, "CH5451699")
    assert checked(clear).text == "CH5451699"
    assert disagrees({Field.NUMBER: clear}, ZONE)


def test_an_unclear_print_that_contradicts_the_line_is_not_reported_and_no_evidence() -> None:
    unclear = found(Field.NUMBER, "CH5451699", 2)
    assert not fields.is_clear(checked(unclear))
    assert not disagrees({Field.NUMBER: unclear}, ZONE)


def test_without_a_line_nothing_changes() -> None:
    each = found(Field.NUMBER, "CH5461699")
    assert checked(each, None) == each


def test_a_number_whose_print_was_not_seen_comes_from_the_line() -> None:
    line = Line("CS", (0.99, 0.99), (0.2, 0.8), BOX, BOX.corners())
    given = supplied(FRONT, {}, Zone("CH5461699", "820515", "320216", lines=(line,)))
    assert (given[Field.NUMBER].text, given[Field.NUMBER].witness) == ("CH5461699", Witness.CONFIRMED)
    seen = {Field.NUMBER: found(Field.NUMBER, "CH5451699", 2)}
    assert supplied(FRONT, seen, Zone("CH5461699", "", "", lines=(line,))) == seen


def test_a_hong_kong_identity_number_confirms_itself() -> None:
    assert shapes.identity_holds("A123456(3)")
    assert not shapes.identity_holds("A123456(4)")
    assert shapes.identity_holds("G123456(A)")
    assert checked(found(Field.ID_NUMBER, "A123456(3)", 0), None).witness is Witness.CONFIRMED


def test_confidence_never_falls_as_scores_rise_and_a_witness_never_harms() -> None:
    scores = [step / 100 for step in range(101)]
    for family in Family:
        for witness in Witness:
            shares = [confidence(family, score, witness) for score in scores]
            assert shares == sorted(shares)
    for steps in CURVES.values():
        assert all(0 <= step.share <= 1 for step in steps)
    assert confidence(Family.NAME, 1.0, Witness.AGREED) >= thresholds.MIN_CONFIDENCE
    assert confidence(Family.FIGURES, 0.3, Witness.ALONE) < thresholds.MIN_CONFIDENCE


@pytest.mark.parametrize(
    ("printed", "said", "is_evidence"),
    [
        ("G455462(A)", "G123455(A)", False),  # the line's was misread: its own check digit does not hold
        ("P858577(5)", "P859577(5)", False),  # the print's was
        ("G455462(A)", "6455462A", False),  # a letter read as a digit
        ("G455462(A)", "A123456(3)", True),
        ("1031915(6)", "1031916(6)", True),  # Macao's have no check digit that is public
    ],
)
def test_identity_numbers_contradict_each_other_where_neither_was_plainly_misread(
    printed: str, said: str, is_evidence: bool
) -> None:
    zone = Zone("H12345678", "", "", id_number=said.replace("(", "").replace(")", ""))
    assert disagrees({Field.ID_NUMBER: found(Field.ID_NUMBER, printed)}, zone) is is_evidence


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ("Z075764(1)", "Z075764(1)"),
        ("2075764(1)", "Z075764(1)"),
        ("3767265(4)", "B767265(4)"),
        ("2075764(2)", ""),  # no letter makes it hold: better blank than wrong
        ("1031915(6)", "1031915(6)"),  # Macao's
        ("5031915(A)", ""),  # nor theirs, whose checks are digits
    ],
)
def test_a_digit_in_the_place_of_a_hong_kong_number_s_letter_is_that_letter_or_nothing(seen: str, said: str) -> None:
    assert shapes.identity_number(seen) == said
