"""Housekeeping of sign-ins."""

from __future__ import annotations

from celery import shared_task

from kyc_portal.accounts import sessions
from kyc_portal.audit.tasks import AuditedTask


@shared_task(base=AuditedTask)
def remove_sessions() -> None:
    """Remove sessions that have run out: they hold the address somebody came in by."""
    sessions.remove_run_out()
