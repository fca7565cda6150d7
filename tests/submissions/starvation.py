"""Two weeks of the real queue in which grave cases pour in, hour after working hour: how long the clean ones wait.

Reviewers are as many as cases on average, but the grave come in a wave that fills every hour of theirs. The tests ask
for the longest wait; `python -m tests.bench.starvation` draws them all.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

from kyc_portal import audit
from kyc_portal.accounts.models import User
from kyc_portal.submissions.clocks.working_time import between
from kyc_portal.submissions.deciding import claims
from kyc_portal.submissions.models import Submission, make_reference
from kyc_portal.submissions.warning_codes import Severity
from tests import cast

PER_HOUR = 3
WAVE_HOURS = 60
HOUR = timedelta(hours=1)


def working_hours(many: int) -> Iterator[datetime]:
    """The starts of working hours from a Monday on."""
    at, found = datetime(2026, 11, 16, 0, 0, tzinfo=cast.NOW.tzinfo), 0
    while found < many:
        if between(at, at + HOUR) == HOUR:
            yield at
            found += 1
        at += HOUR


def arrivals(hour: int) -> tuple[int, int]:
    """(edited, clean) that come in this hour: a wave that takes every reviewer, then quiet hours."""
    return (PER_HOUR, 1) if hour < WAVE_HOURS else (0, 1)


def put_in(like: Submission, severity: Severity, at: datetime) -> None:
    """A case like that one, of a customer of its own, waiting since `at`."""
    customer = cast.make_customer()
    with audit.acting(customer.actor):
        Submission.objects.create(
            id=uuid.uuid4(),
            reference=make_reference(),
            customer=customer,
            consent=like.consent,
            state="to_review",
            state_since=at,
            started_at=at,
            received_at=at,
            waiting_since=at,
            policy_version=like.policy_version,
            language="en",
            declared_type=like.declared_type,
            severity=severity,
        )


def waits_of_the_clean(reviewer: User) -> Iterator[tuple[int, timedelta]]:
    """Let two weeks pass; the hour at which each clean case was taken, and how long it had waited, in working time."""
    like = cast.to_review(now=cast.NOW)
    with audit.acting(reviewer.actor):
        Submission.objects.filter(state="to_review").update(state="withdrawn")  # the desk begins with nothing
    for hour, now in enumerate(working_hours(WAVE_HOURS + 40)):
        edited, clean = arrivals(hour)
        for severity in [Severity.EDITED] * edited + [Severity.NONE] * clean:
            put_in(like, severity, now)
        for _each in range(PER_HOUR):
            taken = claims.claim_next(reviewer=reviewer, actor=reviewer.actor, now=now + HOUR)
            if taken is None or taken.waiting_since is None:
                break
            if taken.severity == Severity.NONE:
                yield hour, between(taken.waiting_since, now + HOUR)
            with audit.acting(reviewer.actor):
                Submission.objects.filter(pk=taken.pk).update(state="approved", claimed_by=None, claimed_until=None)
