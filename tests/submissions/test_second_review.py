"""What a second and a third person do with a proposal, and what each of them is kept from."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.submissions import review
from kyc_portal.submissions.deciding import (
    claims,
    corrections,
    notes,
    second_person,
    second_review,
    taking_effect,
    undoing,
)
from kyc_portal.submissions.deciding.verdicts import Verdict
from kyc_portal.submissions.errors import IncompleteError, NotAllowedError, StaleError, TooLateError
from kyc_portal.submissions.models import CaseNote, Decision, DecisionStage, NoteKind, Submission
from kyc_portal.submissions.reasons import Outcome
from kyc_portal.submissions.states import State
from tests import cast
from tests.cast import NOW, READER

pytestmark = pytest.mark.django_db
APPROVE = Verdict(Outcome.APPROVE, note="the edge is a scratch")
REJECT = Verdict(Outcome.REJECT, reasons=("edited",), note="the last digits are lower")
OVER = NOW + timedelta(seconds=11)


@pytest.fixture
def rob() -> User:
    return cast.make_staff(name="Rob")


@pytest.fixture
def seniors() -> list[User]:
    return [cast.make_staff(Role.SENIOR_REVIEWER, name) for name in ("Sue", "May", "Kim")]


@pytest.fixture
def case(rob: User) -> Submission:
    """A case that Rob proposes to reject, because its picture was edited."""
    submission = cast.looked_at(cast.claimed(cast.to_review(warnings=(-9104,)), rob), rob)
    press(review.decide, submission, rob, verdict=REJECT)
    submission.refresh_from_db()
    return submission


def press(writer, submission: Submission, person: User, **more):
    return writer(
        submission=submission,
        reviewer=person,
        version_seen=more.pop("version", submission.version),
        actor=person.actor,
        now=NOW,
        **more,
    )


def taken(submission: Submission, person: User) -> Submission:
    return cast.looked_at(cast.claimed(submission, person), person)


def change(row: User | Submission, **fields: object) -> None:
    """Set columns past the writers, as an administrator's page or time would."""
    with audit.acting(audit.system("command_test")):
        type(row).objects.filter(pk=row.pk).update(**fields)
    row.refresh_from_db()


def stages(submission: Submission) -> list[tuple[str, str]]:
    found = Decision.objects.filter(submission=submission)
    return sorted((each.decided_by.display_name, each.stage) for each in found.select_related("decided_by"))


def test_a_second_person_who_disagrees_proposes_and_a_third_confirms(case, seniors) -> None:
    sue, may, _kim = seniors
    made = press(second_review.decide_otherwise, taken(case, sue), sue, verdict=APPROVE)
    case.refresh_from_db()
    assert (case.state, case.claimed_by) == (State.SECOND_REVIEW, None)
    assert stages(case) == [("Rob", "otherwise"), ("Sue", "proposed")]
    assert made.instead_of.decided_by.display_name == "Rob"
    press(second_review.confirm, taken(case, may), may)
    taking_effect.finish(decision=made, actor=READER, now=OVER)
    case.refresh_from_db()
    assert case.state == State.APPROVED


def test_the_third_persons_own_decision_is_final(case, seniors) -> None:
    sue, may, _kim = seniors
    press(second_review.decide_otherwise, taken(case, sue), sue, verdict=APPROVE)
    case.refresh_from_db()
    asked = Verdict(Outcome.ASK_AGAIN, reasons=("not_original",), sides=("FRONT",))
    made = press(second_review.decide_otherwise, taken(case, may), may, verdict=asked)
    case.refresh_from_db()
    assert (made.stage, case.state) == (DecisionStage.WINDOW, State.DECIDING)
    taking_effect.finish(decision=made, actor=READER, now=OVER)
    case.refresh_from_db()
    assert case.state == State.ASKED_AGAIN


def test_nobody_who_proposed_decides_what_came_of_it(case, seniors, rob: User) -> None:
    sue, may, _kim = seniors
    press(second_review.decide_otherwise, taken(case, sue), sue, verdict=APPROVE)
    case.refresh_from_db()
    change(rob, role=Role.SENIOR_REVIEWER)
    for proposer in (rob, sue):
        for writer in (claims.claim, claims.take_over):
            with pytest.raises(NotAllowedError):
                writer(submission=case, reviewer=proposer, actor=proposer.actor, now=NOW)
        held = cast.looked_at(case, proposer)
        change(held, claimed_by=proposer, claimed_until=NOW + timedelta(minutes=10))  # as if they had held it
        for writer, more in (
            (second_review.confirm, {}),
            (second_review.send_back, {"why": "look again"}),
            (second_review.decide_otherwise, {"verdict": REJECT}),
        ):
            with pytest.raises(NotAllowedError):
                press(writer, held, proposer, **more)
        change(held, claimed_until=NOW - timedelta(seconds=1))
    press(second_review.confirm, taken(case, may), may)


@pytest.mark.parametrize(
    ("verdict", "missing"),
    [
        (Verdict(Outcome.REJECT, reasons=("edited",)), "otherwise"),
        (Verdict(Outcome.REJECT), "reason"),
        (Verdict(Outcome.ASK_AGAIN, reasons=("glare",)), "side"),
    ],
)
def test_otherwise_is_another_outcome_or_another_reason_and_complete(case, seniors, verdict, missing: str) -> None:
    sue = seniors[0]
    with pytest.raises(IncompleteError) as caught:
        press(second_review.decide_otherwise, taken(case, sue), sue, verdict=verdict)
    assert caught.value.missing == missing
    assert stages(case) == [("Rob", "proposed")]


def test_otherwise_waits_until_every_picture_was_opened_and_binds_to_the_version(case, seniors) -> None:
    sue = seniors[0]
    held = cast.claimed(case, sue)
    with pytest.raises(IncompleteError):
        press(second_review.decide_otherwise, held, sue, verdict=APPROVE)
    with pytest.raises(StaleError):
        press(second_review.decide_otherwise, taken(case, sue), sue, verdict=APPROVE, version=case.version - 1)


def test_another_proposal_taken_back_leaves_the_first_as_it_was(case, seniors) -> None:
    sue, may, _kim = seniors
    press(second_review.decide_otherwise, taken(case, sue), sue, verdict=APPROVE)
    undoing.undo(submission=case, reviewer=sue, actor=sue.actor, now=NOW + timedelta(seconds=9))
    case.refresh_from_db()
    assert (case.state, case.claimed_by) == (State.SECOND_REVIEW, sue)
    assert stages(case) == [("Rob", "proposed"), ("Sue", "undone")]
    press(second_review.decide_otherwise, case, sue, verdict=APPROVE)
    case.refresh_from_db()
    press(second_review.decide_otherwise, taken(case, may), may, verdict=REJECT)
    undoing.undo(submission=case, reviewer=may, actor=may.actor, now=NOW + timedelta(seconds=9))
    case.refresh_from_db()
    assert (case.state, case.claimed_by) == (State.SECOND_REVIEW, may)
    assert ("Sue", "proposed") in stages(case)


def test_a_confirmation_is_offered_back_however_long_its_proposal_waited(case, seniors) -> None:
    sue = seniors[0]
    later = NOW + timedelta(hours=3)
    held = cast.looked_at(cast.claimed(case, sue, now=later), sue)
    second_review.confirm(submission=held, reviewer=sue, version_seen=held.version, actor=sue.actor, now=later)
    offered = undoing.undoable(sue, now=later + timedelta(seconds=5))
    assert offered is not None
    assert (offered.submission_id, offered.is_proposal) == (case.pk, False)
    undoing.undo(submission=case, reviewer=sue, actor=sue.actor, now=later + timedelta(seconds=9))
    assert stages(case) == [("Rob", "proposed")]


def test_where_no_third_person_is_left_operators_are_to_be_told(case, seniors) -> None:
    sue, may, kim = seniors
    press(second_review.decide_otherwise, taken(case, sue), sue, verdict=APPROVE)
    assert not second_person.stranded()
    for person in (may, kim):
        change(person, is_active=False)
    assert [each.decided_by for each in second_person.stranded()] == [sue]


def test_a_proposer_who_became_senior_counts_as_nobody_for_what_was_proposed_instead(case, seniors, rob) -> None:
    sue, may, kim = seniors
    press(second_review.decide_otherwise, taken(case, sue), sue, verdict=APPROVE)
    change(rob, role=Role.SENIOR_REVIEWER)
    for person in (may, kim):
        change(person, is_active=False)
    assert second_person.stranded().exists()


def test_nothing_is_corrected_under_a_proposal(case, seniors) -> None:
    sue = seniors[0]
    held, reading = taken(case, sue), case.readings.get()
    fields = {"reading": reading, "field_name": "number", "value": "12", "reason": "misread"}
    with pytest.raises(TooLateError):
        press(corrections.correct, held, sue, **fields)
    press(second_review.confirm, held, sue)


class TestSendingBack:
    def test_takes_a_reason_which_the_next_person_reads(self, case, seniors) -> None:
        sue = seniors[0]
        held, since = taken(case, sue), case.waiting_since
        with pytest.raises(IncompleteError):
            press(second_review.send_back, held, sue, why="  ")
        press(second_review.send_back, held, sue, why="Look at the portrait, not at the digits.")
        case.refresh_from_db()
        assert (case.state, case.waiting_since) == (State.TO_REVIEW, since)
        told = notes.opened(CaseNote.objects.filter(submission=case))
        assert [(each.note.kind, each.text) for each in told] == [
            (NoteKind.RETURNED, "Look at the portrait, not at the digits.")
        ]

    def test_keeps_its_reason_out_of_the_log(self, case, seniors, log) -> None:
        sue = seniors[0]
        log.start()
        press(second_review.send_back, taken(case, sue), sue, why="the portrait of Mr Chan")
        assert "decision.returned" in log.acts()
        assert "Chan" not in str([(each.before, each.after, each.details) for each in log.entries()])


def test_a_receipt_holds_what_was_corrected_and_a_case_decided_knows_since_when_it_was_held(case) -> None:
    decision = Decision.objects.get(submission=case)
    assert decision.receipt["corrections"] == {}
    assert decision.held_since == NOW
