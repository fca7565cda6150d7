"""Same number, same holder, same picture on another customer: found by digest, shown masked, looked for on the record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from kyc_portal.accounts.models import Role, User
from kyc_portal.submissions import intake, related
from kyc_portal.submissions.models import Submission
from kyc_portal.submissions.related import Tie
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]
LATER = cast.NOW + timedelta(hours=1)


def case(number: str, name: str = "李優圖", born: str = "1986.03.02", picture: bytes | None = None) -> Submission:
    """A case of a new customer that waits for a reviewer."""
    customer = cast.make_customer()
    submission = cast.collecting(customer)
    intake.add_scan(
        submission=submission,
        side="FRONT",
        data=picture or cast.picture(int(number)),
        actor=customer.actor,
        now=cast.NOW,
    )
    intake.submit(submission=submission, actor=customer.actor, now=cast.NOW)
    cast.answer(submission, read=replace(cast.TAIWAN_READING, number=number, name=name, birthday=born))
    submission.refresh_from_db()
    return intake.confirm(submission=submission, differences={}, actor=customer.actor, now=cast.NOW)


def ties(one: Submission) -> dict[str, list[Tie]]:
    return {each.row.submission.reference: list(each.ties) for each in related.related(one, now=LATER)}


def test_nothing_in_common_gives_nothing() -> None:
    case("11111111", name="王大明", born="1970.01.01")
    assert ties(case("22222222")) == {}


def test_each_tie_is_named_and_another_customers_come_first() -> None:
    shared = cast.picture(99)
    one = case("11111111", picture=shared)
    number = case("11111111", name="王大明", born="1970.01.01")
    holder = case("33333333", name="李优图")  # the same name in simplified characters
    picture = case("44444444", name="陳小美", born="1999.09.09", picture=shared)
    case("55555555", born="1986.03.03")
    found = ties(one)
    assert found == {
        number.reference: [Tie.NUMBER, Tie.LIFE_NUMBER],
        holder.reference: [Tie.NAME_BORN],
        picture.reference: [Tie.PICTURE],
    }


def test_the_customers_own_other_cases_are_last() -> None:
    one = case("11111111")
    intake.withdraw(submission=one, actor=one.customer.actor, now=LATER)
    other = case("11111111")
    again = cast.received(one.customer, now=LATER)
    found = related.related(again, now=LATER)
    assert [each.row.submission.pk for each in found] == [other.pk, one.pk]
    assert found[-1].is_own


def test_a_list_shows_nothing_in_clear() -> None:
    one, other = case("11111111"), case("11111111")
    row = related.related(one, now=LATER)[0].row
    assert row.submission == other
    assert (row.masked_name, row.number_ending) == ("李••", "1111")


@pytest.mark.parametrize(
    ("text", "born", "kind", "problem"),
    [
        ("08320271", "", "number", ""),
        (" h0123 4567 ", "", "number", ""),
        ("H0123456700", "", "number", ""),
        ("C12345678", "", "number", ""),
        ("S-7KQ4M2", "", "reference", ""),
        ("7kq4m2", "", "reference", ""),
        ("李優圖", "1986-03-02", "name_born", ""),
        ("李優圖", "1986.03.02", "name_born", ""),
        ("李優圖", "", "", "no_birthday"),
        ("李優圖", "1986-02-30", "", "no_birthday"),
        ("1234", "", "", "no_number"),
        ("", "1986-03-02", "", "empty"),
    ],
)
def test_what_was_typed_is_understood_or_said_not_to_be(text: str, born: str, kind: str, problem: str) -> None:
    sought = related.understand(text, born)
    assert (sought.kind, sought.problem) == (kind, problem)


class TestThePage:
    @pytest.fixture
    def looks(self, sign_in: Callable[[User], Client]) -> Callable[..., str]:
        client = sign_in(cast.make_staff(Role.REVIEWER))
        return lambda **typed: client.post(reverse("console:search"), typed, follow=True).content.decode()

    def test_a_case_is_found_by_each_of_its_values(self, looks: Callable[..., str]) -> None:
        one = case("12345678")
        for typed in (
            {"what": one.reference},
            {"what": "12345678"},
            {"what": "李優圖", "born": "1986-03-02"},
            {"what": "李优图", "born": "1986-03-02"},
        ):
            assert one.reference in looks(**typed), typed

    def test_a_search_is_recorded_without_what_was_looked_for(self, looks: Callable[..., str], log) -> None:
        case("12345678")
        log.start()
        looks(what="12345678")
        looks(what="李優圖", born="1986-03-02")
        entries = log.entries(action="case.searched")
        assert [(each.object_id, each.details["found"]) for each in entries] == [("number", "1"), ("name_born", "1")]
        assert not any(value in str(each.details) for each in entries for value in ("12345678", "李優圖", "1986"))

    def test_what_cannot_be_looked_for_is_said_and_not_recorded(self, looks: Callable[..., str], log) -> None:
        log.start()
        assert "date of birth" in looks(what="李優圖")
        assert "case.searched" not in log.acts()

    def test_the_case_page_asks_for_the_related_cases_once_it_stands(self, sign_in: Callable[[User], Client]) -> None:
        one, other = case("12345678"), case("12345678")
        client, address = sign_in(cast.make_staff()), reverse("console:related", args=[one.pk])
        assert f'hx-get="{address}"' in client.get(reverse("console:case", args=[one.pk])).text
        related = client.get(address).text
        assert other.reference in related
        assert "Same number" in related

    def test_an_administrator_does_not_search(self, sign_in: Callable[[User], Client]) -> None:
        assert sign_in(cast.make_staff(Role.ADMINISTRATOR)).get(reverse("console:search")).status_code == 403
