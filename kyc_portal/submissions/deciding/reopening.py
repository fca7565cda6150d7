"""Taking a decided case up again: a senior reviewer, with a reason. What was decided stands until it is decided anew.

The case goes back to the queue and two people decide it; their decision names the one it replaces.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.audit import Actor
from kyc_portal.sealing.values import open_sealed, seal
from kyc_portal.submissions import evidence
from kyc_portal.submissions.deciding import samples
from kyc_portal.submissions.errors import IncompleteError, NotAllowedError, StaleError, TooLateError
from kyc_portal.submissions.models import DecisionStage, Reopening, Submission
from kyc_portal.submissions.moves import move
from kyc_portal.submissions.states import ENDS, State

REOPENABLE = frozenset({State.APPROVED, State.REJECTED})
WHY_MIN = 10


@dataclass(frozen=True, slots=True)
class Told:
    """A reopening that waits for its new decision, with the reason opened from its seal."""

    reopening: Reopening
    why: str


def can_reopen(submission: Submission, user: User) -> bool:
    """Whether this person may take this case up again."""
    return user.role == Role.SENIOR_REVIEWER and submission.state in REOPENABLE


def reopen(
    *, submission: Submission, reviewer: User, why: str, version_seen: int, actor: Actor, now: datetime
) -> Reopening:
    """Send a decided case back to the queue; its decision stands for the customer until a new one is final.

    Raises NotAllowedError (not an active senior reviewer), IncompleteError (no reason of ten characters), StaleError,
    and TooLateError: somebody was first, or the customer has begun anew meanwhile.
    """
    if reviewer.role != Role.SENIOR_REVIEWER or not reviewer.is_active:
        raise NotAllowedError("only a senior reviewer reopens a case")
    if len(why.strip()) < WHY_MIN:
        raise IncompleteError("why")
    try:
        return _reopen(submission, reviewer, why.strip(), version_seen, actor, now)
    except IntegrityError as error:  # the customer began anew, or another reopened it, in this very moment
        raise TooLateError("somebody was first") from error


def _reopen(
    submission: Submission, reviewer: User, why: str, version_seen: int, actor: Actor, now: datetime
) -> Reopening:
    reopening_id = uuid.uuid4()
    with audit.acting(actor):
        sealed = seal(
            submission.customer_id, table="reopening", column="why", row_id=reopening_id, plaintext=why.encode()
        )
        locked = Submission.objects.select_for_update().get(pk=submission.pk)
        if locked.state not in REOPENABLE:
            raise TooLateError("the case is not decided any more")
        if locked.version != version_seen:
            raise StaleError(seen=version_seen, now=locked.version)
        if Submission.objects.filter(customer_id=locked.customer_id).exclude(state__in=sorted(ENDS)).exists():
            raise TooLateError("the customer has begun anew")
        decision = locked.decisions.filter(stage=DecisionStage.FINAL).latest("final_at")
        made = Reopening.objects.create(
            id=reopening_id,
            submission=locked,
            customer_id=locked.customer_id,
            decision=decision,
            why_sealed=sealed,
            reopened_by=reviewer,
            reopened_at=now,
        )
        move(
            locked,
            origin=State(locked.state),
            to=State.TO_REVIEW,
            now=now,
            waiting_since=now,
            waited_minutes=0,
            reopened_decision_id=decision.pk,
            version=locked.version + 1,
        )
        evidence.weigh(locked, now=now)
        samples.void(locked)
        audit.record(
            "submission.reopened",
            object_type="submissions.submission",
            object_id=str(locked.pk),
            subject=locked.customer_id,
            details={"decision": str(decision.pk), "outcome": decision.outcome},
        )
    return made


def told(submission: Submission) -> Told | None:
    """The reopening this case waits under; None where it was not reopened or has ended anew."""
    if submission.reopened_decision_id is None:
        return None
    found = (
        Reopening.objects.filter(decision_id=submission.reopened_decision_id)
        .select_related("reopened_by", "decision")
        .get()
    )
    return Told(found, why_of(found))


def why_of(reopening: Reopening) -> str:
    """Why a case was taken up again, opened from its seal."""
    return open_sealed(
        reopening.customer_id, table="reopening", column="why", row_id=reopening.pk, blob=bytes(reopening.why_sealed)
    ).decode()
