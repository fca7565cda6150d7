"""Small pure parts: moves, patience, working time, masks, codes, reasons."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc_portal.submissions import masks, reasons
from kyc_portal.submissions.clocks.working_time import before, between
from kyc_portal.submissions.reading_service.patience import wait_before_next
from kyc_portal.submissions.states import ENDS, MOVES, WITHDRAWABLE, State
from kyc_portal.submissions.warning_codes import MEANINGS, Severity, codes_of_answer, gravest, severity_of

HONG_KONG = ZoneInfo("Asia/Hong_Kong")


def test_every_state_has_a_row_and_every_end_but_two_is_final() -> None:
    assert set(MOVES) == set(State)
    assert {state for state in ENDS if MOVES[state]} == {State.APPROVED, State.REJECTED}


def test_whoever_may_withdraw_has_an_arrow_for_it() -> None:
    assert {state for state in State if State.WITHDRAWN in MOVES[state]} == WITHDRAWABLE


def test_every_state_can_be_reached() -> None:
    reached, todo = set(), [State.COLLECTING]
    while todo:
        state = todo.pop()
        if state not in reached:
            reached.add(state)
            todo += MOVES[state]
    assert reached == set(State)


def test_waits_grow_and_last_a_day_before_the_alarm() -> None:
    chance = random.Random(1)
    waits = [wait_before_next(tries, chance=chance) for tries in range(1, 60)]
    assert waits[0] < timedelta(seconds=3)
    assert max(waits) <= timedelta(minutes=37.5)
    assert sum(waits, timedelta()) > timedelta(hours=24)


@given(st.integers(1, 1000), st.integers())
def test_a_wait_is_never_none_and_never_endless(tries: int, seed: int) -> None:
    assert timedelta(seconds=1) <= wait_before_next(tries, chance=random.Random(seed)) <= timedelta(hours=1)


@pytest.mark.parametrize(
    ("now", "hours", "then"),
    [
        ("2026-11-20 12:00", 3, "2026-11-20 09:00"),
        ("2026-11-20 12:00", 4, "2026-11-19 17:00"),
        ("2026-11-23 10:00", 2, "2026-11-20 17:00"),
        ("2026-11-22 03:00", 9, "2026-11-20 09:00"),
        ("2026-11-20 23:00", 24, "2026-11-18 12:00"),
    ],
)
def test_working_time_is_counted_back_over_nights_and_weekends(now: str, hours: int, then: str) -> None:
    read = [datetime.fromisoformat(text).replace(tzinfo=HONG_KONG) for text in (now, then)]
    assert before(read[0], timedelta(hours=hours)) == read[1]


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)), st.integers(1, 60))
def test_counting_back_and_counting_up_agree(now: datetime, hours: int) -> None:
    assert between(before(now, timedelta(hours=hours)), now) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("codes", "severity"),
    [
        ((), Severity.NONE),
        ((-9109,), Severity.NOT_CHECKED),
        ((-9999,), Severity.UNKNOWN),
        ((-9102, -9109), Severity.PHOTOCOPY),
        ((-9103, -9102), Severity.RECAPTURE),
        ((-9102, -9104, -9103), Severity.EDITED),
    ],
)
def test_the_gravest_code_ranks(codes: tuple[int, ...], severity: Severity) -> None:
    assert gravest(codes) is severity


def test_an_answer_silent_about_forgery_is_not_checked() -> None:
    assert codes_of_answer(None) == (-9109,)
    assert gravest(codes_of_answer(None)) is Severity.NOT_CHECKED


@given(st.integers())
def test_no_code_counts_as_clean(code: int) -> None:
    assert severity_of(code) is not Severity.NONE


def test_every_tier_has_its_words() -> None:
    assert set(MEANINGS) == set(Severity)


def test_reasons_have_one_digit_each_and_fraud_has_one_neutral_text() -> None:
    for outcome in (reasons.Outcome.ASK_AGAIN, reasons.Outcome.REJECT):
        assert [reason.digit for reason in reasons.for_outcome(outcome)] == list(range(1, 10))
    assert {str(reason.customer_text) for reason in reasons.ALL if reason.is_fraud} == {str(reasons.NEUTRAL_TEXT)}


def test_one_fraud_reason_makes_the_whole_text_neutral() -> None:
    assert reasons.customer_texts(["expired", "edited"]) == [reasons.NEUTRAL_TEXT]


@pytest.mark.parametrize(
    ("value", "shown"),
    [("颜咏俊", "颜••"), ("李", "李•"), ("CHAN,TAI MAN", "C•••"), ("", ""), ("阿卜杜拉·买买提", "阿•••")],
)
def test_a_name_keeps_its_first_character_only(value: str, shown: str) -> None:
    assert masks.name(value) == shown


@pytest.mark.parametrize(("value", "shown"), [("M5626769911", "9911"), ("08320271", "0271"), ("123", ""), ("", "")])
def test_a_number_shows_its_end_and_a_short_one_nothing(value: str, shown: str) -> None:
    assert masks.ending(value) == shown


def test_an_identity_card_number_keeps_its_last_digits() -> None:
    assert masks.id_number("A123456(7)") == "•••••56(7)"
