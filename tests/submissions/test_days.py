"""The dashboard's days: what came, what was decided and whether in time, by the calendar of Hong Kong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from kyc_portal.accounts.models import Role
from kyc_portal.submissions import review
from kyc_portal.submissions.counts import days
from kyc_portal.submissions.deciding import second_review, taking_effect, undoing, verdicts
from kyc_portal.submissions.models import Decision
from kyc_portal.submissions.reasons import Outcome
from kyc_portal.submissions.warning_codes import Severity
from tests import cast
from tests.cast import NOW, READER

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]
BLURRED = verdicts.Verdict(Outcome.ASK_AGAIN, reasons=("blurred",), sides=("FRONT",))


def decide(case, person, verdict=BLURRED, *, now=NOW) -> Decision:
    return review.decide(
        submission=cast.looked_at(cast.claimed(case, person, now=now), person),
        reviewer=person,
        verdict=verdict,
        version_seen=case.version,
        actor=person.actor,
        now=now,
    )


def test_a_day_ends_at_midnight_in_hong_kong() -> None:
    before, after = (datetime(2026, 11, 19, hour, minute, tzinfo=UTC) for hour, minute in ((15, 59), (16, 1)))
    cast.to_review(warnings=(-9104,), now=before)
    cast.to_review(warnings=(-9103,), now=after)
    yesterday, today = days.last(7, now=NOW).days[-2:]
    assert (yesterday.came, today.came) == ({Severity.EDITED: 1}, {Severity.RECAPTURE: 1})


def test_what_is_older_than_the_days_asked_for_is_left_out() -> None:
    cast.to_review(waited=timedelta(days=8))
    assert days.last(7, now=NOW).came == 0
    assert days.last(14, now=NOW).came == 1


def test_late_is_what_waited_past_the_bound_at_the_press() -> None:
    rob = cast.make_staff()
    for waited in (timedelta(0), timedelta(days=7)):
        decision = decide(cast.to_review(waited=waited), rob)
        taking_effect.finish(decision=decision, actor=READER, now=NOW + timedelta(seconds=11))
    past = days.last(7, now=NOW + timedelta(minutes=1))
    assert (past.decided, past.late, past.in_time_percent) == (2, 1, 50)
    assert past.outcomes[Outcome.ASK_AGAIN] == 2
    assert past.reasons == [("Blurred", Outcome.ASK_AGAIN, 2)]


def test_a_decision_in_its_window_or_taken_back_is_none_yet() -> None:
    rob = cast.make_staff()
    case = cast.to_review()
    decide(case, rob)
    assert days.last(7, now=NOW).decided == 0
    undoing.undo(submission=case, reviewer=rob, actor=rob.actor, now=NOW + timedelta(seconds=5))
    assert days.last(7, now=NOW).decided == 0


def test_a_returned_proposal_counts_as_disagreement() -> None:
    rob, sue = cast.make_staff(), cast.make_staff(Role.SENIOR_REVIEWER)
    case = cast.to_review(warnings=(-9104,))
    decide(case, rob)
    case.refresh_from_db()
    held = cast.claimed(case, sue)
    second_review.send_back(
        submission=held, reviewer=sue, why="look at the edge", version_seen=held.version, actor=sue.actor, now=NOW
    )
    past = days.last(7, now=NOW)
    assert (past.confirmed, past.returned) == (0, 1)


def test_no_answer_is_not_hundred_percent() -> None:
    assert days.last(7, now=NOW).in_time_percent is None


def test_the_days_are_counted_by_their_indexes(django_assert_max_num_queries) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    with django_assert_max_num_queries(6) as asked:
        days.last(14, now=NOW)
    plans = []
    with connection.cursor() as cursor:
        for each in asked.captured_queries:
            cursor.execute(f"EXPLAIN {each['sql']}")
            plans.append("\n".join(line for (line,) in cursor.fetchall()))
    for index in ("submission_came_by", "decision_final", "decision_not_agreed"):
        assert any(index in plan for plan in plans), index


@pytest.mark.parametrize("asked", ["", "7", "30", "0", "-1", "9999999", "x"])
def test_the_dashboard_shows_the_days_it_knows(sign_in, asked: str) -> None:
    cast.to_review(warnings=(-9104,), now=timezone.now())
    page = sign_in(cast.make_staff(Role.AUDITOR)).get(f"/console/?days={asked}").text
    shown = asked if asked in ("7", "30") else "14"
    assert f"Came to review, {shown} days" in page
    assert page.count('<svg class="chart"') >= 4
