"""Which permit and which side a page shows: by its title, then by number grammar, then not at all."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

import numpy as np

from ocr_integration.contract import PermitType, Side
from ocr_integration.engine import shapes
from ocr_integration.engine.labels import SURE_LABEL, Field, Label, Value, folded, says_nothing_new, split
from ocr_integration.engine.lines import Line
from ocr_integration.engine.page import Box, around
from ocr_integration.engine.permits import PERMITS
from ocr_integration.engine.zone import Zone, find_zone_lines, is_zone_line, might_be_zone_line, plain

# A title may lose or change a character or two; unrelated headings stay below.
_TITLE_LIKENESS = 0.78
# A title read badly, or half hidden.
_HALF_A_TITLE = 0.5
# More lines than any card has: most are of what it lies on. What is the card's has its middle no farther than so many
# heights from a line that shows a permit's sign, to the sides and upright; a label's value may reach far to the right.
_MANY_LINES, _BESIDE, _ABOVE = 40, 4.0, 3.0
_VALUE_BESIDE = 12.0
_SHORT_VALUES = {Field.SEX.value, Field.COUNT.value}
# The lines of 30 read with characters too many; a passport's have 44.
_LONGEST_ZONE = 38
# Of the 22 that the first line has at least.
_FEWEST_DIGITS = 14
# Without a title this many different labels make a card, together with a number that fits.
_LABELS_WITHOUT_TITLE = 3
# With a title: a page of a book may print the permit's name, only a card has labels too.
_LABELS_WITH_TITLE = 2

_NATION = "中华人民共和国"
_HEADINGS = frozenset({_NATION, *(each.value for each in PermitType), *(_NATION + each.value for each in PermitType)})
# The title once more in English, which nothing is taken from.
_ENGLISH_HEADING = re.compile(r"permit\s*for\b.*(?:hong|macao|tai)", re.IGNORECASE)

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
    if permit is not None and (len(seen) >= _LABELS_WITH_TITLE or zone is not None or _states_a_holder(permit, values)):
        return _supported(permit, side)
    if zone is not None or len(seen) >= _LABELS_WITHOUT_TITLE:
        numbered = shapes.permit_of_number(zone.number) if zone else None
        for value in values:
            numbered = numbered or shapes.permit_of_number(value.text)
        if numbered is None and side is Side.BACK and len(find_zone_lines(lines)) >= 2:
            numbered = next(permit for permit, each in PERMITS.items() if each.has_back)
        return _supported(numbered, side) if numbered else None
    return None


def told_apart(lines: tuple[Line, ...]) -> tuple[list[Label], list[Value]]:
    """The labels and the values of all lines that are not machine-readable ones."""
    labels: list[Label] = []
    values: list[Value] = []
    for line in lines:
        if not is_zone_line(line.text):
            own_labels, own_values = split(line)
            labels += own_labels
            values += own_values
    return labels, values


def is_settled(line: Line) -> bool:
    """Whether skimming a line told all there is to know: it is nothing but labels, or a heading known to the letter."""
    if says_nothing_new(line) or _ENGLISH_HEADING.search(line.text):
        return True
    return line.weakest >= SURE_LABEL and shapes.spaceless(folded(line.text)) in _HEADINGS


def signs_of_a_permit(lines: tuple[Line, ...]) -> frozenset[str]:
    """What every permit has, as far as lines that were only skimmed show it: a title, labels, dates, a number.

    Cards hard to read still show some; a page of a book, a receipt or a table shows next to none.
    """
    labels, values = told_apart(lines)
    texts = [value.text for value in values if "<" not in value.line.text]
    others = {
        "a date": any(shapes.single_date(text) or shapes.date_range(text) for text in texts),
        "a number": any(shapes.permit_of_number(text) for text in texts),
        "a zone": any(map(_might_be_a_permits_zone, lines)),
        "a title": _titled(lines, _HALF_A_TITLE) is not None,
    }
    return frozenset({label.field.value for label in labels} | {sign for sign, shows in others.items() if shows})


def where_a_permit_lies(lines: tuple[Line, ...]) -> Box | None:
    """The area of a permit among many lines that were only skimmed; None where there are few, or none shows a sign."""
    if len(lines) < _MANY_LINES:
        return None
    telling = [(line.box, signs) for line in lines if (signs := signs_of_a_permit((line,)))]
    if not telling:
        return None
    height = float(np.median([box.height for box, _signs in telling]))
    reach = {field.value for field in Field} - _SHORT_VALUES
    reached = [
        replace(box, right=box.right + (_VALUE_BESIDE - _BESIDE) * height) for box, signs in telling if signs & reach
    ]
    return around([*reached, *(box for box, _signs in telling)]).grown(_BESIDE * height, _ABOVE * height)


def _might_be_a_permits_zone(line: Line) -> bool:
    text = plain(line.text)
    return len(text) <= _LONGEST_ZONE and sum(map(str.isdigit, text)) >= _FEWEST_DIGITS and might_be_zone_line(line)


def is_a_permits(signs: Set[str]) -> bool:
    """Whether the signs are such as only a permit has; labels and dates stand on other papers too."""
    return not signs.isdisjoint({"a title", "a number", "a zone"})


def has_title(lines: tuple[Line, ...]) -> bool:
    """Whether the title of a permit stands there."""
    return _titled(lines) is not None


def _states_a_holder(permit: PermitType, values: list[Value]) -> bool:
    """Whether a number of this permit and a period of validity stand there: only a card has both under its title."""
    return any(shapes.number(value.text, permit) for value in values) and any(
        shapes.date_range(value.text) for value in values
    )


def _supported(permit: PermitType, side: Side) -> Kind | None:
    """The kind, unless it is a back that is not read."""
    if side is Side.BACK and not PERMITS[permit].has_back:
        return None
    return Kind(permit, side)


def _side(lines: tuple[Line, ...], seen: set[Field], zone: Zone | None) -> Side:
    front, back = len(seen & _FRONT_ONLY), len(seen & _BACK_ONLY)
    if len(find_zone_lines(lines)) >= 2 or (zone is not None and zone.renewals):
        back += 2
    return Side.BACK if back > front else Side.FRONT


def _titled(lines: tuple[Line, ...], least: float = _TITLE_LIKENESS) -> PermitType | None:
    """The permit whose title stands there, at least this much of it."""
    best, permit = 0.0, None
    for heading in [*(line.text for line in lines), *_rows(lines)]:
        text = shapes.spaceless(folded(heading)).replace(_NATION, "")
        for each in PermitType:
            likeness = _likeness(text, each.value)
            if likeness > best:
                best, permit = likeness, each
    return permit if best >= least else None


def _rows(lines: tuple[Line, ...]) -> list[str]:
    """The texts of lines that stand side by side, put together: a thumb may part a title."""
    rows: list[list[Line]] = []
    for line in lines:
        row = next((row for row in rows if abs(row[0].box.middle - line.box.middle) < 0.4 * line.box.height), None)
        rows.append([line]) if row is None else row.append(line)
    beside = [sorted(row, key=lambda line: line.box.left) for row in rows if len(row) > 1]
    return ["".join(line.text for line in row) for row in beside]


def _likeness(text: str, title: str) -> float:
    if title in text:
        # The exit-entry titles are no part of the residents' ones, so the longest containment is safe.
        return 1.0 + len(title) / 100 if len(text) <= 2 * len(title) else 0.0
    return SequenceMatcher(None, text, title, autojunk=False).ratio()
