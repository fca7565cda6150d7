"""Delayed readings: what the list says of them, trying now, trying all in bounds, giving a stuck one to a reviewer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import Settings

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.submissions import nudges, reading, sweeps
from kyc_portal.submissions.errors import CallsStoppedError, NotAllowedError, TooLateError
from kyc_portal.submissions.models import DeclaredType, Scan, Submission
from kyc_portal.submissions.reading_service import breaker, call_hold, delayed_work, trying_again
from kyc_portal.submissions.states import ScanState, State
from tests import cast
from tests.cast import NOW, READER

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]

LATER = NOW + timedelta(seconds=1)


@pytest.fixture
def ada() -> User:
    return cast.make_staff(Role.ADMINISTRATOR)


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(nudges, "read", lambda ids: found.extend(ids))
    return found


def delayed(
    submission: Submission | None = None,
    side: str = "FRONT",
    *,
    code: str = "Transport.Timeout",
    after: timedelta = timedelta(minutes=30),
    now=NOW,
) -> Scan:
    """A reading that failed once and waits that long for its next try."""
    submission = submission or cast.received(now=now)
    attempt = cast.begin(submission, side, now=now)
    reading.put_back(attempt=attempt, code=code, request_id="", actor=READER, now=now, after=after)
    return Scan.objects.get(pk=attempt.scan.pk)


def stuck(submission: Submission | None = None) -> Scan:
    """A reading that has waited for more than a day."""
    scan = delayed(submission)
    sweeps.sweep(actor=READER, now=NOW + timedelta(hours=24))
    return scan


def next_of(scan: Scan):
    scan.refresh_from_db()
    return scan.next_try_at


# ----- the list


def test_the_list_has_the_oldest_first_and_counts_causes() -> None:
    young = delayed(now=NOW + timedelta(minutes=5))
    old = delayed(code="Portal.Limiter")
    delayed(now=NOW + timedelta(minutes=6))
    cast.received()  # waits for nobody's fault
    found = delayed_work.delayed()
    assert [line.scan_id for line in found.lines][:2] == [old.pk, young.pk]
    assert (found.many, found.oldest_since, found.stuck) == (3, NOW, 0)
    assert found.by_code == [("Transport.Timeout", 2), ("Portal.Limiter", 1)]
    line = found.lines[0]
    assert (line.code, line.tries, line.next_at) == ("Portal.Limiter", 1, NOW + timedelta(minutes=30))
    assert line.reference == old.submission.reference


def test_what_was_read_or_withdrawn_is_not_in_it() -> None:
    scan = delayed()
    with audit.acting(READER):
        Scan.objects.filter(pk=scan.pk).update(next_try_at=NOW)
    assert cast.answer(scan.submission, read=cast.TAIWAN_READING, now=LATER)
    assert delayed_work.delayed().many == 0


def test_the_list_is_cut_and_says_how_many_are_not_shown(django_assert_max_num_queries) -> None:
    for _each in range(4):
        delayed()
    with django_assert_max_num_queries(4):
        found = delayed_work.delayed(shown=3)
        assert (len(found.lines), found.many, found.unshown) == (3, 4, 1)
        assert found.lines[0].reference.startswith("S-")


# ----- trying one now


@pytest.mark.django_db(transaction=True)
def test_one_is_tried_now_and_the_log_says_by_whom(ada: User, woken: list[str], log) -> None:
    scan = delayed()
    woken.clear()
    trying_again.try_now(scan=scan, by=ada, now=LATER)
    assert next_of(scan) == LATER
    assert woken == [str(scan.pk)]
    (entry,) = log.entries(action="reading.tried_now")
    assert (entry.actor, entry.subject) == (ada.actor.name, scan.customer_id)


def test_pressed_twice_the_second_is_told(ada: User, log) -> None:
    scan = delayed()
    trying_again.try_now(scan=scan, by=ada, now=LATER)
    with pytest.raises(TooLateError):
        trying_again.try_now(scan=scan, by=cast.make_staff(Role.ADMINISTRATOR), now=LATER)
    assert log.acts().count("reading.tried_now") == 1


def test_what_a_worker_has_in_hand_is_left_alone(ada: User) -> None:
    scan = delayed()
    at = NOW + timedelta(minutes=30)
    attempt = cast.begin(scan.submission, now=at)
    with pytest.raises(TooLateError):
        trying_again.try_now(scan=scan, by=ada, now=at)
    scan.refresh_from_db()
    assert (scan.state, scan.attempt_token) == (ScanState.READING, attempt.token)


def test_while_no_calls_are_made_nothing_is_tried(ada: User, log) -> None:
    scan = delayed()
    call_hold.hold(why="The provider told us of wrong answers", by=ada, now=NOW)
    with pytest.raises(CallsStoppedError):
        trying_again.try_now(scan=scan, by=ada, now=LATER)
    with pytest.raises(CallsStoppedError):
        trying_again.try_all(by=ada, now=LATER)
    call_hold.release(since_seen=NOW, why="They have mended it", by=ada)
    with audit.acting(READER):
        breaker.opened(cause="AuthFailure.SignatureFailure", now=NOW)
    with pytest.raises(CallsStoppedError):
        trying_again.try_all(by=ada, now=LATER)
    assert next_of(scan) == NOW + timedelta(minutes=30)
    assert not {"reading.tried_now", "reading.all_tried_now"} & set(log.acts())


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.SENIOR_REVIEWER, Role.AUDITOR])
def test_only_an_administrator_may(role: Role) -> None:
    scan, other = stuck(), cast.make_staff(role)
    with pytest.raises(NotAllowedError):
        trying_again.try_now(scan=scan, by=other, now=LATER)
    with pytest.raises(NotAllowedError):
        trying_again.try_all(by=other, now=LATER)
    with pytest.raises(NotAllowedError):
        reading.hand_over(submission=scan.submission, by=other, now=LATER)


# ----- trying all


def test_all_that_wait_long_are_tried_in_blocks_at_the_accounts_rate(
    ada: User, settings: Settings, monkeypatch: pytest.MonkeyPatch, log
) -> None:
    settings.OCR_CALLS_PER_SECOND = 2
    monkeypatch.setattr(trying_again, "BLOCK", 2)
    scans = [delayed(now=NOW + timedelta(seconds=at)) for at in range(5)]
    now = NOW + timedelta(minutes=1)
    assert trying_again.try_all(by=ada, now=now) == 5
    waits = [(next_of(scan) - now).total_seconds() for scan in scans]
    assert waits == [0, 0, 1, 1, 2]
    assert [entry.details for entry in log.entries(action="reading.all_tried_now")] == [
        {"scans": "2"},
        {"scans": "2"},
        {"scans": "1"},
    ]


def test_one_press_moves_no_more_than_its_bound_and_the_next_one_the_rest(ada: User, settings: Settings) -> None:
    settings.OCR_CALLS_PER_SECOND = 1
    bound = trying_again.at_once()
    assert bound == 50
    scan = delayed()
    with audit.acting(READER):
        Scan.objects.bulk_create(_copies(scan, bound))
    assert trying_again.try_all(by=ada, now=LATER) == bound
    assert trying_again.movable(LATER).count() == 1
    assert trying_again.try_all(by=ada, now=LATER) == 1


def _copies(scan: Scan, many: int) -> list[Scan]:
    """Rows that wait alike, on earlier attempts' numbers: only their times matter here."""
    return [
        Scan(
            submission=scan.submission, customer_id=scan.customer_id, side=scan.side, attempt=100 + number,
            state=ScanState.DUE, received_at=scan.received_at, media_type="image/jpeg", size_bytes=1, width=1,
            height=1, salt_sealed=b"x", commitment=b"x", tries=1, next_try_at=scan.next_try_at,
            delayed_since=scan.delayed_since,
        )
        for number in range(many)
    ]  # fmt: skip


def test_pressed_twice_the_second_finds_nothing_to_move(ada: User, log) -> None:
    delayed()
    delayed(after=timedelta(seconds=20))  # comes by itself before a press would be through
    assert trying_again.try_all(by=ada, now=LATER) == 1
    assert trying_again.try_all(by=cast.make_staff(Role.ADMINISTRATOR), now=LATER) == 0
    assert log.acts().count("reading.all_tried_now") == 1


# ----- giving a stuck one to a reviewer


def test_a_stuck_reading_goes_to_a_reviewer_as_not_checked(ada: User, log) -> None:
    submission = stuck().submission
    reading.hand_over(submission=submission, by=ada, now=LATER)
    submission.refresh_from_db()
    assert (submission.state, submission.waiting_since, submission.delayed_since) == (State.TO_REVIEW, LATER, None)
    assert submission.scans.get().state == ScanState.UNREAD
    assert submission.severity == 1  # not checked, never clean
    (entry,) = log.entries(action="reading.handed_over")
    assert (entry.actor, entry.details) == (ada.actor.name, {"code": "Transport.Timeout", "try": "1"})


def test_both_sides_that_wait_go_together_and_what_was_read_stays(ada: User) -> None:
    submission = cast.received(declared=DeclaredType.HK_MACAO_RESIDENT)
    cast.answer(submission, "FRONT", read=cast.HK_FRONT_READING)
    delayed(submission, "BACK")
    sweeps.sweep(actor=READER, now=NOW + timedelta(hours=24))
    reading.hand_over(submission=submission, by=ada, now=LATER)
    submission.refresh_from_db()
    assert submission.state == State.TO_REVIEW
    assert {scan.side: scan.state for scan in submission.scans.all()} == {"FRONT": "read", "BACK": "unread"}


def test_what_is_not_stuck_or_was_handed_over_before_is_refused(ada: User, log) -> None:
    old = stuck().submission
    with pytest.raises(TooLateError):
        reading.hand_over(submission=cast.received(), by=ada, now=LATER)
    reading.hand_over(submission=old, by=ada, now=LATER)
    with pytest.raises(TooLateError):
        reading.hand_over(submission=old, by=ada, now=LATER)
    assert log.acts().count("reading.handed_over") == 1


def test_what_is_being_read_at_this_moment_is_not_taken_from_the_worker(ada: User) -> None:
    submission = stuck().submission
    cast.begin(submission, now=NOW + timedelta(hours=25))
    with pytest.raises(TooLateError):
        reading.hand_over(submission=submission, by=ada, now=NOW + timedelta(hours=25))
