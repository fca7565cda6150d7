"""Trying again now what waits for its time: one reading, or all that wait long. A person hurries, nothing is skipped.

Only the instant of the next try moves. Limiter, breaker and budget are asked as ever, and what a worker has in hand
is left alone. A message is sent for one; for many the sweep finds the rows, as it finds every row that is due.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.submissions import nudges
from kyc_portal.submissions.errors import CallsStoppedError, NotAllowedError, TooLateError
from kyc_portal.submissions.models import Scan
from kyc_portal.submissions.reading_service import breaker, delayed_work
from kyc_portal.submissions.states import ScanState

# All that one press moves is spread over this long at the account's rate, in blocks of one transaction each.
SPREAD = timedelta(seconds=50)
BLOCK = 200


def at_once() -> int:
    """How many one press moves at most: as many as the account's rate lets through in the spread."""
    return int(SPREAD.total_seconds() * settings.OCR_CALLS_PER_SECOND)


def movable(now: datetime) -> QuerySet[Scan]:
    """Readings whose next try is further off than a press would put it, the longest waiting first."""
    far = delayed_work.waiting().filter(state=ScanState.DUE, next_try_at__gt=now + SPREAD)
    return far.order_by("delayed_since", "pk")


def try_now(*, scan: Scan, by: User, now: datetime) -> None:
    """Make one reading due now.

    Raises NotAllowedError, CallsStoppedError while no calls are made, and TooLateError where it is being read, is due
    already or waits no more.
    """
    _require_may(by)
    with audit.acting(by.actor):
        waits = delayed_work.waiting().filter(pk=scan.pk, state=ScanState.DUE, next_try_at__gt=now)
        if not Scan.objects.filter(pk__in=waits.values("pk"), state=ScanState.DUE).update(next_try_at=now):
            raise TooLateError("it does not wait for its time any more")
        audit.record(
            "reading.tried_now",
            object_type="submissions.scan",
            object_id=str(scan.pk),
            subject=scan.customer_id,
        )
        transaction.on_commit(lambda: nudges.read([str(scan.pk)]), robust=True)


def try_all(*, by: User, now: datetime) -> int:
    """Bring forward what waits long, at most `at_once` of them; returns how many. A second press finds none of these.

    Raises NotAllowedError, and CallsStoppedError while no calls are made.
    """
    _require_may(by)
    found = iter(list(movable(now).values_list("pk", flat=True)[: at_once()]))
    pause = timedelta(seconds=BLOCK / settings.OCR_CALLS_PER_SECOND)
    moved, at = 0, now
    while block := list(islice(found, BLOCK)):
        with audit.acting(by.actor):
            free = Scan.objects.select_for_update(skip_locked=True).filter(
                pk__in=block, state=ScanState.DUE, next_try_at__gt=now + SPREAD
            )
            many = Scan.objects.filter(pk__in=list(free.values_list("pk", flat=True))).update(next_try_at=at)
            if many:
                audit.record(
                    "reading.all_tried_now",
                    object_type="submissions.providerbreaker",
                    object_id=settings.OCR_ENDPOINT,
                    details={"scans": str(many)},
                )
        moved, at = moved + many, at + pause
    return moved


def _require_may(by: User) -> None:
    if by.role != Role.ADMINISTRATOR or not by.is_active:
        raise NotAllowedError("an administrator does this")
    if breaker.stopped() is not None:
        raise CallsStoppedError("no calls are made now")
