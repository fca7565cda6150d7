"""The customer's progress: five steps, each done with its time; a delay is called one, with an honest next time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from kyc_portal import audit
from kyc_portal.accounts.models import User
from kyc_portal.customer_site.steps import StepState, steps, tried
from kyc_portal.submissions import customer_progress, intake, reading
from tests import cast
from tests.cast import NOW, READER

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]
PAGE = "/identity/progress/"


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def states(submission: object, *, now: object = NOW) -> list[str]:
    shown = customer_progress.of(submission, now=now)  # type: ignore[arg-type]
    return [each.state.value for each in steps(shown, now=now)]  # type: ignore[arg-type]


def test_what_is_done_has_its_time_and_what_goes_on_is_one_step() -> None:
    submission = cast.received()
    assert states(submission) == ["now", "ahead", "ahead", "ahead", "ahead"]
    cast.begin(submission)
    submission.refresh_from_db()
    assert states(submission) == ["done", "now", "ahead", "ahead", "ahead"]
    waiting = cast.to_review()
    assert states(waiting) == ["done", "done", "done", "now", "ahead"]
    shown = steps(customer_progress.of(waiting, now=NOW), now=NOW)
    assert all(each.at for each in shown if each.state is StepState.DONE)
    assert not any(each.at for each in shown if each.state is not StepState.DONE)


def test_a_fault_of_the_service_is_a_delay_with_the_next_time() -> None:
    submission = cast.received()
    reading.put_back(attempt=cast.begin(submission), code="Transport.Timeout", request_id="", actor=READER, now=NOW)
    submission.refresh_from_db()
    shown = customer_progress.of(submission, now=NOW)
    late = steps(shown, now=NOW)[1]
    assert (late.state, late.at) == (StepState.LATE, submission.delayed_since)
    assert "Tried once. Next try at 12:00, Hong Kong time" in str(late.more)


def test_two_silent_minutes_are_a_delay_even_where_no_try_has_failed() -> None:
    submission = cast.received()
    assert states(submission, now=NOW + timedelta(seconds=110))[1] == "ahead"
    assert states(submission, now=NOW + timedelta(minutes=2))[1] == "late"


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (timedelta(minutes=9), "Tried 2 times. Next try at 12:09, Hong Kong time"),
        (timedelta(hours=13), "Tried 2 times. Next try at 21 Nov, 01:00, Hong Kong time"),
        (timedelta(seconds=-1), "Tried 2 times. We are trying now."),
        (None, "Tried 2 times."),
    ],
    ids=["soon", "another day", "a time that has passed", "nobody knows"],
)
def test_the_next_try_is_never_a_time_that_is_not_true(after: timedelta | None, said: str) -> None:
    assert tried(2, None if after is None else NOW + after, now=NOW) == said


def test_a_review_of_more_than_a_working_day_is_called_late_and_says_when_it_is_first_in_line() -> None:
    waiting = cast.to_review(now=NOW)  # Friday noon
    assert states(waiting, now=NOW + timedelta(days=3, hours=-1))[3] == "now"  # Monday, eleven o'clock
    monday = NOW + timedelta(days=3, hours=1)
    late = steps(customer_progress.of(waiting, now=monday), now=monday)[3]
    assert late.state is StepState.LATE
    assert "By 24 Nov 2026, 18:00, Hong Kong time, it is first in line" in str(late.more)


def test_the_page_in_a_delay_asks_for_nothing(sign_in: Callable[[User], Client]) -> None:
    submission = cast.received()
    with time_machine.travel(NOW + timedelta(minutes=3), tick=False):
        page = sign_in(submission.customer.user).get(PAGE).content.decode()
    assert "Reading takes longer today" in page
    assert "It is our reading service, not your photos." in page
    assert "Please do not send the photos again" in page
    assert "banner-fail" not in page


class TestPolling:
    def test_nothing_new_is_answered_without_a_page(self, sign_in: Callable[[User], Client]) -> None:
        client = sign_in(cast.to_review().customer.user)
        first = client.get(PAGE, headers={"HX-Request": "true"})
        again = client.get(PAGE, headers={"HX-Request": "true", "If-None-Match": first["ETag"]})
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")

    def test_another_language_is_something_new(self, sign_in: Callable[[User], Client]) -> None:
        submission = cast.to_review()
        client = sign_in(submission.customer.user)
        first = client.get(PAGE, headers={"HX-Request": "true"})
        intake.choose_language(customer=submission.customer, language="zh-hant", actor=submission.customer.actor)
        again = client.get(PAGE, headers={"HX-Request": "true", "If-None-Match": first["ETag"]})
        assert "審核中" in again.content.decode()

    def test_an_outcome_brings_its_own_buttons_along(self, sign_in: Callable[[User], Client]) -> None:
        submission = cast.decided(cast.make_staff())
        client = sign_in(submission.customer.user)
        part = client.get(PAGE, headers={"HX-Request": "true"}).content.decode()
        assert "Your identity is confirmed" in part
        assert 'hx-swap-oob="true"' in part
        assert "Download my data" in part
        assert "Close for now" not in part
        assert "hx-swap-oob" not in client.get(PAGE).content.decode()

    def test_without_scripts_it_reloads_by_itself_only_where_the_reader_asked_for_it(
        self, sign_in: Callable[[User], Client]
    ) -> None:
        client = sign_in(cast.to_review().customer.user)
        assert "Refresh" not in client.get(PAGE)
        asked = client.get(f"{PAGE}?reload=1")
        assert asked["Refresh"] == "15"
        assert "Stop reloading" in asked.content.decode()


def test_it_is_the_same_on_another_device_after_signing_out(sign_in: Callable[[User], Client]) -> None:
    submission = cast.to_review(now=timezone.now())
    phone, computer = sign_in(submission.customer.user), Client()
    phone.post(reverse("account_logout"))
    assert phone.get(PAGE).status_code == 302
    with audit.acting(submission.customer.actor):
        computer.force_login(submission.customer.user)
    page = computer.get(reverse("customer:home"), follow=True).content.decode()
    assert submission.reference in page
    assert "A colleague is looking at your permit" in page
