"""The case: what this person sees of it and may press on it. Its opening is recorded before a value is opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.accounts.permissions import signed_in_user
from kyc_portal.audit import queries as audit_queries
from kyc_portal.audit.words import told
from kyc_portal.exports.case_pack.making import MAY_MAKE
from kyc_portal.review_console.access import readers, reviewable
from kyc_portal.review_console.asked import asked_of
from kyc_portal.review_console.proposal_page import shown_proposal
from kyc_portal.review_console.shown_checks import shown_check
from kyc_portal.sealing.errors import KeyDestroyedError
from kyc_portal.submissions import attempts, evidence, policies, queries, queue, related
from kyc_portal.submissions.deciding import claims, looks, notes, reopening, samples, undoing
from kyc_portal.submissions.deciding.proposals import proposers
from kyc_portal.submissions.models import Decision, DecisionStage, Submission
from kyc_portal.submissions.states import IN_REVIEW, State
from kyc_portal.submissions.warning_codes import MEANINGS, Meaning, Severity

TIMELINE_SHOWN = 4


@require_GET
@readers
def case(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """The case. Values stand in clear here, so the opening is recorded before anything is opened."""
    submission, user = reviewable(submission_id), signed_in_user(request)
    blind = samples.held_by(user, submission)
    if blind is not None:  # the case's own page says how it was decided
        return redirect("console:sample", blind.pk)
    return open_case(request, submission, user)


def open_case(
    request: HttpRequest, submission: Submission, user: User, *, status: int = 200, **more: object
) -> HttpResponse:
    """The case page, after its opening is recorded; a refused press shows it again with `more` to say."""
    with audit.acting(user.actor):
        looks.record_opening(submission)
    return opened_case(request, submission, user, status=status, **more)


def opened_case(
    request: HttpRequest, submission: Submission, user: User, *, status: int = 200, **more: object
) -> HttpResponse:
    """The page of a case whose opening stands in the log."""
    try:
        return render_case(request, submission, user, status=status, **more)
    except KeyDestroyedError:
        return render(request, "review_console/erased.html", {"submission": submission}, status=410)


def render_case(
    request: HttpRequest, submission: Submission, user: User, *, status: int = 200, **more: object
) -> HttpResponse:
    """The case page with what this person may press on it; `more` adds what a refused press has to say."""
    now = timezone.now()
    shown = queries.case(submission, now=now)
    is_mine = claims.holds(submission, user, now)
    own_proposal = bool(shown.proposal and user.pk in proposers(shown.proposal))
    unseen = looks.unseen_scans(submission, user.actor)
    place = queue.place(submission, now=now)
    context = {
        "case": shown,
        "submission": submission,
        "checks": [shown_check(check) for check in shown.checks],
        "many": {
            result: sum(check.result == result for check in shown.checks) for result in ("fail", "not_checked", "pass")
        },
        "why_lines": _why_lines(shown),
        "position": place.position,
        "waiting": place.waiting,
        "bound_hours": int(queue.bound().total_seconds() // 3600),
        **lease_of(submission, user, now=now),
        "can_claim": claims.is_for(submission, user)
        and not is_mine
        and not own_proposal
        and submission.state in (State.TO_REVIEW, State.SECOND_REVIEW),
        "can_take_up": claims.is_for(submission, user) and submission.state == State.PARKED,
        "can_decide": is_mine and submission.state == State.TO_REVIEW,
        "can_confirm": is_mine and submission.state == State.SECOND_REVIEW and not own_proposal,
        "own_proposal": own_proposal,
        "proposal": shown_proposal(shown, user, unseen),
        "decisions": [(each, _readable_note(each, submission, user, unseen)) for each in shown.decisions],
        "notes": _notes(submission),
        "has_attempts": len(attempts.numbers(submission)) > 1,
        "can_reopen": reopening.can_reopen(submission, user),
        "unseen": unseen,
        **asked_of(submission, shown.checks),
        "timeline": [told(entry) for entry in audit_queries.deeds_about(submission.customer_id)[:TIMELINE_SHOWN]],
        "may_make_pack": user.role in MAY_MAKE,
        "may_read_log": user.role != Role.REVIEWER,
        "undoable": undoing.undoable(user, now=now),
        **more,
    }
    return render(request, "review_console/case.html", context, status=status)


def lease_of(submission: Submission, user: User, *, now: datetime) -> dict[str, object]:
    """How long the case is this person's; each of its pages keeps it theirs while it is looked at."""
    is_mine = claims.holds(submission, user, now)
    left = submission.claimed_until - now if is_mine and submission.claimed_until else timedelta(0)
    return {
        "is_mine": is_mine,
        "lease_seconds": int(policies.in_force().claim.total_seconds()),
        "minutes_left": max(0, int(left.total_seconds() // 60)),
        "is_lease_short": left < timedelta(minutes=2),
    }


@require_GET
@readers
def related_cases(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """What other cases share with this one, masked. The case's page asks for it once it stands."""
    found = related.related(reviewable(submission_id), now=timezone.now())
    return render(request, "review_console/case/related.html", {"related": found})


@dataclass(frozen=True, slots=True)
class WhyLine:
    """One code over the case: what it means, and what to look for."""

    severity: Severity
    meaning: Meaning


def _why_lines(case: queries.Case) -> list[WhyLine]:
    """A line for each code, gravest first; without one, whether something was not checked."""
    lead = case.row.severity
    if lead is Severity.NONE and case.row.not_checked:
        lead = Severity.NOT_CHECKED
    tiers = sorted({lead, *(warning.severity for warning in case.warnings)}, reverse=True)
    return [WhyLine(tier, MEANINGS[tier]) for tier in tiers if tier or tier is lead]


def _readable_note(decision: Decision, submission: Submission, user: User, unseen: Sequence[str]) -> str:
    """A decision's note for colleagues. A proposal's stands beside it (`proposal_page`); while one waits, what its
    maker or others wrote on the way to it is closed as well, until its reader has looked for themselves.
    """
    is_on_the_way = decision.stage not in (DecisionStage.WINDOW, DecisionStage.FINAL)
    is_closed = submission.state == State.SECOND_REVIEW and unseen and decision.decided_by_id != user.pk
    if decision.stage == DecisionStage.PROPOSED or (is_on_the_way and is_closed):
        return ""
    return evidence.open_note(decision)


def _notes(submission: Submission) -> list[notes.Told]:
    """The newest note of a colleague who handed the case on, while it waits."""
    if submission.state not in IN_REVIEW:
        return []
    return notes.opened(submission.notes.select_related("written_by").order_by("-written_at")[:1])
