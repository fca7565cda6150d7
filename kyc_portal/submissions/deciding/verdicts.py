"""A verdict: what a reviewer chose, what it must hold, and the decision it becomes."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from kyc_portal.accounts.models import User
from kyc_portal.sealing.values import seal_json
from kyc_portal.submissions import policies
from kyc_portal.submissions.deciding.receipts import receipt_of
from kyc_portal.submissions.errors import IncompleteError
from kyc_portal.submissions.models import Check, Decision, DecisionStage, Submission
from kyc_portal.submissions.policy import Ruling
from kyc_portal.submissions.reasons import BY_CODE, Outcome


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reviewer chose. `sides` belongs to "ask again"; `note` is for staff only and is sealed."""

    outcome: Outcome
    reasons: tuple[str, ...] = ()
    sides: tuple[str, ...] = ()
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Pressed:
    """Who pressed when, on which version of the evidence."""

    reviewer: User
    version_seen: int
    now: datetime


@dataclass(frozen=True, slots=True)
class TwoPeople:
    """Why a second person decides too (none: nobody does), the seed of the draw, and the proposal it is against."""

    because: tuple[str, ...] = ()
    seed: str = ""
    instead_of: Decision | None = None


def require_complete(submission: Submission, verdict: Verdict) -> None:
    """Raises IncompleteError: no reason of that outcome, or no side to take again."""
    known = [code for code in verdict.reasons if code in BY_CODE and BY_CODE[code].outcome == verdict.outcome]
    if len(known) != len(verdict.reasons):
        raise IncompleteError("reason")
    if verdict.outcome is not Outcome.APPROVE and not known:
        raise IncompleteError("reason")
    if verdict.outcome is Outcome.ASK_AGAIN and not set(verdict.sides) & set(submission.needed_sides):
        raise IncompleteError("side")


def require_approvable(asked: Ruling, verdict: Verdict) -> None:
    """Raises IncompleteError where the policy allows no approval, or asks for a note that is not there."""
    if verdict.outcome is not Outcome.APPROVE:
        return
    if asked.no_approval_because:
        raise IncompleteError("approvable")
    if asked.note_because and not verdict.note.strip():
        raise IncompleteError("note")


def sealed_note(submission: Submission, decision_id: uuid.UUID, note: str) -> bytes | None:
    """The staff's note under the customer's key; None where there is none."""
    if not note.strip():
        return None
    return seal_json(
        submission.customer_id,
        table="decision",
        column="note_sealed",
        row_id=decision_id,
        value={"note": note.strip()},
    )


def become_a_decision(
    verdict: Verdict,
    locked: Submission,
    pressed: Pressed,
    *,
    decision_id: uuid.UUID,
    note: bytes | None,
    checks: Iterable[Check],
    stage: DecisionStage,
    two: TwoPeople,
) -> Decision:
    """The row of a verdict on a locked case, with the receipt of what it was made on."""
    window = policies.of(locked).undo_window if stage is DecisionStage.WINDOW else None
    return Decision.objects.create(
        id=decision_id,
        submission=locked,
        customer_id=locked.customer_id,
        outcome=verdict.outcome,
        reasons=list(verdict.reasons),
        sides=list(verdict.sides),
        note_sealed=note,
        version_seen=pressed.version_seen,
        stage=stage,
        decided_by=pressed.reviewer,
        decided_at=pressed.now,
        held_since=locked.claimed_at,
        window_ends_at=pressed.now + window if window else None,
        receipt=receipt_of(locked, checks),
        replaces_id=locked.reopened_decision_id,
        second_person_because=list(two.because),
        draw_seed=two.seed,
        instead_of=two.instead_of,
    )
