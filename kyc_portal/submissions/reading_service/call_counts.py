"""How calls to the service ended, by hour and code, and how many began in each minute of the last hour.

Numbers to look at, not to decide by: the budget keeps its own. Both tables are bounded: hours are dropped after a
month, a code that is in no published table counts under the part before its dot or as "Other", minutes are a ring.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Sum

from kyc_portal.submissions.models import ProviderDay, ProviderHour, ProviderMinute, Reading
from ocr_integration.errors import CLASSES, ErrorClass, class_of_code

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
KEPT = timedelta(days=31)
OTHER = "Other"
ANSWERED = "answered"
# How a call may end, by who must act.
KINDS = (ANSWERED, *(each.value for each in ErrorClass))
# Spans a page may ask for, by the name in its address.
SPANS = {"24h": timedelta(hours=24), "7d": timedelta(days=7), "30d": timedelta(days=30)}
# Answers looked at for how long the service takes.
_LATEST = 1000


# ----- counting, inside the caller's `acting`


def count(*, code: str, now: datetime) -> None:
    """Count a call that ended with this code, "" for a reading. `now` is the instant it began."""
    _count_hour(_counted_as(code), now.replace(minute=0, second=0, microsecond=0))
    _count_minute(now.replace(second=0, microsecond=0))


def _counted_as(code: str) -> str:
    if not code or code in CLASSES:
        return code
    family = code.partition(".")[0]
    return family if family in CLASSES else OTHER


def _count_hour(code: str, hour: datetime) -> None:
    row = ProviderHour.objects.filter(endpoint=settings.OCR_ENDPOINT, hour=hour, code=code)
    if row.update(calls=F("calls") + 1):
        return
    ProviderHour.objects.get_or_create(endpoint=settings.OCR_ENDPOINT, hour=hour, code=code)
    row.update(calls=F("calls") + 1)
    ProviderHour.objects.filter(endpoint=settings.OCR_ENDPOINT, hour__lt=hour - KEPT).delete()


def _count_minute(minute: datetime) -> None:
    turn = int(minute.timestamp()) // 60 % ProviderMinute.RING
    slot = ProviderMinute.objects.filter(endpoint=settings.OCR_ENDPOINT, slot=turn)
    if slot.filter(minute=minute).update(calls=F("calls") + 1):
        return
    # The first of this minute takes the slot over from the round before; one that comes later than that is let go.
    ProviderMinute.objects.get_or_create(endpoint=settings.OCR_ENDPOINT, slot=turn, defaults={"minute": minute})
    slot.filter(minute__lt=minute).update(minute=minute, calls=0)
    slot.filter(minute=minute).update(calls=F("calls") + 1)


# ----- looking


@dataclass(frozen=True, slots=True)
class Ending:
    """How many calls of a span ended in one way, and the code that came most often with its number.

    `kind` is "answered", or the class of an error: who must act.
    """

    kind: str
    many: int
    commonest: str
    commonest_many: int


def first_hour(span: timedelta, *, now: datetime) -> datetime:
    """The first hour that counts for a span: hours are counted whole."""
    return (now - span).replace(minute=0, second=0, microsecond=0)


def endings(span: timedelta, *, now: datetime) -> list[Ending]:
    """Readings first, then each class of error, of the hours that lie in the span or are touched by its beginning."""
    found = (
        ProviderHour.objects.filter(endpoint=settings.OCR_ENDPOINT, hour__gte=first_hour(span, now=now))
        .values_list("code")
        .annotate(many=Sum("calls"))
    )
    by_kind: dict[str, Counter[str]] = {}
    for code, many in found:
        by_kind.setdefault(class_of_code(code).value if code else ANSWERED, Counter())[code] += many
    return [_ending(kind, by_kind.get(kind, Counter())) for kind in KINDS]


def _ending(kind: str, codes: Counter[str]) -> Ending:
    commonest, many = max(codes.items(), key=lambda each: (each[1], each[0]), default=("", 0))
    return Ending(kind, codes.total(), commonest, many)


def totals() -> dict[str, int]:
    """How calls to the endpoint in use ended since it is in use, by kind: numbers that only grow."""
    rows = ProviderDay.objects.filter(endpoint=settings.OCR_ENDPOINT)
    found = rows.aggregate(**{f"{kind}_calls": Sum(kind) for kind in KINDS})
    return {kind: found[f"{kind}_calls"] or 0 for kind in KINDS}


def error_share(span: timedelta, *, now: datetime) -> float | None:
    """The share of calls that failed for a reason that is not the picture's; None where no call was made."""
    found = {each.kind: each.many for each in endings(span, now=now)}
    failed = sum(many for kind, many in found.items() if kind not in {ANSWERED, ErrorClass.CUSTOMER.value})
    whole = sum(found.values())
    return failed / whole if whole else None


def by_minute(*, now: datetime) -> list[tuple[datetime, int]]:
    """The last sixty whole minutes, oldest first, with the calls that began in each. The present one is not over."""
    end = now.replace(second=0, microsecond=0)
    rows = ProviderMinute.objects.filter(endpoint=settings.OCR_ENDPOINT, minute__gte=end - HOUR)
    known = dict(rows.values_list("minute", "calls"))
    minutes = [end - MINUTE * back for back in range(60, 0, -1)]
    return [(minute, known.get(minute, 0)) for minute in minutes]


@dataclass(frozen=True, slots=True)
class Took:
    """How long the newest answers took in milliseconds, the wait for a place under the rate included."""

    answers: int
    p50: int
    p95: int


def took(span: timedelta, *, now: datetime) -> Took | None:
    """Of the newest thousand answers of a span at most; None where there is none."""
    newest = Reading.objects.filter(
        endpoint=settings.OCR_ENDPOINT, answered_at__gt=now - span, reused_from__isnull=True
    ).order_by("-answered_at")
    times = sorted(newest.values_list("duration_ms", flat=True)[:_LATEST])
    return Took(len(times), _percentile(times, 50), _percentile(times, 95)) if times else None


def _percentile(times: Sequence[int], percent: int) -> int:
    """The nearest rank: the smallest of the sorted times that so many percent do not exceed."""
    return times[-(-len(times) * percent // 100) - 1]
