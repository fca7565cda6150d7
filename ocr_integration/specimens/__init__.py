"""Draws permits with known truth and photographs them in graded ways; knows nothing of engine/.

The same arguments give the same bytes. Every card is marked as a specimen; every holder is made up.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from ocr_integration.contract import KnownWarning, PermitReading, Side
from ocr_integration.specimens import forge
from ocr_integration.specimens.cards import exit_entry_front, print_card
from ocr_integration.specimens.kinds import Capture, Forgery, SpecimenKind
from ocr_integration.specimens.photograph import photograph

__all__ = ["Capture", "Forgery", "Specimen", "SpecimenKind", "draw"]

_CODES = {
    Forgery.PHOTOCOPY: KnownWarning.PHOTOCOPY,
    Forgery.RECAPTURE: KnownWarning.RECAPTURE,
    Forgery.EDITED: KnownWarning.EDITED,
}
_WITH_LINE = (SpecimenKind.EXIT_ENTRY_HK_MACAO_FRONT, SpecimenKind.EXIT_ENTRY_TAIWAN_FRONT)


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
    """Draw one specimen; its evidence of forgery lies in pixels and compression only.

    A recaptured or edited one is always a close picture: that is where its evidence is. Every second edited
    exit-entry permit is a photograph of a print whose number disagrees with its machine-readable line.
    """
    kind, capture = SpecimenKind(kind), Capture(capture)
    forged = Forgery(forgery) if forgery else None
    if kind is SpecimenKind.NOT_A_CARD and forged:
        raise ValueError("only a card can be forged")
    chance = np.random.default_rng([seed, list(SpecimenKind).index(kind), list(Capture).index(capture)])
    image, truth = _picture(kind, seed, capture, forged, chance)
    if forged:
        truth = replace(truth, warnings=(int(_CODES[forged]),))
    return Specimen(kind=kind, side=kind.side, image=image, truth=truth)


def _picture(
    kind: SpecimenKind, seed: int, capture: Capture, forged: Forgery | None, chance: np.random.Generator
) -> tuple[bytes, PermitReading]:
    if forged is Forgery.EDITED and kind in _WITH_LINE and seed % 2:
        to_taiwan = kind is SpecimenKind.EXIT_ENTRY_TAIWAN_FRONT
        misprint = exit_entry_front(seed, to_taiwan=to_taiwan, disagreeing=True)
        return photograph(np.asarray(misprint.image), capture, chance), misprint.truth
    card = print_card(kind, seed)
    pixels = np.asarray(card.image)
    if forged is Forgery.EDITED:
        return forge.edited(card, seed, chance)
    if forged is Forgery.RECAPTURE:
        return forge.recapture(pixels, chance), card.truth
    return photograph(forge.photocopy(pixels, chance) if forged else pixels, capture, chance), card.truth
