"""Which permit and which side a page shows: by its title, then by number grammar, then not at all."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from ocr_integration.contract import PermitType, Side
from ocr_integration.engine import shapes
from ocr_integration.engine.labels import Field, Label, Value, folded
from ocr_integration.engine.lines import Line
from ocr_integration.engine.zone import Zone, find_zone_lines

# A title may lose or change a character or two; unrelated headings stay below.
_TITLE_LIKENESS = 0.78
# Without a title this many different labels make a card, together with a number that fits.
_LABELS_WITHOUT_TITLE = 3
# With a title: a page of a book may print the permit's name, only a card has labels too.
_LABELS_WITH_TITLE = 2

_FRONT_ONLY = {Field.VALID_DATE, Field.AUTHORITY, Field.BIRTHDAY}
_BACK_ONLY = {Field.ID_NUMBER, Field.HISTORY}


@dataclass(frozen=True, slots=True)
class Kind:
    permit: PermitType
    side: Side


def find_kind(lines: tuple[Line, ...], labels: list[Label], values: list[Value], zone: Zone | None) -> Kind | None:
    """The permit and side, or None when the page is no permit we know."""
    seen = {label.field for label in labels}
    side = _side(lines, seen, zone)
    permit = _titled(lines)
    if permit is not None and (len(seen) >= _LABELS_WITH_TITLE or zone is not None):
        return _supported(permit, side)
    if zone is not None or len(seen) >= _LABELS_WITHOUT_TITLE:
        numbered = shapes.permit_of_number(zone.number) if zone else None
        for value in values:
            numbered = numbered or shapes.permit_of_number(value.text)
        if numbered is None and side is Side.BACK and len(find_zone_lines(lines)) >= 2:
            numbered = PermitType.HK_MACAO_RESIDENT
        return _supported(numbered, side) if numbered else None
    return None


def _supported(permit: PermitType, side: Side) -> Kind | None:
    """Backs are read of the HK/Macao residents' permit only, as the service does."""
    if side is Side.BACK and permit is not PermitType.HK_MACAO_RESIDENT:
        return None
    return Kind(permit, side)


def _side(lines: tuple[Line, ...], seen: set[Field], zone: Zone | None) -> Side:
    front, back = len(seen & _FRONT_ONLY), len(seen & _BACK_ONLY)
    if len(find_zone_lines(lines)) >= 2 or (zone is not None and zone.renewals):
        back += 2
    return Side.BACK if back > front else Side.FRONT


def _titled(lines: tuple[Line, ...]) -> PermitType | None:
    best, permit = 0.0, None
    for line in lines:
        text = shapes.spaceless(folded(line.text)).replace("中华人民共和国", "")
        for each in PermitType:
            likeness = _likeness(text, each.value)
            if likeness > best:
                best, permit = likeness, each
    return permit if best >= _TITLE_LIKENESS else None


def _likeness(text: str, title: str) -> float:
    if title in text:
        # The exit-entry titles are no part of the residents' ones, so the longest containment is safe.
        return 1.0 + len(title) / 100 if len(text) <= 2 * len(title) else 0.0
    return SequenceMatcher(None, text, title, autojunk=False).ratio()
