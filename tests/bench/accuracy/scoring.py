"""Comparing readings with the truth, and counting. Pure: specimens and readings in, numbers out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from ocr_integration.contract import BACK_FIELDS, TEXT_FIELDS, KnownWarning, PermitReading
from tests.bench.accuracy.plan import Item

RIGHT, BLANK, WRONG = "right", "blank", "wrong"
FIELDS = (
    *(name for name in TEXT_FIELDS if name != "type"),
    *(f"back.{name}" for name in BACK_FIELDS if name != "type"),
)
TESTED = (KnownWarning.PHOTOCOPY, KnownWarning.RECAPTURE, KnownWarning.EDITED)
# Lower edges of the calibration curve's steps; most readings are very sure, so the steps grow finer there.
STEPS = (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one field: right, blank or wrong. A value where nothing is printed is wrong."""

    name: str
    outcome: str
    printed: str
    read: str


@dataclass(frozen=True, slots=True)
class Sight:
    """A value the engine saw, reported or not: how sure it was (0-1), and whether it is what is printed."""

    name: str
    confidence: float
    is_right: bool
    is_reported: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """One picture: what was printed and what was read. `warnings` is None where the picture was refused."""

    item: Item
    look: str
    verdicts: tuple[Verdict, ...]
    sights: tuple[Sight, ...]
    type_right: bool
    forged_as: tuple[int, ...]
    warnings: tuple[int, ...] | None
    cpu_seconds: float

    @property
    def is_refused(self) -> bool:
        return self.warnings is None

    @property
    def is_whole(self) -> bool:
        """Every field as printed, and the type."""
        return self.type_right and all(each.outcome == RIGHT for each in self.verdicts)

    def of(self, outcome: str) -> list[Verdict]:
        return [each for each in self.verdicts if each.outcome == outcome]


def text_of(reading: PermitReading, name: str) -> str:
    """A field by its name, the back's with a prefix."""
    return str(getattr(reading.back, name.removeprefix("back.")) if "." in name else getattr(reading, name))


def verdicts(truth: PermitReading, reading: PermitReading) -> tuple[Verdict, ...]:
    """One for every field that is printed or read."""
    found = []
    for name in FIELDS:
        printed, read = text_of(truth, name), text_of(reading, name)
        if printed or read:
            outcome = RIGHT if printed == read else WRONG if read else BLANK
            found.append(Verdict(name, outcome, printed, read))
    return tuple(found)


@dataclass
class Tally:
    """Counts over some pictures of cards."""

    cards: int = 0
    whole: int = 0
    refused: int = 0
    types: int = 0
    fields: Counter[str] = field(default_factory=Counter)

    def add(self, outcome: Outcome) -> None:
        self.cards += 1
        self.whole += outcome.is_whole
        self.refused += outcome.is_refused
        self.types += outcome.type_right
        self.fields.update(each.outcome for each in outcome.verdicts)

    @property
    def all_fields(self) -> int:
        return sum(self.fields.values())

    def share(self, outcome: str) -> float:
        """Of all fields, 0-1."""
        return self.fields[outcome] / self.all_fields if self.all_fields else 0.0


def tally(outcomes: Iterable[Outcome]) -> Tally:
    total = Tally()
    for outcome in outcomes:
        total.add(outcome)
    return total


def tally_fields(outcomes: Iterable[Outcome]) -> dict[str, Counter[str]]:
    """For each field how often it was right, blank and wrong."""
    counts = {name: Counter[str]() for name in FIELDS}
    for outcome in outcomes:
        for each in outcome.verdicts:
            counts[each.name][each.outcome] += 1
    return {name: each for name, each in counts.items() if each}


@dataclass(frozen=True, slots=True)
class Detection:
    """How one warning did: forged pictures caught, missed but said to be untested, missed; and false alarms."""

    code: int
    caught: int
    untested: int
    missed: int
    false: int

    @property
    def recall(self) -> float:
        return self.caught / max(1, self.caught + self.untested + self.missed)

    @property
    def precision(self) -> float:
        return self.caught / (self.caught + self.false) if self.caught + self.false else 1.0


def detection(outcomes: Iterable[Outcome], code: int) -> Detection:
    """Over all cards that were read, genuine ones and the other forgeries included: any other alarm is false."""
    caught = untested = missed = false = 0
    for outcome in outcomes:
        if outcome.warnings is None:
            continue
        if code in outcome.forged_as:
            caught += code in outcome.warnings
            untested += code not in outcome.warnings and KnownWarning.NOT_ENABLED in outcome.warnings
            missed += code not in outcome.warnings and KnownWarning.NOT_ENABLED not in outcome.warnings
        else:
            false += code in outcome.warnings
    return Detection(code, caught, untested, missed, false)


def calibration(outcomes: Iterable[Outcome]) -> list[tuple[float, int, int, int]]:
    """For each step of confidence: its lower edge, how many values, how many of them right, how many reported."""
    rows = {step: [0, 0, 0] for step in STEPS}
    for outcome in outcomes:
        for each in outcome.sights:
            row = rows[max(step for step in STEPS if step <= max(0.0, each.confidence))]
            row[0] += 1
            row[1] += each.is_right
            row[2] += each.is_reported
    return [(step, *row) for step, row in rows.items()]  # type: ignore[misc]
