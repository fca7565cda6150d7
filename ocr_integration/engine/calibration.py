"""The measured curve behind each confidence, in the form `python -m tests.bench.calibration` prints.

Made by `--seeds 300-347 --captures table,degraded,hard`: 720 pictures, 5,094 values.

For each family and witness: from this score of the weakest character on, this share of the values was right.
"""

from __future__ import annotations

CURVES: dict[str, tuple[tuple[float, float], ...]] = {
    "CHOICE AGREED": (
        (0.95, 0.9333),
        (0.99, 0.9982),
    ),
    "FIGURES AGREED": (
        (0.7, 0.9333),
        (0.8, 0.9792),
        (0.99, 0.9992),
    ),
    "FIGURES CONFIRMED": (
        (0.5, 0.9286),
        (0.7, 0.9863),
        (0.99, 0.9989),
    ),
    "LETTERS AGREED": (
        (0.5, 0.6667),
        (0.7, 0.9725),
        (0.95, 0.9924),
        (0.99, 0.9966),
    ),
    "NAME AGREED": (
        (0.8, 0.8824),
        (0.95, 0.9710),
        (0.99, 0.9983),
    ),
    "NAME ALONE": (
        (0.5, 0.4000),
        (0.95, 0.5000),
        (0.99, 0.6667),
    ),
    "WORDS AGREED": (
        (0.0, 0.6667),
        (0.7, 0.9778),
        (0.99, 0.9990),
    ),
    "WORDS ALONE": ((0.9, 0.6667),),
}
