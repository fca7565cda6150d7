"""The sweep of exports: wakes what was left behind, ends what has run out, removes what nobody may read any more.

A file that cannot be moved is set apart (`rounds`): it never keeps another one waiting.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import Exists, OuterRef, Q

from kyc_portal import audit
from kyc_portal.accounts.models import Customer
from kyc_portal.audit import Actor
from kyc_portal.exports import nudges, store
from kyc_portal.exports.asking import WAITS_FOR, record
from kyc_portal.exports.models import ENDED, Export, ExportPart, ExportState
from kyc_portal.submissions.models import Submission
from kyc_portal.submissions.rounds import Round

BATCH = 50
# A store that failed so often in a round is down, and each further call would wait for it.
STORE_FAILURES = 3
# One that was just nudged is left alone this long.
NUDGED_FOR_SECONDS = 30
# A worker whose export ended under its hands has stored its last part by then.
_CLEARED_AFTER = timedelta(minutes=2)


def sweep(*, actor: Actor, now: datetime) -> None:
    """One round of everything; safe to run twice and at once. Raises RoundFailedError where something of it failed."""
    this = Round()
    with this.apart("wake_exports"):
        wake(now=now)
    with this.apart("expire_exports"):
        expire(actor=actor, now=now, this=this)
    with this.apart("clear_exports"):
        clear(actor=actor, now=now, this=this)
    this.end()


def wake(*, now: datetime) -> None:
    """Exports nobody took up, and those whose worker is gone."""
    due = Q(state=ExportState.ASKED) | Q(state=ExportState.RUNNING, lease_until__lte=now)
    for export_id in Export.objects.filter(due).order_by("asked_at").values_list("pk", flat=True)[:BATCH]:
        if cache.add(f"nudged:export:{export_id}", 1, NUDGED_FOR_SECONDS):
            nudges.make(str(export_id))


def expire(*, actor: Actor, now: datetime, this: Round) -> None:
    """Files whose day is over, and what no second person approved in time."""
    over = Q(state=ExportState.READY, expires_at__lte=now)
    forgotten = Q(state=ExportState.WAITING, asked_at__lte=now - WAITS_FOR)
    # In another order each time: fifty that cannot be moved would else be the only ones ever tried.
    for export in Export.objects.filter(over | forgotten).order_by("?")[:BATCH]:
        with this.apart("expire_exports", row=export.pk), audit.acting(actor):
            _end(export, fault="", now=now)


def recall(*, customer: Customer, now: datetime) -> int:
    """A customer is erased: no file that may hold a row of theirs can be read from here on. Inside `acting`.

    Gives how many ended. Whoever still needs such a file asks for it anew.
    """
    first = Submission.objects.filter(customer=customer).order_by("number").values_list("number", flat=True).first()
    if first is None:
        return 0
    reached = Exists(ExportPart.objects.filter(export=OuterRef("pk"), last_key__gte=first))
    open_files = Export.objects.filter(reached, state__in=[ExportState.RUNNING, ExportState.READY])
    return sum(_end(export, fault="erasure", now=now) for export in open_files)


def _end(export: Export, *, fault: str, now: datetime) -> bool:
    """One move to the end, if nobody was first; the key goes in the same transaction."""
    moved = Export.objects.filter(pk=export.pk, state=export.state).update(
        state=ExportState.EXPIRED, state_since=now, token=None, fault=fault
    )
    if moved:
        store.destroy_key(export.pk)
        record("export.expired", export, **({"fault": fault} if fault else {}))
    return bool(moved)


def clear(*, actor: Actor, now: datetime, this: Round) -> None:
    """The bytes of ended exports, which no key opens any more. What the store does not remove the next round tries."""
    ended = Export.objects.filter(state__in=ENDED, cleared_at__isnull=True, state_since__lte=now - _CLEARED_AFTER)
    for export in ended.order_by("?")[:BATCH]:
        if this.failures("clear_exports") == STORE_FAILURES:
            return
        with this.apart("clear_exports", row=export.pk):
            store.clear(export.pk)
            with audit.acting(actor):
                store.destroy_key(export.pk)  # a worker that began just then may have made it again
                Export.objects.filter(pk=export.pk, cleared_at__isnull=True).update(cleared_at=now)
