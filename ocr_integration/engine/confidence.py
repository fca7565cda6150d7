"""How sure a value is: the recognition scores and who else says the same, turned into a share that was measured.

The model's scores are no probabilities. The curve was computed on drawn specimens (docs/engine.md says how), so a
confidence of 0.95 means: of the values with such evidence, 95 in 100 were right there.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum

from ocr_integration.engine.calibration import CURVES


class Witness(IntEnum):
    """Who bears a reading out, the strongest last."""

    # An unclear print that the machine-readable line contradicts, a name in two scripts at once, or a comma that only
    # some saw.
    CONTRADICTED = -1
    ALONE = 0
    # The smaller model, or most of several cuts of the same line, read the same.
    AGREED = 1
    # The card itself: its machine-readable line, or the value's own check digit.
    CONFIRMED = 2


class Family(StrEnum):
    """What a value is made of, and so what else speaks for it.

    Nothing does for a short Chinese name. Letters, and long names, differ from any others in so much that two readings
    seldom err alike. Words are set phrases (offices, places), a choice is one of two, figures have a grammar.
    """

    NAME = "NAME"
    LETTERS = "LETTERS"
    WORDS = "WORDS"
    CHOICE = "CHOICE"
    FIGURES = "FIGURES"


def confidence(family: Family, weakest: float, witness: Witness) -> float:
    """The measured share of right values (0-1) among those whose weakest character scored like this."""
    share = 0.0
    for bin in CURVES.get(f"{family} {witness.name}", ()):
        if weakest >= bin.least:
            share = bin.share
    return share
