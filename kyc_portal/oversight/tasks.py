"""Watching over the audit log: whether the sealer keeps up, and whether what it sealed still verifies."""

from __future__ import annotations

import logging
from contextlib import suppress

from celery import shared_task
from django.conf import settings
from kombu.exceptions import OperationalError

from kyc_portal import audit
from kyc_portal.audit.proof import checking, standing
from kyc_portal.audit.tasks import AuditedTask
from kyc_portal.submissions import operators

log = logging.getLogger(__name__)


@shared_task(base=AuditedTask)
def watch_audit() -> None:
    """Tell operators, once an hour, when entries wait for the sealer, no checkpoint comes or nothing is verified."""
    stands = standing.standing()
    if stands.is_behind:
        log.error("audit_sealer_behind", extra={"since": str(stands.unsealed_since)})
        operators.tell_hourly(
            "audit-behind",
            "The audit log is not being sealed",
            f"Entries wait for their place in the tree since {stands.unsealed_since:%Y-%m-%d %H:%M} UTC.\n"
            "They are recorded and nothing is lost; until they are sealed, nobody can prove them.\n"
            "Is the sealer running, and can it reach the database? See docs/runbook.md, Audit log.",
        )
    elif stands.is_silent:
        log.error("audit_sealer_silent", extra={"since": str(stands.signed_at)})
        operators.tell_hourly(
            "audit-silent",
            "No checkpoint of the audit log was signed",
            f"The last one is of {stands.signed_at or 'never'} (UTC); one is due every hour.\n"
            "Does the place at CHECKPOINT_URL take files? See docs/runbook.md, Audit log.",
        )
    elif stands.is_forgotten and stands.verified is not None:
        log.error("audit_not_verified", extra={"since": str(stands.verified.at)})
        operators.tell_hourly(
            "audit-not-verified",
            "The audit log was not verified for a day",
            f"The last sound result is of {stands.verified.at:%Y-%m-%d %H:%M} UTC; one is due every hour.\n"
            "Whether the log is the one that was written is not known. What do the workers' logs say of"
            " kyc_portal.oversight.tasks.verify_audit? See docs/runbook.md, Audit log.",
        )


@shared_task(base=AuditedTask)
def verify_audit(*, since_last: bool = True, is_next: bool = False) -> None:
    """Verify what is new (hourly) or everything (daily), and tell operators at once when it is not sound.

    A part at a time: the next is a task of its own, so that sweeps and alarms get their turn. Where the broker is away
    the next run goes on.
    """
    keys = settings.ENV.audit_verify_key.split(",")
    try:
        report = checking.run_part(actor=audit.system("verifier"), keys=keys, since_last=since_last, is_next=is_next)
    except checking.NothingToGoOnFromError:
        return
    if report.is_part and report.is_sound:
        with suppress(OperationalError):
            verify_audit.delay(since_last=since_last, is_next=True)
    if not report.is_sound:
        log.error("audit_log_not_sound", extra={"findings": report.findings})
        operators.tell_hourly(
            "audit-unsound",
            "The audit log does not verify",
            "\n".join(report.findings) + "\n\nTouch nothing. Keep the database's backups and the checkpoints that"
            " stand outside, and have somebody who cannot write to either run `manage.py verify_audit`.",
        )
