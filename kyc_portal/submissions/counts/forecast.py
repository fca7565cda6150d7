"""Whether cases are likely to be decided past the bound, at the pace of the last working hours. A hint, no order."""

from __future__ import annotations

from datetime import datetime, timedelta

from kyc_portal.submissions import queue
from kyc_portal.submissions.clocks import desk
from kyc_portal.submissions.models import Decision, DecisionStage

# The pace is that of one day of the desk.
LOOKS_BACK = timedelta(hours=9)


def pace(now: datetime) -> float | None:
    """Decisions that took effect in a working hour; None where there were none lately."""
    since = desk.before(now, LOOKS_BACK)
    many = Decision.objects.filter(stage=DecisionStage.FINAL, final_at__gte=since).count()
    return many / (LOOKS_BACK / timedelta(hours=1)) if many else None


def is_likely_late(waiting: timedelta, position: int, pace: float | None) -> bool:
    """Whether a case that has waited so long is decided past the bound, if its place is reached at this pace."""
    if pace is None or waiting >= queue.bound():
        return False
    return waiting + timedelta(hours=position / pace) > queue.bound()


def likely_late(now: datetime) -> int | None:
    """How many of the first thousand are likely to be late; None where nothing was decided lately."""
    found = pace(now)
    if found is None:
        return None
    at = queue.cutoff(now)
    ahead = queue.rescued(at).count()
    since = queue.ranked(at).values_list("waiting_since", flat=True)[: queue.COUNT_LIMIT]
    places = enumerate(since, ahead + 1)
    return sum(is_likely_late(desk.between(each, now), place, found) for place, each in places if each)
