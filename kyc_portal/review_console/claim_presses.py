"""Presses on a claim: take the next, take this one, keep it, leave it, give it back, take it over."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kyc_portal.accounts.permissions import refuse, signed_in_user
from kyc_portal.review_console.access import reviewable, reviewers, seniors
from kyc_portal.review_console.answers import open_next
from kyc_portal.review_console.forms import LeaveForm
from kyc_portal.submissions.deciding import claims
from kyc_portal.submissions.errors import NotAllowedError, TooLateError


@require_POST
@reviewers
def claim_next(request: HttpRequest) -> HttpResponse:
    """Claim the head of the queue and open it."""
    return open_next(request, signed_in_user(request))


@require_POST
@reviewers
def claim(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Claim this one."""
    user, submission = signed_in_user(request), reviewable(submission_id)
    try:
        claims.claim(submission=submission, reviewer=user, actor=user.actor, now=timezone.now())
    except TooLateError:
        messages.error(request, _("Somebody else holds this case, or it is decided."))
    except NotAllowedError:
        refuse(request, user)
    return redirect("console:case", submission.pk)


@require_POST
@reviewers
def renew(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """The page is still open."""
    user = signed_in_user(request)
    until = claims.renew(submission=reviewable(submission_id), reviewer=user, actor=user.actor, now=timezone.now())
    if until is None:
        return HttpResponse(status=409)
    return JsonResponse({"until": until.isoformat()})


@require_POST
@reviewers
def leave(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """The page was left: a browser says so as it goes, and nobody reads the answer."""
    user, form = signed_in_user(request), LeaveForm(request.POST)
    if form.is_valid():
        claims.leave(
            submission=reviewable(submission_id),
            reviewer=user,
            known_until=form.cleaned_data["until"],
            actor=user.actor,
            now=timezone.now(),
        )
    return HttpResponse(status=204)


@require_POST
@reviewers
def release(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Give the case back."""
    user = signed_in_user(request)
    claims.release(submission=reviewable(submission_id), reviewer=user, actor=user.actor, now=timezone.now())
    return redirect("console:queue")


@require_POST
@seniors
def take_over(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """A senior takes the case from its holder."""
    user, submission = signed_in_user(request), reviewable(submission_id)
    try:
        claims.take_over(submission=submission, reviewer=user, actor=user.actor, now=timezone.now())
    except TooLateError:
        messages.error(request, _("This case is decided or waits for nobody."))
    except NotAllowedError:
        refuse(request, user)
    return redirect("console:case", submission.pk)
