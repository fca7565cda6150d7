"""The clock of a case: working time without the days the desk is closed, standing still while the customer is asked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc_portal.submissions import policy, queue, review
from kyc_portal.submissions.clocks import clock, desk, working_time
from kyc_portal.submissions.counts import forecast
from kyc_portal.submissions.deciding import taking_effect
from kyc_portal.submissions.deciding.verdicts import Verdict
from kyc_portal.submissions.errors import IncompleteError, NotAllowedError, TooLateError
from kyc_portal.submissions.reasons import Outcome
from kyc_portal.submissions.states import State
from tests import cast
from tests.cast import NOW, READER

HOUR = timedelta(hours=1)
CHRISTMAS = frozenset({date(2026, 12, 25)})
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))
DAYS = st.frozensets(st.dates(date(2026, 1, 1), date(2027, 2, 1)), max_size=30)


def here(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=working_time.HONG_KONG)


@pytest.mark.parametrize(
    ("start", "hours", "then"),
    [
        ("2026-12-24 17:00", 2, "2026-12-28 10:00"),  # Christmas is closed, and the weekend follows
        ("2026-12-24 09:00", 9, "2026-12-24 18:00"),
        ("2026-12-25 12:00", 1, "2026-12-28 10:00"),
    ],
)
def test_no_working_time_passes_on_a_day_the_desk_is_closed(start: str, hours: int, then: str) -> None:
    assert working_time.after(here(start), hours * HOUR, closed=CHRISTMAS) == here(then)
    assert working_time.between(here(start), here(then), closed=CHRISTMAS) == hours * HOUR


@given(INSTANTS, st.integers(1, 60 * 60), DAYS)
def test_counting_on_and_back_agree_on_any_calendar(start: datetime, minutes: int, closed: frozenset[date]) -> None:
    working = timedelta(minutes=minutes)
    on, back = (count(start, working, closed=closed) for count in (working_time.after, working_time.before))
    assert working_time.between(start, on, closed=closed) == working
    assert working_time.between(back, start, closed=closed) == working


def test_a_desk_that_is_closed_for_good_ends_no_sum_in_a_loop() -> None:
    closed = frozenset(date(2026, 1, 1) + timedelta(days=each) for each in range(900))
    assert working_time.before(here("2027-01-04 12:00"), HOUR, closed=closed) < here("2026-01-04 12:00")
    assert working_time.after(here("2026-01-05 12:00"), HOUR, closed=closed) > here("2027-01-01 12:00")
    assert working_time.next_opening(here("2026-01-05 12:00"), closed=closed) > here("2027-01-01 12:00")


@pytest.mark.django_db
class TestTheClockOfACase:
    def test_stands_still_while_the_customer_is_asked_and_goes_on_from_there(self) -> None:
        rob = cast.make_staff()
        case = cast.to_review(waited=2 * HOUR)
        ask = Verdict(Outcome.ASK_AGAIN, ("glare",), ("FRONT",))
        held = cast.claimed(case, rob)
        decision = review.decide(
            submission=held, reviewer=rob, verdict=ask, version_seen=held.version, actor=rob.actor, now=NOW
        )
        taking_effect.finish(decision=decision, actor=READER, now=NOW + timedelta(seconds=11))
        later = NOW + timedelta(days=5)
        case.refresh_from_db()
        assert case.waited_minutes == 120
        cast.send_in(case, now=later)
        cast.answer(case, read=cast.TAIWAN_READING, now=later)
        case.refresh_from_db()
        cast.intake.confirm(submission=case, differences={}, actor=case.customer.actor, now=later)
        case.refresh_from_db()
        row = queue.as_rows([case], now=later)[0]
        assert row.waiting == 2 * HOUR
        assert row.due_at == desk.after(later, queue.bound() - 2 * HOUR)

    def test_is_the_policys_calendar(self) -> None:
        now = here("2026-12-28 12:00")
        case = cast.to_review(now=now, waited=timedelta(days=4))  # Thursday noon
        assert queue.as_rows([case], now=now)[0].waiting == 18 * HOUR
        cast.policy_in_force(cast.policy_content(closed_days=["2026-12-25"]))
        assert queue.as_rows([case], now=now)[0].waiting == 9 * HOUR
        assert clock.due(case.waiting_since, 10 * HOUR) == here("2026-12-28 13:00")

    @pytest.mark.parametrize("days", [["25.12.2026"], ["2026-12-32"], [20261225], ["2026-1-1"]])
    def test_takes_days_only(self, days: list[object]) -> None:
        found = policy.problems(cast.policy_content(closed_days=days))
        assert [each.part for each in found] == ["closed_days"]


@pytest.mark.django_db
class TestTheForecast:
    def test_says_nothing_where_nothing_was_decided_lately(self) -> None:
        cast.to_review(waited=2 * HOUR)
        assert forecast.pace(NOW) is None
        assert forecast.likely_late(NOW) is None
        assert not forecast.is_likely_late(20 * HOUR, 1000, None)

    def test_counts_who_is_reached_too_late_at_this_pace(self) -> None:
        rob = cast.make_staff()
        for _each in range(3):
            cast.decided(rob, now=NOW - HOUR)
        assert forecast.pace(NOW) == 3 / 9
        assert not forecast.is_likely_late(2 * HOUR, 7, 3 / 9)
        assert forecast.is_likely_late(2 * HOUR, 8, 3 / 9)  # two hours and twenty-four more
        old = cast.to_review(waited=timedelta(days=2))
        assert queue.as_rows([old], now=NOW)[0].waiting == 18 * HOUR
        assert forecast.likely_late(NOW) == 0
        cast.to_review(warnings=(-9104,))
        assert forecast.likely_late(NOW) == 0  # three hours each: the old one is reached after six
        cast.to_review(warnings=(-9103,))
        assert forecast.likely_late(NOW) == 1

    @given(st.integers(0, 60), st.integers(1, 1000), st.floats(0.1, 500))
    def test_whoever_stands_further_back_is_no_sooner_there(self, waited: int, place: int, pace: float) -> None:
        ahead, behind = (forecast.is_likely_late(waited * HOUR, each, pace) for each in (place, place + 1))
        assert behind or not ahead


@pytest.mark.django_db
class TestParking:
    def test_takes_a_reason_and_an_instant_to_come(self) -> None:
        rob = cast.make_staff()
        case = cast.claimed(cast.to_review(), rob)
        for why, until, missing in ((" ", NOW + HOUR, "why"), ("waits for a colleague", NOW, "until")):
            with pytest.raises(IncompleteError) as caught:
                review.park(
                    submission=case,
                    reviewer=rob,
                    until=until,
                    why=why,
                    version_seen=case.version,
                    actor=rob.actor,
                    now=NOW,
                )
            assert caught.value.missing == missing
        case.refresh_from_db()
        assert case.state == State.TO_REVIEW

    def test_is_ended_by_hand_and_keeps_the_wait(self) -> None:
        rob, tom = cast.make_staff(), cast.make_staff()
        case = cast.claimed(cast.to_review(waited=HOUR), rob)
        since = case.waiting_since
        review.park(
            submission=case,
            reviewer=rob,
            until=NOW + 9 * HOUR,
            why="waits for a colleague",
            version_seen=case.version,
            actor=rob.actor,
            now=NOW,
        )
        case.refresh_from_db()
        assert case.state == State.PARKED
        review.take_up(submission=case, reviewer=tom, actor=tom.actor, now=NOW + HOUR)
        case.refresh_from_db()
        assert (case.state, case.claimed_by, case.waiting_since) == (State.TO_REVIEW, tom, since)
        with pytest.raises(TooLateError):
            review.take_up(submission=case, reviewer=rob, actor=rob.actor, now=NOW + HOUR)

    def test_an_escalated_case_is_taken_up_by_a_senior_only(self) -> None:
        rob = cast.make_staff()
        case = cast.to_review()
        case.is_escalated = True
        with pytest.raises(NotAllowedError):
            review.take_up(submission=case, reviewer=rob, actor=rob.actor, now=NOW)
