"""What every press on a decision shares: its entry in the log, and the window in which it can be taken back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kyc_portal import audit
from kyc_portal.submissions import nudges, policies
from kyc_portal.submissions.models import Decision, Submission
from kyc_portal.submissions.moves import move
from kyc_portal.submissions.states import State


def open_window(decision: Decision, submission: Submission, *, origin: State, now: datetime) -> None:
    """The case goes on to its outcome when the time to take it back is over."""
    move(submission, origin=origin, to=State.DECIDING, now=now)
    seconds = policies.of(submission).undo_window.total_seconds()
    transaction.on_commit(lambda: nudges.finish(str(decision.pk), after_seconds=seconds), robust=True)


def record(action: str, decision: Decision) -> None:
    """The act on a decision, inside the caller's `acting`."""
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
