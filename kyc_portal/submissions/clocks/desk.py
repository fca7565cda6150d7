"""The desk's working time by the policy in force: its hours without the days it is closed."""

from __future__ import annotations

from datetime import datetime, timedelta

from kyc_portal.submissions import policies
from kyc_portal.submissions.clocks import working_time


def before(now: datetime, working: timedelta) -> datetime:
    """The latest instant from which so much working time has passed until now."""
    return working_time.before(now, working, closed=policies.in_force().closed_days)


def after(start: datetime, working: timedelta) -> datetime:
    """The first instant by which so much working time will have passed since the start."""
    return working_time.after(start, working, closed=policies.in_force().closed_days)


def between(start: datetime, end: datetime) -> timedelta:
    """Working time from start to end."""
    return working_time.between(start, end, closed=policies.in_force().closed_days)


def morning_after(now: datetime) -> datetime:
    """The next opening of the desk after an instant."""
    return working_time.next_opening(now, closed=policies.in_force().closed_days)
