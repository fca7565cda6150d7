"""Pictures of a case: sent after that is in the log, and recorded as viewed when their reader saw them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from kyc_portal.accounts.permissions import signed_in_user
from kyc_portal.review_console.access import readers, reviewable, reviewers
from kyc_portal.sealing import keys
from kyc_portal.sealing.errors import KeyDestroyedError
from kyc_portal.submissions import evidence, scans
from kyc_portal.submissions.deciding import claims
from kyc_portal.submissions.models import Reading, Scan, Submission

log = logging.getLogger(__name__)


@require_GET
@readers
def picture(request: HttpRequest, submission_id: UUID, scan_id: UUID) -> HttpResponse:
    """A display copy of one picture; that it was asked for is in the log before a byte leaves.

    A page asks with `?ahead`, and says by `shown` when its reader saw it. Without, the picture is its own page: seen.
    """
    scan = get_object_or_404(Scan, pk=scan_id, submission=reviewable(submission_id))
    actor = signed_in_user(request).actor
    is_ahead = "ahead" in request.GET or "prefetch" in request.headers.get("Sec-Purpose", "")  # a browser guesses
    return _jpeg(lambda: scans.display_copy(scan, actor=actor, is_ahead=is_ahead), customer_id=scan.customer_id)


@require_GET
@readers
def portrait(request: HttpRequest, submission_id: UUID, reading_id: UUID) -> HttpResponse:
    """The portrait the service cut out of the card, where the policy asked for it; the view is in the log first."""
    reading = get_object_or_404(Reading, pk=reading_id, submission=reviewable(submission_id), has_profile=True)
    actor = signed_in_user(request).actor
    return _jpeg(lambda: scans.portrait(reading, actor=actor), customer_id=reading.customer_id)


def _jpeg(opened: Callable[[], bytes], *, customer_id: UUID) -> HttpResponse:
    """A picture nobody keeps; 410 after an erasure, 503 where the store does not answer."""
    try:
        data = opened()
    except (KeyDestroyedError, OSError) as error:
        if keys.is_destroyed(customer_id):
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


@require_POST
@readers
def shown(request: HttpRequest, submission_id: UUID, scan_id: UUID) -> HttpResponse:
    """A picture that a page fetched stood before its reader, large enough to read. 409 where none was fetched."""
    scan = get_object_or_404(Scan, pk=scan_id, submission=reviewable(submission_id))
    is_recorded = scans.shown(scan, actor=signed_in_user(request).actor)
    return HttpResponse(status=204 if is_recorded else 409)


@require_GET
@reviewers
def ahead(request: HttpRequest) -> JsonResponse:
    """The pictures of the case that "next" would open now, for a browser that has time to fetch them."""
    following = claims.ahead(reviewer=signed_in_user(request), now=timezone.now())
    submission = Submission.objects.filter(pk=following).first() if following else None
    standing = evidence.standing_scans(submission) if submission else {}
    pictures = [
        {"scan": str(scan.pk), "address": reverse("console:picture", args=[scan.submission_id, scan.pk])}
        for scan in standing.values()
    ]
    return JsonResponse({"pictures": pictures}, headers={"Cache-Control": "no-store"})
