"""Two people at one case, and one person who would be two: who is first, what the other is told, what is never saved."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connections, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.submissions import review
from kyc_portal.submissions.deciding import claims, second_review, verdicts
from kyc_portal.submissions.errors import NotAllowedError, TooLateError
from kyc_portal.submissions.models import Decision, Submission
from kyc_portal.submissions.reasons import Outcome
from kyc_portal.submissions.states import State
from tests import cast
from tests.review_console.test_presses import held_by, press

pytestmark = pytest.mark.django_db
EDITED = {"outcome": "reject", "reasons": ["edited"]}
PARKED = {"until": "hours", "why": "waits for a colleague"}


def proposal_of(person: User) -> Submission:
    case = held_by(person, warnings=(-9104,))
    verdict = verdicts.Verdict(Outcome.REJECT, reasons=("edited",))
    now = timezone.now()
    review.decide(
        submission=case, reviewer=person, verdict=verdict, version_seen=case.version, actor=person.actor, now=now
    )
    case.refresh_from_db()
    return case


def test_the_second_of_two_reviewers_is_told_and_saves_nothing(sign_in) -> None:
    rob, tom = cast.make_staff(name="Rob"), cast.make_staff(name="Tom")
    case = held_by(rob)
    client = sign_in(tom)
    assert "Somebody else holds this case" in client.get(press(client, "claim", case)["Location"]).text
    for name, fields in (("decide", {**EDITED, "note": "the lower edge"}), ("park", PARKED), ("escalate", {})):
        answer = press(client, name, case, **fields)
        assert answer.status_code == 409, name
        assert "You do not hold this case" in answer.text
        assert "Rob holds it." in answer.text
        assert ("the lower edge" in answer.text) == ("note" in fields)
    case.refresh_from_db()
    assert (case.state, case.claimed_by) == (State.TO_REVIEW, rob)
    assert not Decision.objects.filter(submission=case).exists()


def test_a_decision_after_the_lease_went_to_another_is_refused(sign_in) -> None:
    rob, tom = cast.make_staff(), cast.make_staff()
    case = held_by(rob)
    with audit.acting(rob.actor):
        Submission.objects.filter(pk=case.pk).update(claimed_until=timezone.now() - timedelta(seconds=1))
    cast.claimed(case, tom, now=timezone.now())
    client = sign_in(rob)
    assert press(client, "renew", case).status_code == 409
    press(client, "decide", case, **EDITED)
    assert not Decision.objects.filter(submission=case).exists()


def test_a_stale_decision_says_what_is_another_now(sign_in) -> None:
    rob = cast.make_staff()
    case, client = held_by(rob), sign_in(rob)
    seen = case.version
    reading = case.readings.get()
    address = reverse("console:correct", args=[case.pk, reading.pk])
    client.post(address, {"version": seen, "field": "number", "value": "12", "reason": "misread"})
    answer = press(client, "decide", case, outcome="approve")
    assert answer.status_code == 409
    assert f"You saw version {seen}; it is now version {seen + 1}." in answer.text
    table = answer.text.partition('<table class="list list-wrap changes">')[2].partition("</table>")[0]
    assert "Number fits its type" in table
    assert "The number has a form of its type" in table
    assert "The number has no form of its type" in table
    assert "Done last" in table
    assert "Corrected a field" in table
    assert not Decision.objects.filter(submission=case).exists()


def test_a_refused_press_shows_nothing_that_the_log_does_not_know(sign_in, log) -> None:
    rob, tom = cast.make_staff(), cast.make_staff()
    case = held_by(rob)
    press(sign_in(tom), "park", case, **PARKED)
    opened = log.entries(action="case.opened", actor=tom.actor.name)
    assert len(opened) == 1


def test_a_lease_that_ran_out_decides_nothing_even_while_nobody_took_it(sign_in) -> None:
    rob = cast.make_staff()
    case = held_by(rob)
    with audit.acting(rob.actor):
        Submission.objects.filter(pk=case.pk).update(claimed_until=timezone.now() - timedelta(seconds=1))
    press(sign_in(rob), "decide", case, **EDITED)
    assert not Decision.objects.filter(submission=case).exists()


def test_a_senior_takes_a_case_over_and_its_holder_decides_no_more(sign_in) -> None:
    rob, sue = cast.make_staff(), cast.make_staff(Role.SENIOR_REVIEWER)
    case = held_by(rob)
    assert press(sign_in(sue), "take-over", case).status_code == 302
    case.refresh_from_db()
    assert case.claimed_by == sue
    client = sign_in(rob)
    assert press(client, "take-over", case).status_code == 403
    press(client, "decide", case, **EDITED)
    assert press(client, "renew", case).status_code == 409
    assert not Decision.objects.filter(submission=case).exists()


def test_the_same_form_sent_twice_decides_once(sign_in) -> None:
    rob = cast.make_staff()
    case, client = held_by(rob), sign_in(rob)
    for _each in range(2):
        press(client, "decide", case, outcome="approve")
    assert Decision.objects.filter(submission=case).count() == 1


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_of_two_seniors_who_confirm_at_once_one_does() -> None:
    rob = cast.make_staff()
    seniors = [cast.make_staff(Role.SENIOR_REVIEWER) for _each in range(2)]
    case = proposal_of(rob)
    for senior in seniors:
        cast.looked_at(case, senior)
    together, done = threading.Barrier(2), []

    def confirm(senior: User) -> None:
        together.wait(30)
        try:
            now = timezone.now()
            held = claims.claim(submission=case, reviewer=senior, actor=senior.actor, now=now)
            second_review.confirm(
                submission=held, reviewer=senior, version_seen=held.version, actor=senior.actor, now=now
            )
            done.append(senior.pk)
        except (TooLateError, NotAllowedError):
            done.append(None)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=confirm, args=[senior]) for senior in seniors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(done, key=str) == sorted([None, Decision.objects.get(submission=case).confirmed_by_id], key=str)


class TestNobodyDecidesTheirOwnProposal:
    """By the page, the address, the admin, the writers a shell would call, and the database itself."""

    @pytest.fixture
    def sue(self) -> User:
        return cast.make_staff(Role.SENIOR_REVIEWER)

    @pytest.fixture
    def own(self, sue: User) -> Submission:
        return cast.looked_at(proposal_of(sue), sue)

    def test_the_page_offers_it_to_nobody_who_proposed(self, sign_in, sue: User, own: Submission) -> None:
        page = sign_in(sue).get(reverse("console:case", args=[own.pk])).text
        assert reverse("console:confirm", args=[own.pk]) not in page
        assert reverse("console:return", args=[own.pk]) not in page

    @pytest.mark.parametrize("name", ["confirm", "return", "decide", "otherwise", "claim", "take-over"])
    def test_the_address_refuses(self, sign_in, sue: User, own: Submission, name: str) -> None:
        assert press(sign_in(sue), name, own, **EDITED, why="look again").status_code == 403
        own.refresh_from_db()
        assert own.claimed_by is None
        assert Decision.objects.get(submission=own).stage == "proposed"

    @pytest.mark.parametrize("role", [Role.SENIOR_REVIEWER, Role.ADMINISTRATOR])
    def test_the_admin_writes_nothing(self, sign_in, sue: User, own: Submission, role: Role) -> None:
        client: Client = sign_in(sue if role == sue.role else cast.make_staff(role))
        for address in (f"/admin/submissions/submission/{own.pk}/change/", "/admin/submissions/decision/add/"):
            assert client.post(address, {"state": "approved", "stage": "final"}).status_code in (302, 403, 404)
        own.refresh_from_db()
        assert own.state == State.SECOND_REVIEW

    def test_the_writer_refuses_whoever_calls_it(self, sue: User, own: Submission) -> None:
        otherwise = {"verdict": verdicts.Verdict(Outcome.APPROVE)}
        for writer, more in (
            (second_review.confirm, {}),
            (second_review.send_back, {"why": "look again"}),
            (second_review.decide_otherwise, otherwise),
        ):
            with pytest.raises(NotAllowedError):
                writer(
                    submission=own,
                    reviewer=sue,
                    version_seen=own.version,
                    actor=sue.actor,
                    now=timezone.now(),
                    **more,
                )

    def test_the_database_refuses_who_goes_round_the_writer(self, sue: User, own: Submission) -> None:
        with pytest.raises(IntegrityError, match="nobody_confirms_their_own_proposal"), audit.acting(sue.actor):
            Decision.objects.filter(submission=own).update(confirmed_by=sue, stage="window")
        for stage in ("window", "final"):
            with pytest.raises(IntegrityError, match="was_seen_by_two"), audit.acting(sue.actor):
                Decision.objects.filter(submission=own).update(stage=stage)
        with pytest.raises(Exception, match="audit"), transaction.atomic():
            Decision.objects.filter(submission=own).update(outcome="approve")
