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
    "--seeds 300-311 --captures table,degraded,hard; "
    "--seeds 312-323 --captures table,degraded,hard; "
    "--seeds 400-515 --captures flat --rare-names"
)

CURVES: dict[str, tuple[Bin, ...]] = {
    "CHOICE AGREED": (
        Bin(0.95, 11, 11),
        Bin(0.99, 275, 275),
    ),
    "FIGURES AGREED": (
        Bin(0.7, 4, 5),
        Bin(0.8, 9, 11),
        Bin(0.9, 7, 7),
        Bin(0.95, 15, 15),
        Bin(0.99, 595, 595),
    ),
    "FIGURES ALONE": (
        Bin(0.5, 0, 1),
        Bin(0.8, 2, 2),
    ),
    "FIGURES CONFIRMED": (
        Bin(0.0, 2, 2),
        Bin(0.7, 7, 7),
        Bin(0.8, 9, 9),
        Bin(0.9, 11, 11),
        Bin(0.95, 17, 17),
        Bin(0.99, 449, 449),
    ),
    "LETTERS AGREED": (
        Bin(0.7, 26, 26),
        Bin(0.8, 279, 279),
    ),
    "NAME AGREED": (
        Bin(0.0, 0, 3),
        Bin(0.8, 10, 11),
        Bin(0.95, 135, 135),
        Bin(0.99, 370, 370),
    ),
    "NAME CONFIRMED": (
        Bin(0.0, 0, 1),
        Bin(0.5, 18, 18),
    ),
    "WORDS AGREED": (
        Bin(0.0, 1, 1),
        Bin(0.8, 2, 2),
        Bin(0.9, 6, 6),
        Bin(0.95, 14, 14),
        Bin(0.99, 485, 485),
    ),
    "WORDS ALONE": (Bin(0.5, 0, 1),),
}
