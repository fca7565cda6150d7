"""What a case holds on pages of its own: attempts side by side, its history; and putting it aside."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from kyc_portal.submissions import intake, review
from kyc_portal.submissions.deciding import taking_effect
from kyc_portal.submissions.deciding.verdicts import Verdict
from kyc_portal.submissions.models import DeclaredType, Submission
from kyc_portal.submissions.reasons import Outcome
from kyc_portal.submissions.states import State
from tests import cast
from tests.cast import NOW, READER
from tests.review_console.test_in_place import assert_pictures_say_themselves_when_they_are_seen
from tests.review_console.test_presses import held_by, press

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]


@pytest.fixture
def twice() -> Submission:
    """A card whose back was asked again: the front was kept, the second back says another earlier number."""
    rob = cast.make_staff()
    case = cast.received(declared=DeclaredType.HK_MACAO_RESIDENT)
    cast.answer(case, "FRONT", read=cast.HK_FRONT_READING)
    cast.answer(case, "BACK", read=cast.HK_BACK_READING)
    case.refresh_from_db()
    intake.confirm(submission=case, differences={}, actor=case.customer.actor, now=NOW)
    held = cast.claimed(case, rob)
    ask = Verdict(Outcome.ASK_AGAIN, ("glare",), ("BACK",))
    decision = review.decide(
        submission=held, reviewer=rob, verdict=ask, version_seen=held.version, actor=rob.actor, now=NOW
    )
    taking_effect.finish(decision=decision, actor=READER, now=NOW + timedelta(seconds=11))
    case.refresh_from_db()
    cast.send_in(case)
    back = replace(cast.HK_BACK_READING.back, history_number="H7654321000")
    cast.answer(case, "BACK", read=replace(cast.HK_BACK_READING, back=back, request_id="second"))
    case.refresh_from_db()
    return case


def test_two_attempts_stand_side_by_side_with_what_differs_marked(sign_in, twice: Submission, log) -> None:
    client = sign_in(cast.make_staff())
    log.start()
    page = client.get(reverse("console:compare", args=[twice.pk])).text
    assert "case.opened" in log.acts()
    rows = {row.partition("</th>")[0].rpartition(">")[2]: row for row in page.split("<tr")[2:]}
    assert "is-other" in rows["Earlier number"]
    assert "H0123456700" in rows["Earlier number"]
    assert "H7654321000" in rows["Earlier number"]
    assert "Same" in rows["Name"]
    assert page.count("Kept from before") == 1
    assert_pictures_say_themselves_when_they_are_seen(page)
    assert len({part.partition(chr(34))[0] for part in page.split("<img src=" + chr(34))[1:]}) == 3


def test_a_case_of_one_attempt_offers_no_comparison(sign_in, twice: Submission) -> None:
    client, once = sign_in(cast.make_staff()), cast.to_review(now=timezone.now())
    address = reverse("console:compare", args=[once.pk])
    assert client.get(address).status_code == 404
    assert address not in client.get(reverse("console:case", args=[once.pk])).text
    assert reverse("console:compare", args=[twice.pk]) in client.get(reverse("console:case", args=[twice.pk])).text


def test_whoever_holds_the_case_keeps_it_while_comparing(sign_in, twice: Submission) -> None:
    rob, address = cast.make_staff(), reverse("console:compare", args=[twice.pk])
    renewal = f'data-renew="{reverse("console:renew", args=[twice.pk])}"'
    client = sign_in(rob)
    assert renewal not in client.get(address).text
    intake.confirm(submission=twice, differences={}, actor=twice.customer.actor, now=timezone.now())
    twice.refresh_from_db()
    cast.claimed(twice, rob, now=timezone.now())
    assert renewal in client.get(address).text


def test_attempts_are_chosen_and_a_strange_number_is_not(sign_in, twice: Submission) -> None:
    client, address = sign_in(cast.make_staff()), reverse("console:compare", args=[twice.pk])
    assert "is-other" not in client.get(address, {"left": "2", "right": "2"}).text
    assert "is-other" in client.get(address, {"left": "7", "right": "x"}).text


def test_the_history_names_every_act_and_no_value(sign_in, twice: Submission) -> None:
    page = sign_in(cast.make_staff()).get(reverse("console:history", args=[twice.pk])).text
    for act in ("Started a submission", "Claimed the case", "Decided", "A decision took effect", "Stored a reading"):
        assert act in page
    assert "陳大文" not in page
    assert "H01234567" not in page


def test_parking_asks_until_when_and_why_and_says_so_to_the_next(sign_in) -> None:
    rob = cast.make_staff()
    mine, client = held_by(rob), sign_in(rob)
    dialog = client.get(reverse("console:park", args=[mine.pk]), {"version": mine.version}).text
    assert "The next morning the desk works" in dialog
    for fields, sentence in (({"until": "hours"}, "Say why."), ({"why": "waits for Sue"}, "Choose until when.")):
        answer = press(client, "park", mine, **fields)
        assert (answer.status_code, sentence in answer.text) == (400, True), fields
    press(client, "park", mine, until="morning", why="waits for Sue")
    mine.refresh_from_db()
    assert mine.state == State.PARKED
    assert mine.parked_until.astimezone(timezone.get_default_timezone()).hour == 9
    page = sign_in(cast.make_staff()).get(reverse("console:case", args=[mine.pk])).text
    assert "waits for Sue" in page
    assert "Take it up now" in page
    tom = cast.make_staff()
    press(sign_in(tom), "take-up", mine)
    mine.refresh_from_db()
    assert (mine.state, mine.claimed_by) == (State.TO_REVIEW, tom)
