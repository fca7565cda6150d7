"""Verifying from inside the portal: what is asked, remembered as an act, and shown as the last position verified."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from django.conf import settings
from django.db import connection

from kyc_portal import audit
from kyc_portal.audit.definitions import ours
from kyc_portal.audit.models import Entry
from kyc_portal.audit.proof import places
from kyc_portal.audit.proof.verification import Report, kept_outside, snapshot, verify
from kyc_portal.audit.proof.verifier import Key

SOUND, UNSOUND = "audit.verified", "audit.verification_failed"
# The sealer looks every five seconds and signs at least hourly.
BEHIND = timedelta(minutes=2)
SILENT = timedelta(hours=2)


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
    report = Report()
    kept = kept_outside(outside, report)
    with psycopg.connect(settings.ENV.database_url, autocommit=True) as own, snapshot(own):
        verify(
            own,
            report,
            keys=believed,
            kept=kept,
            ours=ours(),
            since=_last_sound() if since_last else None,
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
            },
        )
    return report


def _last_sound() -> tuple[int, bytes] | None:
    entry = Entry.objects.filter(object_type="audit_log", action=SOUND).order_by("-id").first()
    if entry is None or entry.details is None:
        return None
    return int(entry.object_id), bytes.fromhex(entry.details["root"])


@dataclass(frozen=True, slots=True)
class Standing:
    """What the log's page says above the entries."""

    verified: Entry | None
    failed: Entry | None
    sealed: int
    signed_at: datetime | None
    unsealed_since: datetime | None
    now: datetime

    @property
    def verified_size(self) -> int:
        """How many entries the last sound result covers."""
        return int(self.verified.object_id) if self.verified else 0

    @property
    def is_behind(self) -> bool:
        """The sealer does not keep up: entries wait for their leaf."""
        return self.unsealed_since is not None and self.now - self.unsealed_since > BEHIND

    @property
    def is_silent(self) -> bool:
        """No checkpoint for longer than one is due, or none at all though entries are sealed."""
        return self.sealed > 0 and (self.signed_at is None or self.now - self.signed_at > SILENT)


def standing() -> Standing:
    """How the log stands, from four indexed looks; nothing is verified here."""
    results = Entry.objects.filter(object_type="audit_log", kind="act").order_by("-id")
    last = results.filter(action__in=(SOUND, UNSOUND)).first()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT coalesce(max(position) + 1, 0) FROM audit.leaf),"
            " (SELECT at FROM audit.checkpoint ORDER BY id DESC LIMIT 1),"
            " (SELECT min(e.at) FROM audit.entry e WHERE e.tx >= coalesce((SELECT watermark FROM audit.seal"
            "   ORDER BY id DESC LIMIT 1), 0) AND NOT EXISTS (SELECT FROM audit.leaf l WHERE l.entry_id = e.id)),"
            " clock_timestamp()"
        )
        sealed, signed_at, unsealed_since, now = cursor.fetchone()
    return Standing(
        verified=results.filter(action=SOUND).first(),
        failed=last if last is not None and last.action == UNSOUND else None,
        sealed=sealed,
        signed_at=signed_at,
        unsealed_since=unsealed_since,
        now=now,
    )
