"""Calls per second over the last hour as numbers for a server-drawn SVG of 640 × 190, and its table. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

LEFT, RIGHT, TOP, FLOOR = 34, 618, 26, 160
# Room above the account's limit, so that its line never lies on the edge.
_HEAD_ROOM = 1.15
_LABEL_EVERY = 15


@dataclass(frozen=True, slots=True)
class Label:
    """A word at an axis."""

    x: float
    y: float
    words: str


@dataclass(frozen=True, slots=True)
class CallChart:
    """One line over its area, the account's limit as a line across, labels; `rows` for the table: minute, calls, rate.

    `busiest` is the highest mean of a minute, in calls a second.
    """

    line: str
    area: str
    limit_y: float
    scale: Sequence[Label]
    times: Sequence[Label]
    rows: Sequence[tuple[datetime, int, float]]
    busiest: float

    @property
    def calls(self) -> int:
        return sum(calls for _minute, calls, _rate in self.rows)


def draw(minutes: Sequence[tuple[datetime, int]], *, limit: int) -> CallChart:
    """A chart of (minute, calls), oldest first. The scale reaches over the limit, and over what was above it."""
    rows = [(minute, calls, calls / 60) for minute, calls in minutes]
    busiest = max((rate for _minute, _calls, rate in rows), default=0.0)
    top = max(limit, busiest) * _HEAD_ROOM
    step = (RIGHT - LEFT) / max(1, len(rows) - 1)

    def y(rate: float) -> float:
        return FLOOR - (FLOOR - TOP) * rate / top

    points = [f"{LEFT + at * step:.1f},{y(rate):.1f}" for at, (_minute, _calls, rate) in enumerate(rows)]
    line = " ".join(points)
    return CallChart(
        line=line,
        area=f"{LEFT},{FLOOR} {line} {RIGHT},{FLOOR}",
        limit_y=y(limit),
        scale=[Label(LEFT - 6, y(rate) + 4, f"{rate:g}") for rate in (0, limit / 2, limit)],
        times=[
            Label(LEFT + at * step, FLOOR + 18, timezone.localtime(minute).strftime("%H:%M"))
            for at, (minute, _calls) in enumerate(minutes)
            if at % _LABEL_EVERY == 0 or at == len(minutes) - 1
        ],
        rows=rows,
        busiest=busiest,
    )
