"""Bringing the next probe forward: a person has mended something and does not want to wait for the pause to end."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from kyc_portal import audit
from kyc_portal.accounts.models import User
from kyc_portal.submissions import nudges
from kyc_portal.submissions.errors import ProbeRefusedError
from kyc_portal.submissions.models import Scan
from kyc_portal.submissions.reading_service import breaker, delayed_work
from kyc_portal.submissions.reading_service.breaker import Phase
from kyc_portal.submissions.reading_service.call_hold import required_reason
from kyc_portal.submissions.states import ScanState


def send(*, why: str, by: User, now: datetime) -> bool:
    """Make the next probe due now and wake the card that waits longest to carry it. False where no card waits.

    The card goes the way of every call: limiter, budget, one attempt. Raises NotAllowedError, IncompleteError without
    a reason, and ProbeRefusedError where calls are made anyway, are held, or a probe is due or under way already.
    """
    reason = required_reason(why, by=by)
    with audit.acting(by.actor):
        row = breaker.rows().filter(is_open=True, held_since__isnull=True, probe_at__gt=now)
        if not row.exclude(probing_until__gt=now).update(probe_at=now):
            raise ProbeRefusedError(_reason_against(now))
        audit.record(
            "provider.probe_asked",
            object_type="submissions.providerbreaker",
            object_id=breaker.rows().get().pk,
            details={"why": reason},
        )
        return _wake_longest_waiting(now)


def _reason_against(now: datetime) -> str:
    row = breaker.standing()
    if row is not None and row.held_since:
        return "held"
    return "made" if breaker.phase_of(row, now=now) is Phase.CLOSED else "under_way"


def _wake_longest_waiting(now: datetime) -> bool:
    longest = (
        delayed_work.waiting()
        .filter(state=ScanState.DUE)
        .order_by(F("delayed_since").asc(), "pk")
        .select_for_update(of=("self",), skip_locked=True)
        .first()
    )
    if longest is None:
        return False
    Scan.objects.filter(pk=longest.pk, state=ScanState.DUE).update(next_try_at=now)
    transaction.on_commit(lambda: nudges.read([str(longest.pk)]), robust=True)
    return True
