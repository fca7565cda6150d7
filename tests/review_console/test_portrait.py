"""The portrait of a card, where the policy asks the service for it: a picture of its own, recorded as such."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.urls import reverse

from kyc_portal.sealing import files
from kyc_portal.submissions.deciding import looks
from kyc_portal.submissions.models import Submission
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]


@pytest.fixture
def case() -> Submission:
    cast.policy_in_force(cast.policy_content(asks_for_portrait=True))
    return cast.to_review(read=replace(cast.TAIWAN_READING, profile=cast.picture(77, size=(120, 160))))


def test_a_case_offers_the_portrait_as_a_picture_of_its_own(sign_in, case: Submission) -> None:
    page = sign_in(cast.make_staff()).get(reverse("console:case", args=[case.pk])).text
    address = reverse("console:portrait", args=[case.pk, case.readings.get().pk])
    assert f'src="{address}"' in page
    assert "no face was compared" in page


def test_looking_at_it_is_recorded_and_is_no_look_at_the_card(sign_in, case: Submission, log) -> None:
    rob = cast.make_staff()
    client = sign_in(rob)
    log.start()
    answer = client.get(reverse("console:portrait", args=[case.pk, case.readings.get().pk]))
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    assert "no-store" in answer["Cache-Control"]
    assert log.acts() == ["portrait.viewed"]
    assert looks.unseen_scans(case, rob.actor) == ["FRONT"]


def test_a_portrait_the_store_does_not_give_is_not_seen(sign_in, case: Submission, log) -> None:
    files.delete(case.readings.get().pk)
    client = sign_in(cast.make_staff())
    log.start()
    assert client.get(reverse("console:portrait", args=[case.pk, case.readings.get().pk])).status_code == 503
    assert log.acts() == []


def test_without_the_policys_word_there_is_none(sign_in) -> None:
    case = cast.to_review()
    client, address = sign_in(cast.make_staff()), reverse("console:portrait", args=[case.pk, case.readings.get().pk])
    assert client.get(address).status_code == 404
    assert address not in client.get(reverse("console:case", args=[case.pk])).text
