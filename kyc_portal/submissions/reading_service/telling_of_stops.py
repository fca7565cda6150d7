"""Telling administrators that calls to the reading service are stopped or held: once each time.

The log says whether they were told of this stop or hold, which its first instant names. A mail that could not be
sent is tried again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.core.cache import cache

from kyc_portal import audit
from kyc_portal.audit import Actor
from kyc_portal.audit.models import Entry
from kyc_portal.submissions import operators
from kyc_portal.submissions.models import ProviderBreaker
from kyc_portal.submissions.reading_service import breaker

# A mail server that is down is asked again this often.
_TELL_AGAIN_SECONDS = 60


def tell_operators(*, actor: Actor) -> None:
    """Tell of the stop and of the hold that stand now, each once."""
    row = breaker.stopped()
    if row is None:
        return
    if row.is_open:
        _once(row, "stop", row.since, lambda: _tell_of_stop(row), actor=actor)
    if row.held_since:
        _once(row, "hold", row.held_since, lambda: _tell_of_hold(row), actor=actor)


def _tell_of_stop(row: ProviderBreaker) -> bool:
    return operators.tell(
        "The reading service is stopped",
        f"Calls to the reading service stopped with {row.cause}. Submissions wait and none is lost.\n"
        "Check the service's address, the key, the account's billing and this machine's clock.\n"
        "One call is tried after each pause, and reading resumes by itself.",
    )


def _tell_of_hold(row: ProviderBreaker) -> bool:
    who = row.held_by.display_name if row.held_by else ""
    return operators.tell(
        "Calls to the reading service are held",
        f"{who} holds all calls: {row.held_why}\n"
        "Submissions wait and none is lost. This does not end by itself: an administrator lets calls go on,\n"
        "on the page Reading service.",
    )


def _once(row: ProviderBreaker, about: str, since: datetime, tell: Callable[[], bool], *, actor: Actor) -> None:
    known = {"about": about, "since": since.isoformat()}
    if _were_told(row, known) or not cache.add("telling-operators", 1, _TELL_AGAIN_SECONDS) or not tell():
        return
    with audit.acting(actor):
        audit.record(
            "operator.told",
            object_type="submissions.providerbreaker",
            object_id=row.pk,
            details={**known, "cause": row.cause},
        )
    cache.delete("telling-operators")


def _were_told(row: ProviderBreaker, known: dict[str, str]) -> bool:
    return Entry.objects.filter(
        object_type="submissions.providerbreaker",
        object_id=row.pk,
        action="operator.told",
        details__contains=known,
    ).exists()
