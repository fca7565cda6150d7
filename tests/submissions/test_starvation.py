"""Nobody starves: with grave cases pouring in, the cleanest case is still taken soon after the bound.

The real queue picks, hour after working hour, for two weeks; reviewers are as many as cases on average, but the grave come in
waves that fill every hour of theirs. Without the rescue lane the clean would wait to the end of each wave; a test of the same
days says so, so that this one can fail.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from kyc_portal import audit
from kyc_portal.accounts.models import User
from kyc_portal.submissions import claims, queue
from kyc_portal.submissions.models import Submission, make_reference
from kyc_portal.submissions.warning_codes import Severity
from kyc_portal.submissions.working_time import between
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]
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


def longest_wait_of_the_clean(reviewer: User) -> timedelta:
    """Let two weeks pass; how long the unluckiest clean case waited, in working time."""
    like, longest = cast.to_review(now=cast.NOW), timedelta(0)
    with audit.acting(reviewer.actor):
        Submission.objects.filter(pk=like.pk).update(state="withdrawn")
    for hour, now in enumerate(working_hours(WAVE_HOURS + 40)):
        edited, clean = arrivals(hour)
        for severity in [Severity.EDITED] * edited + [Severity.NONE] * clean:
            put_in(like, severity, now)
        for _each in range(PER_HOUR):
            taken = claims.claim_next(reviewer=reviewer, actor=reviewer.actor, now=now + HOUR)
            if taken is None or taken.waiting_since is None:
                break
            if taken.severity == Severity.NONE:
                longest = max(longest, between(taken.waiting_since, now + HOUR))
            with audit.acting(reviewer.actor):
                Submission.objects.filter(pk=taken.pk).update(state="approved", claimed_by=None, claimed_until=None)
    return longest


def test_the_cleanest_case_is_taken_soon_after_the_bound() -> None:
    longest = longest_wait_of_the_clean(cast.make_staff())
    assert queue.bound() <= longest <= queue.bound() + 2 * HOUR


def test_without_the_rescue_lane_it_would_wait_for_the_wave_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "cutoff", lambda now: now - timedelta(days=3650))
    assert longest_wait_of_the_clean(cast.make_staff()) > queue.bound() * 2
