"""A reviewer's presses on a case they hold: decide, undo, correct, escalate, park; and taking one up again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kyc_portal.accounts.permissions import refuse, signed_in_user
from kyc_portal.review_console import parking
from kyc_portal.review_console.access import reviewable, reviewers, seen_version, seniors
from kyc_portal.review_console.answers import MISSING, ask_completed, open_next, refused, there
from kyc_portal.review_console.forms import CorrectionForm, DecisionForm, ParkForm, ReopenForm, VersionForm
from kyc_portal.sealing.errors import KeyDestroyedError
from kyc_portal.submissions import review
from kyc_portal.submissions.deciding import corrections, reopening, undoing
from kyc_portal.submissions.errors import IncompleteError, NotAllowedError, StaleError, TooLateError
from kyc_portal.submissions.models import Submission


@require_POST
@reviewers
def decide(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Approve, ask again or reject on the version that was seen, and open the next case."""
    user, submission, form = signed_in_user(request), reviewable(submission_id), DecisionForm(request.POST)
    if not form.is_valid():
        raise Http404  # an outcome, a reason or a version that no page of ours offers
    try:
        review.decide(
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
        return ask_completed(request, submission, form, error)
    except (StaleError, TooLateError, NotAllowedError) as error:
        return refused(request, submission, user, error)
    return open_next(request, user)


@require_POST
@reviewers
def undo(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Take the last press back while its window runs."""
    user, submission = signed_in_user(request), reviewable(submission_id)
    try:
        undoing.undo(submission=submission, reviewer=user, actor=user.actor, now=timezone.now())
    except TooLateError:
        messages.error(request, _("The time to take it back is over; the decision stands."))
    except NotAllowedError:
        refuse(request, user)
    return redirect("console:case", submission.pk)


@require_POST
@reviewers
def correct(request: HttpRequest, submission_id: UUID, reading_id: UUID) -> HttpResponse:
    """Put a value beside the read one."""
    user, submission, form = signed_in_user(request), reviewable(submission_id), CorrectionForm(request.POST)
    reading = get_object_or_404(submission.readings, pk=reading_id)
    if not form.is_valid():
        messages.error(request, _("A correction needs a value and a reason."))
        return redirect("console:case", submission.pk)
    try:
        corrections.correct(
            submission=submission,
            reviewer=user,
            reading=reading,
            field_name=form.cleaned_data["field"],
            value=form.cleaned_data["value"],
            reason=form.cleaned_data["reason"],
            version_seen=form.cleaned_data["version"],
            actor=user.actor,
            now=timezone.now(),
        )
    except (IncompleteError, StaleError, TooLateError, NotAllowedError) as error:
        return refused(request, submission, user, error)
    return redirect("console:case", submission.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@seniors
def reopen(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Ask why, and send a decided case back to the queue."""
    user, submission = signed_in_user(request), reviewable(submission_id)
    form = ReopenForm(request.POST or None, initial={"version": submission.version})
    if request.method == "POST" and form.is_valid():
        try:
            reopening.reopen(
                submission=submission,
                reviewer=user,
                why=form.cleaned_data["why"],
                version_seen=form.cleaned_data["version"],
                actor=user.actor,
                now=timezone.now(),
            )
        except (TooLateError, KeyDestroyedError):
            messages.error(
                request,
                _("Not reopened: somebody was first, or the customer has begun anew or was erased. Nothing was saved."),
            )
        else:
            messages.info(request, _("Reopened. What was decided stands until two people have decided anew."))
        return redirect("console:case", submission.pk)
    if not reopening.can_reopen(submission, user):
        messages.error(request, _("Only a case that is approved or rejected can be reopened."))
        return redirect("console:case", submission.pk)
    context = {"form": form, "submission": submission}
    return render(request, "review_console/reopen.html", context, status=400 if form.is_bound else 200)


@require_POST
@reviewers
def escalate(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Hand the case to the seniors."""
    user, submission, form = signed_in_user(request), reviewable(submission_id), VersionForm(request.POST)
    if not form.is_valid():
        raise Http404
    try:
        review.escalate(
            submission=submission,
            reviewer=user,
            version_seen=form.cleaned_data["version"],
            actor=user.actor,
            now=timezone.now(),
        )
    except (StaleError, TooLateError, NotAllowedError) as error:
        return refused(request, submission, user, error)
    return redirect("console:queue")


@require_http_methods(["GET", "HEAD", "POST"])
@reviewers
def park(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Ask until when and why, and put the case aside."""
    user, submission, now = signed_in_user(request), reviewable(submission_id), timezone.now()
    if request.method != "POST":
        return _ask_park(request, submission, version=seen_version(request))
    form = ParkForm(request.POST)
    if not form.is_valid():
        raise Http404
    chosen = form.cleaned_data
    try:
        review.park(
            submission=submission,
            reviewer=user,
            until=parking.until(chosen["until"], now=now) if chosen["until"] else now,
            why=chosen["why"],
            version_seen=chosen["version"],
            actor=user.actor,
            now=now,
        )
    except IncompleteError as error:
        problem = str(MISSING[error.missing])
        return _ask_park(request, submission, version=chosen["version"], typed=chosen, problem=problem, status=400)
    except (StaleError, TooLateError, NotAllowedError) as error:
        return refused(request, submission, user, error)
    return there(request, reverse("console:queue"))


def _ask_park(
    request: HttpRequest,
    submission: Submission,
    *,
    version: int,
    typed: dict[str, Any] | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "submission": submission,
        "version": version,
        "choices": parking.choices(now=timezone.now()),
        "typed": typed or {},
        "problem": problem,
    }
    return render(request, "review_console/park.html", context, status=status)


@require_POST
@reviewers
def take_up(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Take a parked case up before its time."""
    user, submission = signed_in_user(request), reviewable(submission_id)
    try:
        review.take_up(submission=submission, reviewer=user, actor=user.actor, now=timezone.now())
    except TooLateError:
        messages.error(request, _("This case is not parked any more."))
    except NotAllowedError:
        refuse(request, user)
    return redirect("console:case", submission.pk)
