"""What the second person does with a proposal: confirm it, send the case back, or decide otherwise. Nobody confirms
their own.

The rule stands here, and as a constraint in the database.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.audit import Actor
from kyc_portal.submissions import evidence, policies
from kyc_portal.submissions.deciding import four_eyes, notes
from kyc_portal.submissions.deciding.decision_log import open_window, record
from kyc_portal.submissions.deciding.held import FREED, require_held
from kyc_portal.submissions.deciding.looks import unseen_scans
from kyc_portal.submissions.deciding.proposals import open_proposal, require_another
from kyc_portal.submissions.deciding.verdicts import (
    Pressed,
    TwoPeople,
    Verdict,
    become_a_decision,
    require_approvable,
    require_complete,
    sealed_note,
)
from kyc_portal.submissions.errors import IncompleteError, NotAllowedError, TooLateError
from kyc_portal.submissions.models import Decision, DecisionStage, NoteKind, Submission
from kyc_portal.submissions.moves import move
from kyc_portal.submissions.states import State


def confirm(*, submission: Submission, reviewer: User, version_seen: int, actor: Actor, now: datetime) -> Decision:
    """The second person agrees: the proposal becomes the decision, after its undo window.

    Raises NotAllowedError to the proposer and to anybody but a senior reviewer.
    """
    with audit.acting(actor):
        require_another(submission, reviewer)
        locked = require_held(submission, reviewer, version_seen, now)
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
        open_window(decision, locked, origin=State.SECOND_REVIEW, now=now)
        record("decision.confirmed", decision)
    return decision


def send_back(
    *, submission: Submission, reviewer: User, why: str, version_seen: int, actor: Actor, now: datetime
) -> None:
    """The second person sends the case back to the queue and says why; the proposal is closed and its wait goes on."""
    with audit.acting(actor):
        require_another(submission, reviewer)
        locked = require_held(submission, reviewer, version_seen, now)
        decision = _open_proposal(locked, reviewer)
        text = notes.require_text(why)
        Decision.objects.filter(pk=decision.pk).update(stage=DecisionStage.RETURNED)
        version = locked.version + 1
        move(locked, origin=State.SECOND_REVIEW, to=State.TO_REVIEW, now=now, version=version, **FREED)
        notes.write(locked, kind=NoteKind.RETURNED, text=text, by=reviewer, now=now)
        record("decision.returned", decision)


def decide_otherwise(
    *, submission: Submission, reviewer: User, verdict: Verdict, version_seen: int, actor: Actor, now: datetime
) -> Decision:
    """The second person does not agree: their own proposal takes the first one's place, and a third person decides.

    The third person's is final: three people have looked then. Raises what `confirm` and `review.decide` raise, and
    IncompleteError where nothing is otherwise.
    """
    require_complete(submission, verdict)
    decision_id = uuid.uuid4()
    with audit.acting(actor):
        note = sealed_note(submission, decision_id, verdict.note)
        require_another(submission, reviewer)
        locked = require_held(submission, reviewer, version_seen, now)
        proposal = _open_proposal(locked, reviewer)
        if unseen_scans(locked, actor):
            raise IncompleteError("pictures_seen")
        if (proposal.outcome, set(proposal.reasons)) == (verdict.outcome, set(verdict.reasons)):
            raise IncompleteError("otherwise")
        checks = evidence.current_checks([locked])[locked.pk]
        require_approvable(four_eyes.ruling(locked, checks), verdict)
        is_third = proposal.instead_of_id is not None
        Decision.objects.filter(pk=proposal.pk).update(stage=DecisionStage.OTHERWISE)
        decision = become_a_decision(
            verdict,
            locked,
            Pressed(reviewer, version_seen, now),
            decision_id=decision_id,
            note=note,
            checks=checks,
            stage=DecisionStage.WINDOW if is_third else DecisionStage.PROPOSED,
            two=TwoPeople(tuple(proposal.second_person_because), proposal.draw_seed, proposal),
        )
        if is_third:
            open_window(decision, locked, origin=State.SECOND_REVIEW, now=now)
        else:
            Submission.objects.filter(pk=locked.pk).update(version=locked.version + 1, **FREED)
        record("decision.made_otherwise" if is_third else "decision.proposed_otherwise", decision)
    return decision


def _open_proposal(submission: Submission, reviewer: User) -> Decision:
    if reviewer.role != Role.SENIOR_REVIEWER:
        raise NotAllowedError("a second decision is a senior reviewer's")
    decision = open_proposal(submission)
    if decision is None:
        raise TooLateError("there is no proposal any more")
    require_another(submission, reviewer)  # asked again with the row locked: another proposal may stand now
    return decision
