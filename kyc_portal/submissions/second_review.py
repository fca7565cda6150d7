"""What the second person does with a proposal: confirm it, or send the case back. Nobody confirms their own.

The rule stands here, and as a constraint in the database.
"""

from __future__ import annotations

from datetime import datetime

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.audit import Actor
from kyc_portal.submissions import evidence, policies
from kyc_portal.submissions.decision_log import open_window, record
from kyc_portal.submissions.errors import IncompleteError, NotAllowedError, TooLateError
from kyc_portal.submissions.held import FREED, require_held
from kyc_portal.submissions.looks import unseen_scans
from kyc_portal.submissions.models import Decision, DecisionStage, Submission
from kyc_portal.submissions.moves import move
from kyc_portal.submissions.states import State


def confirm(*, submission: Submission, reviewer: User, version_seen: int, actor: Actor, now: datetime) -> Decision:
    """The second person agrees: the proposal becomes the decision, after its undo window.

    Raises NotAllowedError to the proposer and to anybody but a senior reviewer.
    """
    with audit.acting(actor):
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


def send_back(*, submission: Submission, reviewer: User, version_seen: int, actor: Actor, now: datetime) -> None:
    """The second person sends the case back to the queue; the proposal is closed and its wait goes on."""
    with audit.acting(actor):
        locked = require_held(submission, reviewer, version_seen, now)
        decision = _open_proposal(locked, reviewer)
        Decision.objects.filter(pk=decision.pk).update(stage=DecisionStage.RETURNED)
        move(
            locked,
            origin=State.SECOND_REVIEW,
            to=State.TO_REVIEW,
            now=now,
            version=locked.version + 1,
            **FREED,
        )
        evidence.weigh(locked, now=now)
        record("decision.returned", decision)


def _open_proposal(submission: Submission, reviewer: User) -> Decision:
    if reviewer.role != Role.SENIOR_REVIEWER:
        raise NotAllowedError("a second decision is a senior reviewer's")
    decision = Decision.objects.select_for_update().filter(submission=submission, stage=DecisionStage.PROPOSED).first()
    if decision is None:
        raise TooLateError("there is no proposal any more")
    if decision.decided_by_id == reviewer.pk:
        raise NotAllowedError("somebody else decides your proposal")
    return decision
