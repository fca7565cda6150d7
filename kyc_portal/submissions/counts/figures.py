"""What waits now, counted for the page the console opens on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.db.models import Count, Min, Q

from kyc_portal.submissions import queue
from kyc_portal.submissions.clocks import desk
from kyc_portal.submissions.deciding import second_person
from kyc_portal.submissions.models import ProviderBreaker
from kyc_portal.submissions.reading_service import breaker
from kyc_portal.submissions.warning_codes import Severity


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures the console opens on. `by_severity` counts waiting cases by gravest code, `by_age` by three hours.

    `by_age` has a number for each span of `AGE_SPAN` working hours up to the policy's bound, and one for what is late.
    `stopped` is there while no calls are made to the reading service; `stranded` cases wait for a second person who
    does not exist.
    """

    waiting: int
    rescued: int
    held: int
    delayed: int
    oldest_since: datetime | None
    by_severity: Mapping[Severity, int]
    by_age: Sequence[int]
    stopped: ProviderBreaker | None
    stranded: int


AGE_SPAN = timedelta(hours=3)


def waiting_now(now: datetime) -> Figures:
    """Counts of the waiting cases."""
    waiting = queue.waiting()
    by_severity = dict(waiting.order_by().values_list("severity").annotate(many=Count("pk")))
    edges = [now, *(desk.before(now, AGE_SPAN * step) for step in range(1, queue.bound() // AGE_SPAN + 1))]
    spans = {
        f"span_{at}": Count("pk", filter=Q(waiting_since__lte=newest, waiting_since__gt=oldest))
        for at, (newest, oldest) in enumerate(pairwise(edges))
    }
    counted = waiting.aggregate(
        many=Count("pk"),
        late=Count("pk", filter=Q(waiting_since__lte=edges[-1])),
        held=Count("pk", filter=Q(claimed_until__gt=now)),
        oldest=Min("waiting_since"),
        **spans,
    )
    return Figures(
        waiting=counted["many"],
        rescued=counted["late"],
        held=counted["held"],
        delayed=queue.delayed().count(),
        oldest_since=counted["oldest"],
        by_severity={tier: by_severity.get(tier.value, 0) for tier in reversed(Severity)},
        stopped=breaker.stopped(),
        stranded=second_person.stranded().count(),
        by_age=[*(counted[name] for name in spans), counted["late"]],
    )
