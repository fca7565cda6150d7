"""Verifying from inside the portal: what is asked, and remembered as an act with what was found."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import psycopg
from django.conf import settings

from kyc_portal import audit
from kyc_portal.audit.definitions import ours
from kyc_portal.audit.models import Entry
from kyc_portal.audit.proof import places
from kyc_portal.audit.proof.verification import Report, kept_outside, snapshot, verify
from kyc_portal.audit.proof.verifier import Key

SOUND, UNSOUND = "audit.verified", "audit.verification_failed"


def run(
    *,
    actor: audit.Actor,
    keys: Sequence[str],
    since_last: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Verify with a connection of its own, and record the result. Raises ValueError for a key or place of no form."""
    believed = [Key.parse(each) for each in keys if each.strip()]
    outside = places.place(settings.ENV.checkpoint_url) if settings.ENV.checkpoint_url else None
    started, report = time.monotonic(), Report()
    since = _last_sound() if since_last else None
    kept = kept_outside(outside, report, size=since[0] if since else 0)
    with psycopg.connect(settings.ENV.database_url, autocommit=True) as own, snapshot(own):
        verify(
            own,
            report,
            keys=believed,
            kept=kept,
            ours=ours(),
            since=since,
            progress=progress,
        )
    with audit.acting(actor):
        audit.record(
            SOUND if report.is_sound else UNSOUND,
            object_type="audit_log",
            object_id=str(report.size),
            details={
                "root": report.root.hex(),
                "from": str(report.since),
                "late": str(report.late),
                "findings": str(len(report.findings)),
                "first": report.findings[0] if report.findings else "",
                "not_checked": str(len(report.not_checked)),
                "signatures": str(report.signatures),
                "seconds": str(round(time.monotonic() - started)),
                **({} if report.good_up_to is None else {"good_up_to": str(report.good_up_to)}),
            },
        )
    return report


def _last_sound() -> tuple[int, bytes] | None:
    entry = Entry.objects.filter(object_type="audit_log", action=SOUND).order_by("-id").first()
    # A result that names no root leaves nothing to go on from: the whole log is verified.
    root = (entry.details or {}).get("root") if entry else None
    return (int(entry.object_id), bytes.fromhex(root)) if entry and root else None
