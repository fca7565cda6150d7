"""Whether the service tests for forgery at all: -9109 on every answer means that the account's warning ability is off.

Then every case says "not checked" and none looks clean; administrators are told once each time it begins. One answer
alone proves nothing: our own server also says -9109 of a picture that is too small to test.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from kyc_portal import audit
from kyc_portal.audit import Actor
from kyc_portal.audit.models import Entry
from kyc_portal.submissions import operators
from kyc_portal.submissions.models import Reading
from kyc_portal.submissions.reading_service import breaker
from kyc_portal.submissions.warning_codes import NOT_ENABLED

log = logging.getLogger(__name__)

# So many answers in a row begin it, and so many that were tested end it.
IN_A_ROW = 3
LATELY = timedelta(hours=24)
_SHOWN = 50
_TOLD_OF = "submissions.warningservice"


@dataclass(frozen=True, slots=True)
class Tested:
    """Of the newest answers of a day, how many said that forgery was not tested."""

    answers: int
    untested: int


def lately(*, now: datetime) -> Tested:
    """The newest fifty at most. Pictures that we shrank ourselves do not count: we took the evidence away."""
    found = _untested(_SHOWN, now=now)
    return Tested(len(found), sum(found))


def told_at(since: datetime) -> datetime | None:
    """When administrators were told of what began at this instant."""
    told = Entry.objects.filter(object_type=_TOLD_OF, object_id=_told_id(since), action="operator.told")
    return told.values_list("at", flat=True).first()


def look(*, actor: Actor, now: datetime) -> None:
    """Notice that the tests stopped or run again, and tell administrators once of each stop."""
    newest = _untested(IN_A_ROW, now=now)
    if len(newest) == IN_A_ROW and len(set(newest)) == 1:
        _note(is_off=newest[0], actor=actor, now=now)
    row = breaker.standing()
    if row is not None and row.warnings_off_since is not None:
        _tell(row.warnings_off_since, actor=actor)


def _untested(many: int, *, now: datetime) -> list[bool]:
    """Of the newest answers, newest first, whether each said that forgery was not tested."""
    newest = (
        Reading.objects.filter(
            endpoint=settings.OCR_ENDPOINT,
            answered_at__gt=now - LATELY,
            reused_from__isnull=True,
            scan__is_reencoded=False,
        )
        .order_by("-answered_at")
        .prefetch_related("warnings")[:many]
    )
    return [
        not each.warnings_checked or NOT_ENABLED in {warning.code for warning in each.warnings.all()} for each in newest
    ]


def _note(*, is_off: bool, actor: Actor, now: datetime) -> None:
    row = breaker.standing()
    if is_off == (row is not None and row.warnings_off_since is not None):
        return
    with audit.acting(actor):
        breaker.locked(now)
        breaker.rows().filter(warnings_off_since__isnull=is_off).update(warnings_off_since=now if is_off else None)


def _tell(since: datetime, *, actor: Actor) -> None:
    told = operators.tell_once(
        object_type=_TOLD_OF,
        ids=[_told_id(since)],
        subject="The reading service does not test for forgery",
        body=f"The last {IN_A_ROW} answers all said {NOT_ENABLED}: the warning service is not switched on for this\n"
        "account, or no picture that comes can be tested. Cards are read all the same. Every such case says\n"
        "'not checked' and none is shown as clean. Switch it on in the provider's console.",
        actor=actor,
    )
    if told:
        log.error("warning_service_off", extra={"since": since.isoformat()})


def _told_id(since: datetime) -> str:
    return f"{settings.OCR_ENDPOINT} {since.isoformat()}"
