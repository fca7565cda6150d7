"""Draws permits with known truth and photographs them in graded ways; knows nothing of engine/.

The same arguments give the same bytes. Every card is marked as a specimen; every holder is made up.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from ocr_integration.contract import KnownWarning, PermitReading, Side
from ocr_integration.specimens import forge
from ocr_integration.specimens.cards import print_card
from ocr_integration.specimens.kinds import Capture, Forgery, SpecimenKind
from ocr_integration.specimens.photograph import photograph

__all__ = ["Capture", "Forgery", "Specimen", "SpecimenKind", "draw"]

_CODES = {
    Forgery.PHOTOCOPY: KnownWarning.PHOTOCOPY,
    Forgery.RECAPTURE: KnownWarning.RECAPTURE,
    Forgery.EDITED: KnownWarning.EDITED,
}


@dataclass(frozen=True, slots=True)
class Specimen:
    """A drawn picture's file and what it says. `truth.warnings` holds the code of its forgery, if any."""

    kind: SpecimenKind
    side: Side
    image: bytes = field(repr=False)
    truth: PermitReading
    media_type: str = "image/jpeg"


def draw(
    kind: SpecimenKind | str, *, seed: int, capture: Capture | str = "flat", forgery: Forgery | str | None = None
) -> Specimen:
    """Draw one specimen. A recaptured or edited one is always a close picture: that is where its evidence is."""
    kind, capture = SpecimenKind(kind), Capture(capture)
    forged = Forgery(forgery) if forgery else None
    chance = np.random.default_rng([seed, list(SpecimenKind).index(kind), list(Capture).index(capture)])
    card = print_card(kind, seed)
    pixels = np.asarray(card.image)
    if forged is Forgery.RECAPTURE:
        image = forge.recapture(pixels, chance)
    elif forged is Forgery.EDITED:
        image = forge.edited(card, chance)
    else:
        image = photograph(forge.photocopy(pixels, chance) if forged else pixels, capture, chance)
    truth = replace(card.truth, warnings=(int(_CODES[forged]),)) if forged else card.truth
    return Specimen(kind=kind, side=kind.side, image=image, truth=truth)
