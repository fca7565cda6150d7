"""The page that asks whether what was read is what the card says: lines, masks, corrections, windows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import translation

from kyc_portal.accounts.models import User
from kyc_portal.submissions import card_fields, intake
from kyc_portal.submissions.models import Submission
from kyc_portal.submissions.states import State
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]
PAGE = "/identity/details/"


@pytest.fixture(autouse=True)
def _at_noon() -> Iterator[None]:
    with translation.override("en"), time_machine.travel(cast.NOW, tick=False):
        yield


def resident() -> Submission:
    """Both sides of a Hong Kong permit, read."""
    submission = cast.received(declared="hk_macao_resident")
    cast.answer(submission, "FRONT", read=cast.HK_FRONT_READING)
    cast.answer(submission, "BACK", read=cast.HK_BACK_READING)
    submission.refresh_from_db()
    assert submission.state == State.CONFIRMING
    return submission


@pytest.mark.parametrize(
    ("language", "born", "valid", "sex"),
    [
        ("en", "2 Mar 1986", "3 Feb 2024 to 2 Feb 2029", "male"),
        ("zh-hant", "1986年3月2日", "2024年2月3日至2029年2月2日", "男"),
        ("zh-hans", "1986年3月2日", "2024年2月3日至2029年2月2日", "男"),
    ],
)
def test_dates_and_sex_are_said_in_the_readers_language_beside_what_is_printed(
    language: str, born: str, valid: str, sex: str, sign_in: Callable[[User], Client]
) -> None:
    submission = cast.confirming()
    intake.choose_language(customer=submission.customer, language=language, actor=submission.customer.actor)
    page = sign_in(submission.customer.user).get(PAGE).content.decode()
    for text in (born, valid, sex, "1986.03.02", "2024.02.03-2029.02.02", "李優圖", "LI,YOU-TU"):
        assert text in page


def test_an_identity_card_is_masked_until_it_is_asked_for(sign_in: Callable[[User], Client]) -> None:
    client = sign_in(resident().customer.user)
    page = client.get(PAGE).content.decode()
    assert "A123456(7)" not in page
    assert "(7)" in page
    assert "A123456(7)" in client.get(f"{PAGE}?show=1").content.decode()


def test_what_is_called_wrong_stands_beside_what_was_read_and_fails_a_check(
    sign_in: Callable[[User], Client],
) -> None:
    submission = cast.confirming()
    said = {
        "version": submission.version,
        "value_english_name": "LEE,YOU-TU",
        "note_english_name": "My name is spelt so",
        "wrong_birthday": "on",
        "note_birthday": "Another day",
    }
    sign_in(submission.customer.user).post(f"{PAGE}?wrong=1", said)
    submission.refresh_from_db()
    found = {each.name: each for each in card_fields.fields_of(submission)}
    assert submission.state == State.TO_REVIEW
    assert (found["english_name"].read, found["english_name"].customer_value) == ("LI,YOU-TU", "LEE,YOU-TU")
    assert found["english_name"].customer_note == "My name is spelt so"
    assert (found["birthday"].read, found["birthday"].customer_note) == ("1986.03.02", "Another day")
    assert submission.confirmations.get().differing_fields == ["birthday", "english_name"]
    assert submission.checks.filter(rule="confirmation_agrees", result="fail").exists()


def test_going_on_to_correct_and_correcting_nothing_is_told(sign_in: Callable[[User], Client]) -> None:
    submission = cast.confirming()
    answer = sign_in(submission.customer.user).post(f"{PAGE}?wrong=1", {"version": submission.version})
    assert answer.status_code == 400
    assert "Correct at least one line, or go back." in answer.content.decode()
    submission.refresh_from_db()
    assert submission.state == State.CONFIRMING


def test_a_line_that_was_not_read_is_open_to_be_typed_at_once(sign_in: Callable[[User], Client]) -> None:
    submission = cast.confirming(read=replace(cast.TAIWAN_READING, english_name=""))
    page = sign_in(submission.customer.user).get(PAGE).content.decode()
    assert "Not read." in page
    assert page.count("<details open") == 1


def test_two_presses_confirm_once(sign_in: Callable[[User], Client]) -> None:
    submission = cast.confirming()
    client = sign_in(submission.customer.user)
    answers = [client.post(PAGE, {"version": submission.version}) for _twice in range(2)]
    assert [each["Location"] for each in answers] == [reverse("customer:progress")] * 2
    assert submission.confirmations.count() == 1
