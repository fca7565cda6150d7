"""The page of the reading service as each role sees it, and what an administrator presses there."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.submissions import reading, sweeps
from kyc_portal.submissions.models import ProviderBreaker, Scan, Submission
from kyc_portal.submissions.reading_service import (
    breaker,
    budget,
    call_hold,
    delayed_work,
    service_clock,
    warning_service,
)
from kyc_portal.submissions.states import State
from ocr_integration.errors import error_for_code
from tests import cast
from tests.cast import READER

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]

WHY = "The provider told us of wrong answers"
PAGE = "administration:reading-service"
KEY_ID, SECRET = "AKIDz8krbsJ5yKBZQpn7", "Gu5t9xGARNpq86cd98joQYCN3"


@pytest.fixture
def ada(sign_in: Callable[[User], Client]) -> tuple[Client, User]:
    user = cast.make_staff(Role.ADMINISTRATOR, "Ada Ho")
    return sign_in(user), user


def words(answer: HttpResponse) -> str:
    page = answer.content.decode()
    main = page[page.find("<main") :] if "<main" in page else page
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def press(client: Client, name: str, **data: str) -> str:
    return words(client.post(reverse(f"{PAGE}-{name}"), data, follow=True))


def stop_calls() -> None:
    with audit.acting(READER):
        breaker.opened(cause="AuthFailure.SignatureFailure", now=timezone.now())


def delayed(*, code: str = "Transport.Timeout", after: timedelta = timedelta(minutes=30)) -> Scan:
    now = timezone.now()
    submission = cast.received(now=now)
    attempt = cast.begin(submission, now=now)
    reading.put_back(attempt=attempt, code=code, request_id="", actor=READER, now=now, after=after)
    return Scan.objects.get(pk=attempt.scan.pk)


def present(answer: HttpResponse) -> list[str]:
    """The boxes that are filled."""
    return re.findall(r'class="phase phase-(\w+)"', answer.content.decode())


# ----- the breaker


def test_while_calls_are_made_that_box_is_filled(ada: tuple[Client, User]) -> None:
    answer = ada[0].get(reverse(PAGE))
    assert present(answer) == ["closed"]
    assert "never stopped so far" in words(answer)
    assert "after 5 faults in a row" in words(answer)
    assert reverse(f"{PAGE}-probe") not in answer.content.decode()


def test_a_stop_says_since_when_why_what_to_look_at_and_when_the_probe_is_due(ada: tuple[Client, User]) -> None:
    delayed()
    stop_calls()
    answer = ada[0].get(reverse(PAGE))
    row = ProviderBreaker.objects.get()
    assert present(answer) == ["open"]
    said = words(answer)
    assert "The service does not know our key. AuthFailure.SignatureFailure Look at OCR_SECRET_ID" in said
    assert row.probe_at is not None
    assert f"The next probe is due at {timezone.localtime(row.probe_at):%H:%M:%S}" in said
    assert "1 reading waits, none is lost" in said


def test_one_probe_under_way_is_its_own_box(ada: tuple[Client, User]) -> None:
    stop_calls()
    with audit.acting(READER):
        ProviderBreaker.objects.update(probe_at=timezone.now(), since=timezone.now() - timedelta(minutes=1))
    cast.begin(cast.received(now=timezone.now()), now=timezone.now())
    answer = ada[0].get(reverse(PAGE))
    assert present(answer) == ["probing"]
    assert reverse(f"{PAGE}-probe") not in answer.content.decode()


def test_a_hold_is_asked_for_with_a_reason_and_stands_as_a_state_of_its_own(ada: tuple[Client, User], log) -> None:
    client, user = ada
    form = client.get(reverse(f"{PAGE}-hold"))
    assert "No call to the reading service is made until" in words(form)
    short = client.post(reverse(f"{PAGE}-hold"), {"why": "short"})
    assert (short.status_code, "at least 10 characters" in words(short).lower()) == (400, True)
    assert "All calls are held" in press(client, "hold", why=WHY)
    answer = client.get(reverse(PAGE))
    assert present(answer) == ["held"]
    assert "Ada Ho holds all calls since" in words(answer)
    assert WHY in words(answer)
    assert log.acts().count("provider.held") == 1
    assert ProviderBreaker.objects.get().held_by == user


def test_the_second_administrator_is_told_who_was_first(
    ada: tuple[Client, User], sign_in: Callable[[User], Client]
) -> None:
    call_hold.hold(why=WHY, by=ada[1], now=timezone.now())
    said = press(sign_in(cast.make_staff(Role.ADMINISTRATOR)), "hold", why="I saw it as well, stop")
    assert "Nothing was changed: Ada Ho holds all calls since" in said
    assert WHY in said


def test_letting_calls_go_on_is_about_the_hold_that_was_seen(ada: tuple[Client, User]) -> None:
    client, user = ada
    call_hold.hold(why=WHY, by=user, now=timezone.now())
    form = client.get(reverse(f"{PAGE}-release")).content.decode()
    seen = re.search(r'name="since" value="([^"]+)"', form)
    assert seen
    assert "Calls go on" in press(client, "release", why="They have mended it", since=seen[1])
    call_hold.hold(why=WHY, by=user, now=timezone.now())
    assert "somebody ended that hold before" in press(client, "release", why="They have mended it", since=seen[1])
    assert ProviderBreaker.objects.get().held_since is not None


def test_a_probe_is_sent_once_and_refused_kindly_after(ada: tuple[Client, User]) -> None:
    client, user = ada
    assert "calls are made, so none is needed" in press(client, "probe", why=WHY)
    delayed()
    stop_calls()
    assert "A probe is on its way" in press(client, "probe", why=WHY)
    assert "one is on its way already" in press(client, "probe", why=WHY)
    call_hold.hold(why=WHY, by=user, now=timezone.now())
    assert "all calls are held" in press(client, "probe", why=WHY)


# ----- the account


def test_the_secret_never_shows_and_the_key_only_in_part(ada: tuple[Client, User], settings: Settings) -> None:
    settings.OCR_SECRET_ID, settings.OCR_SECRET_KEY = KEY_ID, SECRET
    settings.OCR_ENDPOINT = "https://ocr.intl.tencentcloudapi.com/"
    page = ada[0].get(reverse(PAGE)).content.decode()
    assert "AKID••••••••Qpn7" in page
    assert KEY_ID not in page
    assert SECRET not in page
    assert "ocr.intl.tencentcloudapi.com" in page


def test_the_days_calls_stand_against_the_budget(ada: tuple[Client, User], settings: Settings) -> None:
    settings.OCR_CALLS_PER_DAY = 2
    budget.charge(actor=READER, now=timezone.now())
    assert "1 of 2" in words(ada[0].get(reverse(PAGE)))
    budget.charge(actor=READER, now=timezone.now())
    assert "2 of 2 Spent" in words(ada[0].get(reverse(PAGE)))


@pytest.mark.parametrize(
    ("seconds", "sentence"), [(0.4, "0 s of 300 s Good"), (-250.0, "-250 s of 300 s Set the clock")]
)
def test_the_services_clock_is_compared(ada: tuple[Client, User], seconds: float, sentence: str) -> None:
    service_clock.note((seconds, timezone.now().timestamp()))
    assert sentence in words(ada[0].get(reverse(PAGE)))


def test_a_clock_nobody_knows_is_not_called_good(ada: tuple[Client, User], settings: Settings) -> None:
    settings.OCR_ENDPOINT = "http://nobody-answered.example/"
    said = words(ada[0].get(reverse(PAGE)))
    assert "not known: no answer is remembered" in said
    assert "Good" not in said


# ----- what waits


def test_each_delayed_reading_stands_with_its_cause_and_nothing_of_the_person(ada: tuple[Client, User]) -> None:
    scan = delayed()
    answer = ada[0].get(reverse(PAGE))
    said = words(answer)
    assert f"{scan.submission.reference} Front" in said
    assert "No answer came within 15 seconds. Transport.Timeout" in said
    assert scan.submission.customer.user.email not in answer.content.decode()
    assert str(scan.customer_id) not in answer.content.decode()


def test_one_is_tried_now_and_pressed_twice_the_second_is_told(ada: tuple[Client, User]) -> None:
    scan = delayed()
    address = reverse(f"{PAGE}-try", args=[scan.pk])
    assert address in ada[0].get(reverse(PAGE)).content.decode()
    assert f"{scan.submission.reference} is tried now" in words(ada[0].post(address, follow=True))
    assert "It is being read already, or waits no more" in words(ada[0].post(address, follow=True))


def test_all_are_tried_and_a_second_press_finds_none(ada: tuple[Client, User]) -> None:
    for _each in range(3):
        delayed()
    assert "Try 3 again" in words(ada[0].get(reverse(PAGE)))
    assert "3 readings are tried" in press(ada[0], "try-all")
    assert "Nothing waits for long" in press(ada[0], "try-all")


def test_while_calls_are_stopped_no_press_is_offered_and_none_works(ada: tuple[Client, User]) -> None:
    scan = delayed()
    stop_calls()
    page = ada[0].get(reverse(PAGE))
    assert "nothing can be tried now" in words(page)
    assert reverse(f"{PAGE}-try", args=[scan.pk]) not in page.content.decode()
    assert "no calls are made now" in press(ada[0], "try-all")
    assert "no calls are made now" in words(ada[0].post(reverse(f"{PAGE}-try", args=[scan.pk]), follow=True))


def test_a_stuck_one_can_be_given_to_a_reviewer(ada: tuple[Client, User]) -> None:
    scan = delayed()
    address = reverse(f"{PAGE}-hand-over", args=[scan.submission_id])
    assert address not in ada[0].get(reverse(PAGE)).content.decode()
    sweeps.mark_stuck(actor=READER, now=timezone.now() + timedelta(hours=25), this=sweeps.Round())
    page = ada[0].get(reverse(PAGE))
    assert address in page.content.decode()
    assert "Stuck" in words(page)
    assert "went to the reviewers" in words(ada[0].post(address, follow=True))
    assert Submission.objects.get(pk=scan.submission_id).state == State.TO_REVIEW
    assert "is not stuck any more" in words(ada[0].post(address, follow=True))
    assert delayed_work.delayed().many == 0


# ----- what was answered


def test_answers_stand_by_class_with_who_acts_and_the_commonest_code(ada: tuple[Client, User]) -> None:
    for code in ("", "", "FailedOperation.ImageNoSpecifiedCard", "AuthFailure.SignatureFailure"):
        error = error_for_code(code) if code else None
        budget.charge(actor=READER, now=timezone.now())
        budget.ended(error=error, actor=READER, now=timezone.now())
    said = words(ada[0].get(reverse(PAGE)))
    assert "Read – – 2" in said
    assert "Customer customer, takes it again FailedOperation.ImageNoSpecifiedCard 1" in said
    assert "Config administrator AuthFailure.SignatureFailure 1" in said
    assert "Retry nobody, tried again – 0" in said


def test_a_longer_span_is_asked_for_in_the_address_and_kept_by_the_open_page(ada: tuple[Client, User]) -> None:
    before = timezone.now() - timedelta(days=3)
    budget.charge(actor=READER, now=before)
    budget.ended(error=error_for_code("InternalError"), actor=READER, now=before)
    assert "InternalError" not in words(ada[0].get(reverse(PAGE)))
    page = ada[0].get(reverse(PAGE), {"span": "7d"}).content.decode()
    assert "InternalError" in page
    assert f'hx-get="{reverse(PAGE)}state/?span=7d"' in page
    assert ada[0].get(reverse(PAGE), {"span": "a lie"}).status_code == 200


def test_calls_of_the_last_hour_are_drawn_and_stand_in_a_table(ada: tuple[Client, User]) -> None:
    assert "No call was made in the last hour." in words(ada[0].get(reverse(PAGE)))
    before = timezone.now() - timedelta(minutes=5)
    for _each in range(30):
        budget.charge(actor=READER, now=before)
        budget.ended(error=None, actor=READER, now=before)
    page = ada[0].get(reverse(PAGE))
    assert "<polyline" in page.content.decode()
    assert "30 calls; the busiest minute had 0.50 a second" in words(page)
    assert f"{timezone.localtime(before):%H:%M} 30 0.50" in words(page)


def test_a_warning_service_that_is_off_is_said_with_when_administrators_were_told(ada: tuple[Client, User]) -> None:
    cache.clear()
    said = words(ada[0].get(reverse(PAGE)))
    assert "Warning service off" not in said
    for _each in range(3):
        cast.to_review(warnings=(-9109,), now=timezone.now())
    warning_service.look(actor=READER, now=timezone.now())
    said = words(ada[0].get(reverse(PAGE)))
    assert "Warning service off: −9109" in said
    assert "none is shown as clean. Administrators were told once," in said
    assert "3 of the newest 3 answers" in said


# ----- who sees what


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.SENIOR_REVIEWER])
def test_who_oversees_reads_and_finds_nothing_to_press(role: Role, sign_in: Callable[[User], Client]) -> None:
    delayed()
    stop_calls()
    client = sign_in(cast.make_staff(role))
    page = client.get(reverse(PAGE)).content.decode()
    main = page[page.find("<main") : page.find("</main>")]
    assert "Calls stopped" in main
    assert "<form" not in main
    assert "<button" not in main
    assert reverse(f"{PAGE}-hold") not in main


def test_the_open_page_asks_for_what_changed_and_gets_nothing_when_nothing_did(ada: tuple[Client, User]) -> None:
    address = reverse(f"{PAGE}-state")
    first = ada[0].get(address)
    again = ada[0].get(address, headers={"If-None-Match": first["ETag"]})
    if again.status_code == 200:  # a minute went by between the two
        again = ada[0].get(address, headers={"If-None-Match": again["ETag"]})
    assert again.status_code == 304
    stop_calls()
    assert ada[0].get(address, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_the_page_takes_as_many_questions_however_much_waits(
    ada: tuple[Client, User], django_assert_max_num_queries
) -> None:
    for _each in range(4):
        delayed()
    with django_assert_max_num_queries(28):
        ada[0].get(reverse(PAGE))


def test_looking_leaves_no_row_changed(ada: tuple[Client, User], log) -> None:
    delayed()
    log.start()
    ada[0].get(reverse(PAGE))
    assert not [entry for entry in log.entries(kind="row") if entry.object_type.startswith("submissions.")]
