"""The day's calls: counted by how they ended, charged before they are made, and never more than the budget."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as current
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from kyc_portal import audit
from kyc_portal.accounts.models import Role
from kyc_portal.submissions import ocr, tasks
from kyc_portal.submissions.models import ProviderDay, Reading, Scan
from kyc_portal.submissions.reading_service import budget
from kyc_portal.submissions.states import ScanState
from ocr_integration.errors import ErrorClass, error_for_code
from tests import cast
from tests.cast import NOW, READER
from tests.scripted_service import Answer, ScriptedService, failure, html, success

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]

MIDNIGHT = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)  # the next one in Hong Kong after NOW


@pytest.fixture(autouse=True)
def _nobody_was_told() -> None:
    cache.delete("telling-budget")


def charge(now: datetime = NOW) -> datetime | None:
    return budget.charge(actor=READER, now=now)


def day() -> dict[str, Any]:
    """What was counted, without the zeros."""
    row = ProviderDay.objects.filter(endpoint=current.OCR_ENDPOINT).latest("day")
    names = ("charged", "answered", *(each.value for each in ErrorClass))
    return {name: getattr(row, name) for name in names if getattr(row, name)}


def test_calls_are_made_until_the_budget_is_spent_and_again_after_midnight(settings: Settings) -> None:
    settings.OCR_CALLS_PER_DAY = 3
    assert [charge() for _each in range(5)] == [None, None, None, MIDNIGHT, MIDNIGHT]
    assert charge(MIDNIGHT - timedelta(seconds=1)) == MIDNIGHT
    assert charge(MIDNIGHT) is None


def test_without_a_budget_calls_are_only_counted(settings: Settings) -> None:
    settings.OCR_CALLS_PER_DAY = 0
    assert [charge() for _each in range(50)] == [None] * 50
    assert day() == {"charged": 50}


def test_another_endpoints_calls_are_its_own(settings: Settings) -> None:
    settings.OCR_CALLS_PER_DAY = 1
    assert charge() is None
    settings.OCR_ENDPOINT = "https://another.example/"
    assert charge() is None


@pytest.mark.parametrize(
    ("code", "charged"),
    [
        ("", 1),
        ("FailedOperation.ImageNoSpecifiedCard", 0),
        ("FailedOperation.EmptyImageError", 1),  # the one failure that is billed
        ("InternalError", 0),
        ("RequestLimitExceeded", 0),
        ("FailedOperation.UnOpenError", 0),
        ("InvalidParameter", 0),
        ("Transport.Timeout", 1),  # it may have been read and billed
        ("Transport.BadAnswer", 1),
    ],
)
def test_a_call_is_counted_in_its_class_and_stays_charged_where_it_may_cost(code: str, charged: int) -> None:
    error = error_for_code(code) if code else None
    charge()
    budget.ended(error=error, actor=READER, now=NOW)
    column = error.error_class.value if error else "answered"
    assert day() == {column: 1} | ({"charged": 1} if charged else {})


def test_administrators_are_told_once_a_day(settings: Settings, log) -> None:
    settings.OCR_CALLS_PER_DAY = 1
    cast.make_staff(Role.ADMINISTRATOR)
    for now in (NOW, MIDNIGHT):
        for _each in range(4):
            charge(now)
    assert len(mail.outbox) == 2
    assert log.acts() == ["provider.budget_spent"] * 2


@pytest.mark.django_db(transaction=True)
def test_workers_that_ask_together_never_get_more_than_the_budget(settings: Settings) -> None:
    settings.OCR_CALLS_PER_DAY = 10

    def ask(_number: int) -> datetime | None:
        try:
            return charge()
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(40)))
    assert answers.count(None) == 10
    assert day() == {"charged": 10}


@pytest.fixture
def provider(settings: Settings) -> Iterator[ScriptedService]:
    """A scripted service as the portal's endpoint, with no limiter's memory of other tests."""
    with ScriptedService() as service:
        settings.OCR_ENDPOINT = service.url
        settings.OCR_CALLS_PER_SECOND = 1000
        ocr.client.cache_clear()
        ocr.limiter.cache_clear()
        yield service
    ocr.client.cache_clear()
    ocr.limiter.cache_clear()


def read(scan: Scan) -> Scan:
    tasks.read_scan(str(scan.pk))
    scan.refresh_from_db()
    return scan


@pytest.mark.django_db(transaction=True)
def test_the_task_counts_each_call_once_and_stops_calling_when_the_budget_is_spent(
    settings: Settings, provider: ScriptedService
) -> None:
    settings.OCR_CALLS_PER_DAY = 2
    provider.queue(
        success(Number="08320271"), failure("FailedOperation.ImageNoSpecifiedCard"), failure("RequestLimitExceeded"),
        html(502),
    )  # fmt: skip
    scans = [cast.received(now=timezone.now()).scans.get() for _each in range(5)]
    states = [read(scan).state for scan in scans]
    assert states == [ScanState.READ, ScanState.FAULTY, ScanState.DUE, ScanState.DUE, ScanState.DUE]
    assert day() == {"charged": 2, "answered": 1, "customer": 1, "throttle": 1, "retry": 1}
    assert len(provider.requests) == 4  # the fifth was not made
    last = scans[-1]
    assert last.error_code == "Portal.DailyBudget"
    assert last.next_try_at is not None
    assert last.next_try_at >= budget._next_day(timezone.now())
    assert Reading.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_call_that_the_limiter_did_not_let_through_costs_nothing(
    settings: Settings, provider: ScriptedService
) -> None:
    settings.REDIS_URL = "unix:///nowhere/socket"
    ocr.limiter.cache_clear()
    scan = read(cast.received(now=timezone.now()).scans.get())
    assert (scan.state, scan.error_code) == (ScanState.DUE, "Portal.Limiter")
    assert day() == {}
    assert not provider.requests


@pytest.mark.django_db(transaction=True)
def test_a_scan_that_has_its_answer_is_never_called_for_again(provider: ScriptedService) -> None:
    scan = cast.received(now=timezone.now()).scans.get()
    for _each in range(3):
        read(scan)
    assert scan.state == ScanState.READ
    assert len(provider.requests) == 1


@pytest.mark.django_db(transaction=True)
def test_each_new_try_is_signed_anew(provider: ScriptedService) -> None:
    provider.queue(Answer(hang_up=True), html(503))
    scan = cast.received(now=timezone.now()).scans.get()
    for _each in range(3):
        with audit.acting(READER):
            Scan.objects.filter(pk=scan.pk, state=ScanState.DUE).update(next_try_at=timezone.now())
        read(scan)
    assert scan.state == ScanState.READ
    stamps = [int(seen.headers["x-tc-timestamp"]) for seen in provider.requests]
    assert stamps == sorted(stamps)
    assert len(stamps) == 3
