"""What happened in the last days: cases that came, decisions, reasons, whether in time, the service, agreement.

Counts only, and never of one person. Every count walks an index over the days asked for. Days are those of Hong Kong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db.models import Count, F, Func, Sum
from django.db.models.functions import TruncDate

from kyc_portal.submissions.clocks.working_time import HONG_KONG
from kyc_portal.submissions.deciding import samples
from kyc_portal.submissions.deciding.samples import Agreement
from kyc_portal.submissions.models import Decision, DecisionStage, ProviderDay, Submission
from kyc_portal.submissions.reasons import BY_CODE, Outcome
from kyc_portal.submissions.warning_codes import Severity

SPANS = (1, 7, 14, 30)
# How a call to the service may end, by who must act; the columns of ProviderDay.
CALL_ENDS = ("answered", "customer", "retry", "throttle", "config", "defect")


@dataclass(frozen=True, slots=True)
class Day:
    """One day: cases that came to review by gravest code, and decisions that took effect, `late` past the bound.

    `untold` were decided before lateness was kept; they count neither way.
    """

    on: date
    came: Mapping[Severity, int]
    decided: int
    late: int
    untold: int

    @property
    def in_time(self) -> int:
        return self.decided - self.late - self.untold

    @property
    def in_time_percent(self) -> int | None:
        known = self.decided - self.untold
        return round(100 * self.in_time / known) if known else None


@dataclass(frozen=True, slots=True)
class Days:
    """The days asked for, oldest first and today last, and what they add up to.

    `reasons` holds (label, outcome, how often), most frequent first; `calls` how calls to the service ended.
    """

    days: Sequence[Day]
    outcomes: Mapping[Outcome, int]
    reasons: Sequence[tuple[str, Outcome, int]]
    calls: Mapping[str, int]
    confirmed: int
    returned: int
    looks: Agreement
    since: datetime

    @property
    def came(self) -> int:
        return sum(sum(day.came.values()) for day in self.days)

    @property
    def decided(self) -> int:
        return sum(day.decided for day in self.days)

    @property
    def late(self) -> int:
        return sum(day.late for day in self.days)

    @property
    def in_time_percent(self) -> int | None:
        known = self.decided - sum(day.untold for day in self.days)
        return round(100 * sum(day.in_time for day in self.days) / known) if known else None


def last(many: int, *, now: datetime) -> Days:
    """The last days, today among them."""
    today = now.astimezone(HONG_KONG).date()
    dates = [today - timedelta(days=many - 1 - at) for at in range(many)]
    since = datetime.combine(dates[0], time(), HONG_KONG)
    came = _came(since)
    decided = Decision.objects.filter(stage=DecisionStage.FINAL, final_at__gte=since)
    by_day: dict[date, Counter[bool | None]] = {}
    outcomes: Counter[Outcome] = Counter()
    confirmed = 0
    for on, outcome, was_late, found, seconded in (
        decided.annotate(on=TruncDate("final_at", tzinfo=HONG_KONG))
        .values_list("on", "outcome", "was_late")
        .annotate(many=Count("pk"), seconded=Count("confirmed_by"))
    ):
        by_day.setdefault(on, Counter())[was_late] += found
        outcomes[Outcome(outcome)] += found
        confirmed += seconded
    return Days(
        days=[_day(on, came.get(on, {}), by_day.get(on, Counter())) for on in dates],
        outcomes={outcome: outcomes[outcome] for outcome in Outcome},
        reasons=_reasons(since),
        calls=_calls(dates[0]),
        confirmed=confirmed,
        returned=Decision.objects.filter(
            stage__in=[DecisionStage.RETURNED, DecisionStage.OTHERWISE], decided_at__gte=since
        ).count(),
        looks=samples.report(since=since).whole,
        since=since,
    )


def _day(on: date, came: Mapping[Severity, int], decided: Counter[bool | None]) -> Day:
    return Day(on, came, decided=decided.total(), late=decided[True], untold=decided[None])


def _came(since: datetime) -> dict[date, dict[Severity, int]]:
    """Cases by the day they last came to review, and by gravest code."""
    found = (
        Submission.objects.filter(waiting_since__gte=since, severity__in=[tier.value for tier in Severity])
        .annotate(on=TruncDate("waiting_since", tzinfo=HONG_KONG))
        .values_list("on", "severity")
        .annotate(many=Count("pk"))
    )
    days: dict[date, dict[Severity, int]] = {}
    for on, severity, many in found:
        days.setdefault(on, {})[Severity(severity)] = many
    return days


class _Unnest(Func):
    function = "unnest"
    set_returning = True


def _reasons(since: datetime) -> list[tuple[str, Outcome, int]]:
    """How often each reason was given by decisions that took effect; an approval needs none."""
    given = (
        Decision.objects.filter(stage=DecisionStage.FINAL, final_at__gte=since)
        .annotate(reason=_Unnest(F("reasons")))
        .values_list("reason", "outcome")
        .annotate(many=Count("pk"))
    )
    words = [
        (str(BY_CODE[code].label) if code in BY_CODE else code, Outcome(outcome), many) for code, outcome, many in given
    ]
    return sorted(words, key=lambda each: (-each[2], each[0]))


def _calls(since: date) -> dict[str, int]:
    rows = ProviderDay.objects.filter(endpoint=settings.OCR_ENDPOINT, day__gte=since)
    found = rows.aggregate(**{f"{name}_calls": Sum(name) for name in CALL_ENDS})
    return {name: found[f"{name}_calls"] or 0 for name in CALL_ENDS}
