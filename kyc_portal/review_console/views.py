"""The console's pages: figures, lanes, case, and the presses. Each asks one writer; GET changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.accounts.permissions import refuse, require_role, signed_in_user
from kyc_portal.audit import queries as audit_queries
from kyc_portal.review_console import charts, cursors
from kyc_portal.review_console.forms import CorrectionForm, DecisionForm, VersionForm
from kyc_portal.submissions import claims, queries, queue, reasons, review, scans
from kyc_portal.submissions.checks.results import Result
from kyc_portal.submissions.checks.words import SENTENCES, TITLES
from kyc_portal.submissions.errors import IncompleteError, NotAllowedError, StaleError, TooLateError
from kyc_portal.submissions.models import Check, Scan, Submission
from kyc_portal.submissions.reasons import Outcome
from kyc_portal.submissions.states import State
from kyc_portal.submissions.warning_codes import MEANINGS, Severity

readers = require_role(Role.REVIEWER, Role.SENIOR_REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR)
queue_readers = require_role(Role.REVIEWER, Role.SENIOR_REVIEWER, Role.AUDITOR)
reviewers = require_role(Role.REVIEWER, Role.SENIOR_REVIEWER)
seniors = require_role(Role.SENIOR_REVIEWER)

_MISSING = {
    "reason": gettext_lazy("Choose at least one reason."),
    "side": gettext_lazy("Choose the side to take again."),
    "pictures_seen": gettext_lazy("Open every picture first: approving is off until each was shown."),
}


@dataclass(frozen=True, slots=True)
class ShownCheck:
    """A check in words."""

    result: str
    title: str
    label: str
    sentence: str
    points: int


def _shown(check: Check) -> ShownCheck:
    return ShownCheck(
        check.result,
        str(TITLES[check.rule]),
        str(Result(check.result).label),
        str(SENTENCES[check.reason]),
        check.points,
    )


@require_GET
@readers
def dashboard(request: HttpRequest) -> HttpResponse:
    """Four figures: waiting, rescued, oldest, by gravest code."""
    figures = queries.figures(timezone.now())
    bars = charts.by_severity(figures.by_severity)
    return render(request, "review_console/dashboard.html", {"figures": figures, "bars": bars, "now": timezone.now()})


def _lane_rows(request: HttpRequest, lane: str) -> tuple[list[queue.QueueRow], str]:
    """The rows of a lane, and the next page's cursor where there is one."""
    now, user = timezone.now(), signed_in_user(request)
    if lane == "next":
        code = request.GET.get("code", "")
        page = queue.next_up(
            now,
            after=cursors.from_text(request.GET.get("after", "")),
            code=int(code) if code.lstrip("-").isdigit() else None,
        )
        return page.rows, cursors.to_text(page.next_cursor) if page.next_cursor else ""
    lanes = {
        "rescue": lambda: queue.rescued(queue.cutoff(now)),
        "mine": lambda: queue.mine(user, now),
        "second": queue.second_review,
        "asked": queue.asked_again,
        "delayed": queue.delayed,
        "parked": queue.parked,
    }
    if lane not in lanes:
        raise Http404
    return queue.as_rows(list(lanes[lane]().select_related("claimed_by")[: queue.PAGE_SIZE]), now=now), ""


@require_GET
@queue_readers
def lane(request: HttpRequest, lane: str = "next") -> HttpResponse:
    """A lane of the queue. Polls get 304 while its rows are the same."""
    rows, after = _lane_rows(request, lane)
    etag = (
        '"' + "-".join(f"{row.submission.pk}.{row.submission.version}.{bool(row.holder)}" for row in rows)[:4000] + '"'
    )
    is_poll = request.headers.get("HX-Request") == "true"
    if is_poll and request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified()
    user = signed_in_user(request)
    context = {
        "rows": rows,
        "after": after,
        "lane": lane,
        "counts": queue.counts(user, now=timezone.now()),
        "code": request.GET.get("code", ""),
        "can_claim": user.role in claims.DECIDING_ROLES,
        "now": timezone.now(),
    }
    response = render(request, f"review_console/{'_rows' if is_poll else 'queue'}.html", context)
    response["ETag"] = etag
    return response


@require_POST
@reviewers
def claim_next(request: HttpRequest) -> HttpResponse:
    """Claim the head of the queue and open it."""
    user = signed_in_user(request)
    submission = claims.claim_next(reviewer=user, actor=user.actor, now=timezone.now())
    if submission is None:
        messages.info(request, _("All done. Nothing waits that is free."))
        return redirect("console:queue")
    return redirect("console:case", submission.pk)


def _submission(submission_id: UUID) -> Submission:
    return get_object_or_404(queries.reviewable(), pk=submission_id)


@require_GET
@readers
def case(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """The case. Values stand in clear here, so the opening is recorded before anything is opened."""
    submission, user = _submission(submission_id), signed_in_user(request)
    with audit.acting(user.actor):
        audit.record(
            "case.opened",
            object_type="submissions.submission",
            object_id=str(submission.pk),
            subject=submission.customer_id,
        )
    return _render_case(request, submission, user)


def _render_case(
    request: HttpRequest, submission: Submission, user: User, *, status: int = 200, **more: object
) -> HttpResponse:
    now = timezone.now()
    shown = queries.case(submission, now=now)
    is_mine = claims.holds(submission, user, now)
    window = next((each for each in shown.decisions if each.stage == "window"), None)
    own_proposal = bool(shown.proposal and shown.proposal.decided_by_id == user.pk)
    context = {
        "case": shown,
        "submission": submission,
        "checks": [_shown(check) for check in shown.checks],
        "many": {
            result: sum(check.result == result for check in shown.checks) for result in ("fail", "not_checked", "pass")
        },
        "meaning": MEANINGS[Severity(submission.severity)],
        "is_mine": is_mine,
        "can_claim": user.role in claims.DECIDING_ROLES
        and not is_mine
        and submission.state in (State.TO_REVIEW, State.SECOND_REVIEW),
        "can_decide": is_mine and submission.state == State.TO_REVIEW,
        "can_confirm": is_mine and submission.state == State.SECOND_REVIEW and not own_proposal,
        "own_proposal": own_proposal,
        "unseen": review.unseen_scans(submission, user.actor) if is_mine else [],
        "window": window if window and (window.confirmed_by_id or window.decided_by_id) == user.pk else None,
        "needs_second": review.needs_second_person(submission),
        "minutes_left": max(0, int((submission.claimed_until - now).total_seconds() // 60))
        if is_mine and submission.claimed_until
        else 0,
        "timeline": list(audit_queries.acts_about(submission.customer_id).order_by("-id")[:12]),
        **more,
    }
    return render(request, "review_console/case.html", context, status=status)


@require_GET
@readers
def picture(request: HttpRequest, submission_id: UUID, scan_id: UUID) -> HttpResponse:
    """A display copy of one picture; the view is in the log before a byte leaves."""
    scan = get_object_or_404(Scan, pk=scan_id, submission=_submission(submission_id))
    data = scans.display_copy(scan, actor=signed_in_user(request).actor)
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
@reviewers
def claim(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Claim this one."""
    user, submission = signed_in_user(request), _submission(submission_id)
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
    held = claims.renew(submission=_submission(submission_id), reviewer=user, actor=user.actor, now=timezone.now())
    return HttpResponse(status=204 if held else 409)


@require_POST
@reviewers
def release(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Give the case back."""
    user = signed_in_user(request)
    claims.release(submission=_submission(submission_id), reviewer=user, actor=user.actor, now=timezone.now())
    return redirect("console:queue")


@require_POST
@seniors
def take_over(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """A senior takes the case from its holder."""
    user, submission = signed_in_user(request), _submission(submission_id)
    try:
        claims.take_over(submission=submission, reviewer=user, actor=user.actor, now=timezone.now())
    except TooLateError:
        messages.error(request, _("This case is decided or waits for nobody."))
    return redirect("console:case", submission.pk)


@require_GET
@reviewers
def ask_reasons(request: HttpRequest, submission_id: UUID, outcome: str) -> HttpResponse:
    """The reasons of "ask again" or "reject", with what the customer will read beside the internal note."""
    if outcome not in (Outcome.ASK_AGAIN, Outcome.REJECT):
        raise Http404
    submission = _submission(submission_id)
    context = {
        "submission": submission,
        "outcome": outcome,
        "reasons": reasons.for_outcome(Outcome(outcome)),
        "sides": submission.needed_sides,
        "needs_second": review.needs_second_person(submission),
    }
    return render(request, "review_console/reasons.html", context)


@require_POST
@reviewers
def decide(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Approve, ask again or reject on the version that was seen."""
    user, submission, form = signed_in_user(request), _submission(submission_id), DecisionForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(_MISSING["reason"]))
        return redirect("console:case", submission.pk)
    try:
        decision = review.decide(
            submission=submission,
            reviewer=user,
            verdict=form.verdict(),
            version_seen=form.cleaned_data["version"],
            actor=user.actor,
            now=timezone.now(),
        )
    except (IncompleteError, StaleError, TooLateError, NotAllowedError) as error:
        return _refused(request, submission, user, error)
    proposed = decision.stage == "proposed"
    messages.success(
        request,
        _("Proposed. A second person decides.") if proposed else _("Decided. You can take it back for 10 seconds."),
    )
    return redirect("console:case", submission.pk)


def _refused(request: HttpRequest, submission: Submission, user: User, error: Exception) -> HttpResponse:
    """Each refusal in its own words: stale evidence is shown again, a missing part is named, another's case is kept."""
    submission.refresh_from_db()
    if isinstance(error, StaleError):
        return _render_case(request, submission, user, status=409, stale=error)
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
    return _second(
        request, submission_id, review.confirm_proposal, _("Confirmed. You can take it back for 10 seconds.")
    )


@require_POST
@seniors
def send_back(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """The second person returns the case to the queue."""
    return _second(request, submission_id, review.return_proposal, _("Returned to the queue."))


def _second(request: HttpRequest, submission_id: UUID, writer: Callable[..., object], said: str) -> HttpResponse:
    user, submission, form = signed_in_user(request), _submission(submission_id), VersionForm(request.POST)
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
    messages.success(request, said)
    return redirect("console:case", submission.pk)


@require_POST
@reviewers
def undo(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Take the last press back while its window runs."""
    user, submission = signed_in_user(request), _submission(submission_id)
    try:
        review.undo(submission=submission, reviewer=user, actor=user.actor, now=timezone.now())
    except TooLateError:
        messages.error(request, _("The ten seconds are over; the decision stands."))
    except NotAllowedError:
        refuse(request, user)
    return redirect("console:case", submission.pk)


@require_POST
@reviewers
def correct(request: HttpRequest, submission_id: UUID, reading_id: UUID) -> HttpResponse:
    """Put a value beside the read one."""
    user, submission, form = signed_in_user(request), _submission(submission_id), CorrectionForm(request.POST)
    reading = get_object_or_404(submission.readings, pk=reading_id)
    if not form.is_valid():
        messages.error(request, _("A correction needs a value and a reason."))
        return redirect("console:case", submission.pk)
    try:
        review.correct(
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


@require_POST
@reviewers
def park(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Put the case aside until tomorrow."""
    return _hand_on(request, submission_id, is_parked=True)


def _hand_on(request: HttpRequest, submission_id: UUID, *, is_parked: bool) -> HttpResponse:
    user, submission, form, now = (
        signed_in_user(request),
        _submission(submission_id),
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
