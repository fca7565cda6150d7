"""What a reviewer does with a claimed case: decide, propose, confirm, return, undo, correct, park, escalate.

A decision names the version that was seen, and is refused when the evidence changed meanwhile. Nobody confirms
their own proposal: the rule stands here, and as a constraint in the database. There are no bulk decisions.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.audit import Actor
from kyc_portal.audit import queries as audit_queries
from kyc_portal.sealing.values import seal_json
from kyc_portal.submissions import claims, evidence, four_eyes, notices, nudges, policies, policy, queue, samples
from kyc_portal.submissions.errors import IncompleteError, NotAllowedError, NotHeldError, StaleError, TooLateError
from kyc_portal.submissions.models import (
    Decision,
    DecisionStage,
    FieldCorrection,
    NoticeKind,
    Reading,
    Submission,
)
from kyc_portal.submissions.moves import move
from kyc_portal.submissions.policy import Ruling
from kyc_portal.submissions.reasons import BY_CODE, Outcome
from kyc_portal.submissions.states import State

_FREED = {"claimed_by": None, "claimed_at": None, "claimed_until": None}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reviewer chose. `sides` belongs to "ask again"; `note` is for staff only and is sealed."""

    outcome: Outcome
    reasons: tuple[str, ...] = ()
    sides: tuple[str, ...] = ()
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Undoable:
    """A press that can still be taken back, until an instant."""

    submission_id: uuid.UUID
    reference: str
    outcome: Outcome
    is_proposal: bool
    until: datetime

    @property
    def sentence(self) -> str:
        """What was pressed on which case: "S-7KQ4M2: rejection proposed"."""
        words = _PROPOSED_WORDS if self.is_proposal else _DECIDED_WORDS
        return f"{self.reference}: {words[self.outcome]}"


_DECIDED_WORDS = {
    Outcome.APPROVE: _("approved"),
    Outcome.ASK_AGAIN: _("asked again"),
    Outcome.REJECT: _("rejected"),
}
_PROPOSED_WORDS = {
    Outcome.APPROVE: _("approval proposed"),
    Outcome.ASK_AGAIN: _("asking again proposed"),
    Outcome.REJECT: _("rejection proposed"),
}


def unseen_scans(submission: Submission, actor: Actor) -> list[str]:
    """Sides whose standing picture this person has not opened; approving waits for them."""
    return [
        side
        for side, scan in evidence.standing_scans(submission).items()
        if not audit_queries.has_viewed(actor, scan.id)
    ]


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
        locked = _locked_and_held(submission, reviewer, version_seen, now)
        if verdict.outcome is Outcome.APPROVE and unseen_scans(locked, actor):
            raise IncompleteError("pictures_seen")
        if locked.state == State.SECOND_REVIEW:
            raise NotAllowedError("a second review is confirmed or returned")
        held, asked = policies.of(locked), four_eyes.ruling(locked)
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
            receipt=_receipt(locked),
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
                **_FREED,
            )
            evidence.weigh(locked, now=now)
            _record("decision.proposed", decision)
        else:
            _open_window(decision, locked, origin=State.TO_REVIEW, now=now)
            _record("decision.made", decision)
    return decision


def confirm_proposal(
    *, submission: Submission, reviewer: User, version_seen: int, actor: Actor, now: datetime
) -> Decision:
    """The second person agrees: the proposal becomes the decision, after its undo window.

    Raises NotAllowedError to the proposer and to anybody but a senior reviewer.
    """
    with audit.acting(actor):
        locked = _locked_and_held(submission, reviewer, version_seen, now)
        decision = _open_proposal(locked, reviewer)
        if unseen_scans(locked, actor):
            raise IncompleteError("pictures_seen")
        Decision.objects.filter(pk=decision.pk, stage=DecisionStage.PROPOSED).update(
            stage=DecisionStage.WINDOW,
            confirmed_by=reviewer,
            confirmed_at=now,
            window_ends_at=now + policies.of(locked).undo_window,
        )
        decision.refresh_from_db()
        _open_window(decision, locked, origin=State.SECOND_REVIEW, now=now)
        _record("decision.confirmed", decision)
    return decision


def return_proposal(*, submission: Submission, reviewer: User, version_seen: int, actor: Actor, now: datetime) -> None:
    """The second person sends the case back to the queue; the proposal is closed and its wait goes on."""
    with audit.acting(actor):
        locked = _locked_and_held(submission, reviewer, version_seen, now)
        decision = _open_proposal(locked, reviewer)
        Decision.objects.filter(pk=decision.pk).update(stage=DecisionStage.RETURNED)
        move(
            locked,
            origin=State.SECOND_REVIEW,
            to=State.TO_REVIEW,
            now=now,
            version=locked.version + 1,
            **_FREED,
        )
        evidence.weigh(locked, now=now)
        _record("decision.returned", decision)


def _open_proposal(submission: Submission, reviewer: User) -> Decision:
    if reviewer.role != Role.SENIOR_REVIEWER:
        raise NotAllowedError("a second decision is a senior reviewer's")
    decision = Decision.objects.select_for_update().filter(submission=submission, stage=DecisionStage.PROPOSED).first()
    if decision is None:
        raise TooLateError("there is no proposal any more")
    if decision.decided_by_id == reviewer.pk:
        raise NotAllowedError("somebody else decides your proposal")
    return decision


def undo(*, submission: Submission, reviewer: User, actor: Actor, now: datetime) -> None:
    """Take the last press back while its window runs; the case returns to its place with its wait kept.

    A proposal can be taken back as long and only while nobody claimed its second review. Raises TooLateError when
    the window is over and NotAllowedError to anybody but the person who pressed.
    """
    with audit.acting(actor):
        locked = Submission.objects.select_for_update().get(pk=submission.pk)
        decision = Decision.objects.filter(submission=locked, stage__in=_OPEN_STAGES).first()
        if decision is None:
            raise TooLateError("there is nothing to take back")
        if (decision.confirmed_by_id or decision.decided_by_id) != reviewer.pk:
            raise NotAllowedError("only the person who decided takes it back")
        ends = _undo_ends(decision)
        if ends is None or ends <= now or (locked.state == State.SECOND_REVIEW and locked.claimed_by_id):
            raise TooLateError("the window is over")
        until = now + policies.in_force().claim
        held_again: dict[str, Any] = {"claimed_by": reviewer, "claimed_at": now, "claimed_until": until}
        if decision.confirmed_by_id:
            Decision.objects.filter(pk=decision.pk).update(
                stage=DecisionStage.PROPOSED, confirmed_by=None, confirmed_at=None, window_ends_at=None
            )
            move(locked, origin=State.DECIDING, to=State.SECOND_REVIEW, now=now, claimed_until=until)
        elif decision.stage == DecisionStage.PROPOSED:
            Decision.objects.filter(pk=decision.pk).update(stage=DecisionStage.UNDONE)
            move(
                locked,
                origin=State.SECOND_REVIEW,
                to=State.TO_REVIEW,
                now=now,
                version=locked.version + 1,
                **held_again,
            )
            evidence.weigh(locked, now=now)
        else:
            Decision.objects.filter(pk=decision.pk).update(stage=DecisionStage.UNDONE)
            move(locked, origin=State.DECIDING, to=State.TO_REVIEW, now=now, claimed_until=until)
        _record("decision.undone", decision)


_OPEN_STAGES = (DecisionStage.PROPOSED, DecisionStage.WINDOW)


def _undo_ends(decision: Decision) -> datetime | None:
    """Until when the last press on this decision can be taken back."""
    if decision.stage == DecisionStage.WINDOW:
        return decision.window_ends_at
    # A proposal that a second person confirmed and took back is theirs to decide again, not the proposer's to undo.
    return decision.decided_at + policies.of(decision.submission).undo_window


def undoable(reviewer: User, *, now: datetime) -> Undoable | None:
    """The newest press of this person that can still be taken back."""
    mine = Q(confirmed_by=reviewer) | Q(decided_by=reviewer, confirmed_by__isnull=True)
    decision = (
        Decision.objects.filter(mine, stage__in=_OPEN_STAGES, decided_at__gt=now - timedelta(hours=1))
        .select_related("submission")
        .annotate(pressed_at=Coalesce("confirmed_at", "decided_at"))
        .order_by("-pressed_at")
        .first()
    )
    if decision is None:
        return None
    ends = _undo_ends(decision)
    is_taken = decision.stage == DecisionStage.PROPOSED and decision.submission.claimed_by_id is not None
    if ends is None or ends <= now or is_taken:
        return None
    return Undoable(
        submission_id=decision.submission_id,
        reference=decision.submission.reference,
        outcome=Outcome(decision.outcome),
        is_proposal=decision.stage == DecisionStage.PROPOSED,
        until=ends,
    )


def finish(*, decision: Decision, actor: Actor, now: datetime) -> bool:
    """Let a decision take effect when its window is over. Safe to call twice; False when there is nothing to do."""
    with audit.acting(actor):
        locked = Submission.objects.select_for_update().get(pk=decision.submission_id)
        ended = Decision.objects.filter(pk=decision.pk, stage=DecisionStage.WINDOW, window_ends_at__lte=now).update(
            stage=DecisionStage.FINAL, final_at=now, was_late=_was_late(locked, decision)
        )
        if not ended:
            return False
        outcome = Outcome(decision.outcome)
        to, kind = _ENDING[outcome]
        tells = not _stands_unchanged(locked, decision)
        sides = [side for side in locked.needed_sides if side in decision.sides]
        move(
            locked,
            origin=State.DECIDING,
            to=to,
            now=now,
            decided_at=None if outcome is Outcome.ASK_AGAIN else now,
            sides_asked=sides if outcome is Outcome.ASK_AGAIN else [],
            reopened_decision_id=locked.reopened_decision_id if outcome is Outcome.ASK_AGAIN else None,
            version=locked.version + 1,
            **_FREED,
        )
        _record("decision.took_effect", decision)
        if outcome is not Outcome.ASK_AGAIN:
            samples.draw(submission=locked, decision=decision, now=now)
        if tells:
            notices.owe(submission=locked, kind=kind, decision=decision, now=now)
    return True


def _was_late(submission: Submission, decision: Decision) -> bool:
    """Whether the case had waited past the bound when the last person pressed."""
    pressed_at = decision.confirmed_at or decision.decided_at
    return submission.waiting_since is not None and submission.waiting_since < queue.cutoff(pressed_at)


def _stands_unchanged(submission: Submission, decision: Decision) -> bool:
    """Whether a reopened case ends as it stood for the customer all along: then there is nothing to tell."""
    earlier = submission.decisions.filter(stage=DecisionStage.FINAL).exclude(pk=decision.pk)
    before = earlier.order_by("-final_at").first()
    return before is not None and before.pk == submission.reopened_decision_id and before.outcome == decision.outcome


_ENDING = {
    Outcome.APPROVE: (State.APPROVED, NoticeKind.APPROVED),
    Outcome.REJECT: (State.REJECTED, NoticeKind.REJECTED),
    Outcome.ASK_AGAIN: (State.ASKED_AGAIN, NoticeKind.ASKED_AGAIN),
}


def correct(
    *,
    submission: Submission,
    reviewer: User,
    reading: Reading,
    field_name: str,
    value: str,
    reason: str,
    version_seen: int,
    actor: Actor,
    now: datetime,
) -> FieldCorrection:
    """Put a value beside the read one, which stays; the checks run again on it."""
    claims.require_reviewer(reviewer)
    if not reason.strip():
        raise IncompleteError("reason")
    correction_id = uuid.uuid4()
    with audit.acting(actor):
        blob = seal_json(
            submission.customer_id,
            table="field_correction",
            column="value_sealed",
            row_id=correction_id,
            value={"value": value.strip(), "reason": reason.strip()},
        )
        locked = _locked_and_held(submission, reviewer, version_seen, now)
        if field_name not in evidence.open_fields(reading) or reading.submission_id != locked.pk:
            raise NotAllowedError("no such field here")
        correction = FieldCorrection.objects.create(
            id=correction_id,
            reading=reading,
            submission=locked,
            customer_id=locked.customer_id,
            field=field_name,
            value_sealed=blob,
            corrected_by=reviewer,
            corrected_at=now,
        )
        Submission.objects.filter(pk=locked.pk).update(version=locked.version + 1)
        locked.refresh_from_db()
        evidence.weigh(locked, now=now)
        audit.record(
            "field.corrected",
            object_type="submissions.reading",
            object_id=str(reading.pk),
            subject=locked.customer_id,
            details={"field": field_name, "submission": str(locked.pk)},
        )
    return correction


def park(
    *, submission: Submission, reviewer: User, until: datetime, version_seen: int, actor: Actor, now: datetime
) -> None:
    """Put the case aside until an instant; it returns by itself and keeps its place by age."""
    with audit.acting(actor):
        locked = _locked_and_held(submission, reviewer, version_seen, now)
        move(locked, origin=State.TO_REVIEW, to=State.PARKED, now=now, parked_until=until, **_FREED)
        _act("submission.parked", locked)


def escalate(*, submission: Submission, reviewer: User, version_seen: int, actor: Actor, now: datetime) -> None:
    """Hand the case to the seniors: a flag, not a state; the claim is freed."""
    with audit.acting(actor):
        locked = _locked_and_held(submission, reviewer, version_seen, now)
        Submission.objects.filter(pk=locked.pk).update(is_escalated=True, **_FREED)
        _act("submission.escalated", locked)


def _locked_and_held(submission: Submission, reviewer: User, version_seen: int, now: datetime) -> Submission:
    claims.require_reviewer(reviewer)
    locked = Submission.objects.select_for_update().get(pk=submission.pk)
    if locked.state not in (State.TO_REVIEW, State.SECOND_REVIEW):
        raise TooLateError("not waiting for a decision any more")
    if not claims.holds(locked, reviewer, now):
        raise NotHeldError("claim the case first")
    if locked.version != version_seen:
        raise StaleError(seen=version_seen, now=locked.version)
    return locked


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


def _open_window(decision: Decision, submission: Submission, *, origin: State, now: datetime) -> None:
    move(submission, origin=origin, to=State.DECIDING, now=now)
    seconds = policies.of(submission).undo_window.total_seconds()
    transaction.on_commit(lambda: nudges.finish(str(decision.pk), after_seconds=seconds), robust=True)


def _receipt(submission: Submission) -> dict[str, object]:
    """What the decision was made on: salted commitments to pictures, digests of sealed answers, checks, versions."""
    sides = evidence.standing_scans(submission)
    readings = Reading.objects.filter(scan__in=list(sides.values()))
    return {
        "pictures": {side: bytes(scan.commitment).hex() for side, scan in sides.items()},
        "readings": {reading.side: hashlib.sha256(bytes(reading.fields_sealed)).hexdigest() for reading in readings},
        "warnings": [str(code) for code in submission.codes],
        "checks": {
            check.rule: check.result for check in submission.checks.filter(version=submission.version).order_by("rule")
        },
        "policy_version": submission.policy_version,
        "code_version": settings.CODE_VERSION,
    }


def _record(action: str, decision: Decision) -> None:
    audit.record(
        action,
        object_type="submissions.decision",
        object_id=str(decision.pk),
        subject=decision.customer_id,
        details={
            "submission": str(decision.submission_id),
            "outcome": decision.outcome,
            "reasons": ",".join(decision.reasons),
            "second_person_because": ",".join(decision.second_person_because),
        },
    )


def _act(action: str, submission: Submission) -> None:
    audit.record(
        action,
        object_type="submissions.submission",
        object_id=str(submission.pk),
        subject=submission.customer_id,
    )
