"""A decision takes effect when its window is over: the case ends or goes back to its customer, who is told."""

from __future__ import annotations

from datetime import datetime

from kyc_portal import audit
from kyc_portal.audit import Actor
from kyc_portal.submissions import notices, queue
from kyc_portal.submissions.clocks import clock
from kyc_portal.submissions.deciding import samples
from kyc_portal.submissions.deciding.decision_log import record
from kyc_portal.submissions.deciding.held import FREED
from kyc_portal.submissions.models import Decision, DecisionStage, NoticeKind, Submission
from kyc_portal.submissions.moves import move
from kyc_portal.submissions.reasons import Outcome
from kyc_portal.submissions.states import State


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
            waited_minutes=clock.stopped(locked, decision.decided_at) if outcome is Outcome.ASK_AGAIN else 0,
            reopened_decision_id=locked.reopened_decision_id if outcome is Outcome.ASK_AGAIN else None,
            version=locked.version + 1,
            **FREED,
        )
        record("decision.took_effect", decision)
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
