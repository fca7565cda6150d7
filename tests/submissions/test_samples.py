"""Second looks: what is drawn, who may look, what they do not see before they answer, and what the report counts."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kyc_portal.accounts.models import Role, User
from kyc_portal.review_console import charts
from kyc_portal.submissions import policies, policy, review
from kyc_portal.submissions.deciding import reopening, samples, second_review, taking_effect, verdicts
from kyc_portal.submissions.errors import IncompleteError, NotAllowedError, TooLateError
from kyc_portal.submissions.models import ReviewSample, SampleStage, Submission
from kyc_portal.submissions.reasons import Outcome
from tests import cast
from tests.review_console.test_in_place import assert_pictures_say_themselves_when_they_are_seen

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]
NOW = cast.NOW
REJECT = verdicts.Verdict(Outcome.REJECT, reasons=("forged",))


@pytest.fixture
def rob() -> User:
    return cast.make_staff(name="Rob")


@pytest.fixture
def sue() -> User:
    return cast.make_staff(Role.SENIOR_REVIEWER, "Sue")


@pytest.fixture
def all_drawn() -> None:
    cast.policy_in_force(cast.policy_content(sample_percent=100))


def drawn(rob: User, verdict: verdicts.Verdict = REJECT, *, now=NOW) -> ReviewSample:
    return cast.decided(rob, verdict, now=now).samples.get()


def taken(sample: ReviewSample, sue: User, *, now=NOW) -> ReviewSample:
    return samples.take(sample=sample, by=sue, actor=sue.actor, now=now)


def answered(sample: ReviewSample, sue: User, outcome: Outcome, *given: str, note: str = "", now=NOW) -> ReviewSample:
    cast.looked_at(sample.submission, sue)
    return samples.answer(sample=sample, by=sue, outcome=outcome, reasons=given, note=note, actor=sue.actor, now=now)


class TestTheDraw:
    def test_can_be_done_again_from_the_decisions_seed(self, rob: User) -> None:
        cast.policy_in_force(cast.policy_content(sample_percent=50))
        for _each in range(4):
            submission = cast.decided(rob)
            decision = submission.decisions.get()
            words = f"{submission.reference}|{decision.pk}".encode()
            digest = hmac.new(bytes.fromhex(decision.sample_seed), words, hashlib.sha256).digest()
            is_hit = int.from_bytes(digest[:8], "big") / 2**64 < 0.5
            assert submission.samples.exists() == is_hit

    def test_takes_each_reviewers_own_rate(self, rob: User) -> None:
        tom = cast.make_staff()
        cast.policy_in_force(cast.policy_content(sample_percent=100, sample_percent_of={str(tom.pk): 0}))
        assert cast.decided(rob).samples.count() == 1
        assert cast.decided(tom).samples.count() == 0
        assert policies.in_force().sample_rate(tom.pk) == 0

    def test_draws_nothing_under_the_first_policy(self, rob: User) -> None:
        submission = cast.decided(rob)
        assert submission.samples.count() == 0
        assert submission.decisions.get().sample_seed == ""

    def test_leaves_out_what_was_asked_again(self, rob: User, all_drawn: None) -> None:
        again = verdicts.Verdict(Outcome.ASK_AGAIN, reasons=("glare",), sides=("FRONT",))
        assert cast.decided(rob, again).samples.count() == 0

    @pytest.mark.parametrize("rates", [{"rob": 5}, {"7": 101}, {"7": "5"}, {"7": True}])
    def test_refuses_rates_that_are_none(self, rates: dict[str, object]) -> None:
        (problem,) = policy.problems(cast.policy_content(sample_percent_of=rates))
        assert problem.part.startswith("sample_percent_of:")


class TestWhoMayLook:
    def test_a_senior_who_had_no_hand_in_it(self, rob: User, sue: User, all_drawn: None) -> None:
        sample = drawn(rob)
        assert samples.offered_to(sue, now=NOW) == [sample]
        assert taken(sample, sue).stage == SampleStage.TAKEN
        for role in (Role.REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR):
            with pytest.raises(NotAllowedError):
                taken(sample, cast.make_staff(role))

    def test_nobody_at_a_case_of_their_own(self, sue: User, all_drawn: None) -> None:
        sample = drawn(sue)
        assert samples.offered_to(sue, now=NOW) == []
        with pytest.raises(NotAllowedError):
            taken(sample, sue)

    def test_nobody_who_confirmed_it(self, rob: User, sue: User, all_drawn: None) -> None:
        submission = cast.to_review(warnings=(-9104,))
        for person, writer in ((rob, review.decide), (sue, second_review.confirm)):
            submission.refresh_from_db()
            cast.looked_at(cast.claimed(submission, person), person)
            verdict = {"verdict": REJECT} if person is rob else {}
            decision = writer(
                submission=submission,
                reviewer=person,
                version_seen=submission.version,
                actor=person.actor,
                now=NOW,
                **verdict,
            )
        assert taking_effect.finish(decision=decision, actor=cast.READER, now=NOW + timedelta(seconds=11))
        assert submission.samples.count() == 1
        assert samples.offered_to(sue, now=NOW) == []

    def test_nobody_who_opened_the_case_since(
        self, rob: User, sue: User, all_drawn: None, sign_in: Callable[[User], Client]
    ) -> None:
        sample = drawn(rob, now=timezone.now() - timedelta(minutes=5))
        sign_in(sue).get(reverse("console:case", args=[sample.submission_id]))
        assert samples.offered_to(sue, now=timezone.now()) == []
        with pytest.raises(NotAllowedError):
            taken(sample, sue)

    def test_another_after_a_day_without_an_answer(self, rob: User, sue: User, all_drawn: None) -> None:
        sample, sam = taken(drawn(rob), sue), cast.make_staff(Role.SENIOR_REVIEWER)
        with pytest.raises(TooLateError):
            taken(sample, sam)
        later = NOW + timedelta(days=1, seconds=1)
        taken(sample, sam, now=later)
        with pytest.raises(TooLateError):
            answered(sample, sue, Outcome.APPROVE, now=later)

    def test_another_at_once_when_it_is_given_back(self, rob: User, sue: User, all_drawn: None) -> None:
        sample, sam = taken(drawn(rob), sue), cast.make_staff(Role.SENIOR_REVIEWER)
        samples.give_back(sample=sample, by=sue, actor=sue.actor)
        assert taken(sample, sam).taken_by == sam


class TestAnAnswer:
    def test_is_kept_with_its_note_sealed_and_changes_nothing(self, rob: User, sue: User, all_drawn: None, log) -> None:
        sample = taken(drawn(rob), sue)
        log.start()
        answered(sample, sue, Outcome.APPROVE, note="I see a genuine card")
        assert (sample.stage, sample.outcome, samples.open_note(sample)) == (
            SampleStage.ANSWERED,
            "approve",
            "I see a genuine card",
        )
        assert b"genuine" not in bytes(sample.note_sealed)
        assert log.acts() == ["picture.viewed", "sample.answered"]
        assert sample.submission.state == "rejected"

    def test_needs_a_reason_of_its_outcome_and_is_given_once(self, rob: User, sue: User, all_drawn: None) -> None:
        sample = taken(drawn(rob), sue)
        for outcome, given in ((Outcome.REJECT, ()), (Outcome.REJECT, ("glare",)), (Outcome.APPROVE, ("forged",))):
            with pytest.raises(IncompleteError):
                answered(sample, sue, outcome, *given)
        answered(sample, sue, Outcome.REJECT, "forged")
        with pytest.raises(TooLateError):
            answered(sample, sue, Outcome.APPROVE)

    def test_is_not_waited_for_once_the_case_is_reopened(self, rob: User, sue: User, all_drawn: None) -> None:
        sample, sam = taken(drawn(rob), sue), cast.make_staff(Role.SENIOR_REVIEWER)
        submission = sample.submission
        submission.refresh_from_db()
        reopening.reopen(
            submission=submission,
            reviewer=sam,
            why="a second card came up",
            version_seen=submission.version,
            actor=sam.actor,
            now=NOW,
        )
        with pytest.raises(TooLateError):
            answered(sample, sue, Outcome.APPROVE)
        assert samples.report(since=NOW - timedelta(days=1)).whole.drawn == 0


def test_the_report_counts_agreement_by_reviewer_and_by_reason(rob: User, sue: User, all_drawn: None) -> None:
    tom = cast.make_staff(name="Tom")
    answered(taken(drawn(rob), sue), sue, Outcome.REJECT, "edited")
    answered(taken(drawn(rob), sue), sue, Outcome.APPROVE)
    answered(taken(drawn(tom, verdicts.Verdict(Outcome.APPROVE)), sue), sue, Outcome.APPROVE)
    drawn(tom)
    found = samples.report(since=NOW - timedelta(days=1))
    assert (found.whole.drawn, found.whole.answered, found.whole.agreed, found.whole.differed_percent) == (4, 3, 2, 33)
    assert [(each.label, each.drawn, each.answered, each.differed) for each in found.by_reviewer] == [
        ("Rob", 2, 2, 1),
        ("Tom", 2, 1, 0),
    ]
    assert [(each.label, each.drawn, each.differed_percent) for each in found.by_reason] == [
        ("Forged document", 3, 50),
        ("Approve", 1, 0),
    ]
    bars = charts.by_rate(found.by_reviewer)
    assert [(bar.label, bar.percent, bar.length) for bar in bars] == [("Rob", 50, 185.0), ("Tom", 0, 0.0)]
    assert samples.report(since=NOW + timedelta(days=1)).whole.differed_percent is None


class TestThePages:
    def test_say_nothing_of_the_outcome_until_it_is_answered(
        self, rob: User, sue: User, all_drawn: None, sign_in: Callable[[User], Client], log
    ) -> None:
        sample = drawn(rob, now=timezone.now() - timedelta(minutes=5))
        submission = sample.submission
        client = sign_in(sue)
        offered = client.get(reverse("console:samples")).content.decode()
        page = reverse("console:sample", args=[sample.pk])
        assert client.get(page).status_code == 404
        assert client.post(reverse("console:sample-take", args=[sample.pk]))["Location"] == page
        log.start()
        blind = client.get(page).content.decode()
        assert "sample.opened" in log.acts()
        assert "李優圖" in blind
        assert_pictures_say_themselves_when_they_are_seen(blind)
        for shown in (offered, blind):
            for telling in (submission.reference, "Rob", "Rejected", "First:"):
                assert telling not in shown
        case = client.get(reverse("console:case", args=[submission.pk]))
        assert case["Location"] == page
        answer = reverse("console:sample-answer", args=[sample.pk])
        unseen = client.post(answer, {"outcome": "approve"})
        assert (unseen.status_code, "Not every picture was shown" in unseen.content.decode()) == (400, True)
        client.get(reverse("console:picture", args=[submission.pk, submission.scans.get().pk]))
        lacking = client.post(answer, {"outcome": "reject", "note": "kept words"})
        assert (lacking.status_code, "kept words" in lacking.content.decode()) == (400, True)
        assert client.post(answer, {"note": "no outcome"}).status_code == 400
        client.post(answer, {"outcome": "approve"})
        told = client.get(page).content.decode()
        for telling in (submission.reference, "Another outcome.", "First: Reject, by Rob", "Forged document"):
            assert telling in told
        assert client.get(reverse("console:case", args=[submission.pk])).status_code == 200

    def test_are_another_persons_to_nobody(
        self, rob: User, sue: User, all_drawn: None, sign_in: Callable[[User], Client]
    ) -> None:
        sample = taken(drawn(rob), sue)
        client = sign_in(cast.make_staff(Role.SENIOR_REVIEWER))
        assert client.get(reverse("console:sample", args=[sample.pk])).status_code == 404
        assert client.post(reverse("console:sample-answer", args=[sample.pk]), {}).status_code == 404
        own = drawn(sue)
        assert sign_in(sue).post(reverse("console:sample-take", args=[own.pk])).status_code == 403

    def test_of_the_report_carry_bars_with_a_table(
        self, rob: User, sue: User, all_drawn: None, sign_in: Callable[[User], Client]
    ) -> None:
        client = sign_in(cast.make_staff(Role.AUDITOR))
        assert "No second look is answered yet." in client.get(reverse("console:agreement")).content.decode()
        now = timezone.now()
        answered(taken(drawn(rob, now=now), sue, now=now), sue, Outcome.APPROVE, now=now)
        page = client.get(reverse("console:agreement")).content.decode()
        assert page.count('<svg class="chart"') == 2
        assert "1 (100 %)" in page


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_the_same_one_one_is_told() -> None:
    cast.policy_in_force(cast.policy_content(sample_percent=100))
    sample = drawn(cast.make_staff())
    people = [cast.make_staff(Role.SENIOR_REVIEWER) for _each in range(2)]
    start, outcomes = threading.Barrier(2), []

    def press(person: User) -> None:
        try:
            start.wait()
            taken(ReviewSample.objects.get(pk=sample.pk), person)
            outcomes.append("taken")
        except TooLateError:
            outcomes.append("told")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["taken", "told"]
    assert Submission.objects.get().samples.get().stage == SampleStage.TAKEN
