"""What a second person is shown of a proposal, and the receipt of a decision beside what stands now.

The proposer's note stays closed until its reader has opened every picture: they look before they are told.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from kyc_portal.accounts.models import User
from kyc_portal.accounts.permissions import signed_in_user
from kyc_portal.review_console.access import readers, reviewable
from kyc_portal.submissions import evidence, queries, reasons
from kyc_portal.submissions.card_fields import FIELD_LABELS
from kyc_portal.submissions.checks.results import Result
from kyc_portal.submissions.checks.words import TITLES
from kyc_portal.submissions.deciding import four_eyes, looks, receipts
from kyc_portal.submissions.deciding.proposals import open_proposal
from kyc_portal.submissions.models import Check, Decision, SideChoice, Submission

_PARTS: dict[str, Promise] = {
    "pictures": _("Picture"),
    "readings": _("Reading"),
    "corrections": _("Correction"),
    "warnings": _("Warning codes"),
    "checks": _("Check"),
    "policy_version": _("Policy version"),
    "code_version": _("Program version"),
}


@dataclass(frozen=True, slots=True)
class ShownProposal:
    """A proposal in words. `changed` names what is another than when it was made; `note` is None while it is closed."""

    decision: Decision
    reasons: list[str]
    because: str
    changed: list[str]
    pictures: int
    fields: int
    checks: int
    has_note: bool
    note: str | None = field(repr=False)


def shown_proposal(case: queries.Case, user: User, unseen: Collection[str]) -> ShownProposal | None:
    """The proposal a case waits with; None where it waits with none."""
    decision = case.proposal
    if decision is None:
        return None
    now = receipts.receipt_of(case.submission, case.checks)
    lines = [line for line in receipts.compared(decision.receipt, now) if line.part != "code_version"]
    is_open = not unseen or decision.decided_by_id == user.pk
    return ShownProposal(
        decision=decision,
        reasons=[str(reasons.BY_CODE[code].label) for code in decision.reasons if code in reasons.BY_CODE],
        because=four_eyes.in_words(decision.second_person_because),
        changed=list(dict.fromkeys(str(_PARTS[line.part]).lower() for line in lines if not line.is_same)),
        pictures=len(case.scans),
        fields=sum(len(side.fields) for side in case.sides),
        checks=len(case.checks),
        has_note=decision.note_sealed is not None,
        note=evidence.open_note(decision) if is_open else None,
    )


@require_GET
@readers
def proposal_note(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """The proposer's note, where this person may read it by now; still closed otherwise."""
    submission, user = reviewable(submission_id), signed_in_user(request)
    decision = open_proposal(submission)
    if decision is None:
        raise Http404
    is_open = decision.decided_by_id == user.pk or not looks.unseen_scans(submission, user.actor)
    note = evidence.open_note(decision) if is_open else None
    return render(request, "review_console/case/proposal_note.html", {"note": note})


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One line of a receipt in words."""

    what: str
    then: str
    now: str
    is_same: bool


@require_GET
@readers
def receipt(request: HttpRequest, submission_id: UUID, decision_id: UUID) -> HttpResponse:
    """What a decision was made on, line by line beside what stands now."""
    submission = reviewable(submission_id)
    decision = get_object_or_404(Decision.objects.select_related("decided_by"), pk=decision_id, submission=submission)
    lines = receipts.compared(decision.receipt, _receipt_now(submission))
    context = {"submission": submission, "decision": decision, "lines": list(map(_in_words, lines))}
    return render(request, "review_console/receipt.html", context)


def _receipt_now(submission: Submission) -> dict[str, object]:
    checks: list[Check] = evidence.current_checks([submission])[submission.pk]
    return receipts.receipt_of(submission, checks)


def _in_words(line: receipts.Line) -> ShownLine:
    names: dict[str, dict[str, Promise | str]] = {
        "pictures": {side.value: side.label for side in SideChoice},
        "readings": {side.value: side.label for side in SideChoice},
        "corrections": dict(FIELD_LABELS),
        "checks": dict(TITLES),
    }
    name = str(names.get(line.part, {}).get(line.name, line.name))
    what = f"{_PARTS[line.part]}: {name}" if name else str(_PARTS[line.part])
    then, now = (_value(line.part, each) for each in (line.then, line.now))
    return ShownLine(what, then, now, line.is_same)


def _value(part: str, value: str) -> str:
    if part == "checks" and value in Result.__members__.values():
        return str(Result(value).label)
    return f"{value[:12]}…" if len(value) == 64 else value
