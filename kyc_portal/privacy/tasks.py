"""The nightly retention run: whoever's time is over and who is not held is erased."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.audit.tasks import AuditedTask
from kyc_portal.privacy import erasure

log = logging.getLogger(__name__)


@shared_task(base=AuditedTask, name="kyc_portal.privacy.tasks.run_retention")
def run_retention() -> None:
    """One run, bounded; what is left over is done the next night. Coming twice erases nobody twice."""
    counts = erasure.run(actor=audit.system("retention"), now=timezone.now())
    log.info("retention_run", extra=counts)
