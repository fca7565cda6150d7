"""Tasks of exports: make one, by its id, as far as time goes; and the sweep. The rows decide what is left to do."""

from __future__ import annotations

import logging

from celery import shared_task
from django.db import OperationalError
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.audit.tasks import AuditedTask
from kyc_portal.exports import making, nudges, sweeps
from kyc_portal.exports.errors import StoppedError
from kyc_portal.exports.models import Export
from kyc_portal.sealing.errors import KeyDestroyedError, SealError

log = logging.getLogger(__name__)


@shared_task(base=AuditedTask, name=nudges.MAKE_EXPORT)
def make_export(export_id: str) -> None:
    """Make one export, if it is due. May come twice or late, and may be killed: the next one goes on."""
    found = Export.objects.filter(pk=export_id).first()
    export = making.begin(export=found, now=timezone.now()) if found else None
    if export is None:
        return
    try:
        if making.write(export=export):
            making.finish(export=export)
        else:
            making.hand_on(export=export, now=timezone.now())
            nudges.make(export_id)
    except (StoppedError, KeyDestroyedError):  # the export's own key goes when it ends
        log.info("export_stopped", extra={"export": export_id})
    except (OSError, SealError, OperationalError) as error:
        log.error("export_put_back", extra={"export": export_id, "error": type(error).__name__})
        making.put_back(export=export, fault=type(error).__name__, now=timezone.now())


@shared_task(base=AuditedTask, name="kyc_portal.exports.tasks.sweep")
def sweep() -> None:
    """Wake, end and clear; nothing depends on the broker remembering."""
    sweeps.sweep(actor=audit.system("sweep"), now=timezone.now())
