"""More of a case on pages of their own: two attempts side by side, and everything the log has of it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from kyc_portal import audit
from kyc_portal.accounts.models import Role
from kyc_portal.accounts.permissions import signed_in_user
from kyc_portal.audit import queries as audit_queries
from kyc_portal.audit.words import Told, told
from kyc_portal.review_console.access import readers, reviewable
from kyc_portal.review_console.case_page import lease_of
from kyc_portal.sealing.errors import KeyDestroyedError
from kyc_portal.submissions import attempts
from kyc_portal.submissions.deciding import looks, samples

HISTORY_SHOWN = 200


@require_GET
@readers
def compare(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Two attempts of a case, the last two at first. Values stand in clear, so the opening is recorded."""
    submission, user = reviewable(submission_id), signed_in_user(request)
    found = attempts.numbers(submission)
    if len(found) < 2 or samples.held_by(user, submission):
        raise Http404
    left, right = _chosen(request, "left", found, found[-2]), _chosen(request, "right", found, found[-1])
    with audit.acting(user.actor):
        looks.record_opening(submission)
    try:
        pair = attempts.compared(submission, left, right)
    except KeyDestroyedError:
        return render(request, "review_console/erased.html", {"submission": submission}, status=410)
    context = {
        "submission": submission,
        "numbers": found,
        "pair": pair,
        "halves": (("left", pair.left), ("right", pair.right)),
        **lease_of(submission, user, now=timezone.now()),
    }
    return render(request, "review_console/compare.html", context)


def _chosen(request: HttpRequest, name: str, found: list[int], otherwise: int) -> int:
    asked = request.GET.get(name, "")
    return int(asked) if asked.isdecimal() and int(asked) in found else otherwise


@dataclass(frozen=True, slots=True)
class Line:
    """One act about a case in words, with what the log knows beside it: ids, codes and counts."""

    told: Told
    details: list[tuple[str, str]]
    is_look: bool


@require_GET
@readers
def history(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Everything that was done with this case and its customer, newest first, and the decisions with their notes."""
    submission, user = reviewable(submission_id), signed_in_user(request)
    if samples.held_by(user, submission):
        raise Http404
    entries = audit_queries.acts_about(submission.customer_id).order_by("-id")[: HISTORY_SHOWN + 1]
    lines = [
        Line(told(each), sorted((each.details or {}).items()), each.action in audit_queries.VIEWS) for each in entries
    ]
    context = {
        "submission": submission,
        "lines": lines[:HISTORY_SHOWN],
        "is_cut": len(lines) > HISTORY_SHOWN,
        "shown": HISTORY_SHOWN,
        "may_read_log": user.role != Role.REVIEWER,
    }
    return render(request, "review_console/history.html", context)
