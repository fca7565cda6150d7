"""The breaker before the reading service: stops calls while an operator must act, and resumes by itself.

Account, key, clock and billing errors open it at once; faults that may pass (no connection, no answer in time,
something that is no answer, "too fast") open it when several came in a row. While open, scans keep waiting; after
each pause one call is let through, and any real answer closes the breaker. The row is the truth, so all workers
agree. Administrators are told once each time it opens (`telling_of_stops`).

A hold of calls stands in the same row and is a person's (`call_hold`): nothing here ends it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from kyc_portal import audit
from kyc_portal.submissions.models import ProviderBreaker

log = logging.getLogger(__name__)

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=10)
# Longer than a call may take: the one that was let through has answered or failed by then.
PROBE = timedelta(seconds=20)
# One fault is the network's weather; five in a row with no answer in between are somebody's work.
FAULTS_THAT_STOP = 5


def pause_after(faults: int) -> timedelta:
    """How long calls rest after so many faults in a row: doubling from 30 s up to ten minutes."""
    return min(FIRST_PAUSE * 2 ** max(0, min(faults - 1, 10)), LONGEST_PAUSE)


class Phase(TextChoices):
    """Where the breaker stands by itself, hold or no hold."""

    CLOSED = "closed", _("Calls are made")
    OPEN = "open", _("Calls are stopped")
    PROBING = "probing", _("One probe is under way")


@dataclass(frozen=True, slots=True)
class Wait:
    """No call may be made now; `until` is when to come back, None while a person holds all calls."""

    until: datetime | None


def rows() -> QuerySet[ProviderBreaker]:
    """The row of the endpoint in use, for guarded UPDATEs; empty before the first fault or hold."""
    return ProviderBreaker.objects.filter(endpoint=settings.OCR_ENDPOINT)


def standing() -> ProviderBreaker | None:
    """The row as it is, for pages; None while nothing ever stopped."""
    return rows().select_related("held_by").first()


def phase_of(row: ProviderBreaker | None, *, now: datetime) -> Phase:
    """The phase of a row at an instant. A probe whose caller died is over when its time is."""
    if row is None or not row.is_open:
        return Phase.CLOSED
    return Phase.PROBING if row.probing_until and row.probing_until > now else Phase.OPEN


def stopped() -> ProviderBreaker | None:
    """The row while no calls are made, because they failed or because a person holds them."""
    return rows().filter(Q(is_open=True) | Q(held_since__isnull=False)).select_related("held_by").first()


def is_held() -> bool:
    """Whether a person holds all calls."""
    return rows().filter(held_since__isnull=False).exists()


def admit(*, now: datetime) -> Wait | None:
    """None for a call that may be made now. Inside the caller's `acting`.

    While calls are stopped, exactly one call takes each probe; the others wait for what becomes of it.
    While they are held, none is made.
    """
    row = stopped()
    if row is None:
        return None
    if row.held_since:
        return Wait(None)
    if row.probe_at and row.probe_at > now:
        return Wait(row.probe_at)
    taken = rows().filter(is_open=True, held_since__isnull=True, probe_at=row.probe_at)
    return None if taken.update(probe_at=now + PROBE, probing_until=now + PROBE) else Wait(now + PROBE)


def locked(now: datetime) -> ProviderBreaker:
    """The row of the endpoint in use, made where there is none, locked. Inside the caller's `acting`."""
    row, _made = ProviderBreaker.objects.select_for_update().get_or_create(
        endpoint=settings.OCR_ENDPOINT, defaults={"since": now}
    )
    return row


def opened(*, cause: str, now: datetime) -> datetime:
    """An error of the account's: stop calls. Inside the caller's `acting`; returns when the next probe is."""
    row = locked(now)
    first = not row.is_open
    # Calls that were under way when the first one failed fail for the same reason and do not lengthen the pause.
    is_same = not first and now - row.since < FIRST_PAUSE
    faults = 1 if first else row.faults + (not is_same)
    probe_at = now + pause_after(faults)
    rows().update(
        is_open=True,
        since=now if first else row.since,
        probe_at=probe_at,
        probing_until=None,
        cause=cause,
        faults=faults,
    )
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
    row = locked(now)
    if row.is_open or row.faults + 1 >= FAULTS_THAT_STOP:
        return opened(cause=cause, now=now)
    rows().update(faults=row.faults + 1)
    return None


def closed(*, now: datetime) -> None:
    """The service answered: resume, if calls were stopped, and count from none. Inside the caller's `acting`.

    A hold stays: an answer that comes late says nothing about why a person stopped calls.
    """
    changed = (
        rows()
        .filter(is_open=True)
        .update(is_open=False, since=now, probe_at=None, probing_until=None, cause="", faults=0)
    )
    if changed:
        audit.record("provider.resumed", object_type="submissions.providerbreaker", object_id=settings.OCR_ENDPOINT)
    else:
        rows().filter(faults__gt=0).update(faults=0)
