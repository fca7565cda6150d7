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


MADE_BY = (
    "--seeds 563-602 --captures table,degraded,hard; "
    "--seeds 603-642 --captures table,degraded,hard; "
    "--seeds 550-563 --captures shaken_13,blurred,faded,far; "
    "--seeds 400-515 --captures flat --rare-names"
)

CURVES: dict[str, tuple[Bin, ...]] = {
    "CHOICE AGREED": (
        Bin(0.9, 1, 1),
        Bin(0.95, 41, 41),
        Bin(0.99, 1136, 1136),
    ),
    "CHOICE ALONE": (Bin(0.0, 2, 2),),
    "FIGURES AGREED": (
        Bin(0.8, 29, 29),
        Bin(0.95, 54, 54),
        Bin(0.99, 2530, 2530),
    ),
    "FIGURES CONFIRMED": (
        Bin(0.5, 5, 5),
        Bin(0.8, 55, 55),
        Bin(0.95, 74, 74),
        Bin(0.99, 1903, 1903),
    ),
    "LETTERS AGREED": (
        Bin(0.5, 1, 1),
        Bin(0.7, 93, 94),
        Bin(0.9, 68, 68),
        Bin(0.95, 274, 275),
        Bin(0.99, 822, 822),
    ),
    "LETTERS ALONE": (
        Bin(0.7, 0, 1),
        Bin(0.8, 1, 1),
    ),
    "NAME AGREED": (
        Bin(0.0, 1, 5),
        Bin(0.9, 7, 8),
        Bin(0.95, 353, 357),
        Bin(0.99, 1085, 1088),
    ),
    "NAME CONFIRMED": (Bin(0.5, 43, 44),),
    "WORDS AGREED": (
        Bin(0.7, 6, 6),
        Bin(0.9, 17, 18),
        Bin(0.95, 70, 71),
        Bin(0.99, 2011, 2012),
    ),
}
