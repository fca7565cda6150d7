"""What is counted of calls: by hour and code, by minute; bounded, and quiet in the log."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from pytest_django import Settings

from kyc_portal import audit
from kyc_portal.submissions.models import ProviderHour, ProviderMinute, Reading
from kyc_portal.submissions.reading_service import budget, call_counts
from kyc_portal.submissions.reading_service.call_counts import SPANS
from ocr_integration.errors import CLASSES, ErrorClass, class_of_code, error_for_code
from tests import cast
from tests.cast import NOW, READER

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]

DAY = SPANS["24h"]


def ended(code: str = "", *, now=NOW) -> None:
    budget.charge(actor=READER, now=now)
    budget.ended(error=error_for_code(code) if code else None, actor=READER, now=now)


def endings(*, now=NOW, span=DAY) -> dict[str, tuple[int, str]]:
    """Class and number with its commonest code, without the zeros."""
    found = call_counts.endings(span, now=now)
    return {each.kind: (each.many, each.commonest) for each in found if each.many}


def test_calls_are_counted_by_class_with_the_commonest_code() -> None:
    for code in ("", "", "Transport.Timeout", "Transport.Timeout", "InternalError", "RequestLimitExceeded"):
        ended(code)
    assert endings() == {
        "answered": (2, ""),
        "retry": (3, "Transport.Timeout"),
        "throttle": (1, "RequestLimitExceeded"),
    }


def test_every_class_has_a_line_though_nothing_ended_so() -> None:
    kinds = [each.kind for each in call_counts.endings(DAY, now=NOW)]
    assert kinds == ["answered", *(each.value for each in ErrorClass)]


def test_a_span_leaves_out_what_is_older() -> None:
    ended("InternalError", now=NOW - timedelta(days=2))
    ended()
    assert endings() == {"answered": (1, "")}
    assert endings(span=SPANS["7d"]) == {"answered": (1, ""), "retry": (1, "InternalError")}


def test_another_endpoints_calls_are_its_own(settings: Settings) -> None:
    ended()
    settings.OCR_ENDPOINT = "https://another.example/"
    assert endings() == {}
    assert sum(calls for _minute, calls in call_counts.by_minute(now=NOW)) == 0


@pytest.mark.parametrize(
    ("code", "counted"),
    [("FailedOperation.NewAndStrange", "FailedOperation"), ("Weird.Code", "Other"), ("x" * 5000, "Other")],
)
def test_a_code_nobody_published_makes_no_row_of_its_own_and_keeps_its_class(code: str, counted: str) -> None:
    ended(code)
    (row,) = ProviderHour.objects.all()
    assert row.code == counted
    assert class_of_code(row.code) == class_of_code(code)


def test_an_hour_has_no_more_rows_than_there_are_codes() -> None:
    for number in range(300):
        with audit.acting(READER):
            call_counts.count(code=f"FailedOperation.Made{number}", now=NOW)
    assert ProviderHour.objects.count() == 1
    assert max(len(code) for code in CLASSES) <= 80


def test_hours_are_dropped_after_a_month() -> None:
    ended(now=NOW - call_counts.KEPT - timedelta(hours=1))
    ended(now=NOW - call_counts.KEPT)
    ended()
    assert sorted(ProviderHour.objects.values_list("hour", flat=True)) == [NOW - call_counts.KEPT, NOW]


def test_the_last_sixty_minutes_stand_oldest_first_without_the_present_one() -> None:
    for seconds in (-3601, -3600, -61, -59, -1, 0):
        ended(now=NOW + timedelta(seconds=seconds))
    minutes = call_counts.by_minute(now=NOW)
    assert [minute for minute, _calls in minutes] == [NOW - timedelta(minutes=back) for back in range(60, 0, -1)]
    assert [calls for _minute, calls in minutes] == [1, *[0] * 57, 1, 2]


def test_the_minutes_are_a_ring_of_an_hour_and_the_present_one() -> None:
    for minute in range(130):
        ended(now=NOW + timedelta(minutes=minute))
    assert ProviderMinute.objects.count() == 61
    assert {calls for _at, calls in call_counts.by_minute(now=NOW + timedelta(minutes=130))} == {1}


def test_a_call_that_began_before_the_newest_round_of_its_slot_is_not_counted_there() -> None:
    ended(now=NOW)
    ended(now=NOW - timedelta(minutes=ProviderMinute.RING))
    assert ProviderMinute.objects.get().calls == 1


def test_a_count_alone_leaves_no_entry_and_a_row_does(log) -> None:
    for _each in range(5):
        ended()
    about = [entry.object_type for entry in log.entries(kind="row")]
    assert about.count("submissions.providerhour") == 1
    assert about.count("submissions.providerminute") == 1


@pytest.mark.django_db(transaction=True)
def test_threads_that_count_together_lose_none() -> None:
    def call(_number: int) -> None:
        try:
            ended("InternalError")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(call, range(40)))
    assert endings() == {"retry": (40, "InternalError")}
    assert ProviderMinute.objects.get().calls == 40


def test_how_long_answers_took_leaves_out_reused_ones() -> None:
    assert call_counts.took(DAY, now=NOW) is None
    for _each in range(3):
        cast.confirming()
    times = [100, 200, 4000]
    with audit.acting(READER):
        for reading, milliseconds in zip(Reading.objects.all(), times, strict=True):
            Reading.objects.filter(pk=reading.pk).update(duration_ms=milliseconds)
        first = Reading.objects.order_by("duration_ms")[0]
        Reading.objects.filter(duration_ms=4000).update(reused_from=first)
    found = call_counts.took(DAY, now=NOW + timedelta(hours=1))
    assert found is not None
    assert (found.answers, found.p50, found.p95) == (2, 100, 200)


@pytest.mark.parametrize(
    ("times", "percent", "found"), [([7], 95, 7), (range(1, 101), 95, 95), (range(1, 101), 50, 50), ([1, 2, 3], 50, 2)]
)
def test_a_percentile_is_the_nearest_rank(times, percent: int, found: int) -> None:
    assert call_counts._percentile(list(times), percent) == found


def test_a_call_like_the_one_before_costs_two_questions_more(django_assert_num_queries) -> None:
    ended()
    with audit.acting(READER), django_assert_num_queries(2):
        call_counts.count(code="", now=NOW)
