"""What every press on a case asks first: the row locked, held by this person, at the version they saw."""

from __future__ import annotations

from datetime import datetime

from kyc_portal.accounts.models import User
from kyc_portal.submissions.deciding import claims
from kyc_portal.submissions.errors import NotHeldError, StaleError, TooLateError
from kyc_portal.submissions.models import Submission
from kyc_portal.submissions.states import State

# What a move that ends a claim sets.
FREED = {"claimed_by": None, "claimed_at": None, "claimed_until": None}


def require_held(submission: Submission, reviewer: User, version_seen: int, now: datetime) -> Submission:
    """The row, locked. Raises NotAllowedError, TooLateError, NotHeldError and StaleError."""
    claims.require_reviewer(reviewer)
    locked = Submission.objects.select_for_update().get(pk=submission.pk)
    if locked.state not in (State.TO_REVIEW, State.SECOND_REVIEW):
        raise TooLateError("not waiting for a decision any more")
    if not claims.holds(locked, reviewer, now):
        raise NotHeldError("claim the case first")
    if locked.version != version_seen:
        raise StaleError(seen=version_seen, now=locked.version)
    return locked
