"""What a reviewer does with a claimed case: decide, propose, park, escalate.

A decision names the version that was seen, and is refused when the evidence changed meanwhile. There are no bulk
decisions.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.audit import Actor
from kyc_portal.submissions import evidence, policies, policy
from kyc_portal.submissions.deciding import claims, four_eyes, notes
from kyc_portal.submissions.deciding.decision_log import open_window, record
from kyc_portal.submissions.deciding.held import FREED, require_held
from kyc_portal.submissions.deciding.looks import unseen_scans
from kyc_portal.submissions.deciding.proposals import require_another
from kyc_portal.submissions.deciding.verdicts import (
    Pressed,
    TwoPeople,
    Verdict,
    become_a_decision,
    require_approvable,
    require_complete,
    sealed_note,
)
from kyc_portal.submissions.errors import IncompleteError, NotAllowedError
from kyc_portal.submissions.models import Decision, DecisionStage, NoteKind, Submission
from kyc_portal.submissions.moves import move
from kyc_portal.submissions.reasons import Outcome
from kyc_portal.submissions.states import State


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
    require_complete(submission, verdict)
    decision_id = uuid.uuid4()
    with audit.acting(actor):
        note = sealed_note(submission, decision_id, verdict.note)
        if submission.state == State.SECOND_REVIEW:
            require_another(submission, reviewer)
        locked = require_held(submission, reviewer, version_seen, now)
        if verdict.outcome is Outcome.APPROVE and unseen_scans(locked, actor):
            raise IncompleteError("pictures_seen")
        if locked.state == State.SECOND_REVIEW:
            raise NotAllowedError("a second review is confirmed, returned or decided otherwise")
        checks = evidence.current_checks([locked])[locked.pk]
        asked = four_eyes.ruling(locked, checks)
        require_approvable(asked, verdict)
        drawn = four_eyes.draw(locked, policies.of(locked))
        because = four_eyes.two_people_because(locked, asked) + ((policy.SHARE,) if drawn.is_hit else ())
        decision = become_a_decision(
            verdict,
            locked,
            Pressed(reviewer, version_seen, now),
            decision_id=decision_id,
            note=note,
            checks=checks,
            stage=DecisionStage.PROPOSED if because else DecisionStage.WINDOW,
            two=TwoPeople(because, drawn.seed),
        )
        if because:
            version = locked.version + 1
            move(locked, origin=State.TO_REVIEW, to=State.SECOND_REVIEW, now=now, version=version, **FREED)
            record("decision.proposed", decision)
        else:
            open_window(decision, locked, origin=State.TO_REVIEW, now=now)
            record("decision.made", decision)
    return decision


def park(
    *,
    submission: Submission,
    reviewer: User,
    until: datetime,
    why: str,
    version_seen: int,
    actor: Actor,
    now: datetime,
) -> None:
    """Put the case aside until an instant, and say why; it returns by itself and keeps its place by age.

    Raises IncompleteError without a reason, or with an instant that has passed.
    """
    with audit.acting(actor):
        locked = require_held(submission, reviewer, version_seen, now)
        text = notes.require_text(why)
        if until <= now:
            raise IncompleteError("until")
        move(locked, origin=State.TO_REVIEW, to=State.PARKED, now=now, parked_until=until, **FREED)
        notes.write(locked, kind=NoteKind.PARKED, text=text, by=reviewer, now=now)
        _act("submission.parked", locked)


def take_up(*, submission: Submission, reviewer: User, actor: Actor, now: datetime) -> Submission:
    """Take a parked case up before its time: it waits as before, and this person holds it. Raises TooLateError."""
    claims.require_reviewer(reviewer)
    if submission.is_escalated and reviewer.role != Role.SENIOR_REVIEWER:
        raise NotAllowedError("an escalated case is for a senior reviewer")
    held: dict[str, Any] = {"claimed_by": reviewer, "claimed_at": now, "claimed_until": now + policies.in_force().claim}
    with audit.acting(actor):
        move(submission, origin=State.PARKED, to=State.TO_REVIEW, now=now, parked_until=None, **held)
        _act("submission.taken_up", submission)
    return submission


def escalate(*, submission: Submission, reviewer: User, version_seen: int, actor: Actor, now: datetime) -> None:
    """Hand the case to the seniors: a flag, not a state; the claim is freed."""
    with audit.acting(actor):
        locked = require_held(submission, reviewer, version_seen, now)
        Submission.objects.filter(pk=locked.pk).update(is_escalated=True, **FREED)
        _act("submission.escalated", locked)


def _act(action: str, submission: Submission) -> None:
    audit.record(
        action,
        object_type="submissions.submission",
        object_id=str(submission.pk),
        subject=submission.customer_id,
    )
