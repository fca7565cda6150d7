"""Where a submission stands in the customer's five steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Min
from django.utils.translation import get_language

from kyc_portal.submissions import queue
from kyc_portal.submissions.clocks import desk
from kyc_portal.submissions.clocks.working_time import WORKING_DAY
from kyc_portal.submissions.models import Decision, Submission
from kyc_portal.submissions.reading_service import breaker
from kyc_portal.submissions.reasons import Outcome
from kyc_portal.submissions.states import ENDS, IN_REVIEW, UNFINISHED_SCANS, ScanState, State


@dataclass(frozen=True, slots=True)
class Progress:
    """What the customer's page shows. `next_try_at` is honest about a delay of ours.

    `state` is where the customer stands: a reopened case goes on standing as it was decided until it is decided anew.
    A review is late after a working day; then `first_in_line_at` says when it is taken before everything newer.
    """

    submission: Submission
    state: State
    step: str
    is_delayed: bool
    next_try_at: datetime | None
    tries: int
    fault_codes: Mapping[str, str]
    reasons: Sequence[str]
    is_late_review: bool = False
    first_in_line_at: datetime | None = None

    @property
    def is_ended(self) -> bool:
        return self.state in ENDS

    @property
    def etag(self) -> str:
        """Changes when anything the page shows changes."""
        late = f"{self.is_delayed}-{self.is_late_review}"
        stands = f"{self.state}-{self.submission.version}-{self.next_try_at}-{self.step}-{late}"
        return f'"{stands}-{get_language()}"'


_STEPS = {
    State.RECEIVED: "received",
    State.READING: "reading",
    State.CONFIRMING: "confirm",
    State.TO_REVIEW: "in_review",
    State.SECOND_REVIEW: "in_review",
    State.PARKED: "in_review",
    State.DECIDING: "in_review",
}


_STANDS = {Outcome.APPROVE: State.APPROVED, Outcome.REJECT: State.REJECTED}


def _for_customer(submission: Submission, last: Decision | None) -> State:
    if last and last.pk == submission.reopened_decision_id and submission.state in IN_REVIEW:
        return _STANDS[Outcome(last.outcome)]
    return State(submission.state)


# A reading this long without an answer is called a delay, whether or not a try has failed.
SILENT_FOR = timedelta(minutes=2)


def of(submission: Submission, *, now: datetime) -> Progress:
    """Where the submission stands in the customer's five steps."""
    last = submission.decisions.filter(stage="final").order_by("-final_at").first()
    state = _for_customer(submission, last)
    waiting_scans = submission.scans.filter(state=ScanState.DUE)
    unfinished = submission.scans.filter(state__in=UNFINISHED_SCANS)
    is_silent = submission.received_at is not None and submission.received_at + SILENT_FOR <= now
    faults = submission.scans.filter(state=ScanState.FAULTY, attempt=submission.attempt).values_list(
        "side", "fault_code"
    )
    is_delayed = (submission.delayed_since is not None or is_silent) and state in (State.RECEIVED, State.READING)
    # While a person holds all calls nobody can say when the next try is.
    is_timed = not (is_delayed and breaker.is_held())
    waiting_since = submission.waiting_since if _STEPS.get(state) == "in_review" else None
    is_late_review = waiting_since is not None and desk.between(waiting_since, now) > WORKING_DAY
    return Progress(
        submission=submission,
        state=state,
        step="decided" if state in ENDS else _STEPS.get(state, "collecting"),
        is_delayed=is_delayed,
        next_try_at=waiting_scans.aggregate(soonest=Min("next_try_at"))["soonest"] if is_timed else None,
        tries=unfinished.aggregate(most=Max("tries"))["most"] or 0,
        fault_codes=dict(faults),
        reasons=last.reasons if last else [],
        is_late_review=is_late_review,
        first_in_line_at=_first_in_line(submission, now) if is_late_review else None,
    )


def _first_in_line(submission: Submission, now: datetime) -> datetime | None:
    """When the case is past the bound after which it goes before all others; None where it waits for something else."""
    if submission.state != State.TO_REVIEW or submission.waiting_since is None:
        return None
    at = desk.after(submission.waiting_since, queue.bound())
    return at if at > now else None
