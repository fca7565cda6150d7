"""Who may open which of the console's pages, and which cases it opens."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from kyc_portal.accounts.models import DECIDING, QUEUE_READING, STAFF_ROLES, Role
from kyc_portal.accounts.permissions import require_role
from kyc_portal.submissions import queries
from kyc_portal.submissions.models import Submission

readers = require_role(*STAFF_ROLES)
queue_readers = require_role(*QUEUE_READING)
reviewers = require_role(*DECIDING)
seniors = require_role(Role.SENIOR_REVIEWER)


def seen_version(request: HttpRequest) -> int:
    """The version of the evidence a dialog's page showed: a press binds to it, never to the newest. 404 without one."""
    seen = request.GET.get("version", "")
    if not seen.isdecimal():
        raise Http404
    return int(seen)


def reviewable(submission_id: UUID) -> Submission:
    """A case the console may open, or 404."""
    return get_object_or_404(queries.reviewable(), pk=submission_id)
