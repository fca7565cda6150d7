"""The other side of a card: a published error, named more exactly beside it by our own server, told to the customer."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from kyc_portal.accounts.models import User
from kyc_portal.audit.models import Entry
from kyc_portal.customer_site import words
from kyc_portal.submissions import ocr, tasks
from kyc_portal.submissions.states import ScanState
from tests import cast
from tests.scripted_service import ScriptedService, failure

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_bound]

NO_CARD, WRONG_SIDE = "FailedOperation.ImageNoSpecifiedCard", "FailedOperation.CardSideError"


@pytest.fixture
def provider(settings: Settings) -> Iterator[ScriptedService]:
    """A scripted service as the portal's endpoint."""
    with ScriptedService() as service:
        settings.OCR_ENDPOINT = service.url
        settings.OCR_CALLS_PER_SECOND = 1000
        ocr.client.cache_clear()
        ocr.limiter.cache_clear()
        yield service
    ocr.client.cache_clear()
    ocr.limiter.cache_clear()


@pytest.mark.parametrize(
    ("beside", "code", "tip"),
    [
        ({}, NO_CARD, "no_card"),
        ({"PermitPortalFault": WRONG_SIDE}, WRONG_SIDE, "wrong_side"),
        ({"PermitPortalFault": "FailedOperation.MultiCardError"}, "FailedOperation.MultiCardError", "two_cards"),
        ({"PermitPortalFault": "InternalError"}, NO_CARD, "no_card"),
    ],
)
def test_the_customer_is_told_what_is_wrong_as_exactly_as_the_service_knows(
    provider: ScriptedService, sign_in: Callable[[User], Client], beside: dict[str, str], code: str, tip: str
) -> None:
    submission = cast.received(now=timezone.now())
    scan = submission.scans.get()
    provider.queue(failure(NO_CARD, request_id="the-request", **beside))
    tasks.read_scan(str(scan.pk))
    scan.refresh_from_db()
    assert (scan.state, scan.fault_code) == (ScanState.FAULTY, code)
    page = sign_in(submission.customer.user).get(reverse("customer:pictures")).content.decode().split("<template")[0]
    assert str(words.TIPS[tip].title) in page
    said = Entry.objects.get(action="picture.faulty", object_id=str(scan.pk)).details
    assert said["code"] == NO_CARD  # what the service answered, which its own log holds too
    assert said.get("finer_code", NO_CARD) == code
