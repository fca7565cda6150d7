"""A decided case taken up again: who may, what stands meanwhile, who decides anew, and what the customer is told."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.privacy import retention
from kyc_portal.submissions import customer_progress, intake, notices, queries, queue, review
from kyc_portal.submissions.deciding import reopening, second_review, taking_effect, verdicts
from kyc_portal.submissions.errors import IncompleteError, NotAllowedError, StaleError, TooLateError
from kyc_portal.submissions.models import Decision, DecisionStage, Notice, Reopening, Submission
from kyc_portal.submissions.reasons import Outcome
from kyc_portal.submissions.states import State
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]
NOW = cast.NOW
WHY = "a colleague saw the same face elsewhere"
LATER = timedelta(seconds=11)
REJECT = verdicts.Verdict(Outcome.REJECT, reasons=("forged",))
APPROVE = verdicts.Verdict(Outcome.APPROVE)
decided = cast.decided


def reopened(submission: Submission, sue: User, *, now=NOW) -> Submission:
    reopening.reopen(
        submission=submission, reviewer=sue, why=WHY, version_seen=submission.version, actor=sue.actor, now=now
    )
    submission.refresh_from_db()
    return submission


def proposed(submission: Submission, reviewer: User, verdict: verdicts.Verdict, *, now=NOW) -> Decision:
    cast.looked_at(cast.claimed(submission, reviewer, now=now), reviewer)
    return review.decide(
        submission=submission,
        reviewer=reviewer,
        verdict=verdict,
        version_seen=submission.version,
        actor=reviewer.actor,
        now=now,
    )


def confirmed(submission: Submission, senior: User, *, now=NOW) -> Submission:
    submission.refresh_from_db()
    cast.looked_at(cast.claimed(submission, senior, now=now), senior)
    decision = second_review.confirm(
        submission=submission, reviewer=senior, version_seen=submission.version, actor=senior.actor, now=now
    )
    assert taking_effect.finish(decision=decision, actor=cast.READER, now=now + LATER)
    submission.refresh_from_db()
    return submission


@pytest.fixture
def rob() -> User:
    return cast.make_staff()


@pytest.fixture
def sue() -> User:
    return cast.make_staff(Role.SENIOR_REVIEWER, "Sue")


@pytest.fixture
def sam() -> User:
    return cast.make_staff(Role.SENIOR_REVIEWER, "Sam")


def test_a_reopened_case_waits_again_and_says_who_and_why(rob: User, sue: User, log) -> None:
    submission = decided(rob)
    first = submission.decisions.get()
    log.start()
    reopened(submission, sue)
    assert (submission.state, submission.waiting_since, submission.claimed_by) == (State.TO_REVIEW, NOW, None)
    assert log.acts() == ["submission.reopened"]
    told = queries.case(submission, now=NOW).reopening
    assert told is not None
    assert (told.why, told.reopening.reopened_by, told.reopening.decision) == (WHY, sue, first)
    assert WHY.encode() not in bytes(told.reopening.why_sealed)
    assert WHY not in str([(entry.before, entry.after) for entry in log.entries()])


def test_its_new_decision_replaces_the_old_one_and_takes_two_people(rob: User, sue: User) -> None:
    submission = decided(rob)
    first = submission.decisions.get()
    reopened(submission, sue)
    assert queue.as_rows([submission], now=NOW)[0].needs_second_person
    second = proposed(submission, rob, REJECT)
    assert (second.stage, second.replaces) == (DecisionStage.PROPOSED, first)
    confirmed(submission, sue)
    assert (submission.state, submission.reopened_decision) == (State.REJECTED, None)
    first.refresh_from_db()
    assert (first.stage, first.outcome) == (DecisionStage.FINAL, Outcome.APPROVE)


def test_only_a_senior_reviewer_with_a_reason_on_the_version_seen(rob: User, sue: User) -> None:
    submission = decided(rob)
    wanted = {"submission": submission, "why": WHY, "version_seen": submission.version, "now": NOW}
    for role in (Role.REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR):
        person = cast.make_staff(role)
        with pytest.raises(NotAllowedError):
            reopening.reopen(**wanted, reviewer=person, actor=person.actor)
    with pytest.raises(IncompleteError):
        reopening.reopen(**{**wanted, "why": " too few "}, reviewer=sue, actor=sue.actor)
    with pytest.raises(StaleError):
        reopening.reopen(**{**wanted, "version_seen": submission.version - 1}, reviewer=sue, actor=sue.actor)
    assert not Reopening.objects.exists()


def test_a_case_that_is_not_decided_is_not_reopened(sue: User) -> None:
    for submission in (cast.to_review(), cast.collecting(cast.make_customer())):
        with pytest.raises(TooLateError):
            reopened(submission, sue)


def test_what_was_decided_stands_for_the_customer_till_then(rob: User, sue: User) -> None:
    submission = decided(rob)
    before = customer_progress.of(submission, now=NOW)
    reopened(submission, sue)
    shown = customer_progress.of(submission, now=NOW)
    assert (shown.state, shown.is_ended) == (State.APPROVED, True) == (before.state, before.is_ended)
    assert not intake.can_withdraw(submission)
    with pytest.raises(TooLateError):
        intake.withdraw(submission=submission, actor=submission.customer.actor, now=NOW)
    proposed(submission, rob, REJECT)
    submission.refresh_from_db()
    assert customer_progress.of(submission, now=NOW).state == State.APPROVED
    confirmed(submission, sue)
    assert customer_progress.of(submission, now=NOW).state == State.REJECTED


@pytest.mark.parametrize(("language", "sign"), [("en", "reference"), ("zh-hant", "編號"), ("zh-hans", "编号")])
def test_the_customer_is_told_of_another_outcome_in_their_language(
    rob: User, sue: User, language: str, sign: str
) -> None:
    submission = decided(rob)
    intake.choose_language(customer=submission.customer, language=language, actor=submission.customer.actor)
    proposed(reopened(submission, sue), rob, REJECT)
    confirmed(submission, sue)
    owed = Notice.objects.get(submission=submission, kind="rejected")
    mail.outbox.clear()
    assert notices.send(notice=owed, actor=cast.READER, now=NOW)
    assert f'lang="{language}"' in str(mail.outbox[0].alternatives[0][0])
    assert sign in mail.outbox[0].body.lower()


def test_the_customer_is_not_told_again_what_stood_all_along(rob: User, sue: User) -> None:
    submission = decided(rob)
    proposed(reopened(submission, sue), rob, APPROVE)
    confirmed(submission, sue)
    assert submission.state == State.APPROVED
    assert Notice.objects.filter(submission=submission).count() == 1


def test_a_case_that_turns_twice_is_told_each_time(rob: User, sue: User) -> None:
    submission = decided(rob, REJECT)
    for hours, verdict in enumerate((APPROVE, REJECT), 1):
        now = NOW + timedelta(hours=hours)
        proposed(reopened(submission, sue, now=now), rob, verdict, now=now)
        confirmed(submission, sue, now=now)
    told = Notice.objects.filter(submission=submission).order_by("decision__final_at")
    assert list(told.values_list("kind", flat=True)) == ["rejected", "approved", "rejected"]


def test_asked_again_from_a_reopened_case_still_takes_two_people_and_is_told(rob: User, sue: User) -> None:
    submission = decided(rob)
    again = verdicts.Verdict(Outcome.ASK_AGAIN, reasons=("glare",), sides=("FRONT",))
    now = NOW + timedelta(hours=1)
    proposed(reopened(submission, sue), rob, again, now=now)
    confirmed(submission, sue, now=now)
    assert customer_progress.of(submission, now=NOW).state == State.ASKED_AGAIN
    cast.send_in(submission)
    cast.answer(submission, read=replace(cast.TAIWAN_READING, number="08320279"))
    submission.refresh_from_db()
    intake.confirm(submission=submission, differences={}, actor=submission.customer.actor, now=NOW)
    submission.refresh_from_db()
    assert customer_progress.of(submission, now=NOW).state == State.TO_REVIEW
    assert proposed(submission, rob, APPROVE, now=now + LATER).stage == DecisionStage.PROPOSED
    confirmed(submission, sue, now=now + LATER)
    kinds = Notice.objects.filter(submission=submission).values_list("kind", flat=True)
    assert sorted(kinds) == ["approved", "approved", "asked_again"]


def test_a_customer_who_has_begun_anew_keeps_the_new_case(rob: User, sue: User) -> None:
    submission = decided(rob, REJECT)
    cast.collecting(submission.customer)
    with pytest.raises(TooLateError):
        reopened(submission, sue)


def test_a_relationship_once_approved_is_kept_as_one(rob: User, sue: User) -> None:
    submission = decided(rob)
    proposed(reopened(submission, sue), rob, REJECT)
    confirmed(submission, sue)
    assert retention.clock(submission.customer).kind == "approved"


class TestNobodyConfirmsTheirOwnReversal:
    @pytest.fixture
    def own(self, rob: User, sue: User) -> Submission:
        submission = reopened(decided(rob, now=timezone.now()), sue, now=timezone.now())
        proposed(submission, sue, REJECT, now=timezone.now())
        submission.refresh_from_db()
        return submission

    def test_by_the_page(self, own: Submission, sue: User, sign_in) -> None:
        for name in ("confirm", "return"):
            answer = sign_in(sue).post(reverse(f"console:{name}", args=[own.pk]), {"version": own.version})
            assert answer.status_code == 403

    def test_by_deciding_again(self, own: Submission, sue: User, sign_in) -> None:
        answer = sign_in(sue).post(
            reverse("console:decide", args=[own.pk]),
            {"version": own.version, "outcome": "reject", "reasons": ["forged"]},
        )
        assert answer.status_code == 403

    def test_by_the_writer_a_shell_calls(self, own: Submission, sue: User) -> None:
        with pytest.raises(NotAllowedError):
            confirmed(own, sue, now=timezone.now())

    def test_by_the_admin(self, own: Submission, sue: User, sign_in) -> None:
        decision = own.decisions.get(stage="proposed")
        ada = cast.make_staff(Role.ADMINISTRATOR)
        for person in (sue, ada):
            client: Client = sign_in(person)
            for address in (
                f"/admin/submissions/decision/{decision.pk}/change/",
                f"/admin/submissions/submission/{own.pk}/change/",
            ):
                assert client.post(address, {"stage": "final"}).status_code in (302, 403, 404)
        decision.refresh_from_db()
        own.refresh_from_db()
        assert (decision.stage, own.state) == (DecisionStage.PROPOSED, State.SECOND_REVIEW)

    def test_by_sql(self, own: Submission, sue: User) -> None:
        decisions = Decision.objects.filter(submission=own, stage="proposed")
        for changes in ({"stage": "window"}, {"stage": "final", "confirmed_by": sue}):
            with pytest.raises(IntegrityError), audit.acting(sue.actor):
                decisions.update(**changes)


def test_the_page_asks_why_and_reopens(rob: User, sue: User, sign_in) -> None:
    submission = decided(rob, now=timezone.now() - timedelta(minutes=5))
    client, address = sign_in(sue), reverse("console:reopen", args=[submission.pk])
    case = reverse("console:case", args=[submission.pk])
    assert address in client.get(case).content.decode()
    short = client.post(address, {"version": submission.version, "why": "no"})
    assert (short.status_code, b"at least 10 characters" in short.content) == (400, True)
    answer = client.post(address, {"version": submission.version, "why": WHY})
    assert answer["Location"] == case
    page = client.get(case).content.decode()
    assert WHY in page
    assert address not in page
    assert "Reopened by Sue" in page
    late = client.post(address, {"version": submission.version, "why": WHY}, follow=True)
    assert "Not reopened" in late.content.decode()
    assert Reopening.objects.count() == 1
    refused = sign_in(rob).post(address, {"version": submission.version, "why": WHY})
    assert refused.status_code == 403


def test_the_customers_page_shows_no_sign_of_it(rob: User, sue: User, sign_in) -> None:
    submission = decided(rob, now=timezone.now() - timedelta(minutes=5))
    page = reverse("customer:progress")
    client = sign_in(submission.customer.user)
    before = client.get(page).content.decode()
    reopened(submission, sue, now=timezone.now())
    after = client.get(page).content.decode()
    assert "Your identity is confirmed" in after
    token = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
    assert token.sub("", after) == token.sub("", before)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_reopen_at_once_one_is_told() -> None:
    submission = decided(cast.make_staff())
    people = [cast.make_staff(Role.SENIOR_REVIEWER) for _each in range(2)]
    start, outcomes = threading.Barrier(2), []

    def press(person: User) -> None:
        try:
            start.wait()
            reopening.reopen(
                submission=Submission.objects.get(pk=submission.pk),
                reviewer=person,
                why=WHY,
                version_seen=submission.version,
                actor=person.actor,
                now=NOW,
            )
            outcomes.append("reopened")
        except TooLateError:
            outcomes.append("told")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["reopened", "told"]
    assert Reopening.objects.filter(submission=submission).count() == 1
