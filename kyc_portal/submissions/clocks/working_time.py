"""Working hours of the review desk: Monday to Friday, 09:00 to 18:00 in Hong Kong, but for the days it is closed.

Pure arithmetic; which days are closed is the policy's to say (`desk`).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
OPENS, CLOSES = time(9), time(18)
_DAY = timedelta(days=1)
# A desk that is closed for longer than this is a mistake in the policy; nothing here runs on for ever.
_LONGEST_CLOSED = timedelta(days=400)
WORKING_DAY = timedelta(hours=9)


def _hours_of(day: date, closed: Collection[date]) -> tuple[datetime, datetime] | None:
    """Opening and closing of a day in Hong Kong, None at the weekend and where the desk is closed."""
    if day.weekday() >= 5 or day in closed:
        return None
    return datetime.combine(day, OPENS, HONG_KONG), datetime.combine(day, CLOSES, HONG_KONG)


def before(now: datetime, working: timedelta, *, closed: Collection[date] = ()) -> datetime:
    """The latest instant from which `working` time has passed until `now` (both aware)."""
    here = now.astimezone(HONG_KONG)
    left, day = working, here.date()
    since_open = day
    while since_open - day < _LONGEST_CLOSED:
        hours = _hours_of(day, closed)
        if hours is not None and (end := min(hours[1], here)) > hours[0]:
            if end - hours[0] >= left:
                return end - left
            left -= end - hours[0]
            since_open = day
        day -= _DAY
    return datetime.combine(day, OPENS, HONG_KONG)


def after(start: datetime, working: timedelta, *, closed: Collection[date] = ()) -> datetime:
    """The first instant by which `working` time has passed since `start` (both aware)."""
    here = start.astimezone(HONG_KONG)
    left, day = working, here.date()
    since_open = day
    while day - since_open < _LONGEST_CLOSED:
        hours = _hours_of(day, closed)
        if hours is not None and (begin := max(hours[0], here)) < hours[1]:
            if hours[1] - begin >= left:
                return begin + left
            left -= hours[1] - begin
            since_open = day
        day += _DAY
    return datetime.combine(day, CLOSES, HONG_KONG)


def between(start: datetime, end: datetime, *, closed: Collection[date] = ()) -> timedelta:
    """Working time from start to end (both aware); zero when end is not after start."""
    total, day, last = timedelta(0), start.astimezone(HONG_KONG).date(), end.astimezone(HONG_KONG).date()
    while day <= last:
        hours = _hours_of(day, closed)
        if hours is not None:
            total += max(timedelta(0), min(hours[1], end) - max(hours[0], start))
        day += _DAY
    return total


def next_opening(now: datetime, *, closed: Collection[date] = ()) -> datetime:
    """The first opening of the desk after an instant."""
    here = now.astimezone(HONG_KONG)
    for ahead in range(_LONGEST_CLOSED.days):
        hours = _hours_of(here.date() + ahead * _DAY, closed)
        if hours is not None and hours[0] > here:
            return hours[0]
    return here + _LONGEST_CLOSED
