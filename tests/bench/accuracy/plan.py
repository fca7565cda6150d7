"""Which specimens a report reads. Its seeds are kept apart from those that anything is tuned or tested on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from ocr_integration.specimens import Capture, Forgery, Grade, Specimen, SpecimenKind, captures_of, draw

TUNING_SEEDS = range(20_000)
REPORT_SEEDS = range(116_000, 120_000)

CARDS = tuple(kind for kind in SpecimenKind if kind is not SpecimenKind.NOT_A_CARD)
GRADES = (Grade.CLEAN, Grade.DEGRADED, Grade.HARD)
# Forged pictures and other things are taken well: what is asked is whether they are known for what they are.
_TAKEN = (Capture.FLAT, Capture.TABLE)
_OTHERS_TAKEN = (Capture.FLAT, Capture.TABLE, Capture.DEGRADED, Capture.HARD)


@dataclass(frozen=True, slots=True)
class Size:
    """How many pictures: of each way of photographing by grade, of each forgery, of things that are no card."""

    clean: int
    degraded: int
    hard: int
    forged: int
    others: int


QUICK = Size(clean=4, degraded=2, hard=2, forged=3, others=11)
FULL = Size(clean=20, degraded=8, hard=8, forged=25, others=33)


@dataclass(frozen=True, slots=True)
class Item:
    """One specimen to draw and read."""

    kind: SpecimenKind
    capture: Capture
    forgery: Forgery | None
    seed: int

    @property
    def group(self) -> str:
        """The group it is reported in: what it is, then how it was taken."""
        if self.kind is SpecimenKind.NOT_A_CARD:
            return "no card"
        return f"forged: {self.forgery.value}" if self.forgery else self.capture.grade.value

    def draw(self) -> Specimen:
        return draw(self.kind, seed=self.seed, capture=self.capture, forgery=self.forgery)

    def __str__(self) -> str:
        parts = (self.kind.value, self.capture.value, self.forgery.value if self.forgery else "", str(self.seed))
        return " ".join(filter(None, parts))


def items(size: Size, seeds: range = REPORT_SEEDS, *, times: int = 1) -> Iterator[Item]:
    """The plan: kinds take turns over every way of photographing and every forgery, each picture on a new seed."""
    seed = iter(seeds)
    counts = {Grade.CLEAN: size.clean, Grade.DEGRADED: size.degraded, Grade.HARD: size.hard}
    turn = count()
    for grade in GRADES:
        for capture in captures_of(grade):
            for _each in range(counts[grade] * times):
                yield Item(CARDS[next(turn) % len(CARDS)], capture, None, next(seed))
    for forgery in Forgery:
        for at in range(size.forged * times):
            yield Item(CARDS[next(turn) % len(CARDS)], _TAKEN[at // len(CARDS) % 2], forgery, next(seed))
    for at in range(size.others * times):
        yield Item(SpecimenKind.NOT_A_CARD, _OTHERS_TAKEN[at // 11 % 4], None, next(seed))
