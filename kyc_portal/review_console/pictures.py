"""Pictures of a case, shown after the view is in the log."""

from __future__ import annotations

import logging
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from kyc_portal.accounts.permissions import signed_in_user
from kyc_portal.review_console.access import readers, reviewable
from kyc_portal.sealing import keys
from kyc_portal.sealing.errors import KeyDestroyedError
from kyc_portal.submissions import scans
from kyc_portal.submissions.models import Scan

log = logging.getLogger(__name__)


@require_GET
@readers
def picture(request: HttpRequest, submission_id: UUID, scan_id: UUID) -> HttpResponse:
    """A display copy of one picture; the view is in the log before a byte leaves."""
    scan = get_object_or_404(Scan, pk=scan_id, submission=reviewable(submission_id))
    try:
        data = scans.display_copy(scan, actor=signed_in_user(request).actor)
    except (KeyDestroyedError, OSError) as error:
        if keys.is_destroyed(scan.customer_id):
            return HttpResponse(status=410, headers={"Cache-Control": "no-store"})
        log.error("picture_not_shown", extra={"error": type(error).__name__})
        return HttpResponse(status=503, headers={"Cache-Control": "no-store", "Retry-After": "10"})
    return HttpResponse(
        data,
        content_type="image/jpeg",
        headers={
            "Cache-Control": "no-store",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Content-Disposition": "inline",
        },
    )
