"""The console's presses: claim, decide, confirm, return, undo, correct, escalate, park. Each asks one writer.

A refusal is said in its own words, keeps what was typed, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from kyc_portal.accounts.models import User
from kyc_portal.accounts.permissions import refuse, signed_in_user
from kyc_portal.review_console.access import reviewable, reviewers, seniors
from kyc_portal.review_console.case_page import open_case, opened_case
from kyc_portal.review_console.forms import CorrectionForm, DecisionForm, LeaveForm, ReopenForm, VersionForm
from kyc_portal.review_console.reason_dialog import render_reasons
from kyc_portal.review_console.shown_checks import shown_changes
from kyc_portal.sealing.errors import KeyDestroyedError
from kyc_portal.submissions import claims, corrections, queries, reopening, review, second_review, undoing
from kyc_portal.submissions.errors import IncompleteError, NotAllowedError, NotHeldError, StaleError, TooLateError
from kyc_portal.submissions.models import Submission
from kyc_portal.submissions.reasons import Outcome

_MISSING = {
    "reason": gettext_lazy("Choose at least one reason."),
    "side": gettext_lazy("Choose the side to take again."),
    "note": gettext_lazy("Say in the note why this can be approved: the policy asks for it."),
    "approvable": gettext_lazy("The policy allows no approval here: ask again, or reject."),
    "pictures_seen": gettext_lazy("Open every picture first: approving is off until each was shown."),
}


def open_next(request: HttpRequest, user: User) -> HttpResponse:
    """Claim the head of the queue and open it; the queue itself when nothing is free."""
    is_in_place = "X-In-Place" in request.headers
    following = claims.claim_next(reviewer=user, actor=user.actor, now=timezone.now(), and_open=is_in_place)
    if following is None:
        messages.info(request, _("All done. Nothing waits that is free."))
        return _there(request, reverse("console:queue"))
    address = reverse("console:case", args=[following.pk])
    return _there(request, address, lambda: opened_case(request, following, user))


def _there(request: HttpRequest, address: str, page: Callable[[], HttpResponse] | None = None) -> HttpResponse:
    """The way to an address. A page that puts the next one in its own place (next.js) gets it with this very answer."""
    if "X-In-Place" not in request.headers:
        return redirect(address)
    response = page() if page else HttpResponse(status=204)
    response["Content-Location"] = address
    return response


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
    return redirect("console:case", submission.pk)


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
            return _refused(request, submission, user, error)
        return _ask_completed(request, submission, form, error)
    except (StaleError, TooLateError, NotAllowedError) as error:
        return _refused(request, submission, user, error)
    return open_next(request, user)


def _ask_completed(
    request: HttpRequest, submission: Submission, form: DecisionForm, error: IncompleteError
) -> HttpResponse:
    """The dialog again with what was typed and what is missing."""
    typed = form.cleaned_data
    return render_reasons(
        request,
        submission,
        Outcome(typed["outcome"]),
        status=400,
        missing=error.missing,
        missing_sentence=_MISSING[error.missing],
        chosen=typed["reasons"],
        chosen_sides=typed["sides"],
        note=typed["note"],
        version=typed["version"],
    )


def _refused(request: HttpRequest, submission: Submission, user: User, error: Exception) -> HttpResponse:
    """Each refusal in its own words: stale evidence is shown again with the note kept, another's case is kept."""
    submission.refresh_from_db()
    kept = {"kept_note": request.POST.get("note", "").strip()}
    if isinstance(error, StaleError):
        changed = queries.checks_changed_since(submission, error.seen)
        return open_case(request, submission, user, status=409, stale=error, changed=shown_changes(changed), **kept)
    if isinstance(error, NotHeldError):
        return open_case(request, submission, user, status=409, not_held=True, **kept)
    if isinstance(error, IncompleteError):
        messages.error(request, str(_MISSING[error.missing]))
    elif isinstance(error, TooLateError):
        messages.error(request, _("This case was decided or moved on in the meantime. Nothing was saved."))
    else:
        refuse(request, user)
    return redirect("console:case", submission.pk)


@require_POST
@seniors
def confirm(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """The second person agrees with the proposal."""
    return _second(request, submission_id, second_review.confirm)


@require_POST
@seniors
def send_back(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """The second person returns the case to the queue."""
    return _second(request, submission_id, second_review.send_back)


def _second(request: HttpRequest, submission_id: UUID, writer: Callable[..., object]) -> HttpResponse:
    user, submission, form = signed_in_user(request), reviewable(submission_id), VersionForm(request.POST)
    if not form.is_valid():
        raise Http404
    try:
        writer(
            submission=submission,
            reviewer=user,
            version_seen=form.cleaned_data["version"],
            actor=user.actor,
            now=timezone.now(),
        )
    except (IncompleteError, StaleError, TooLateError, NotAllowedError) as error:
        return _refused(request, submission, user, error)
    return redirect("console:lane", "second")


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
        return _refused(request, submission, user, error)
    return redirect("console:case", submission.pk)


@require_POST
@reviewers
def escalate(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Hand the case to the seniors."""
    return _hand_on(request, submission_id, is_parked=False)


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
def park(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Put the case aside until tomorrow."""
    return _hand_on(request, submission_id, is_parked=True)


def _hand_on(request: HttpRequest, submission_id: UUID, *, is_parked: bool) -> HttpResponse:
    user, submission, form, now = (
        signed_in_user(request),
        reviewable(submission_id),
        VersionForm(request.POST),
        timezone.now(),
    )
    if not form.is_valid():
        raise Http404
    seen = form.cleaned_data["version"]
    try:
        if is_parked:
            review.park(
                submission=submission,
                reviewer=user,
                until=now + timedelta(days=1),
                version_seen=seen,
                actor=user.actor,
                now=now,
            )
        else:
            review.escalate(submission=submission, reviewer=user, version_seen=seen, actor=user.actor, now=now)
    except (StaleError, TooLateError, NotAllowedError) as error:
        return _refused(request, submission, user, error)
    return redirect("console:queue")
