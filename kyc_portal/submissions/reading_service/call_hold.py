"""A person holds all calls to the reading service, and lets them go on. A hold ends by a person only.

It stands in the breaker's row beside the breaker's own state, so the calls that a late answer would resume stay held.
Calls that are under way when it begins are not cut off: they may have been billed.
"""

from __future__ import annotations

from datetime import datetime

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.submissions.errors import IncompleteError, NotAllowedError, TooLateError
from kyc_portal.submissions.reading_service import breaker

WHY_MIN, WHY_MAX = 10, 300


def hold(*, why: str, by: User, now: datetime) -> None:
    """Hold all calls until somebody lets them go on.

    Raises NotAllowedError, IncompleteError without a reason, and TooLateError where they are held already.
    """
    reason = required_reason(why, by=by)
    with audit.acting(by.actor):
        breaker.locked(now)
        taken = breaker.rows().filter(held_since__isnull=True)
        if not taken.update(held_since=now, held_by=by, held_why=reason):
            raise TooLateError("calls are held already")
        _record("provider.held", reason)


def release(*, since_seen: datetime, why: str, by: User) -> None:
    """Let calls go on. `since_seen` names the hold that the person saw: another one is not theirs to end unseen.

    The breaker's own state stands: where calls were stopped as well, a probe comes first. Raises NotAllowedError,
    IncompleteError without a reason, and TooLateError where that hold stands no more.
    """
    reason = required_reason(why, by=by)
    with audit.acting(by.actor):
        held = breaker.rows().filter(held_since=since_seen)
        if not held.update(held_since=None, held_by=None, held_why=""):
            raise TooLateError("this hold was ended already")
        _record("provider.released", reason)


def required_reason(why: str, *, by: User) -> str:
    """The reason as it is recorded. Raises NotAllowedError for who is no administrator, IncompleteError for none."""
    if by.role != Role.ADMINISTRATOR or not by.is_active:
        raise NotAllowedError("an administrator does this")
    reason = why.strip()
    if len(reason) < WHY_MIN:
        raise IncompleteError("reason")
    return reason


def _record(action: str, reason: str) -> None:
    row = breaker.rows().get()
    audit.record(
        action,
        object_type="submissions.providerbreaker",
        object_id=row.pk,
        details={"why": reason},
    )
