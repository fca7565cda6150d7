"""The press on several rows of the queue: it says what became of each and goes back to its list."""

from __future__ import annotations

import uuid

import pytest
from django.utils import timezone

from kyc_portal.accounts.models import Role
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]


def press(client, cases, **fields) -> str:
    data = {"case": [str(each.pk) for each in cases], "from": "/console/queue/?language=en", **fields}
    response = client.post("/console/several/", data, follow=True)
    assert response.redirect_chain[-1][0] == "/console/queue/?language=en"
    return response.text


def test_it_says_what_became_of_each(sign_in) -> None:
    sue, rob = cast.make_staff(Role.SENIOR_REVIEWER), cast.make_staff(name="Rob Lee")
    good, held = cast.to_review(), cast.to_review()
    cast.claimed(held, rob, now=timezone.now())
    page = press(sign_in(sue), [good, held], act="offer", to=rob.pk)
    assert "1 case offered. Left as they are: " in page
    assert f"{held.reference} (a colleague holds it)" in page
    assert "Offered to Rob Lee" in page


def test_a_tag_stands_in_the_row_and_filters(sign_in) -> None:
    case, other = cast.to_review(), cast.to_review()
    client = sign_in(cast.make_staff())
    press(client, [case], act="tag", tag="For training")
    page = client.get("/console/queue/?tag=For+training").text
    assert case.reference in page
    assert other.reference not in page


def test_a_reviewer_offers_nothing_and_is_not_offered_to(sign_in) -> None:
    rob, case = cast.make_staff(), cast.to_review()
    client = sign_in(rob)
    assert "several-to" not in client.get("/console/queue/").text
    assert client.post("/console/several/", {"act": "offer", "case": [str(case.pk)], "to": rob.pk}).status_code == 403
    case.refresh_from_db()
    assert case.offered_to is None


@pytest.mark.parametrize(
    "fields",
    [{"act": "tag", "case": ["x"]}, {"case": [str(uuid.uuid4())]}, {"act": "offer", "to": "999999"}],
)
def test_what_no_page_offers_is_not_found(sign_in, fields) -> None:
    assert sign_in(cast.make_staff(Role.SENIOR_REVIEWER)).post("/console/several/", fields).status_code == 404


def test_a_choice_that_lacks_something_is_asked_for(sign_in) -> None:
    case, client = cast.to_review(), sign_in(cast.make_staff(Role.SENIOR_REVIEWER))
    assert "Choose at least one case." in press(client, [], act="escalate")
    assert "Choose whom to offer them to." in press(client, [case], act="offer")
    assert "Choose a tag." in press(client, [case], act="tag")


def test_it_goes_back_to_lists_of_ours_only(sign_in) -> None:
    client = sign_in(cast.make_staff())
    for other in ("https://evil.example/", "//evil.example", "/audit/", "/console/queue/../../x\\evil", ""):
        found = client.post("/console/several/", {"act": "escalate", "from": other})
        assert found["Location"].startswith("/console/queue/"), other


def test_a_tag_stands_on_the_case_too(sign_in) -> None:
    case, client = cast.to_review(), sign_in(cast.make_staff())
    press(client, [case], act="tag", tag="For training")
    assert "For training" in client.get(f"/console/cases/{case.pk}/").text
