"""The breaker before the reading service: stops calls while an operator must act, and resumes by itself.

Account, key, clock and billing errors open it at once; faults that may pass (no connection, no answer in time,
something that is no answer, "too fast") open it when several came in a row. While open, scans keep waiting; after
each pause one call is let through, and any real answer closes the breaker. The row is the truth, so all workers
agree. Administrators are told once each time it opens.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db.models import QuerySet

from kyc_portal import audit
from kyc_portal.audit import Actor
from kyc_portal.audit.models import Entry
from kyc_portal.submissions import operators
from kyc_portal.submissions.models import ProviderBreaker

log = logging.getLogger(__name__)

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=10)
# Longer than a call may take: the one that was let through has answered or failed by then.
PROBE = timedelta(seconds=20)
# One fault is the network's weather; five in a row with no answer in between are somebody's work.
FAULTS_THAT_STOP = 5
# A mail server that is down is asked again this often.
_TELL_AGAIN_SECONDS = 60


def pause_after(faults: int) -> timedelta:
    """How long calls rest after so many faults in a row: doubling from 30 s up to ten minutes."""
    return min(FIRST_PAUSE * 2 ** max(0, min(faults - 1, 10)), LONGEST_PAUSE)


def _row() -> QuerySet[ProviderBreaker]:
    return ProviderBreaker.objects.filter(endpoint=settings.OCR_ENDPOINT)


def stopped() -> ProviderBreaker | None:
    """The row while calls are stopped, for pages."""
    return _row().filter(is_open=True).first()


def admit(*, now: datetime) -> datetime | None:
    """None for a call that may be made now, else when to come back. Inside the caller's `acting`.

    While calls are stopped, exactly one call takes each probe; the others wait for what becomes of it.
    """
    row = stopped()
    if row is None:
        return None
    if row.probe_at and row.probe_at > now:
        return row.probe_at
    taken = _row().filter(is_open=True, probe_at=row.probe_at).update(probe_at=now + PROBE)
    return None if taken else now + PROBE


def _locked(now: datetime) -> ProviderBreaker:
    row, _made = ProviderBreaker.objects.select_for_update().get_or_create(
        endpoint=settings.OCR_ENDPOINT, defaults={"since": now}
    )
    return row


def opened(*, cause: str, now: datetime) -> datetime:
    """An error of the account's: stop calls. Inside the caller's `acting`; returns when the next probe is."""
    row = _locked(now)
    first = not row.is_open
    # Calls that were under way when the first one failed fail for the same reason and do not lengthen the pause.
    is_same = not first and now - row.since < FIRST_PAUSE
    faults = 1 if first else row.faults + (not is_same)
    probe_at = now + pause_after(faults)
    _row().update(is_open=True, since=now if first else row.since, probe_at=probe_at, cause=cause, faults=faults)
    if first:
        audit.record(
            "provider.stopped",
            object_type="submissions.providerbreaker",
            object_id=row.pk,
            details={"cause": cause},
        )
        log.error("provider_stopped", extra={"cause": cause})
    return probe_at


def faulted(*, cause: str, now: datetime) -> datetime | None:
    """A fault that may pass: counted, and calls stop when it is one too many. Inside the caller's `acting`.

    Returns the next probe when calls are stopped, else None.
    """
    row = _locked(now)
    if row.is_open or row.faults + 1 >= FAULTS_THAT_STOP:
        return opened(cause=cause, now=now)
    _row().update(faults=row.faults + 1)
    return None


def closed(*, now: datetime) -> None:
    """The service answered: resume, if calls were stopped, and count from none. Inside the caller's `acting`."""
    changed = _row().filter(is_open=True).update(is_open=False, since=now, probe_at=None, cause="", faults=0)
    if changed:
        audit.record("provider.resumed", object_type="submissions.providerbreaker", object_id=settings.OCR_ENDPOINT)
    else:
        _row().filter(faults__gt=0).update(faults=0)


def tell_operators(*, actor: Actor) -> None:
    """Tell administrators that calls are stopped, once each time; a mail that could not be sent is tried again.

    The log says whether they were told of this stop, which its first instant names.
    """
    row = stopped()
    if row is None or _were_told(row) or not cache.add("telling-operators", 1, _TELL_AGAIN_SECONDS):
        return
    told = operators.tell(
        "The reading service is stopped",
        f"Calls to the reading service stopped with {row.cause}. Submissions wait and none is lost.\n"
        "Check the service's address, the key, the account's billing and this machine's clock.\n"
        "One call is tried after each pause, and reading resumes by itself.",
    )
    if not told:
        return
    with audit.acting(actor):
        audit.record(
            "operator.told",
            object_type="submissions.providerbreaker",
            object_id=row.pk,
            details={"cause": row.cause, "since": row.since.isoformat()},
        )
    cache.delete("telling-operators")


def _were_told(row: ProviderBreaker) -> bool:
    return Entry.objects.filter(
        object_type="submissions.providerbreaker",
        object_id=row.pk,
        action="operator.told",
        details__since=row.since.isoformat(),
    ).exists()
