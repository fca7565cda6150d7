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
    "--seeds 563-582 --captures table,degraded,hard; "
    "--seeds 550-556 --captures shaken_13,blurred,faded,far; "
    "--seeds 400-515 --captures flat --rare-names"
)

CURVES: dict[str, tuple[Bin, ...]] = {
    "CHOICE AGREED": (
        Bin(0.95, 11, 11),
        Bin(0.99, 339, 339),
    ),
    "FIGURES AGREED": (
        Bin(0.5, 1, 1),
        Bin(0.8, 26, 26),
        Bin(0.95, 30, 30),
        Bin(0.99, 729, 729),
    ),
    "FIGURES CONFIRMED": (
        Bin(0.5, 4, 4),
        Bin(0.8, 24, 24),
        Bin(0.95, 31, 31),
        Bin(0.99, 537, 537),
    ),
    "LETTERS AGREED": (
        Bin(0.7, 113, 114),
        Bin(0.95, 82, 82),
        Bin(0.99, 171, 171),
    ),
    "LETTERS ALONE": (Bin(0.7, 0, 1),),
    "NAME AGREED": (
        Bin(0.0, 0, 1),
        Bin(0.5, 2, 3),
        Bin(0.7, 6, 8),
        Bin(0.95, 139, 142),
        Bin(0.99, 418, 420),
    ),
    "NAME CONFIRMED": (Bin(0.5, 19, 19),),
    "WORDS AGREED": (
        Bin(0.7, 4, 4),
        Bin(0.9, 7, 7),
        Bin(0.95, 17, 17),
        Bin(0.99, 601, 601),
    ),
}
