"""Second looks: what is open to a senior reviewer, the blind page, the answer, and how often people agree."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from kyc_portal import audit
from kyc_portal.accounts.models import OVERSEEING, User
from kyc_portal.accounts.permissions import refuse, require_role, signed_in_user
from kyc_portal.review_console import charts
from kyc_portal.review_console.access import seniors
from kyc_portal.review_console.forms import SecondLookForm
from kyc_portal.review_console.shown_checks import shown_check
from kyc_portal.sealing.errors import KeyDestroyedError
from kyc_portal.submissions import policies, queries, reasons
from kyc_portal.submissions.counts import speed
from kyc_portal.submissions.deciding import samples
from kyc_portal.submissions.errors import IncompleteError, NotAllowedError, TooLateError
from kyc_portal.submissions.models import ReviewSample, SampleStage
from kyc_portal.submissions.reasons import Outcome

# The report looks back this far.
SHOWN_DAYS = 90


_PROBLEMS = {
    "reason": gettext_lazy("Choose at least one reason of the outcome you chose, and none of another."),
    "pictures_seen": gettext_lazy("Not every picture was shown to you yet. Load the page again, then answer."),
}


def _sample(sample_id: UUID) -> ReviewSample:
    found = ReviewSample.objects.select_related("submission", "decision__decided_by", "decision__confirmed_by")
    return get_object_or_404(found, pk=sample_id)


@require_GET
@seniors
def offered(request: HttpRequest) -> HttpResponse:
    """What this person may look at. Says neither whose it is nor which case, so that nobody looks it up first."""
    user, now = signed_in_user(request), timezone.now()
    found = samples.offered_to(user, now=now)
    answered = ReviewSample.objects.filter(taken_by=user, stage=SampleStage.ANSWERED).select_related("submission")
    context = {"samples": found, "answered": answered.order_by("-answered_at")[:20], "me": user}
    return render(request, "review_console/samples.html", context)


@require_POST
@seniors
def take(request: HttpRequest, sample_id: UUID) -> HttpResponse:
    """Take one and open it."""
    user, sample = signed_in_user(request), _sample(sample_id)
    try:
        samples.take(sample=sample, by=user, actor=user.actor, now=timezone.now())
    except NotAllowedError:
        refuse(request, user)
    except TooLateError:
        messages.error(request, _("Somebody else looks at this one, or it fell away."))
        return redirect("console:samples")
    return redirect("console:sample", sample.pk)


@require_POST
@seniors
def give_back(request: HttpRequest, sample_id: UUID) -> HttpResponse:
    """Let somebody else look."""
    user = signed_in_user(request)
    samples.give_back(sample=_sample(sample_id), by=user, actor=user.actor)
    return redirect("console:samples")


@require_GET
@seniors
def look(request: HttpRequest, sample_id: UUID) -> HttpResponse:
    """Pictures, fields and checks of a taken sample, and nothing of how it was decided until it is answered."""
    user, sample = signed_in_user(request), _sample(sample_id)
    if sample.taken_by_id != user.pk or sample.stage not in (SampleStage.TAKEN, SampleStage.ANSWERED):
        raise Http404
    return _page(request, sample, user)


@require_POST
@seniors
def answer(request: HttpRequest, sample_id: UUID) -> HttpResponse:
    """Say how one would have decided; then the page shows how it was."""
    user, sample, form = signed_in_user(request), _sample(sample_id), SecondLookForm(request.POST)
    if not form.is_valid():
        if sample.taken_by_id != user.pk:
            raise Http404
        return _page(request, sample, user, problem=_("Choose how you would decide."), status=400)
    try:
        samples.answer(
            sample=sample,
            by=user,
            outcome=Outcome(form.cleaned_data["outcome"]),
            reasons=form.cleaned_data["reasons"],
            note=form.cleaned_data["note"],
            actor=user.actor,
            now=timezone.now(),
        )
    except NotAllowedError:
        refuse(request, user)
    except IncompleteError as error:
        problem = _PROBLEMS[error.missing]
        return _page(request, sample, user, problem=problem, typed=form.cleaned_data, status=400)
    except TooLateError:
        messages.error(request, _("Not saved: it is answered, or fell away because the case was reopened."))
        return redirect("console:samples")
    return redirect("console:sample", sample.pk)


def _page(
    request: HttpRequest,
    sample: ReviewSample,
    user: User,
    *,
    problem: str | Promise = "",
    typed: dict[str, object] | None = None,
    status: int = 200,
) -> HttpResponse:
    if sample.taken_by_id != user.pk:
        raise Http404
    with audit.acting(user.actor):
        audit.record(
            "sample.opened",
            object_type="submissions.reviewsample",
            object_id=str(sample.pk),
            subject=sample.customer_id,
            details={"submission": str(sample.submission_id)},
        )
    try:
        shown = queries.case(sample.submission, now=timezone.now())
        note = samples.open_note(sample)
    except KeyDestroyedError:
        return render(request, "review_console/erased.html", {"submission": sample.submission}, status=410)
    is_answered = sample.stage == SampleStage.ANSWERED
    context = {
        "sample": sample,
        "is_answered": is_answered,
        "agrees": is_answered and sample.outcome == sample.decision.outcome,
        "scans": shown.scans,
        "sides": shown.sides,
        "warnings": shown.warnings,
        "checks": [shown_check(check) for check in shown.checks],
        "declared": sample.submission.get_declared_type_display(),
        "outcomes": Outcome.choices,
        "reasons": [(Outcome(each).label, reasons.for_outcome(each)) for each in (Outcome.ASK_AGAIN, Outcome.REJECT)],
        "first_reasons": _labels(sample.decision.reasons),
        "second_reasons": _labels(sample.reasons),
        "note": note,
        "problem": problem,
        "typed": typed or {},
    }
    return render(request, "review_console/sample.html", context, status=status)


def _labels(codes: list[str]) -> list[str]:
    return [str(reasons.BY_CODE[code].label) for code in codes if code in reasons.BY_CODE]


@require_GET
@require_role(*OVERSEEING)
def agreement(request: HttpRequest) -> HttpResponse:
    """How often second looks came to the same outcome, by reviewer and by reason: bars with a table behind each."""
    found = samples.report(since=timezone.now() - timedelta(days=SHOWN_DAYS))
    parts = [
        (_("By who decided first"), _("Reviewer"), found.by_reviewer, charts.by_rate(found.by_reviewer)),
        (_("By the reason given first"), _("Reason"), found.by_reason, charts.by_rate(found.by_reason)),
    ]
    fast = policies.in_force().fast
    runs = speed.fast_runs(timezone.now() - timedelta(days=SHOWN_DAYS), fast=fast)
    context = {
        "runs": runs,
        "fast_seconds": int(fast.total_seconds()),
        "whole": found.whole,
        "parts": parts,
        "days": SHOWN_DAYS,
        "row": charts.RATE_ROW,
    }
    return render(request, "review_console/agreement.html", context)
