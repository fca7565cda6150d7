"""Calls to the reading service by day and by how they ended, and the most that may cost something in a day.

A call is charged before it is made and freed again when the service says that it failed, which costs nothing; a call
whose answer never came stays charged, because the service may have billed it. The rows are the truth, so all workers
agree, and a worker that was killed in a call leaves it charged. Days are those of Hong Kong.
"""

from __future__ import annotations

import logging
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db.models import F, QuerySet

from kyc_portal import audit
from kyc_portal.audit import Actor
from kyc_portal.submissions import operators
from kyc_portal.submissions.clocks.working_time import HONG_KONG
from kyc_portal.submissions.models import ProviderDay
from kyc_portal.submissions.reading_service import call_counts
from ocr_integration.errors import ServiceError

log = logging.getLogger(__name__)

# The one failure that costs.
_BILLED_FAILURE = "FailedOperation.EmptyImageError"
_UNANSWERED = "Transport."
# A mail server that is down is asked again this often.
_TELL_AGAIN_SECONDS = 60


def charge(*, actor: Actor, now: datetime) -> datetime | None:
    """Charge a call that is about to be made: None when it may be, else the instant of the next day's budget."""
    with audit.acting(actor):
        _today(now).get_or_create(endpoint=settings.OCR_ENDPOINT, day=_day(now))
        room = _today(now)
        if settings.OCR_CALLS_PER_DAY:
            room = room.filter(charged__lt=settings.OCR_CALLS_PER_DAY)
        if room.update(charged=F("charged") + 1):
            return None
    _tell_operators(actor=actor, now=now)
    return _next_day(now)


def not_made(*, actor: Actor, now: datetime) -> None:
    """The charged call was not made after all. `now` is the instant of its charge."""
    with audit.acting(actor):
        _today(now).update(charged=F("charged") - 1)


def ended(*, error: ServiceError | None, actor: Actor, now: datetime) -> None:
    """Count how the charged call ended, None for a reading. `now` is the instant of its charge."""
    column = error.error_class.value if error else "answered"
    changes = {column: F(column) + 1}
    if error and _is_free(error):
        changes["charged"] = F("charged") - 1
    with audit.acting(actor):
        _today(now).update(**changes)
        call_counts.count(code=error.code if error else "", now=now)


def charged(*, now: datetime) -> int:
    """How many calls of this day cost something, or may."""
    return _today(now).values_list("charged", flat=True).first() or 0


def _is_free(error: ServiceError) -> bool:
    return error.code != _BILLED_FAILURE and not error.code.startswith(_UNANSWERED)


def _day(now: datetime) -> date:
    return now.astimezone(HONG_KONG).date()


def _next_day(now: datetime) -> datetime:
    return datetime.combine(now.astimezone(HONG_KONG).date() + timedelta(days=1), time(), HONG_KONG)


def _today(now: datetime) -> QuerySet[ProviderDay]:
    return ProviderDay.objects.filter(endpoint=settings.OCR_ENDPOINT, day=_day(now))


def _tell_operators(*, actor: Actor, now: datetime) -> None:
    """Tell administrators once a day; a mail that could not be sent is tried again."""
    untold = _today(now).filter(is_told=False)
    if not untold.exists() or not cache.add("telling-budget", 1, _TELL_AGAIN_SECONDS):
        return
    log.error("provider_budget_spent", extra={"calls": settings.OCR_CALLS_PER_DAY})
    told = operators.tell(
        "The day's calls to the reading service are spent",
        f"{settings.OCR_CALLS_PER_DAY} calls were made today, as many as OCR_CALLS_PER_DAY allows.\n"
        "Submissions wait for midnight in Hong Kong and none is lost.",
    )
    if not told:
        return
    with audit.acting(actor):
        untold.update(is_told=True)
        audit.record("provider.budget_spent", object_type="submissions.providerday", object_id=str(_day(now)))
    cache.delete("telling-budget")
