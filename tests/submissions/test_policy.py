"""The policy as rows: what version 1 holds, what each handling does, who changes it, and what a case keeps."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.audit.models import Entry
from kyc_portal.submissions import policies, policy, policy_trial, policy_versions, queue, review, sweeps
from kyc_portal.submissions.checks import words
from kyc_portal.submissions.deciding import four_eyes, taking_effect, undoing, verdicts
from kyc_portal.submissions.errors import IncompleteError, NotAllowedError, TooLateError
from kyc_portal.submissions.models import DecisionStage, PolicyStage, PolicyVersion, Submission
from kyc_portal.submissions.policy import Handling
from kyc_portal.submissions.policy_versions import PolicyRefusedError
from kyc_portal.submissions.reasons import Outcome
from kyc_portal.submissions.rounds import Round
from kyc_portal.submissions.states import State
from ocr_integration.contract import PermitType
from tests import cast
from tests.signing_in import freshly_signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]
NOW = cast.NOW
changed, published = cast.policy_content, cast.policy_in_force
WHY = "Recaptures have doubled since the summer"
APPROVE = verdicts.Verdict(Outcome.APPROVE)


def proposed(sue: User, content: dict[str, Any]) -> PolicyVersion:
    return policy_versions.propose(
        content=content, why=WHY, based_on=policies.standing(), by=sue, actor=sue.actor, now=NOW
    )


def decided(submission: Submission, rob: User, verdict: verdicts.Verdict = APPROVE):
    cast.looked_at(cast.claimed(submission, rob), rob)
    return review.decide(
        submission=submission,
        reviewer=rob,
        verdict=verdict,
        version_seen=submission.version,
        actor=rob.actor,
        now=NOW,
    )


@pytest.fixture
def sue() -> User:
    return cast.make_staff(Role.SENIOR_REVIEWER, "Sue")


@pytest.fixture
def ada() -> User:
    return cast.make_staff(Role.ADMINISTRATOR, "Ada")


@pytest.fixture
def rob() -> User:
    return cast.make_staff()


class TestVersionOne:
    def test_takes_two_people_for_an_edited_picture_and_for_duplicates(self) -> None:
        first = policies.in_force()
        asked = {signal: handling for signal, handling in first.signals.items() if handling is not Handling.APPROVE}
        two = ("code:-9104", "check:number_elsewhere:fail", "check:picture_elsewhere:fail")
        assert asked == dict.fromkeys(two, Handling.SECOND_REVIEW)
        assert first.allowed_types == {PermitType.HK_MACAO_RESIDENT, PermitType.TAIWAN_RESIDENT}
        assert (first.version, first.asks_for_portrait, first.second_person_percent) == ("1", False, 0)
        assert (first.failed_pictures_per_side, first.ocr_failed_tries, first.rescue_after_working_hours) == (3, 3, 24)
        assert (first.claim, first.undo_window) == (timedelta(minutes=10), timedelta(seconds=10))
        assert (first.confirm_within, first.abandon_after) == (timedelta(hours=48), timedelta(days=30))
        assert (first.stuck_after, first.expires_soon) == (timedelta(hours=24), timedelta(days=90))

    def test_stands_in_the_log_as_planted_by_a_release(self) -> None:
        (entry,) = Entry.objects.filter(object_type="submissions.policyversion", object_id="1")
        assert (entry.action, entry.actor, entry.via) == ("insert", "system:release", "command")
        assert entry.after["content"] == PolicyVersion.objects.get(pk=1).content

    def test_names_every_signal_of_its_day_and_may_be_proposed_with_those_learned_since(self) -> None:
        content = import_module("kyc_portal.submissions.migrations.0008_first_policy").CONTENT
        learned = [signal for signal in policy.SIGNALS if signal not in content["signals"]]
        assert {signal.split(":")[1] for signal in learned} == {
            "renewal_chain",
            "validity_span",
            "zone_agrees",
            "picture_elsewhere",
            "portrait_elsewhere",
            "picture_quality",
            "latin_name",
            "sides_of_one_kind",
        }
        assert [problem.part for problem in policy.problems(content)] == learned
        assert policy.problems(changed()) == []
        assert policy.read("1", content).rule(learned).way is Handling.APPROVE
        assert set(words.TITLES) == {signal.split(":")[1] for signal in policy.CHECK_SIGNALS}


class TestAContentIsRefused:
    @pytest.mark.parametrize(
        ("parts", "part"),
        [
            ({"signals": {"code:-9104": "ignore"}}, "code:-9104"),
            ({"signals": {"code:-1": "approve"}}, "code:-1"),
            ({"claim_minutes": 0}, "claim_minutes"),
            ({"claim_minutes": True}, "claim_minutes"),
            ({"second_person_percent": 101}, "second_person_percent"),
            ({"abandon_after_days": "30"}, "abandon_after_days"),
            ({"claim_minutes": 2, "undo_seconds": 120}, "undo_seconds"),
            ({"allowed_types": []}, "allowed_types"),
            ({"allowed_types": ["passport"]}, "allowed_types"),
            ({"asks_for_portrait": "yes"}, "asks_for_portrait"),
            ({"colour": "blue"}, "colour"),
        ],
    )
    def test_by_the_part_that_is_wrong(self, parts: dict[str, Any], part: str, sue: User) -> None:
        with pytest.raises(PolicyRefusedError) as caught:
            proposed(sue, changed(**parts))
        assert [each.part for each in caught.value.problems] == [part]
        assert PolicyVersion.objects.count() == 1

    def test_where_nothing_changes_or_no_reason_is_given(self, sue: User) -> None:
        with pytest.raises(IncompleteError):
            proposed(sue, changed())
        with pytest.raises(IncompleteError):
            policy_versions.propose(
                content=changed(claim_minutes=5),
                why="shorter",
                based_on=policies.standing(),
                by=sue,
                actor=sue.actor,
                now=NOW,
            )


class TestPublishing:
    def test_takes_a_senior_reviewer_and_an_administrator(self, sue: User, ada: User, rob: User, log) -> None:
        for person in (rob, ada, cast.make_staff(Role.AUDITOR)):
            with pytest.raises(NotAllowedError):
                proposed(person, changed(claim_minutes=5))
        version = proposed(sue, changed(claim_minutes=5))
        for person in (rob, sue, cast.make_staff(Role.AUDITOR)):
            with pytest.raises(NotAllowedError):
                policy_versions.publish(version=version, by=person, actor=person.actor, now=NOW)
        assert policies.in_force().version == "1"
        log.start()
        policy_versions.publish(version=version, by=ada, actor=ada.actor, now=NOW)
        policies.forget()
        assert (policies.in_force().version, policies.in_force().claim) == ("2", timedelta(minutes=5))
        assert log.acts() == ["policy.published"]

    def test_is_refused_to_the_proposer_whatever_they_became(self, sue: User) -> None:
        version = proposed(sue, changed(claim_minutes=5))
        with audit.acting(audit.system("command_test")):
            User.objects.filter(pk=sue.pk).update(role=Role.ADMINISTRATOR)
        sue.refresh_from_db()
        with pytest.raises(NotAllowedError):
            policy_versions.publish(version=version, by=sue, actor=sue.actor, now=NOW)
        with pytest.raises(IntegrityError), audit.acting(sue.actor):
            PolicyVersion.objects.filter(pk=version.pk).update(
                stage=PolicyStage.PUBLISHED, published_by=sue, published_at=NOW
            )

    def test_of_what_another_version_overtook_is_refused(self, sue: User, ada: User) -> None:
        slow = proposed(sue, changed(claim_minutes=5))
        published(changed(claim_minutes=7))
        with pytest.raises(TooLateError):
            policy_versions.publish(version=slow, by=ada, actor=ada.actor, now=NOW)

    def test_is_not_possible_once_withdrawn(self, sue: User, ada: User) -> None:
        version = proposed(sue, changed(claim_minutes=5))
        policy_versions.withdraw(version=version, by=sue, actor=sue.actor)
        with pytest.raises(TooLateError):
            policy_versions.publish(version=version, by=ada, actor=ada.actor, now=NOW)

    def test_stands_for_good(self, sue: User, owner: psycopg.Connection) -> None:
        with pytest.raises(psycopg.DatabaseError, match="is refused"):
            owner.execute("UPDATE submissions_policyversion SET why = 'another' WHERE number = 1")
        first = PolicyVersion.objects.filter(pk=1)
        for change in (lambda: first.update(why="another"), first.delete):
            with pytest.raises(DatabaseError, match="is refused"), audit.acting(sue.actor):
                change()
        waiting = proposed(sue, changed(claim_minutes=5))
        with pytest.raises(DatabaseError, match="is refused"), audit.acting(sue.actor):
            PolicyVersion.objects.filter(pk=waiting.pk).update(content=changed(claim_minutes=120))


@pytest.mark.django_db(transaction=True)
def test_of_two_versions_published_at_once_one_is_in_force() -> None:
    sue, ada = cast.make_staff(Role.SENIOR_REVIEWER), cast.make_staff(Role.ADMINISTRATOR)
    waiting = [proposed(sue, changed(claim_minutes=minutes)) for minutes in (5, 7)]
    start, outcomes = threading.Barrier(2), []

    def press(version: PolicyVersion) -> None:
        try:
            start.wait()
            policy_versions.publish(version=version, by=ada, actor=ada.actor, now=NOW)
            outcomes.append("published")
        except TooLateError:
            outcomes.append("told")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press, args=[version]) for version in waiting]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["published", "told"]
    assert PolicyVersion.objects.filter(stage=PolicyStage.PUBLISHED).count() == 2


class TestACase:
    def test_keeps_the_version_it_opened_under(self, rob: User) -> None:
        old = cast.to_review(warnings=(-9103,))
        published(changed(signals={"code:-9103": "second_review"}))
        new = cast.to_review(warnings=(-9103,))
        assert (old.policy_version, new.policy_version) == ("1", "2")
        assert [row.needs_second_person for row in queue.as_rows([old, new], now=NOW)] == [False, True]
        assert decided(old, rob).stage == DecisionStage.WINDOW
        proposal = decided(new, rob)
        assert (proposal.stage, proposal.second_person_because) == (DecisionStage.PROPOSED, ["code:-9103"])
        assert proposal.receipt["policy_version"] == "2"

    def test_is_abandoned_when_its_own_version_says_so(self) -> None:
        old = cast.collecting(cast.make_customer())
        published(changed(abandon_after_days=5))
        new = cast.collecting(cast.make_customer())
        sweeps.abandon(actor=audit.system("sweep"), now=NOW + timedelta(days=6), this=Round())
        old.refresh_from_db()
        new.refresh_from_db()
        assert (old.state, new.state) == (State.COLLECTING, State.ABANDONED)

    def test_ranks_as_before_under_another_version(self) -> None:
        made = [cast.to_review(warnings=codes) for codes in ((-9102,), (-9104,), ())]
        before = [row.submission.pk for row in queue.next_up(NOW).rows]
        published(changed(signals={"code:-9102": "ask_again"}, second_person_percent=50))
        assert [row.submission.pk for row in queue.next_up(NOW).rows] == before
        assert len(before) == len(made)

    def test_is_rescued_by_the_version_in_force(self) -> None:
        waiting = cast.to_review(waited=timedelta(hours=3))
        cast.to_review(warnings=(-9104,))
        assert queue.next_up(NOW).rows[0].submission != waiting
        published(changed(rescue_after_working_hours=1))
        assert queue.next_up(NOW).rows[0].submission == waiting


class TestAHandling:
    def test_ask_again_allows_no_approval(self, rob: User) -> None:
        published(changed(signals={"check:confirmation_agrees:not_checked": "ask_again", "code:-9102": "ask_again"}))
        submission = cast.to_review(warnings=(-9102,))
        with pytest.raises(IncompleteError) as caught:
            decided(submission, rob)
        assert caught.value.missing == "approvable"
        again = verdicts.Verdict(Outcome.ASK_AGAIN, reasons=("not_original",), sides=("FRONT",))
        assert decided(submission, rob, again).stage == DecisionStage.WINDOW

    def test_review_approves_with_a_note_only(self, rob: User) -> None:
        published(changed(signals={"code:-9102": "review"}))
        submission = cast.to_review(warnings=(-9102,))
        with pytest.raises(IncompleteError) as caught:
            decided(submission, rob)
        assert caught.value.missing == "note"
        noted = verdicts.Verdict(Outcome.APPROVE, note="The hologram is there; the lamp washed it out")
        assert decided(submission, rob, noted).stage == DecisionStage.WINDOW

    def test_second_review_follows_a_check_too(self, rob: User) -> None:
        published(changed(signals={"check:number_grammar:fail": "second_review"}))
        first, second = cast.to_review(), cast.to_review()
        with audit.acting(audit.system("command_test")):
            second.checks.filter(rule="number_grammar").update(result="fail")
        assert decided(first, rob).stage == DecisionStage.WINDOW
        assert decided(second, rob).second_person_because == ["check:number_grammar:fail"]

    def test_an_unknown_code_is_a_signal_of_its_own(self) -> None:
        published(changed(signals={"code:unknown": "second_review"}))
        assert four_eyes.ruling(cast.to_review(warnings=(-9177,))).two_people_because == ("code:unknown",)


class TestTheRandomShare:
    def test_is_drawn_from_a_recorded_seed_that_anybody_can_draw_again(self, rob: User) -> None:
        published(changed(second_person_percent=50))
        for _each in range(4):
            submission = cast.to_review()
            decision = decided(submission, rob)
            words_drawn = f"{submission.reference}|{submission.policy_version}".encode()
            digest = hmac.new(bytes.fromhex(decision.draw_seed), words_drawn, hashlib.sha256).digest()
            is_hit = int.from_bytes(digest[:8], "big") / 2**64 < 0.5
            assert decision.second_person_because == (["share"] if is_hit else [])
            assert decision.stage == (DecisionStage.PROPOSED if is_hit else DecisionStage.WINDOW)

    def test_makes_a_proposal_of_a_decision_one_person_could_have_made(self, rob: User) -> None:
        published(changed(second_person_percent=100))
        submission = cast.to_review()
        assert not queue.as_rows([submission], now=NOW)[0].needs_second_person
        decision = decided(submission, rob)
        assert (decision.stage, decision.second_person_because) == (DecisionStage.PROPOSED, ["share"])

    def test_draws_all_or_none_at_its_ends(self) -> None:
        seeds = [f"{number:032x}" for number in range(200)]
        assert not any(four_eyes.is_drawn(seed, "S-7KQ4M2", "2", percent=0) for seed in seeds)
        assert all(four_eyes.is_drawn(seed, "S-7KQ4M2", "2", percent=100) for seed in seeds)
        assert 5 <= sum(four_eyes.is_drawn(seed, "S-7KQ4M2", "2", percent=10) for seed in seeds) <= 40

    def test_taking_back_and_pressing_again_draws_the_same(self, rob: User) -> None:
        published(changed(second_person_percent=50))
        submission = cast.to_review()
        first = decided(submission, rob)
        for _each in range(4):
            undoing.undo(submission=submission, reviewer=rob, actor=rob.actor, now=NOW)
            submission.refresh_from_db()
            again = decided(submission, rob)
            assert (again.draw_seed, again.stage) == (first.draw_seed, first.stage)

    def test_leaves_no_seed_where_the_policy_draws_none(self, rob: User) -> None:
        assert decided(cast.to_review(), rob).draw_seed == ""


def test_a_trial_says_how_many_past_cases_would_go_another_way_and_why(rob: User) -> None:
    for codes in ((), (), (-9102,), (-9103,), (-9103, -9102)):
        decision = decided(cast.to_review(warnings=codes), rob)
        assert taking_effect.finish(decision=decision, actor=cast.READER, now=NOW + timedelta(seconds=11))
    candidate = policy.read("0", changed(signals={"code:-9103": "second_review", "code:-9102": "ask_again"}))
    trial = policy_trial.run(candidate, against=policies.in_force())
    assert (trial.cases, trial.other_way, trial.stricter, trial.milder, trial.barred) == (5, 3, 3, 0, 2)
    assert [(line.signal, line.many) for line in trial.lines] == [("code:-9103", 2), ("code:-9102", 2)]
    back = policy_trial.run(policies.in_force(), against=candidate)
    assert (back.stricter, back.milder) == (0, 3)
    types = policy.read(
        "0", changed(signals={"check:type_allowed:fail": "second_review"}, allowed_types=["hk_macao_resident"])
    )
    assert policy_trial.run(types, against=policies.in_force()).other_way == 5


class TestThePages:
    @pytest.fixture
    def typed(self) -> dict[str, Any]:
        content = cast.policy_content()
        return {
            **content["signals"],
            **content["numbers"],
            "allowed_types": content["allowed_types"],
            "sample_percent": 0,
            "fast_seconds": 20,
            "tags": "\n".join(policy.tags_of(content)),
            "based_on": 1,
            "why": WHY,
        }

    def test_lead_from_a_trial_to_a_version_in_force(
        self, typed: dict[str, Any], sue: User, ada: User, sign_in: Callable[[User], Client]
    ) -> None:
        client, address = sign_in(sue), reverse("administration:policy-propose")
        assert client.get(address).status_code == 200
        typed["code:-9103"] = "second_review"
        tried = client.post(address, {**typed, "act": "try", "why": ""})
        assert tried.status_code == 200
        assert "Tried on past cases" in tried.content.decode()
        assert PolicyVersion.objects.count() == 1
        answer = client.post(address, typed)
        version = reverse("administration:policy-version", args=[2])
        assert answer["Location"] == version
        publish = reverse("administration:policy-publish", args=[2])
        page = client.get(version).content.decode()
        assert "−9103 Recapture" in page
        assert publish not in page
        stale = sign_in(ada)
        assert stale.post(publish)["Location"].startswith(reverse("mfa_reauthenticate"))
        fresh = freshly_signed_in(stale, ada)
        assert publish in fresh.get(version).content.decode()
        assert "Published." in fresh.post(publish, follow=True).content.decode()
        policies.forget()
        assert policies.in_force().version == "2"
        overview = fresh.get(reverse("administration:policy")).content.decode()
        assert "version 2 in force" in overview

    def test_say_what_is_wrong_at_its_place(
        self, typed: dict[str, Any], sue: User, sign_in: Callable[[User], Client]
    ) -> None:
        client, address = sign_in(sue), reverse("administration:policy-propose")
        wrong = {**typed, "claim_minutes": 1, "code:-9104": "nothing", "why": "short", "allowed_types": []}
        answer = client.post(address, wrong)
        page = answer.content.decode()
        assert answer.status_code == 400
        for sentence in ("greater than or equal to 2", "nothing is not one of", "at least 20 characters"):
            assert sentence in page
        assert "Nothing is changed." in client.post(address, typed).content.decode()
        assert (
            "Accept at least one kind of permit."
            in client.post(address, {**typed, "claim_minutes": 5, "allowed_types": []}).content.decode()
        )
        assert PolicyVersion.objects.count() == 1

    def test_refuse_the_proposer_who_became_an_administrator(
        self, sue: User, sign_in: Callable[[User], Client]
    ) -> None:
        version = proposed(sue, changed(claim_minutes=5))
        with audit.acting(audit.system("command_test")):
            User.objects.filter(pk=sue.pk).update(role=Role.ADMINISTRATOR)
        sue.refresh_from_db()
        client = freshly_signed_in(sign_in(sue), sue)
        assert client.post(reverse("administration:policy-publish", args=[version.pk])).status_code == 403

    def test_a_case_says_what_its_policy_asks(self, rob: User, sign_in: Callable[[User], Client]) -> None:
        published(changed(signals={"code:-9102": "review", "code:-9103": "ask_again"}))
        now = timezone.now()
        noted, barred = (
            cast.looked_at(cast.claimed(cast.to_review(warnings=codes, now=now), rob, now=now), rob)
            for codes in ((-9102,), (-9103,))
        )
        client = sign_in(rob)
        dialog = reverse("console:reasons", args=[noted.pk, "approve"])
        assert (
            f"{dialog}?version={noted.version}" in client.get(reverse("console:case", args=[noted.pk])).content.decode()
        )
        assert "Approving takes a note" in client.get(dialog, {"version": noted.version}).content.decode()
        decide = reverse("console:decide", args=[noted.pk])
        empty = client.post(decide, {"version": noted.version, "outcome": "approve"})
        assert (empty.status_code, "Say in the note why" in empty.content.decode()) == (400, True)
        client.post(decide, {"version": noted.version, "outcome": "approve", "note": "The lamp washed it out"})
        assert noted.decisions.get().outcome == Outcome.APPROVE
        page = client.get(reverse("console:case", args=[barred.pk])).content.decode()
        assert "The policy allows no approval here: −9103 Recapture" in page
        assert "data-approve " not in page
        client.post(reverse("console:decide", args=[barred.pk]), {"version": barred.version, "outcome": "approve"})
        assert not barred.decisions.exists()
