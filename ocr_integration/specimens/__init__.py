"""Draws permits with known truth and photographs them in graded ways; knows nothing of engine/.

The same arguments and the same installed fonts give the same bytes. Every card is marked as a specimen; every
holder is made up.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

import numpy as np

from ocr_integration.contract import KnownWarning, PermitReading, Side
from ocr_integration.specimens import forge
from ocr_integration.specimens.cards import Card, exit_entry_front, print_card
from ocr_integration.specimens.kinds import Capture, Forgery, Grade, SpecimenKind, captures_of
from ocr_integration.specimens.others import bank_card, not_a_card
from ocr_integration.specimens.photograph import photograph
from ocr_integration.specimens.scenes import Chance, Pixels

__all__ = ["Capture", "Forgery", "Grade", "Specimen", "SpecimenKind", "captures_of", "draw"]

_CODES = {
    Forgery.PHOTOCOPY: KnownWarning.PHOTOCOPY,
    Forgery.RECAPTURE: KnownWarning.RECAPTURE,
    Forgery.EDITED: KnownWarning.EDITED,
    Forgery.EDITED_RESAVED: KnownWarning.EDITED,
}
_WITH_LINE = (SpecimenKind.EXIT_ENTRY_HK_MACAO_FRONT, SpecimenKind.EXIT_ENTRY_TAIWAN_FRONT)


@dataclass(frozen=True, slots=True)
class Specimen:
    """A drawn picture's file and what it says. `truth.warnings` holds the code of its forgery, if any.

    `look` names the card's layout and typeface, or what is shown instead of a card.
    """

    kind: SpecimenKind
    side: Side
    image: bytes = field(repr=False)
    truth: PermitReading
    look: str = ""
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
    chance = np.random.default_rng([seed, list(SpecimenKind).index(kind), _number_of(capture)])
    if kind is SpecimenKind.NOT_A_CARD:
        if forged:
            raise ValueError("only a card can be forged")
        picture, look = not_a_card(seed)
        image = photograph(np.asarray(picture), capture, chance, second=_second(kind, seed, capture))
        return Specimen(kind=kind, side=kind.side, image=image, truth=PermitReading(warnings=()), look=look)
    card = _card(kind, seed, forged)
    image, truth = _picture(card, kind, seed, capture, forged, chance)
    if forged:
        truth = replace(truth, warnings=(int(_CODES[forged]),))
    return Specimen(kind=kind, side=kind.side, image=image, truth=truth, look=card.look)


def _number_of(capture: Capture) -> int:
    """A number that stays when ways of photographing are added, so that a seed keeps its picture."""
    return int.from_bytes(capture.value.encode(), "big") % (1 << 31)


def _is_misprint(kind: SpecimenKind, seed: int, forged: Forgery | None) -> bool:
    return forged is Forgery.EDITED and kind in _WITH_LINE and seed % 2 == 1


def _card(kind: SpecimenKind, seed: int, forged: Forgery | None) -> Card:
    if _is_misprint(kind, seed, forged):
        return exit_entry_front(seed, to_taiwan=kind is SpecimenKind.EXIT_ENTRY_TAIWAN_FRONT, disagreeing=True)
    return print_card(kind, seed)


def _second(kind: SpecimenKind, seed: int, capture: Capture) -> Pixels:
    """The other card in a picture of two: a bank card, or another holder's permit of the same kind."""
    if capture is Capture.TWO_CARDS and kind is not SpecimenKind.NOT_A_CARD:
        return np.asarray(print_card(kind, seed + 1_000_003).paint())
    return np.asarray(bank_card(random.Random(f"second {seed}")))  # noqa: S311 - drawings, not secrets


def _picture(
    card: Card, kind: SpecimenKind, seed: int, capture: Capture, forged: Forgery | None, chance: Chance
) -> tuple[bytes, PermitReading]:
    resaved = forged is Forgery.EDITED_RESAVED
    if resaved or (forged is Forgery.EDITED and not card.disagreeing):
        return forge.edited(card, seed, capture, chance, saved_again=resaved)
    pixels = np.asarray(card.paint())
    if forged is Forgery.RECAPTURE:
        return forge.recapture(pixels, chance), card.truth
    if forged is Forgery.PHOTOCOPY:
        pixels = forge.photocopy(pixels, chance)
    values = tuple(run.box for run in card.runs if run.field)
    second = _second(kind, seed, capture)
    return photograph(pixels, capture, chance, keep_clear=values, second=second), card.truth
