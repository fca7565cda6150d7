"""A dozen sample cards for a local copy: all four types, clean and with each warning, and one bad picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ocr_integration.specimens import Capture, Forgery, Specimen, SpecimenKind, draw


@dataclass(frozen=True, slots=True)
class DemoCard:
    """What one sample customer sends. `back` is None for permits that have no read back."""

    label: str
    front: Specimen
    back: Specimen | None


def _card(
    label: str, kind: SpecimenKind, seed: int, *, capture: Capture = Capture.FLAT, forgery: Forgery | None = None
) -> DemoCard:
    back = None
    if kind is SpecimenKind.HK_MACAO_FRONT:
        back = draw(SpecimenKind.HK_MACAO_BACK, seed=seed, capture=Capture.FLAT)
    return DemoCard(label, draw(kind, seed=seed, capture=capture, forgery=forgery), back)


def further_cards(many: int) -> Iterator[DemoCard]:
    """So many more people with a genuine card each, two of three from Taiwan; each drawn when it is asked for."""
    for at in range(many):
        kind = SpecimenKind.HK_MACAO_FRONT if at % 3 == 0 else SpecimenKind.TAIWAN_FRONT
        yield _card(f"Further card {at + 1}", kind, 5000 + at)


def demo_cards() -> list[DemoCard]:
    """The samples, drawn afresh; always the same ones."""
    hk, tw = SpecimenKind.HK_MACAO_FRONT, SpecimenKind.TAIWAN_FRONT
    return [
        _card("HK/Macao, clean", hk, 101),
        _card("HK/Macao on a table", hk, 107, capture=Capture.TABLE),
        _card("HK/Macao, edited", hk, 103, forgery=Forgery.EDITED),
        _card("HK/Macao, photocopy", hk, 104, forgery=Forgery.PHOTOCOPY),
        _card("Taiwan, clean", tw, 201),
        _card("Taiwan, sent through a chat", tw, 202, capture=Capture.COMPRESSED),
        _card("Taiwan, off a screen", tw, 205, forgery=Forgery.RECAPTURE),
        _card("Taiwan, edited", tw, 204, forgery=Forgery.EDITED),
        _card("Exit-entry to Hong Kong and Macao", SpecimenKind.EXIT_ENTRY_HK_MACAO_FRONT, 301),
        _card("Exit-entry to Taiwan", SpecimenKind.EXIT_ENTRY_TAIWAN_FRONT, 401),
        _card("HK/Macao under a lamp", hk, 110, capture=Capture.GLARE),
        _card("A receipt", SpecimenKind.NOT_A_CARD, 506),
    ]
