"""Verifying from inside the portal: what is asked, and remembered as an act with what was found.

A worker verifies a long log in parts, each in a look of its own, so that it holds no look at the database for long and
no other task up: a part ends at a checkpoint, its result is an act, and the next goes on from there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import timedelta

import psycopg
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.audit.definitions import ours
from kyc_portal.audit.models import Entry
from kyc_portal.audit.proof import places
from kyc_portal.audit.proof.verification import Report, kept_outside, snapshot, verify
from kyc_portal.audit.proof.verifier import Key

SOUND, UNSOUND, PART = "audit.verified", "audit.verification_failed", "audit.part_verified"
# Entries of a part: seconds on an idle machine, minutes on a busy one, and far below what a task may take.
PART_SIZE = 250_000
# A look at the whole that stood still for so long begins anew.
_FORGOTTEN = timedelta(days=2)


class NothingToGoOnFromError(Exception):
    """No look at the whole is under way: it has ended, or was forgotten."""


def run(
    *,
    actor: audit.Actor,
    keys: Sequence[str],
    since_last: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Verify all, or what came since the last sound result, at one go, and record it. Raises ValueError for a key or
    place of no form."""
    return _run(actor, keys, _last_sound() if since_last else None, progress=progress)


def run_part(*, actor: audit.Actor, keys: Sequence[str], since_last: bool, is_next: bool) -> Report:
    """Verify the next part, and record it; `Report.is_part` while more is left.

    `is_next`: it follows another; raises NothingToGoOnFromError where that one's work was ended by somebody else.
    """
    before = None if since_last else _under_way()
    if is_next and not since_last and before is None:
        raise NothingToGoOnFromError
    since = _last_sound() if since_last else _result(before)
    return _run(actor, keys, since, upto=_end_of_part(since[0] if since else 0), before=before, is_whole=not since_last)


def _run(
    actor: audit.Actor,
    keys: Sequence[str],
    since: tuple[int, bytes] | None,
    *,
    upto: int | None = None,
    before: Entry | None = None,
    is_whole: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """`before`: the part that this one follows, whose figures are added to its own."""
    believed = [Key.parse(each) for each in keys if each.strip()]
    outside = places.place(settings.ENV.checkpoint_url) if settings.ENV.checkpoint_url else None
    started, report = time.monotonic(), Report()
    kept = kept_outside(outside, report, size=since[0] if since else 0, upto=upto)
    with psycopg.connect(settings.ENV.database_url, autocommit=True) as own, snapshot(own):
        verify(own, report, keys=believed, kept=kept, ours=ours(), since=since, upto=upto, progress=progress)
    so_far = (before.details or {}) if before else {}
    action = (PART if report.is_part and is_whole else SOUND) if report.is_sound else UNSOUND
    with audit.acting(actor):
        audit.record(
            action,
            object_type="audit_log",
            object_id=str(report.size),
            details={
                "root": report.root.hex(),
                "from": "0" if before else str(report.since),
                "late": str(report.late + int(so_far.get("late", "0"))),
                "findings": str(len(report.findings)),
                "first": report.findings[0] if report.findings else "",
                "not_checked": str(max(len(report.not_checked), int(so_far.get("not_checked", "0")))),
                "signatures": str(report.signatures + int(so_far.get("signatures", "0"))),
                "seconds": str(round(time.monotonic() - started) + int(so_far.get("seconds", "0"))),
                **({} if report.good_up_to is None else {"good_up_to": str(report.good_up_to)}),
            },
        )
    return report


def _last_sound() -> tuple[int, bytes] | None:
    entry = Entry.objects.filter(object_type="audit_log", action=SOUND).order_by("-id").first()
    return _result(entry)


def _result(entry: Entry | None) -> tuple[int, bytes] | None:
    # A result that names no root leaves nothing to go on from: the whole log is verified.
    root = (entry.details or {}).get("root") if entry else None
    return (int(entry.object_id), bytes.fromhex(root)) if entry and root else None


def _under_way() -> Entry | None:
    """The last part of a look at the whole that has not ended."""
    results = Entry.objects.filter(object_type="audit_log", kind="act")
    part = results.filter(action=PART, at__gt=timezone.now() - _FORGOTTEN).order_by("-id").first()
    ended = Q(action=UNSOUND) | Q(action=SOUND, details__from="0")
    return None if part is None or results.filter(ended, id__gt=part.id).exists() else part


def _end_of_part(start: int) -> int | None:
    """The size of the first checkpoint that ends a part beginning there; None where all the rest is one."""
    with psycopg.connect(settings.ENV.database_url, autocommit=True) as own:
        asked = "SELECT min(size) FROM audit.checkpoint WHERE size >= %s"
        row = own.execute(asked, [start + PART_SIZE]).fetchone()
    return row[0] if row else None
