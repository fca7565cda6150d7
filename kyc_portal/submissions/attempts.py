"""Two goes of a customer side by side: the pictures of each side, and what was read of them, field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kyc_portal.submissions import evidence
from kyc_portal.submissions.card_fields import FIELD_LABELS
from kyc_portal.submissions.models import Scan, SideChoice, Submission
from kyc_portal.submissions.states import ScanState


@dataclass(frozen=True, slots=True)
class Attempt:
    """One go: the picture of each side that counted then, also one kept from before, and the fields read of them."""

    number: int
    scans: Mapping[str, Scan]
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FieldPair:
    """One field in two goes. `differs` only where both read something."""

    label: str
    left: str
    right: str

    @property
    def differs(self) -> bool:
        return self.left != self.right

    @property
    def is_only_in_one(self) -> bool:
        return bool(self.left) != bool(self.right)


@dataclass(frozen=True, slots=True)
class SidePair:
    """The pictures of one side in two goes; `is_same` where the customer kept the picture."""

    side: str
    label: str
    left: Scan | None
    right: Scan | None

    @property
    def is_same(self) -> bool:
        return self.left is not None and self.left == self.right


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two goes side by side."""

    left: Attempt
    right: Attempt
    sides: Sequence[SidePair]
    fields: Sequence[FieldPair]


def numbers(submission: Submission) -> list[int]:
    """The goes there are a picture of, oldest first."""
    return sorted({scan.attempt for scan in submission.scans.all() if scan.state != ScanState.REPLACED})


def compared(submission: Submission, left: int, right: int) -> Comparison:
    """Two goes by their numbers; opens sealed values, so the caller records the opening first."""
    one, other = _attempt(submission, left), _attempt(submission, right)
    sides = [
        SidePair(side, str(SideChoice(side).label), one.scans.get(side), other.scans.get(side))
        for side in submission.needed_sides
    ]
    fields = [
        FieldPair(str(label), one.fields.get(name, ""), other.fields.get(name, ""))
        for name, label in FIELD_LABELS.items()
        if one.fields.get(name) or other.fields.get(name)
    ]
    return Comparison(one, other, sides, fields)


def _attempt(submission: Submission, number: int) -> Attempt:
    scans: dict[str, Scan] = {}
    for scan in sorted(submission.scans.all(), key=lambda each: each.attempt):
        if scan.attempt <= number and scan.state != ScanState.REPLACED:
            scans[scan.side] = scan
    fields: dict[str, str] = {}
    for scan in scans.values():
        reading = evidence.reading_of(scan)
        if reading:
            # An answer names every field of both sides; what is not on this one is empty.
            fields |= {name: text for name, text in evidence.open_fields(reading).items() if text}
    return Attempt(number, scans, fields)
