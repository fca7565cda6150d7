"""What a reviewer does with a claimed case: decide, propose, park, escalate.

A decision names the version that was seen, and is refused when the evidence changed meanwhile. There are no bulk
decisions.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from kyc_portal import audit
from kyc_portal.accounts.models import User
from kyc_portal.audit import Actor
from kyc_portal.sealing.values import seal_json
from kyc_portal.submissions import claims, evidence, four_eyes, policies, policy
from kyc_portal.submissions.decision_log import open_window, record
from kyc_portal.submissions.errors import IncompleteError, NotAllowedError
from kyc_portal.submissions.held import FREED, require_held
from kyc_portal.submissions.looks import unseen_scans
from kyc_portal.submissions.models import Decision, DecisionStage, Submission
from kyc_portal.submissions.moves import move
from kyc_portal.submissions.policy import Ruling
from kyc_portal.submissions.reasons import BY_CODE, Outcome
from kyc_portal.submissions.receipts import receipt_of
from kyc_portal.submissions.states import State


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reviewer chose. `sides` belongs to "ask again"; `note` is for staff only and is sealed."""

    outcome: Outcome
    reasons: tuple[str, ...] = ()
    sides: tuple[str, ...] = ()
    note: str = field(default="", repr=False)


def decide(
    *,
    submission: Submission,
    reviewer: User,
    verdict: Verdict,
    version_seen: int,
    actor: Actor,
    now: datetime,
) -> Decision:
    """Decide, or propose where the policy asks for a second person; returns the decision with its stage.

    Raises NotAllowedError (no claim, wrong role), StaleError (another version), IncompleteError (reason, side, note
    or pictures missing, or the policy allows no approval) and TooLateError (the row moved on). Nothing is half-saved.
    """
    claims.require_reviewer(reviewer)
    _require_complete(submission, verdict)
    decision_id = uuid.uuid4()
    with audit.acting(actor):
        note = _sealed_note(submission, decision_id, verdict.note)
        locked = require_held(submission, reviewer, version_seen, now)
        if verdict.outcome is Outcome.APPROVE and unseen_scans(locked, actor):
            raise IncompleteError("pictures_seen")
        if locked.state == State.SECOND_REVIEW:
            raise NotAllowedError("a second review is confirmed or returned")
        checks = evidence.current_checks([locked])[locked.pk]
        held, asked = policies.of(locked), four_eyes.ruling(locked, checks)
        if verdict.outcome is Outcome.APPROVE:
            _require_approvable(asked, verdict)
        drawn = four_eyes.draw(locked, held)
        because = four_eyes.two_people_because(locked, asked) + ((policy.SHARE,) if drawn.is_hit else ())
        proposes = bool(because)
        decision = Decision.objects.create(
            id=decision_id,
            submission=locked,
            customer_id=locked.customer_id,
            outcome=verdict.outcome,
            reasons=list(verdict.reasons),
            sides=list(verdict.sides),
            note_sealed=note,
            version_seen=version_seen,
            stage=DecisionStage.PROPOSED if proposes else DecisionStage.WINDOW,
            decided_by=reviewer,
            decided_at=now,
            window_ends_at=None if proposes else now + held.undo_window,
            receipt=receipt_of(locked, checks),
            replaces_id=locked.reopened_decision_id,
            second_person_because=list(because),
            draw_seed=drawn.seed,
        )
        if proposes:
            move(
                locked,
                origin=State.TO_REVIEW,
                to=State.SECOND_REVIEW,
                now=now,
                version=locked.version + 1,
                **FREED,
            )
            evidence.weigh(locked, now=now)
            record("decision.proposed", decision)
        else:
            open_window(decision, locked, origin=State.TO_REVIEW, now=now)
            record("decision.made", decision)
    return decision


def park(
    *, submission: Submission, reviewer: User, until: datetime, version_seen: int, actor: Actor, now: datetime
) -> None:
    """Put the case aside until an instant; it returns by itself and keeps its place by age."""
    with audit.acting(actor):
        locked = require_held(submission, reviewer, version_seen, now)
        move(locked, origin=State.TO_REVIEW, to=State.PARKED, now=now, parked_until=until, **FREED)
        _act("submission.parked", locked)


def escalate(*, submission: Submission, reviewer: User, version_seen: int, actor: Actor, now: datetime) -> None:
    """Hand the case to the seniors: a flag, not a state; the claim is freed."""
    with audit.acting(actor):
        locked = require_held(submission, reviewer, version_seen, now)
        Submission.objects.filter(pk=locked.pk).update(is_escalated=True, **FREED)
        _act("submission.escalated", locked)


def _require_complete(submission: Submission, verdict: Verdict) -> None:
    known = [code for code in verdict.reasons if code in BY_CODE and BY_CODE[code].outcome == verdict.outcome]
    if len(known) != len(verdict.reasons):
        raise IncompleteError("reason")
    if verdict.outcome is not Outcome.APPROVE and not known:
        raise IncompleteError("reason")
    if verdict.outcome is Outcome.ASK_AGAIN and not set(verdict.sides) & set(submission.needed_sides):
        raise IncompleteError("side")


def _require_approvable(asked: Ruling, verdict: Verdict) -> None:
    if asked.no_approval_because:
        raise IncompleteError("approvable")
    if asked.note_because and not verdict.note.strip():
        raise IncompleteError("note")


def _sealed_note(submission: Submission, decision_id: uuid.UUID, note: str) -> bytes | None:
    if not note.strip():
        return None
    return seal_json(
        submission.customer_id,
        table="decision",
        column="note_sealed",
        row_id=decision_id,
        value={"note": note.strip()},
    )


def _act(action: str, submission: Submission) -> None:
    audit.record(
        action,
        object_type="submissions.submission",
        object_id=str(submission.pk),
        subject=submission.customer_id,
    )
