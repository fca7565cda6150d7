"""Working hours of the review desk: Monday to Friday, 09:00 to 18:00 in Hong Kong. Pure arithmetic.

Public holidays are not known here: a holiday counts as working time, so a case is rescued sooner, never later.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
OPENS, CLOSES = time(9), time(18)


def _hours_of(day: datetime) -> tuple[datetime, datetime] | None:
    """Opening and closing of the local day, None at the weekend."""
    if day.weekday() >= 5:
        return None
    return (
        datetime.combine(day.date(), OPENS, HONG_KONG),
        datetime.combine(day.date(), CLOSES, HONG_KONG),
    )


def before(now: datetime, working: timedelta) -> datetime:
    """The latest instant from which `working` time has passed until `now` (both aware)."""
    left, day = working, now.astimezone(HONG_KONG)
    while True:
        hours = _hours_of(day)
        if hours is not None:
            opens, closes = hours
            end = min(closes, now.astimezone(HONG_KONG))
            if end > opens:
                if end - opens >= left:
                    return end - left
                left -= end - opens
        day -= timedelta(days=1)


def between(start: datetime, end: datetime) -> timedelta:
    """Working time from start to end (both aware); zero when end is not after start."""
    total, day = timedelta(0), start.astimezone(HONG_KONG)
    while day.date() <= end.astimezone(HONG_KONG).date():
        hours = _hours_of(day)
        if hours is not None:
            total += max(timedelta(0), min(hours[1], end) - max(hours[0], start))
        day += timedelta(days=1)
    return total
