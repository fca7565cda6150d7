"""Who may open which of the console's pages, and which cases it opens.

A case rests where its customer asked to be deleted and a rule keeps the data: daily work does not open it any more.
Whoever answers for what was decided or kept (senior reviewers, auditors, administrators) still may.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render

from kyc_portal import audit
from kyc_portal.accounts.models import DECIDING, QUEUE_READING, STAFF_ROLES, Role, User
from kyc_portal.accounts.permissions import require_role, signed_in_user
from kyc_portal.privacy import deletion
from kyc_portal.submissions import queries
from kyc_portal.submissions.models import Submission

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def _opening(*roles: Role) -> Callable[[View[P]], View[P]]:
    """Let only these roles through, and to a case that rests no reviewer."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            user, submission_id = signed_in_user(request), kwargs.get("submission_id")
            if user.role == Role.REVIEWER and isinstance(submission_id, UUID) and deletion.is_restricted(submission_id):
                return _at_rest(request, reviewable(submission_id), user)
            return view(request, *args, **kwargs)

        return require_role(*roles)(guarded)

    return decorate


def _at_rest(request: HttpRequest, submission: Submission, user: User) -> HttpResponse:
    with audit.acting(user.actor):
        audit.record(
            "permission.refused",
            object_type="submissions.submission",
            object_id=str(submission.pk),
            subject=submission.customer_id,
            details={"why": "restricted"},
        )
    return render(request, "review_console/at_rest.html", {"submission": submission}, status=403)


readers = _opening(*STAFF_ROLES)
queue_readers = _opening(*QUEUE_READING)
reviewers = _opening(*DECIDING)
seniors = _opening(Role.SENIOR_REVIEWER)


def seen_version(request: HttpRequest) -> int:
    """The version of the evidence a dialog's page showed: a press binds to it, never to the newest. 404 without one."""
    seen = request.GET.get("version", "")
    if not seen.isdecimal():
        raise Http404
    return int(seen)


def reviewable(submission_id: UUID) -> Submission:
    """A case the console may open, or 404."""
    return get_object_or_404(queries.reviewable(), pk=submission_id)
