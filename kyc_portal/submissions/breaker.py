"""The breaker before the reading service: stops calls while an operator must act, and resumes by itself.

Account, key, clock and billing errors open it. While open, scans keep waiting; after each pause one call is let
through, and its success closes the breaker. The row is the truth, so all workers agree.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import mail_admins
from django.db import transaction

from kyc_portal import audit
from kyc_portal.submissions.models import ProviderBreaker

log = logging.getLogger(__name__)

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=10)


def pause_after(faults: int) -> timedelta:
    """How long calls rest after so many faults in a row: doubling from 30 s up to ten minutes."""
    return min(FIRST_PAUSE * 2 ** max(0, min(faults - 1, 10)), LONGEST_PAUSE)


def may_call(now: datetime) -> datetime | None:
    """None when calls may be made, else the instant of the next probe."""
    row = ProviderBreaker.objects.filter(endpoint=settings.OCR_ENDPOINT, is_open=True).first()
    return row.probe_at if row and row.probe_at and row.probe_at > now else None


def opened(*, cause: str, now: datetime) -> datetime:
    """An error of the account's: stop calls. Inside the caller's `acting`; returns when the next probe is."""
    row, is_new = ProviderBreaker.objects.select_for_update().get_or_create(
        endpoint=settings.OCR_ENDPOINT, defaults={"since": now}
    )
    first = is_new or not row.is_open
    faults = 1 if first else row.faults + 1
    probe_at = now + pause_after(faults)
    ProviderBreaker.objects.filter(pk=row.pk).update(
        is_open=True, since=now if first else row.since, probe_at=probe_at, cause=cause, faults=faults
    )
    if first:
        audit.record(
            "provider.stopped",
            object_type="submissions.providerbreaker",
            object_id=row.pk,
            details={"cause": cause},
        )
        transaction.on_commit(lambda: _tell_operator(cause), robust=True)
    return probe_at


def closed(*, now: datetime) -> None:
    """A call succeeded: resume, if calls were stopped. Inside the caller's `acting`."""
    changed = ProviderBreaker.objects.filter(endpoint=settings.OCR_ENDPOINT, is_open=True).update(
        is_open=False, since=now, probe_at=None, cause="", faults=0
    )
    if changed:
        audit.record("provider.resumed", object_type="submissions.providerbreaker", object_id=settings.OCR_ENDPOINT)


def _tell_operator(cause: str) -> None:
    log.error("provider_stopped", extra={"cause": cause})
    mail_admins(
        "The reading service is stopped",
        f"Calls to the reading service stopped with {cause}. Submissions wait and none is lost.\n"
        "Check the key, the account's billing and this machine's clock. Calls resume by themselves.",
        fail_silently=True,
    )
