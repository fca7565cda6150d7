"""Presses of a second person: confirm, return, decide otherwise; and the dialogs of the last two."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kyc_portal.accounts.permissions import signed_in_user
from kyc_portal.review_console.access import reviewable, seen_version, seniors
from kyc_portal.review_console.answers import MISSING, ask_completed, refused, there
from kyc_portal.review_console.forms import DecisionForm, VersionForm, WhyForm
from kyc_portal.submissions.deciding import second_review
from kyc_portal.submissions.deciding.proposals import open_proposal
from kyc_portal.submissions.errors import IncompleteError, NotAllowedError, StaleError, TooLateError
from kyc_portal.submissions.models import Submission
from kyc_portal.submissions.reasons import Outcome


@require_POST
@seniors
def confirm(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """The second person agrees with the proposal."""
    user, submission, form = signed_in_user(request), reviewable(submission_id), VersionForm(request.POST)
    if not form.is_valid():
        raise Http404
    try:
        second_review.confirm(
            submission=submission,
            reviewer=user,
            version_seen=form.cleaned_data["version"],
            actor=user.actor,
            now=timezone.now(),
        )
    except (IncompleteError, StaleError, TooLateError, NotAllowedError) as error:
        return refused(request, submission, user, error)
    return there(request, reverse("console:lane", args=["second"]))


@require_http_methods(["GET", "HEAD", "POST"])
@seniors
def send_back(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Ask why, and send the case back to the queue."""
    user, submission = signed_in_user(request), reviewable(submission_id)
    if request.method != "POST":
        return _ask_why(request, submission, version=seen_version(request))
    form = WhyForm(request.POST)
    if not form.is_valid():
        raise Http404
    try:
        second_review.send_back(
            submission=submission,
            reviewer=user,
            why=form.cleaned_data["why"],
            version_seen=form.cleaned_data["version"],
            actor=user.actor,
            now=timezone.now(),
        )
    except IncompleteError as error:
        problem = str(MISSING[error.missing])
        return _ask_why(request, submission, version=form.cleaned_data["version"], problem=problem, status=400)
    except (StaleError, TooLateError, NotAllowedError) as error:
        return refused(request, submission, user, error)
    return there(request, reverse("console:lane", args=["second"]))


def _ask_why(
    request: HttpRequest, submission: Submission, *, version: int, problem: str = "", status: int = 200
) -> HttpResponse:
    proposal = open_proposal(submission)
    context = {"submission": submission, "version": version, "proposal": proposal, "problem": problem}
    return render(request, "review_console/return.html", context, status=status)


@require_GET
@seniors
def ask_otherwise(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Which other outcome; each leads to its own reasons."""
    submission = reviewable(submission_id)
    context = {
        "submission": submission,
        "version": seen_version(request),
        "proposal": open_proposal(submission),
        "outcomes": Outcome.choices,
    }
    return render(request, "review_console/otherwise.html", context)


@require_POST
@seniors
def otherwise(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """The second person proposes another outcome, or a third person decides."""
    user, submission, form = signed_in_user(request), reviewable(submission_id), DecisionForm(request.POST)
    if not form.is_valid():
        raise Http404
    try:
        second_review.decide_otherwise(
            submission=submission,
            reviewer=user,
            verdict=form.verdict(),
            version_seen=form.cleaned_data["version"],
            actor=user.actor,
            now=timezone.now(),
        )
    except IncompleteError as error:
        if error.missing in ("pictures_seen", "approvable"):
            return refused(request, submission, user, error)
        return ask_completed(request, submission, form, error, is_otherwise=True)
    except (StaleError, TooLateError, NotAllowedError) as error:
        return refused(request, submission, user, error)
    return there(request, reverse("console:lane", args=["second"]))
