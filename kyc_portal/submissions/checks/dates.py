"""Dates as permits print them. What does not parse is None and goes to a person; nothing here raises on bad text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from kyc_portal.submissions.checks.grammar import plain

_DATE = r"(\d{4})[.\-/年]?(\d{1,2})[.\-/月]?(\d{1,2})日?"
_ONE = re.compile(_DATE)
_SPAN = re.compile(rf"{_DATE}[-–—~至到]+(?:{_DATE}|(长期|長期))")


@dataclass(frozen=True, slots=True)
class Span:
    """Validity as printed: both days belong to it; `expires_on` is None for an open-ended permit."""

    issued_on: date
    expires_on: date | None


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def day(text: str) -> date | None:
    """One printed date, or None when it is no date."""
    match = _ONE.fullmatch(plain(text))
    return _date(*match.groups()) if match else None


def span(text: str) -> Span | None:
    """A printed range, or None when either end is no date or the end is not after the start."""
    match = _SPAN.fullmatch(plain(text))
    if not match:
        return None
    issued_on = _date(match[1], match[2], match[3])
    if issued_on is None:
        return None
    if match[7]:
        return Span(issued_on, None)
    expires_on = _date(match[4], match[5], match[6])
    if expires_on is None or expires_on <= issued_on:
        return None
    return Span(issued_on, expires_on)


def years_later(start: date, years: int) -> date:
    """The same day so many years on; 1 March of a year that has no 29 February."""
    try:
        return start.replace(year=start.year + years)
    except ValueError:
        return date(start.year + years, 3, 1) if start.year + years <= date.max.year else date.max
