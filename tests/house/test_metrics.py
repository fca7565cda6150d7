"""Numbers for machines: there for who shows the token, nothing of a person in them, and the same as the pages'."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from kyc_portal import audit
from kyc_portal.accounts.models import Role
from kyc_portal.submissions import reading
from kyc_portal.submissions.models import Submission
from kyc_portal.submissions.reading_service import breaker, budget, call_hold
from ocr_integration.errors import error_for_code
from tests import cast
from tests.cast import READER

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]

TOKEN = "7wq1Zk0Xc3Vb9nM5aS2dF8gH4jKlPoIu"


@pytest.fixture
def token(settings: Settings) -> str:
    settings.METRICS_TOKEN = TOKEN
    return TOKEN


def asked(client: Client, token: str) -> dict[str, float]:
    """Every sample by its name and labels, read by the collector's own library."""
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    assert "no-store" in answer["Cache-Control"]
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


@pytest.mark.parametrize(
    "header",
    [
        "", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}x", "Bearer", "Bearer ", f"Basic {TOKEN}", TOKEN, "Bearer ключ",
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["get", "post", "head", "options"])
def test_without_the_token_there_is_no_such_page(client: Client, token: str, header: str, method: str) -> None:
    answer = getattr(client, method)("/metrics", headers={"Authorization": header} if header else {})
    assert answer.status_code == 404
    assert b"kyc_" not in answer.content


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer x"])
def test_where_no_token_is_set_nobody_has_the_page(client: Client, settings: Settings, header: str) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": header}).status_code == 404


def test_a_session_of_an_administrator_is_no_token(client: Client, token: str, sign_in) -> None:
    assert sign_in(cast.make_staff(Role.ADMINISTRATOR)).get("/metrics").status_code == 404


def test_nothing_is_written_through_it(client: Client, token: str, log) -> None:
    assert client.post("/metrics", headers={"Authorization": f"Bearer {token}"}).status_code == 405
    asked(client, token)
    assert log.entries() == []


def test_on_an_empty_house_all_is_nought_and_what_is_not_known_is_left_out(client: Client, token: str) -> None:
    found = asked(client, token)
    assert found["kyc_queue_cases edited"] == 0
    assert found["kyc_queue_oldest_seconds"] == 0
    assert (found["kyc_service_phase closed"], found["kyc_service_phase open"]) == (1, 0)
    assert not [name for name in found if "error_share" in name or "answer_seconds" in name]


def test_the_queue_and_what_is_not_read_have_their_ages(client: Client, token: str) -> None:
    now = timezone.now()
    cast.to_review(warnings=(-9104,), waited=timedelta(hours=2), now=now)
    cast.to_review(now=now)
    cast.received(now=now - timedelta(minutes=10))
    found = asked(client, token)
    assert (found["kyc_queue_cases edited"], found["kyc_queue_cases none"]) == (1, 1)
    assert found["kyc_queue_oldest_seconds"] >= 7200
    assert 600 <= found["kyc_unread_oldest_seconds"] < 7200


def test_cases_past_the_bound_count_as_late(client: Client, token: str) -> None:
    cast.to_review(now=timezone.now() - timedelta(days=21))
    assert asked(client, token)["kyc_queue_late_cases"] == 1


def test_calls_their_errors_and_their_times_stand_in_it(client: Client, token: str) -> None:
    now = timezone.now()
    for code in ("", "", "FailedOperation.ImageBlur", "InternalError"):
        budget.charge(actor=READER, now=now)
        budget.ended(error=error_for_code(code) if code else None, actor=READER, now=now)
    cast.confirming(now=now)
    found = asked(client, token)
    assert (found["kyc_service_calls_total answered"], found["kyc_service_calls_total retry"]) == (2, 1)
    assert found["kyc_service_error_share"] == 0.25
    assert found["kyc_service_answer_seconds 0.95"] == 0.9
    assert found["kyc_service_calls_charged_today"] == 2


def test_a_stop_and_a_hold_show(client: Client, token: str) -> None:
    now = timezone.now()
    attempt = cast.begin(cast.received(now=now), now=now)
    reading.put_back(attempt=attempt, code="Transport.Timeout", request_id="", actor=READER, now=now)
    with audit.acting(READER):
        breaker.opened(cause="AuthFailure.SignatureFailure", now=now)
    call_hold.hold(why="The provider told us of wrong answers", by=cast.make_staff(Role.ADMINISTRATOR), now=now)
    found = asked(client, token)
    assert (found["kyc_service_phase open"], found["kyc_service_held"]) == (1, 1)
    assert (found["kyc_readings_delayed"], found["kyc_readings_stuck"]) == (1, 0)


def test_nothing_of_a_person_or_a_case_is_in_it(client: Client, token: str) -> None:
    submission = cast.to_review(now=timezone.now())
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {token}"}).content.decode()
    found = Submission.objects.get(pk=submission.pk)
    for secret in (found.reference, found.customer.reference, found.customer.user.email, str(found.pk), token):
        assert secret not in answer


def test_it_asks_as_many_questions_however_many_cases_there_are(
    client: Client, token: str, django_assert_max_num_queries
) -> None:
    for _each in range(3):
        cast.to_review(now=timezone.now())
    with django_assert_max_num_queries(26):
        asked(client, token)
