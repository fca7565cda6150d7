"""Bars as numbers for a server-drawn SVG; the same rows feed the table beside it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kyc_portal.submissions.warning_codes import MEANINGS, Severity

WIDTH, ROW, LEFT = 420, 28, 120


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its words, its number, its place and length in pixels."""

    label: str
    many: int
    severity: int
    y: int
    text_y: int
    length: float


def by_severity(counts: Mapping[Severity, int]) -> list[Bar]:
    """Gravest first; the longest bar fills the width, nothing is drawn for none."""
    most = max([*counts.values(), 1])
    return [
        Bar(str(MEANINGS[tier].label), many, tier.value, at * ROW + 6, at * ROW + 19, (WIDTH - LEFT - 50) * many / most)
        for at, (tier, many) in enumerate(counts.items())
    ]
