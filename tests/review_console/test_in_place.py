"""The next case in the place of this one: what a press answers then, what is fetched ahead, and what it costs."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kyc_portal.accounts.models import Role
from kyc_portal.submissions import scans
from kyc_portal.submissions.deciding import claims
from kyc_portal.submissions.models import Decision, Submission
from tests import cast
from tests.review_console.test_presses import held_by, press

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]
IN_PLACE = {"X-In-Place": "1"}


def decide_in_place(client: Client, case: Submission):
    address = reverse("console:decide", args=[case.pk])
    return client.post(address, {"version": case.version, "outcome": "approve"}, headers=IN_PLACE)


def test_a_decision_sent_in_place_is_answered_with_the_next_case(sign_in, log) -> None:
    rob = cast.make_staff()
    mine, following = held_by(rob, minutes=9), cast.to_review(now=timezone.now() - timedelta(minutes=3))
    client = sign_in(rob)
    log.start()
    answer = decide_in_place(client, mine)
    assert answer.status_code == 200
    assert answer["Content-Location"] == reverse("console:case", args=[following.pk])
    assert f"{mine.reference}: approved" in answer.text
    assert f"data-heading>{following.reference}</h1>" in answer.text
    assert [entry.object_id for entry in log.entries(action="case.opened")] == [str(following.pk)]
    following.refresh_from_db()
    assert following.claimed_by == rob


def test_the_last_decision_in_place_names_the_queue(sign_in) -> None:
    rob = cast.make_staff()
    answer = decide_in_place(sign_in(rob), held_by(rob))
    assert (answer.status_code, answer["Content-Location"]) == (204, reverse("console:queue"))


def test_a_press_and_the_next_page_take_no_more_queries_however_many_wait(
    sign_in, django_assert_max_num_queries
) -> None:
    rob = cast.make_staff()
    client = sign_in(rob)
    # A test holds a transaction around everything, so each of ours costs two savepoints more than it does outside.
    for many in (1, 20):
        mine = held_by(rob, minutes=60)
        for _each in range(many):
            cast.to_review(now=timezone.now() - timedelta(minutes=3))
        with django_assert_max_num_queries(44):
            decide_in_place(client, mine)
    with django_assert_max_num_queries(28):
        client.get(reverse("console:case", args=[mine.pk]))


class TestAPictureFetchedAhead:
    @pytest.fixture
    def rob(self):
        return cast.make_staff()

    @pytest.fixture
    def mine(self, rob) -> Submission:
        now = timezone.now()
        return cast.claimed(cast.to_review(now=now - timedelta(minutes=5)), rob, now=now)

    def test_is_recorded_as_fetched_and_not_as_viewed(self, sign_in, rob, mine: Submission, log) -> None:
        client, scan = sign_in(rob), mine.scans.get()
        log.start()
        picture = client.get(reverse("console:picture", args=[mine.pk, scan.pk]), {"ahead": ""})
        assert picture["Content-Type"] == "image/jpeg"
        assert log.acts() == ["picture.fetched_ahead"]
        press(client, "decide", mine, outcome="approve")
        assert not Decision.objects.filter(submission=mine).exists(), "nobody looked at it yet"

    def test_is_as_little_viewed_where_a_browser_guessed_what_is_opened_next(self, sign_in, rob, mine, log) -> None:
        client, scan = sign_in(rob), mine.scans.get()
        log.start()
        client.get(reverse("console:picture", args=[mine.pk, scan.pk]), headers={"Sec-Purpose": "prefetch;prerender"})
        assert log.acts() == ["picture.fetched_ahead"]

    def test_counts_as_seen_once_it_was_shown(self, sign_in, rob, mine: Submission, log) -> None:
        client, scan = sign_in(rob), mine.scans.get()
        client.get(reverse("console:picture", args=[mine.pk, scan.pk]), {"ahead": ""})
        log.start()
        assert client.post(reverse("console:picture-shown", args=[mine.pk, scan.pk])).status_code == 204
        assert log.acts() == ["picture.viewed"]
        press(client, "decide", mine, outcome="approve")
        assert Decision.objects.filter(submission=mine).exists()

    @pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
    def test_is_recorded_as_viewed_by_whoever_reads_a_case(self, sign_in, mine: Submission, role: Role, log) -> None:
        client, scan = sign_in(cast.make_staff(role)), mine.scans.get()
        client.get(reverse("console:picture", args=[mine.pk, scan.pk]), {"ahead": ""})
        log.start()
        assert client.post(reverse("console:picture-shown", args=[mine.pk, scan.pk])).status_code == 204
        assert log.acts() == ["picture.viewed"]

    def test_cannot_be_said_to_be_shown_by_who_never_fetched_it(self, sign_in, rob, mine: Submission, log) -> None:
        tom, scan = cast.make_staff(), mine.scans.get()
        scans.display_copy(scan, actor=tom.actor, is_ahead=True)
        client = sign_in(rob)
        log.start()
        assert client.post(reverse("console:picture-shown", args=[mine.pk, scan.pk])).status_code == 409
        assert log.acts() == []


def assert_pictures_say_themselves_when_they_are_seen(page: str) -> None:
    """No page has a picture recorded as viewed by fetching it: each is asked for ahead, and reports."""
    images = re.findall(r'<img src="([^"]+)"([^>]*)>', page)
    assert images
    for address, more in images:
        assert address.endswith("/?ahead")
        assert f'data-shown="{address.removesuffix("?ahead")}shown/"' in more


def test_the_pictures_of_a_case_say_themselves_when_they_are_seen(sign_in) -> None:
    rob = cast.make_staff()
    page = sign_in(rob).get(reverse("console:case", args=[held_by(rob).pk])).text
    assert_pictures_say_themselves_when_they_are_seen(page)


def test_what_is_fetched_ahead_is_what_next_would_open_and_takes_nothing(sign_in) -> None:
    rob = cast.make_staff()
    now = timezone.now()
    held_by(rob, warnings=(-9104,))
    cast.to_review(now=now - timedelta(minutes=9))
    head = cast.to_review(warnings=(-9103,), now=now - timedelta(minutes=3))
    named = sign_in(rob).get(reverse("console:next-pictures")).json()["pictures"]
    assert [each["address"] for each in named] == [
        reverse("console:picture", args=[head.pk, scan.pk]) for scan in head.scans.all()
    ]
    head.refresh_from_db()
    assert head.claimed_by is None
    assert claims.claim_next(reviewer=rob, actor=rob.actor, now=timezone.now()) == head


def test_nothing_is_fetched_ahead_where_nothing_is_free(sign_in) -> None:
    assert sign_in(cast.make_staff()).get(reverse("console:next-pictures")).json() == {"pictures": []}
