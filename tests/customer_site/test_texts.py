"""Every code in every state in every language: a page is rendered for each cell, and a cell without its text fails."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import time_machine
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.html import escape

from kyc_portal import audit
from kyc_portal.accounts.models import User
from kyc_portal.customer_site import words
from kyc_portal.submissions import intake, reading, reasons
from kyc_portal.submissions.models import RefusedPicture, Scan, Submission
from kyc_portal.submissions.pictures import quality
from kyc_portal.submissions.reasons import Outcome
from kyc_portal.submissions.review import Verdict
from kyc_portal.submissions.states import ScanState, State
from ocr_integration.contract import Side
from ocr_integration.images import ImageFault
from tests import cast
from tests.ocr_integration.published_codes import PUBLISHED

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]

LANGUAGES = ("en", "zh-hant", "zh-hans")
# What a picture may be asked again for: the service's own codes, a text it gives up on, and the customer's wish.
OF_A_PICTURE = (
    *(code for code, who in PUBLISHED.items() if who == "customer"),
    "FailedOperation.OcrFailed",
    "Customer.TakenAgain",
)
# What each state says first. Where the customer has something to do the page is another, and is asked below.
HEADINGS = {
    State.RECEIVED: "We have your photos",
    State.READING: "We are reading your permit",
    State.TO_REVIEW: "A colleague is looking at your permit",
    State.SECOND_REVIEW: "A colleague is looking at your permit",
    State.PARKED: "A colleague is looking at your permit",
    State.APPROVED: "Your identity is confirmed",
    State.REJECTED: "We could not go on",
    State.LAPSED: "Your permit has expired",
    State.WITHDRAWN: "You have withdrawn",
    State.ABANDONED: "This application has ended",
    State.COLLECTING: "Front of your permit",
    State.ASKED_AGAIN: "One more photo: the front",
    State.CONFIRMING: "Is this what your permit says?",
}
# Runs of lower-case Latin words: a sentence in English. Names, units and addresses are no such run.
ENGLISH = re.compile(r"\b[a-z]{2,}(?: [a-z]{2,})+\b")


def put(row: Model, **values: object) -> None:
    with audit.acting(cast.READER):
        type(row)._default_manager.filter(pk=row.pk).update(**values)
    row.refresh_from_db()


def page_in(client: Client, submission: Submission, language: str) -> str:
    """What a person reads in a language, without what only modules read; Chinese with no English in it."""
    customer = submission.customer
    intake.choose_language(customer=customer, language=language, actor=customer.actor)
    whole = client.get(reverse("customer:home"), follow=True, headers={"Accept-Language": language}).content.decode()
    page = re.sub(r"(?s)<(template|script|head)\b.*?</\1>", " ", whole)
    if language != "en":
        assert ENGLISH.findall(re.sub(r"<[^>]*>", " ", page)) == []
    return page


def in_words(text: object, language: str) -> str:
    with translation.override(language):
        return escape(str(text))


def asked_again() -> tuple[Submission, Scan]:
    """A front that a reading found faulty."""
    submission = cast.received()
    attempt = cast.begin(submission)
    reading.picture_fault(
        attempt=attempt, code="FailedOperation.ImageBlur", request_id="r", actor=cast.READER, now=cast.NOW
    )
    submission.refresh_from_db()
    assert submission.state == State.ASKED_AGAIN
    return submission, submission.scans.get(state=ScanState.FAULTY)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_has_its_heading(language: str, sign_in: Callable[[User], Client]) -> None:
    submission = cast.to_review()
    client = sign_in(submission.customer.user)
    assert set(HEADINGS) == set(State) - {State.DECIDING}, "deciding lasts seconds and reads as in review"
    for state, heading in HEADINGS.items():
        put(submission, state=state, sides_asked=["FRONT"] if state == State.ASKED_AGAIN else [])
        with time_machine.travel(cast.NOW, tick=False):
            page = page_in(client, submission, language)
        with translation.override(language):
            assert translation.gettext(heading) in page, state
        assert "<h1" in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_of_a_reading_has_its_text_when_a_side_is_asked_again(
    language: str, sign_in: Callable[[User], Client]
) -> None:
    submission, scan = asked_again()
    client = sign_in(submission.customer.user)
    assert len(OF_A_PICTURE) > 15
    for code in OF_A_PICTURE:
        put(scan, fault_code=code)
        page, tip = page_in(client, submission, language), words.tip_of(code)
        assert in_words(words.picture_fault(code), language) in page, code
        if tip:
            assert in_words(tip.do, language) in page, code
            assert f"#{tip.drawing}" in page, code


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_of_a_reviewer_has_its_text(language: str, sign_in: Callable[[User], Client]) -> None:
    asking = [each.code for each in reasons.for_outcome(Outcome.ASK_AGAIN)]
    refusing = [each.code for each in reasons.for_outcome(Outcome.REJECT)]
    for codes, verdict in (
        (asking, Verdict(Outcome.ASK_AGAIN, (asking[0],), sides=(Side.FRONT.value,))),
        (refusing, Verdict(Outcome.REJECT, (refusing[0],))),
    ):
        submission = cast.decided(cast.make_staff(), verdict)
        client, decision = sign_in(submission.customer.user), submission.decisions.get()
        for code in codes:
            put(decision, reasons=[code])
            page = page_in(client, submission, language)
            assert in_words(reasons.BY_CODE[code].customer_text, language) in page, code
            if reasons.BY_CODE[code].is_fraud:
                with translation.override("en"):
                    assert str(reasons.BY_CODE[code].label) not in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fault_seen_at_once_has_its_text(language: str, sign_in: Callable[[User], Client]) -> None:
    ann = cast.make_customer()
    submission = cast.collecting(ann)
    client = sign_in(ann.user)
    with audit.acting(ann.actor):
        refused = RefusedPicture.objects.create(
            submission=submission, customer=ann, side="FRONT", attempt=1, picture_digest=b"x", fault="dark",
            refused_at=cast.NOW,
        )  # fmt: skip
    for code in quality.WORDS:
        put(refused, fault=code)
        page, tip = page_in(client, submission, language), words.TIPS[code]
        for text in (tip.title, tip.do, tip.why):
            assert in_words(text, language) in page, code


@pytest.mark.parametrize("language", ["zh-hant", "zh-hans"])
def test_every_fault_of_a_file_has_its_sentence(language: str) -> None:
    told = {**{code: words.FAULTS[code] for code in ImageFault}, "side_not_needed": words.FAULTS["side_not_needed"]}
    assert set(told) == set(words.FAULTS)
    assert [code for code, text in told.items() if in_words(text, language) == in_words(text, "en")] == []
    assert in_words(words.NOT_STORED, language) != in_words(words.NOT_STORED, "en")


def test_reasons_of_fraud_share_one_text_and_nothing_internal_is_in_it() -> None:
    texts = {str(each.customer_text) for each in reasons.ALL if each.is_fraud}
    assert texts == {str(reasons.NEUTRAL_TEXT)}
    assert not re.search("fraud|forg|edit|copy|screen|fake", texts.pop(), re.IGNORECASE)
