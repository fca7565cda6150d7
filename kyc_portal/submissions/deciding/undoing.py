"""Taking the last press back while its window runs."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from kyc_portal import audit
from kyc_portal.accounts.models import User
from kyc_portal.audit import Actor
from kyc_portal.submissions import policies
from kyc_portal.submissions.deciding.decision_log import record
from kyc_portal.submissions.errors import NotAllowedError, TooLateError
from kyc_portal.submissions.models import Decision, DecisionStage, Submission
from kyc_portal.submissions.moves import move
from kyc_portal.submissions.reasons import Outcome
from kyc_portal.submissions.states import State


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
        _take_back(decision, locked, reviewer, now)
        record("decision.undone", decision)


def _take_back(decision: Decision, locked: Submission, reviewer: User, now: datetime) -> None:
    """The decision's row and the case as they stood before the press; the case is this person's again."""
    until = now + policies.in_force().claim
    held_again: dict[str, Any] = {"claimed_by": reviewer, "claimed_at": now, "claimed_until": until}
    is_proposal = decision.stage == DecisionStage.PROPOSED
    if decision.confirmed_by_id:
        Decision.objects.filter(pk=decision.pk).update(
            stage=DecisionStage.PROPOSED, confirmed_by=None, confirmed_at=None, window_ends_at=None
        )
        move(locked, origin=State.DECIDING, to=State.SECOND_REVIEW, now=now, claimed_until=until)
        return
    Decision.objects.filter(pk=decision.pk).update(stage=DecisionStage.UNDONE)
    if decision.instead_of_id:  # the proposal it was against stands again
        Decision.objects.filter(pk=decision.instead_of_id).update(stage=DecisionStage.PROPOSED)
        if is_proposal:
            Submission.objects.filter(pk=locked.pk).update(version=locked.version + 1, **held_again)
        else:
            move(locked, origin=State.DECIDING, to=State.SECOND_REVIEW, now=now, claimed_until=until)
    elif is_proposal:
        version = locked.version + 1
        move(locked, origin=State.SECOND_REVIEW, to=State.TO_REVIEW, now=now, version=version, **held_again)
    else:
        move(locked, origin=State.DECIDING, to=State.TO_REVIEW, now=now, claimed_until=until)


_OPEN_STAGES = (DecisionStage.PROPOSED, DecisionStage.WINDOW)


def _undo_ends(decision: Decision) -> datetime | None:
    """Until when the last press on this decision can be taken back."""
    if decision.stage == DecisionStage.WINDOW:
        return decision.window_ends_at
    # A proposal that a second person confirmed and took back is theirs to decide again, not the proposer's to undo.
    return decision.decided_at + policies.of(decision.submission).undo_window


def undoable(reviewer: User, *, now: datetime) -> Undoable | None:
    """The newest press of this person that can still be taken back."""
    lately = now - timedelta(hours=1)  # longer than any window
    pressed = Q(confirmed_by=reviewer, confirmed_at__gt=lately) | Q(
        decided_by=reviewer, confirmed_by__isnull=True, decided_at__gt=lately
    )
    decision = (
        Decision.objects.filter(pressed, stage__in=_OPEN_STAGES)
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
