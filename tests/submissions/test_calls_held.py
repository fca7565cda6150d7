"""A person holds all calls, sends a probe, lets calls go on: what stays, what is refused, what the log says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.db import connection

from kyc_portal.accounts.models import Role, User
from kyc_portal.submissions import customer_progress, intake, nudges, reading, sweeps
from kyc_portal.submissions.errors import IncompleteError, NotAllowedError, ProbeRefusedError, TooLateError
from kyc_portal.submissions.models import ProviderBreaker, Scan, Submission
from kyc_portal.submissions.reading_service import breaker, call_hold, probing, telling_of_stops
from kyc_portal.submissions.reading_service.breaker import Phase, Wait
from kyc_portal.submissions.states import ScanState, State
from tests import cast
from tests.cast import NOW, READER

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]

WHY = "The provider told us of wrong answers"
SOON = NOW + timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _nobody_was_told() -> None:
    cache.delete("telling-operators")


@pytest.fixture
def ada() -> User:
    return cast.make_staff(Role.ADMINISTRATOR, "Ada Ho")


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The scans for which a worker was woken."""
    found: list[str] = []
    monkeypatch.setattr(nudges, "read", lambda ids: found.extend(ids))
    return found


def hold(by: User, *, now=NOW) -> ProviderBreaker:
    call_hold.hold(why=WHY, by=by, now=now)
    return row()


def row() -> ProviderBreaker:
    return ProviderBreaker.objects.get(endpoint=settings.OCR_ENDPOINT)


def scan_of(submission: Submission) -> Scan:
    return submission.scans.get()


def stopped_by_a_fault(submission: Submission | None = None) -> Submission:
    """Calls stopped with an account's fault; this submission waits for the probe."""
    submission = submission or cast.received()
    reading.put_back(
        attempt=cast.begin(submission),
        code="AuthFailure.SignatureFailure",
        request_id="",
        actor=READER,
        now=NOW,
        stops_calls=True,
    )
    return submission


# ----- holding


def test_no_call_is_made_while_a_person_holds_them_and_the_card_waits_as_our_delay(ada: User) -> None:
    hold(ada)
    submission = cast.received()
    assert reading.begin(scan=scan_of(submission), actor=READER, now=SOON) is None
    submission.refresh_from_db()
    scan = scan_of(submission)
    assert (submission.state, submission.delayed_since) == (State.RECEIVED, SOON)
    assert (scan.state, scan.next_try_at, scan.tries) == (ScanState.DUE, None, 0)


def test_the_customer_reads_no_time_that_nobody_knows(ada: User) -> None:
    submission = cast.received()
    reading.put_back(attempt=cast.begin(submission), code="Transport.Timeout", request_id="", actor=READER, now=NOW)
    submission.refresh_from_db()
    assert customer_progress.of(submission, now=SOON).next_try_at is not None
    hold(ada)
    assert customer_progress.of(submission, now=SOON).next_try_at is None
    assert customer_progress.of(submission, now=SOON).is_delayed


def test_a_hold_is_an_act_with_its_reason_and_its_person(ada: User, log) -> None:
    hold(ada)
    (entry,) = log.entries(action="provider.held")
    assert (entry.actor, entry.details, entry.object_id) == (ada.actor.name, {"why": WHY}, settings.OCR_ENDPOINT)
    assert (row().held_by, row().held_why, row().held_since) == (ada, WHY, NOW)


def test_the_second_who_holds_is_told_and_changes_nothing(ada: User, log) -> None:
    ben = cast.make_staff(Role.ADMINISTRATOR)
    hold(ada)
    for person in (ada, ben):
        with pytest.raises(TooLateError):
            call_hold.hold(why="Another reason altogether", by=person, now=SOON)
    assert (row().held_by, row().held_why) == (ada, WHY)
    assert log.acts().count("provider.held") == 1


def test_a_late_answer_closes_the_breaker_and_the_hold_stays(ada: User) -> None:
    stopped, late = cast.received(), cast.received()
    attempt = cast.begin(late)
    stopped_by_a_fault(stopped)
    hold(ada, now=SOON)
    done = {"prepared": None, "duration_ms": 1, "actor": READER, "now": SOON, "answer": cast.TAIWAN_READING}
    assert reading.store(attempt=attempt, **done)
    assert (row().is_open, row().held_since) == (False, SOON)
    assert breaker.admit(now=SOON + timedelta(days=2)) == Wait(None)


def test_a_late_fault_does_not_end_the_hold_either(ada: User) -> None:
    submission = cast.received()
    attempt = cast.begin(submission)
    hold(ada)
    reading.put_back(
        attempt=attempt, code="AuthFailure.SignatureFailure", request_id="", actor=READER, now=SOON, stops_calls=True
    )
    assert (row().is_open, row().held_since) == (True, NOW)
    assert breaker.admit(now=SOON + timedelta(days=2)) == Wait(None)


def test_after_the_release_calls_are_made_and_what_waited_is_due(ada: User, log) -> None:
    hold(ada)
    submission = cast.received()
    assert reading.begin(scan=scan_of(submission), actor=READER, now=SOON) is None
    call_hold.release(since_seen=NOW, why="They have mended it", by=ada)
    assert cast.answer(submission, read=cast.TAIWAN_READING, now=SOON)
    assert [entry.details for entry in log.entries(action="provider.released")] == [{"why": "They have mended it"}]


def test_a_release_leaves_the_breaker_as_it_stands(ada: User) -> None:
    stopped_by_a_fault()
    hold(ada)
    call_hold.release(since_seen=NOW, why="They have mended it", by=ada)
    assert breaker.admit(now=SOON) == Wait(NOW + breaker.FIRST_PAUSE)


def test_nobody_ends_a_hold_that_they_did_not_see(ada: User, log) -> None:
    ben = cast.make_staff(Role.ADMINISTRATOR)
    seen = hold(ada).held_since
    assert seen is not None
    call_hold.release(since_seen=seen, why="They have mended it", by=ada)
    hold(ben, now=SOON)
    with pytest.raises(TooLateError):
        call_hold.release(since_seen=seen, why="Pressed on an old page", by=ada)
    assert row().held_by == ben


@pytest.mark.parametrize("why", ["", "short", " " * 40])
def test_every_one_of_them_asks_for_a_reason(ada: User, why: str, log) -> None:
    with pytest.raises(IncompleteError):
        call_hold.hold(why=why, by=ada, now=NOW)
    with pytest.raises(IncompleteError):
        call_hold.release(since_seen=NOW, why=why, by=ada)
    with pytest.raises(IncompleteError):
        probing.send(why=why, by=ada, now=NOW)
    assert log.acts() == []


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.SENIOR_REVIEWER, Role.AUDITOR])
def test_only_an_administrator_may(role: Role, log) -> None:
    other = cast.make_staff(role)
    with pytest.raises(NotAllowedError):
        call_hold.hold(why=WHY, by=other, now=NOW)
    with pytest.raises(NotAllowedError):
        call_hold.release(since_seen=NOW, why=WHY, by=other)
    with pytest.raises(NotAllowedError):
        probing.send(why=WHY, by=other, now=NOW)
    assert log.acts() == []


def test_while_held_the_sweep_wakes_what_nobody_knows_as_delayed_and_leaves_the_rest(
    ada: User, woken: list[str]
) -> None:
    fresh, waits = cast.received(), cast.received()
    hold(ada)
    reading.begin(scan=scan_of(waits), actor=READER, now=SOON)
    sweeps.wake_scans(now=SOON)
    assert woken == [str(scan_of(fresh).pk)]
    call_hold.release(since_seen=NOW, why="They have mended it", by=ada)
    cache.clear()
    sweeps.wake_scans(now=SOON)
    assert set(woken[1:]) == {str(scan_of(fresh).pk), str(scan_of(waits).pk)}


def test_administrators_are_told_of_a_hold_once_and_of_the_next_again(ada: User) -> None:
    hold(ada)
    for _each in range(3):
        telling_of_stops.tell_operators(actor=READER)
    assert [message.subject for message in mail.outbox] == ["Calls to the reading service are held"]
    assert WHY in mail.outbox[0].body
    call_hold.release(since_seen=NOW, why="They have mended it", by=ada)
    hold(ada, now=SOON)
    telling_of_stops.tell_operators(actor=READER)
    assert len(mail.outbox) == 2


def test_of_a_stop_and_a_hold_at_once_they_are_told_of_both(ada: User) -> None:
    stopped_by_a_fault()
    hold(ada)
    for _each in range(2):
        telling_of_stops.tell_operators(actor=READER)
    assert sorted(message.subject for message in mail.outbox) == [
        "Calls to the reading service are held",
        "The reading service is stopped",
    ]


@pytest.mark.django_db(transaction=True)
def test_of_two_administrators_who_hold_together_one_is_first(log) -> None:
    people = [cast.make_staff(Role.ADMINISTRATOR) for _each in range(4)]

    def press(person: User) -> bool:
        try:
            call_hold.hold(why=WHY, by=person, now=NOW)
        except TooLateError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(len(people)) as threads:
        assert sorted(threads.map(press, people)) == [False, False, False, True]
    assert log.acts().count("provider.held") == 1


# ----- the phases


def test_one_probe_under_way_is_a_phase_of_its_own(ada: User) -> None:
    first, second = cast.received(), cast.received()
    stopped_by_a_fault(first)
    assert breaker.phase_of(breaker.standing(), now=SOON) is Phase.OPEN
    at = NOW + breaker.FIRST_PAUSE
    cast.begin(first, now=at)
    assert reading.begin(scan=scan_of(second), actor=READER, now=at) is None
    assert breaker.phase_of(breaker.standing(), now=at) is Phase.PROBING
    assert breaker.phase_of(breaker.standing(), now=at + breaker.PROBE) is Phase.OPEN  # its caller died


def test_a_probe_that_failed_is_over() -> None:
    submission = stopped_by_a_fault()
    at = NOW + breaker.FIRST_PAUSE
    reading.put_back(
        attempt=cast.begin(submission, now=at),
        code="AuthFailure.SignatureFailure",
        request_id="",
        actor=READER,
        now=at,
        stops_calls=True,
    )
    assert breaker.phase_of(breaker.standing(), now=at) is Phase.OPEN
    assert row().probe_at == at + breaker.pause_after(2)


def test_with_no_row_calls_are_made() -> None:
    assert breaker.phase_of(breaker.standing(), now=NOW) is Phase.CLOSED


# ----- sending a probe


@pytest.mark.django_db(transaction=True)
def test_a_probe_is_brought_forward_and_the_longest_waiting_card_carries_it(ada: User, woken: list[str], log) -> None:
    longest, other = cast.received(), cast.received()
    stopped_by_a_fault(longest)
    reading.begin(scan=scan_of(other), actor=READER, now=SOON)
    woken.clear()
    assert probing.send(why="The key is the right one now", by=ada, now=SOON)
    assert woken == [str(scan_of(longest).pk)]
    (entry,) = log.entries(action="provider.probe_asked")
    assert entry.details == {"why": "The key is the right one now"}
    assert reading.begin(scan=scan_of(other), actor=READER, now=SOON) is None  # not its time
    assert cast.answer(longest, read=cast.TAIWAN_READING, now=SOON)
    assert breaker.stopped() is None


def test_where_no_card_waits_the_next_one_is_the_probe(ada: User) -> None:
    submission = stopped_by_a_fault()
    walk_away(submission)
    assert not probing.send(why="The key is the right one now", by=ada, now=SOON)
    fresh = cast.received()
    assert reading.begin(scan=scan_of(fresh), actor=READER, now=SOON) is not None


def walk_away(submission: Submission) -> None:
    """Its customer walks away, so nothing waits for the service."""
    submission.refresh_from_db()
    intake.withdraw(submission=submission, actor=submission.customer.actor, now=SOON)


def test_pressed_twice_one_probe_is_sent(ada: User, log) -> None:
    ben = cast.make_staff(Role.ADMINISTRATOR)
    submission = stopped_by_a_fault()
    probing.send(why=WHY, by=ada, now=SOON)
    for person in (ada, ben):
        with pytest.raises(ProbeRefusedError) as refused:
            probing.send(why=WHY, by=person, now=SOON)
        assert refused.value.reason == "under_way"
    cast.begin(submission, now=SOON)  # it is under way by now
    with pytest.raises(ProbeRefusedError) as refused:
        probing.send(why=WHY, by=ben, now=SOON)
    assert refused.value.reason == "under_way"
    assert log.acts().count("provider.probe_asked") == 1


def test_while_calls_are_held_no_probe_is_sent(ada: User, log) -> None:
    submission = stopped_by_a_fault()
    hold(ada)
    with pytest.raises(ProbeRefusedError) as refused:
        probing.send(why=WHY, by=ada, now=SOON)
    assert refused.value.reason == "held"
    assert row().probe_at == NOW + breaker.FIRST_PAUSE
    assert scan_of(submission).next_try_at == NOW + breaker.FIRST_PAUSE
    assert "provider.probe_asked" not in log.acts()


def test_while_calls_are_made_no_probe_is_needed(ada: User) -> None:
    with pytest.raises(ProbeRefusedError) as refused:
        probing.send(why=WHY, by=ada, now=SOON)
    assert refused.value.reason == "made"
