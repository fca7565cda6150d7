"""What a second person's pages say and keep closed: the proposal, its note, the receipt, the way to decide otherwise."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.submissions import review
from kyc_portal.submissions.deciding import corrections
from kyc_portal.submissions.deciding.verdicts import Verdict
from kyc_portal.submissions.models import Decision, Submission
from kyc_portal.submissions.reasons import Outcome
from kyc_portal.submissions.states import State
from tests import cast
from tests.review_console.test_presses import held_by, press

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]
NOTE = "The last two digits sit lower than the rest."


@pytest.fixture
def sue() -> User:
    return cast.make_staff(Role.SENIOR_REVIEWER, "Sue")


@pytest.fixture
def case(sue: User) -> Submission:
    """What Rob proposes to reject, held by Sue, who has opened no picture yet."""
    rob, now = cast.make_staff(name="Rob"), timezone.now()
    mine = held_by(rob, warnings=(-9104,))
    verdict = Verdict(Outcome.REJECT, reasons=("edited",), note=NOTE)
    review.decide(submission=mine, reviewer=rob, verdict=verdict, version_seen=mine.version, actor=rob.actor, now=now)
    mine.refresh_from_db()
    return cast.claimed(mine, sue, now=now)


def page(client, case: Submission, name: str = "case", **query: object) -> str:
    return client.get(reverse(f"console:{name}", args=[case.pk]), query).text


def test_the_proposers_note_stays_closed_until_every_picture_was_opened(sign_in, sue: User, case: Submission) -> None:
    client = sign_in(sue)
    for shown in (page(client, case), page(client, case, "proposal-note")):
        assert NOTE not in shown
        assert "Their note opens once you have opened every picture" in shown
    cast.looked_at(case, sue)
    assert NOTE in page(client, case)
    assert NOTE in page(client, case, "proposal-note")


def test_what_was_written_on_the_way_to_a_proposal_is_closed_to_a_third_person_too(sign_in, sue: User, case) -> None:
    may = cast.make_staff(Role.SENIOR_REVIEWER)
    cast.looked_at(case, sue)
    press(sign_in(sue), "otherwise", case, outcome="approve", note="the digits are fine")
    shown = page(sign_in(may), case)
    assert NOTE not in shown
    assert "the digits are fine" not in shown
    cast.looked_at(case, may)
    shown = page(sign_in(may), case)
    assert NOTE in shown
    assert "the digits are fine" in shown


def test_a_proposal_says_who_proposes_what_and_that_nothing_changed(sign_in, sue: User, case: Submission) -> None:
    shown = page(sign_in(sue), case)
    assert "Rob proposes: Reject" in shown
    assert "Edited picture" in shown
    assert "Nothing changed since: same 1 pictures, 10 fields, 17 checks." in shown
    assert "Confirm rejection" in shown


def test_a_receipt_says_what_is_another_since(sign_in, sue: User, case: Submission) -> None:
    decision = Decision.objects.get(submission=case)
    client, address = sign_in(sue), reverse("console:receipt", args=[case.pk, decision.pk])
    assert "Other</span>" not in client.get(address).text
    _stands_in(State.TO_REVIEW, case)  # no writer changes evidence under a proposal; a receipt would tell if one did
    corrections.correct(
        submission=case,
        reviewer=sue,
        reading=case.readings.get(),
        field_name="number",
        value="12",
        reason="misread",
        version_seen=case.version,
        actor=sue.actor,
        now=timezone.now(),
    )
    _stands_in(State.SECOND_REVIEW, case)
    receipt = client.get(address).text
    assert "Correction: Number" in receipt
    assert receipt.count("Other</span>") == 3  # the correction, the check it fails, and one that cannot be made now
    assert "Changed since: correction, check." in page(client, case)


def test_a_return_without_a_reason_is_asked_for_it(sign_in, sue: User, case: Submission) -> None:
    client = sign_in(sue)
    asked = press(client, "return", case, why=" ")
    assert (asked.status_code, "Say why." in asked.text) == (400, True)
    press(client, "return", case, why="look at the portrait")
    case.refresh_from_db()
    assert case.state == State.TO_REVIEW
    assert "look at the portrait" in page(sign_in(cast.make_staff()), case)


def test_another_outcome_is_asked_for_its_reasons_and_becomes_a_proposal(sign_in, sue: User, case: Submission) -> None:
    cast.looked_at(case, sue)
    client = sign_in(sue)
    ways = page(client, case, "otherwise-ask", version=case.version)
    assert f"?version={case.version}&amp;otherwise" in ways
    dialog = client.get(
        reverse("console:reasons", args=[case.pk, "approve"]), {"version": case.version, "otherwise": ""}
    ).text
    assert f'action="{reverse("console:otherwise", args=[case.pk])}"' in dialog
    same = press(client, "otherwise", case, outcome="reject", reasons=["edited"])
    assert "This is what was proposed." in same.text
    assert f'action="{reverse("console:otherwise", args=[case.pk])}"' in same.text
    press(client, "otherwise", case, outcome="approve")
    assert Decision.objects.get(submission=case, stage="proposed").decided_by == sue
    assert "You proposed this. Someone else decides." in page(client, case)
    assert press(client, "otherwise", case, outcome="reject", reasons=["forged"]).status_code == 403


@pytest.mark.parametrize("name", ["confirm", "return", "otherwise", "decide", "claim", "take-over"])
def test_a_proposer_is_refused_by_403_and_it_is_recorded(sign_in, sue: User, name: str, log) -> None:
    mine = cast.looked_at(_proposed_by(sue), sue)
    client = sign_in(sue)
    log.start()
    fields = {"outcome": "approve", "why": "because"}
    assert press(client, name, mine, **fields).status_code == 403
    assert log.acts() == ["permission.refused"]


def _stands_in(state: State, case: Submission) -> None:
    with audit.acting(audit.system("command_test")):
        Submission.objects.filter(pk=case.pk).update(state=state)


def _proposed_by(person: User) -> Submission:
    mine = held_by(person, warnings=(-9104,))
    verdict = Verdict(Outcome.REJECT, reasons=("edited",))
    review.decide(
        submission=mine,
        reviewer=person,
        verdict=verdict,
        version_seen=mine.version,
        actor=person.actor,
        now=timezone.now(),
    )
    mine.refresh_from_db()
    return mine
