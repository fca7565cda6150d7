"""The one way a submission changes its state: a guarded UPDATE whose WHERE names the expected state."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kyc_portal.submissions.errors import TooLateError
from kyc_portal.submissions.models import Submission
from kyc_portal.submissions.states import MOVES, State


def move(
    submission: Submission,
    *,
    origin: State,
    to: State,
    now: datetime,
    where: dict[str, Any] | None = None,
    **changes: Any,
) -> None:
    """Move a row from `origin` to `to` and set `changes` in the same UPDATE; the instance is brought along.

    `where` adds conditions (a holder, a version). Raises ValueError for an arrow that is not in the table, and
    TooLateError when the row stands elsewhere by now. Runs inside the caller's transaction.
    """
    if to not in MOVES[origin]:
        raise ValueError(f"no move from {origin} to {to}")
    changed = Submission.objects.filter(pk=submission.pk, state=origin, **(where or {})).update(
        state=to, state_since=now, **changes
    )
    if not changed:
        raise TooLateError(f"the submission is not {origin} any more")
    submission.refresh_from_db()
