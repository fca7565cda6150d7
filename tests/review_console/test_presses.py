"""The console's presses: what opens next, what a refusal keeps, what binds to which version, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.sealing import files
from kyc_portal.submissions import evidence, queue, review
from kyc_portal.submissions.deciding import undoing, verdicts
from kyc_portal.submissions.errors import NotAllowedError, TooLateError
from kyc_portal.submissions.models import Decision, Submission
from kyc_portal.submissions.reasons import Outcome
from kyc_portal.submissions.states import State
from tests import cast

pytestmark = pytest.mark.django_db


def held_by(rob: User, *, warnings: tuple[int, ...] = (), minutes: int = 5) -> Submission:
    """A case that was looked at and is held, waiting for some minutes."""
    now = timezone.now()
    submission = cast.to_review(warnings=warnings, now=now - timedelta(minutes=minutes))
    return cast.looked_at(cast.claimed(submission, rob, now=now), rob)


def press(client: Client, name: str, submission: Submission, **fields: object):
    return client.post(reverse(f"console:{name}", args=[submission.pk]), {"version": submission.version, **fields})


def test_a_decision_opens_the_next_case_and_offers_the_way_back(sign_in: Callable[[User], Client]) -> None:
    rob = cast.make_staff()
    mine, following = held_by(rob, minutes=9), cast.to_review(now=timezone.now() - timedelta(minutes=3))
    client = sign_in(rob)
    answer = press(client, "decide", mine, outcome="approve")
    assert answer["Location"] == reverse("console:case", args=[following.pk])
    page = client.get(answer["Location"]).content.decode()
    assert f"{mine.reference}: approved" in page
    assert reverse("console:undo", args=[mine.pk]) in page
    back = press(client, "undo", mine)
    assert back["Location"] == reverse("console:case", args=[mine.pk])
    mine.refresh_from_db()
    assert (mine.state, mine.claimed_by) == (State.TO_REVIEW, rob)
    assert undoing.undoable(rob, now=timezone.now()) is None


def test_the_last_case_leads_back_to_the_queue(sign_in: Callable[[User], Client]) -> None:
    rob = cast.make_staff()
    answer = press(sign_in(rob), "decide", held_by(rob), outcome="approve")
    assert answer["Location"] == reverse("console:queue")


@pytest.mark.parametrize(
    ("outcome", "fields", "sentence"),
    [
        ("reject", {}, "Choose at least one reason."),
        ("ask_again", {"reasons": ["blurred"]}, "Choose the side to take again."),
    ],
)
def test_what_is_missing_is_named_and_what_was_typed_stays(
    sign_in: Callable[[User], Client], outcome: str, fields: dict[str, object], sentence: str
) -> None:
    rob = cast.make_staff()
    mine = held_by(rob)
    answer = press(sign_in(rob), "decide", mine, outcome=outcome, note="the lower edge is soft", **fields)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert sentence in page
    assert "the lower edge is soft" in page
    assert f'name="version" value="{mine.version}"' in page
    assert not Decision.objects.filter(submission=mine).exists()


def test_a_note_as_long_as_its_box_takes_is_taken_however_many_lines_it_has(sign_in) -> None:
    rob = cast.make_staff()
    mine = held_by(rob)
    note = "\n".join(["twenty characters it"] * 95)[:2000]
    assert len(note) > 1900
    sent = note.replace("\n", "\r\n") + "x" * (2000 - len(note))  # as a browser sends it
    answer = press(sign_in(rob), "decide", mine, outcome="reject", reasons=["edited"], note=sent)
    assert answer.status_code == 302
    assert evidence.open_note(Decision.objects.get(submission=mine)).count("\n") == note.count("\n")


def test_a_dialog_binds_to_the_version_its_case_page_showed(sign_in: Callable[[User], Client]) -> None:
    rob = cast.make_staff()
    mine = held_by(rob)
    client, address = sign_in(rob), reverse("console:reasons", args=[mine.pk, "reject"])
    assert client.get(address).status_code == 404
    with audit.acting(audit.system("command_test")):
        Submission.objects.filter(pk=mine.pk).update(version=mine.version + 1)
    dialog = client.get(address, {"version": mine.version}).content.decode()
    assert f'name="version" value="{mine.version}"' in dialog
    answer = press(client, "decide", mine, outcome="reject", reasons=["edited"], note="a note to keep")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert f"You saw version {mine.version}; it is now version {mine.version + 1}." in page
    assert "a note to keep" in page
    assert not Decision.objects.filter(submission=mine).exists()


class TestAProposalIsTakenBack:
    @staticmethod
    def proposed(rob: User) -> Submission:
        submission = held_by(rob, warnings=(-9104,))
        review.decide(
            submission=submission,
            reviewer=rob,
            verdict=verdicts.Verdict(Outcome.REJECT, reasons=("edited",)),
            version_seen=submission.version,
            actor=rob.actor,
            now=timezone.now(),
        )
        submission.refresh_from_db()
        assert submission.state == State.SECOND_REVIEW
        return submission

    def test_by_its_proposer_while_nobody_holds_it(self) -> None:
        rob = cast.make_staff()
        submission = self.proposed(rob)
        since, seen = submission.waiting_since, submission.version
        undoing.undo(submission=submission, reviewer=rob, actor=rob.actor, now=timezone.now())
        submission.refresh_from_db()
        assert (submission.state, submission.claimed_by) == (State.TO_REVIEW, rob)
        assert (submission.waiting_since, submission.version) == (since, seen + 1)
        assert Decision.objects.get(submission=submission).stage == "undone"

    def test_not_once_a_second_person_holds_it(self) -> None:
        rob, sue = cast.make_staff(), cast.make_staff(Role.SENIOR_REVIEWER)
        submission = cast.claimed(self.proposed(rob), sue, now=timezone.now())
        assert undoing.undoable(rob, now=timezone.now()) is None
        with pytest.raises(TooLateError):
            undoing.undo(submission=submission, reviewer=rob, actor=rob.actor, now=timezone.now())

    def test_not_after_ten_seconds_and_not_by_another(self) -> None:
        rob, tom = cast.make_staff(), cast.make_staff()
        submission = self.proposed(rob)
        with pytest.raises(NotAllowedError):
            undoing.undo(submission=submission, reviewer=tom, actor=tom.actor, now=timezone.now())
        later = timezone.now() + timedelta(seconds=10)
        assert undoing.undoable(rob, now=later) is None
        with pytest.raises(TooLateError):
            undoing.undo(submission=submission, reviewer=rob, actor=rob.actor, now=later)


def test_a_position_is_the_place_in_the_whole_order() -> None:
    now = timezone.now()
    made = [
        cast.to_review(warnings=codes, now=now - timedelta(minutes=waited))
        for codes, waited in (((), 1), ((-9103,), 2), ((-9104,), 3), ((), 9))
    ]
    order = [row.submission.pk for row in queue.next_up(now).rows]
    assert [queue.place(each, now=now).position for each in made] == [order.index(each.pk) + 1 for each in made]


def test_a_case_is_found_by_its_reference_and_a_wrong_one_says_so(sign_in: Callable[[User], Client]) -> None:
    rob = cast.make_staff()
    case = cast.to_review(now=timezone.now())
    client = sign_in(rob)
    found = client.get(reverse("console:queue"), {"find": case.reference.removeprefix("S-").lower()}).content.decode()
    assert reverse("console:case", args=[case.pk]) in found
    assert "No case S-ZZZZZZ" in client.get(reverse("console:queue"), {"find": "S-ZZZZZZ"}).content.decode()


def test_a_photo_sent_in_spite_of_a_fault_says_so_on_its_case(sign_in: Callable[[User], Client]) -> None:
    rob = cast.make_staff()
    mine = held_by(rob)
    client, address = sign_in(rob), reverse("console:case", args=[mine.pk])
    assert "although we saw" not in client.get(address).content.decode()
    with audit.acting(audit.system("command_test")):
        mine.scans.update(taken_despite="glare")
    assert "although we saw: glare" in client.get(address).content.decode()


def test_a_picture_the_store_does_not_give_counts_as_not_seen(sign_in: Callable[[User], Client], log) -> None:
    rob = cast.make_staff()
    now = timezone.now()
    mine = cast.claimed(cast.to_review(now=now - timedelta(minutes=5)), rob, now=now)
    scan = mine.scans.get()
    files.delete(scan.pk)
    client = sign_in(rob)
    log.start()
    answer = client.get(reverse("console:picture", args=[mine.pk, scan.pk]))
    assert (answer.status_code, answer.content) == (503, b"")
    assert "picture.viewed" not in log.acts()
    press(client, "decide", mine, outcome="approve")
    assert not Decision.objects.filter(submission=mine).exists()
