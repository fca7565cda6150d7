"""Bars as numbers for server-drawn SVG; the same rows feed the table beside each chart. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from kyc_portal.submissions.deciding.samples import Agreement
from kyc_portal.submissions.warning_codes import MEANINGS, Severity

# "No warnings" is said only of a case whose every check passed; a tier cannot know that.
NO_CODE = _("No warning code")

WIDTH, ROW, LEFT = 420, 28, 120
AGE_WIDTH, AGE_HEIGHT, AGE_TOP = 420, 174, 22


@dataclass(frozen=True, slots=True)
class Bar:
    """One lying bar: its words, its number, its place and length in pixels."""

    label: str
    many: int
    severity: int
    y: int
    text_y: int
    length: float

    @property
    def many_x(self) -> float:
        """Where the number stands: behind the bar's end."""
        return LEFT + self.length + 6


def by_severity(counts: Mapping[Severity, int]) -> list[Bar]:
    """Gravest first; the longest bar fills the width, nothing is drawn for none."""
    most = max([*counts.values(), 1])
    return [
        Bar(
            label=str(NO_CODE if tier is Severity.NONE else MEANINGS[tier].label),
            many=many,
            severity=tier.value,
            y=at * ROW + 6,
            text_y=at * ROW + 19,
            length=(WIDTH - LEFT - 50) * many / most,
        )
        for at, (tier, many) in enumerate(counts.items())
    ]


RATE_ROW, RATE_LABEL = 40, 14


@dataclass(frozen=True, slots=True)
class Rate:
    """One lying bar of a share: its words above it, and its length in pixels of the full width."""

    label: str
    percent: int
    text_y: int
    y: int
    length: float

    @property
    def many_x(self) -> float:
        return self.length + 6


def by_rate(found: Sequence[Agreement]) -> list[Rate]:
    """How often second looks differed, a hundred percent filling the width; who has no answer yet has no bar."""
    known = [each for each in found if each.differed_percent is not None]
    return [
        Rate(
            label=each.label,
            percent=each.differed_percent or 0,
            text_y=at * RATE_ROW + RATE_LABEL,
            y=at * RATE_ROW + RATE_LABEL + 5,
            length=(WIDTH - 50) * (each.differed_percent or 0) / 100,
        )
        for at, each in enumerate(known)
    ]


@dataclass(frozen=True, slots=True)
class Share:
    """One lying bar among others: its words above it, its number behind, its length in pixels, how it is drawn."""

    label: str
    many: int
    style: str
    text_y: int
    y: int
    length: float

    @property
    def many_x(self) -> float:
        return self.length + 6


SHARE_WIDTH, SHARE_ROW = 360, 38


def by_number(found: Sequence[tuple[str, int, str]]) -> list[Share]:
    """(words, number, style) as lying bars; the largest fills the width, nothing is drawn for none."""
    most = max([*(many for _label, many, _style in found), 1])
    return [
        Share(
            label=label,
            many=many,
            style=style,
            text_y=at * SHARE_ROW + 13,
            y=at * SHARE_ROW + 18,
            length=(SHARE_WIDTH - 50) * many / most,
        )
        for at, (label, many, style) in enumerate(found)
    ]


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a day's bar, drawn by its style."""

    style: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Stack:
    """One day's standing bar: its pieces from the floor up, its sum above them; `words` below every few days."""

    words: str
    many: int
    pieces: Sequence[Piece]
    x: float
    width: float
    many_y: float

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


DAYS_WIDTH, DAYS_HEIGHT, DAYS_TOP = 620, 180, 20


def by_day(found: Sequence[tuple[str, Sequence[tuple[str, int]]]], *, width: int = DAYS_WIDTH) -> list[Stack]:
    """(words, [(style, number)]) for each day, oldest first; the highest day fills the height."""
    most = max([*(sum(many for _style, many in parts) for _words, parts in found), 1])
    step, floor, every = width / len(found), DAYS_HEIGHT - 20, -(-len(found) // 7)
    stacks = []
    for at, (words, parts) in enumerate(found):
        y, pieces = float(floor), []
        for style, many in parts:
            height = (floor - DAYS_TOP) * many / most
            y -= height
            if many:
                pieces.append(Piece(style, y, height))
        is_named = (len(found) - 1 - at) % every == 0
        total = sum(many for _style, many in parts)
        stacks.append(
            Stack(words if is_named else "", total, pieces, at * step + step * 0.12, step * 0.76, many_y=y - 5)
        )
    return stacks


@dataclass(frozen=True, slots=True)
class Column:
    """One standing bar of the ages: from how many working hours on, its number, its place and height in pixels."""

    from_hours: int
    to_hours: int | None
    many: int
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def is_late(self) -> bool:
        return self.to_hours is None

    @property
    def many_y(self) -> float:
        return self.y - 5


def by_age(counts: Sequence[int], *, hours: int) -> list[Column]:
    """Youngest first, each `hours` working hours wide; the last one is everything past the bound."""
    most, step, floor = max([*counts, 1]), AGE_WIDTH / len(counts), AGE_HEIGHT - 20
    columns = []
    for at, many in enumerate(counts):
        height = (floor - AGE_TOP) * many / most
        is_last = at == len(counts) - 1
        columns.append(
            Column(
                from_hours=at * hours,
                to_hours=None if is_last else (at + 1) * hours,
                many=many,
                x=at * step + 3,
                y=floor - height,
                width=step - 6,
                height=height,
            )
        )
    return columns
