"""The measured curve behind each confidence. Written by `python -m tests.bench.calibration --write`, not by hand.

For each family and witness: among the values whose weakest character scored so much and more (up to the next step's),
so many of so many were right.
"""

from __future__ import annotations

from typing import NamedTuple


class Bin(NamedTuple):
    """Values with scores from `least` on, up to the next bin's: how many were right, and how many there were."""

    least: float
    right: int
    all: int

    @property
    def share(self) -> float:
        """The share to count on: a handful of lucky values proves nothing, so one wrong and one right are added."""
        return (self.right + 1) / (self.all + 2)


MADE_BY = "--seeds 300-309,324-334; names: --seeds 400-510 --captures flat --rare-names"

CURVES: dict[str, tuple[Bin, ...]] = {
    "CHOICE AGREED": (
        Bin(0.95, 5, 5),
        Bin(0.99, 246, 246),
    ),
    "FIGURES AGREED": (
        Bin(0.7, 26, 26),
        Bin(0.99, 521, 521),
    ),
    "FIGURES CONFIRMED": (
        Bin(0.0, 1, 1),
        Bin(0.5, 8, 8),
        Bin(0.8, 44, 44),
        Bin(0.99, 380, 380),
    ),
    "LETTERS AGREED": (
        Bin(0.5, 1, 1),
        Bin(0.7, 20, 20),
        Bin(0.8, 113, 113),
        Bin(0.99, 125, 125),
    ),
    "NAME AGREED": (
        Bin(0.5, 6, 7),
        Bin(0.8, 15, 15),
        Bin(0.95, 52, 52),
        Bin(0.99, 96, 96),
    ),
    "NAME CONFIRMED": (Bin(0.5, 24, 24),),
    "NAME CONTRADICTED": (
        Bin(0.0, 0, 1),
        Bin(0.8, 6, 8),
        Bin(0.99, 4, 4),
    ),
    "WORDS AGREED": (
        Bin(0.0, 1, 1),
        Bin(0.7, 2, 2),
        Bin(0.8, 12, 12),
        Bin(0.99, 432, 432),
    ),
    "WORDS ALONE": (Bin(0.5, 0, 1),),
}
