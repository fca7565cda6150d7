"""The clocks a page compares: what the service last said is remembered by the call itself."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import formatdate

import pytest
from django.utils import timezone
from pytest_django import Settings

from kyc_portal.submissions import ocr
from kyc_portal.submissions.reading_service import service_clock
from kyc_portal.submissions.reading_service.service_clock import Clocks
from tests.cast import picture
from tests.scripted_service import JSON_TYPE, Answer, ScriptedService, success

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]


@pytest.fixture
def provider(settings: Settings) -> Iterator[ScriptedService]:
    with ScriptedService() as service:
        settings.OCR_ENDPOINT, settings.OCR_CALLS_PER_SECOND = service.url, 1000
        ocr.client.cache_clear()
        ocr.limiter.cache_clear()
        yield service
    ocr.client.cache_clear()
    ocr.limiter.cache_clear()


def test_before_any_answer_nothing_is_known_of_the_services_clock(settings: Settings) -> None:
    settings.OCR_ENDPOINT = "http://never-called.example/"
    clocks = service_clock.compare()
    assert (clocks.service_seconds, clocks.service_at) == (None, None)
    assert abs(clocks.database_seconds) < 5


def test_a_call_leaves_what_the_service_said(provider: ScriptedService) -> None:
    ahead = timezone.now().timestamp() + 120
    provider.queue(Answer(success().body, headers={"Content-Type": JSON_TYPE, "Date": formatdate(ahead, usegmt=True)}))
    ocr.read(picture(), side="FRONT", with_portrait=False)
    clocks = service_clock.compare()
    assert clocks.service_seconds is not None
    assert 115 < clocks.service_seconds < 125
    assert not clocks.is_good


@pytest.mark.parametrize(("seconds", "words"), [(0.3, "0 s"), (-0.3, "0 s"), (2.4, "+2 s"), (-61.0, "-61 s")])
def test_a_difference_is_said_to_a_second(seconds: float, words: str) -> None:
    assert Clocks(0.0, seconds, None).service_words == words
