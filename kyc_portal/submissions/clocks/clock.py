"""Since when a case waits for us: the clock stands still while the customer is asked, and goes on after."""

from __future__ import annotations

from datetime import datetime, timedelta

from kyc_portal.submissions.clocks import desk
from kyc_portal.submissions.models import Submission


def resumed(submission: Submission, now: datetime) -> datetime:
    """`waiting_since` of a case that comes to review now: as long ago as it waited before the customer was asked."""
    waited = timedelta(minutes=submission.waited_minutes)
    return desk.before(now, waited) if waited else now


def stopped(submission: Submission, now: datetime) -> int:
    """The working minutes a case has waited when the customer is asked again."""
    since = submission.waiting_since
    return int(desk.between(since, now).total_seconds() // 60) if since else 0


def due(waiting_since: datetime, bound: timedelta) -> datetime:
    """When the bound will have passed."""
    return desk.after(waiting_since, bound)
