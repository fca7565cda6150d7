"""The way of a submission through the writers, on the real database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from kyc_portal.accounts.models import Role
from kyc_portal.submissions import card_fields, customer_progress, evidence, intake, queue, reading, review, sweeps
from kyc_portal.submissions.deciding import claims, corrections, looks, second_review, taking_effect, undoing, verdicts
from kyc_portal.submissions.errors import (
    IncompleteError,
    NotAllowedError,
    PictureRefusedError,
    StaleError,
    TooLateError,
)
from kyc_portal.submissions.models import Decision, DeclaredType, Notice, Reading, Scan, Submission
from kyc_portal.submissions.reading_service import breaker
from kyc_portal.submissions.reasons import Outcome
from kyc_portal.submissions.states import ScanState, State
from ocr_integration.contract import BACK_FIELDS, TEXT_FIELDS
from tests import cast
from tests.cast import NOW, READER

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]


def approve(submission: Submission, reviewer: object, **changes: object) -> Decision:
    arguments = {
        "submission": submission,
        "reviewer": reviewer,
        "verdict": verdicts.Verdict(Outcome.APPROVE),
        "version_seen": submission.version,
        "actor": reviewer.actor,  # type: ignore[attr-defined]
        "now": NOW,
    }
    return review.decide(**{**arguments, **changes})  # type: ignore[arg-type]


def test_a_card_goes_all_the_way(log) -> None:
    rob = cast.make_staff()
    submission = cast.to_review()
    assert submission.state == State.TO_REVIEW
    held = claims.claim_next(reviewer=rob, actor=rob.actor, now=NOW)
    assert held == submission
    decision = approve(cast.looked_at(held, rob), rob)
    assert taking_effect.finish(decision=decision, actor=READER, now=NOW + timedelta(seconds=11))
    submission.refresh_from_db()
    assert submission.state == State.APPROVED
    assert Notice.objects.get(submission=submission).kind == "approved"
    assert log.acts() == [
        "submission.started",
        "picture.added",
        "submission.submitted",
        "reading.stored",
        "submission.confirmed",
        "claim.taken",
        "picture.viewed",
        "decision.made",
        "decision.took_effect",
    ]


def test_every_field_of_the_answer_is_saved_and_shown_by_its_name() -> None:
    submission = cast.received(declared=DeclaredType.HK_MACAO_RESIDENT)
    cast.answer(submission, "FRONT", read=cast.HK_FRONT_READING)
    cast.answer(submission, "BACK", read=cast.HK_BACK_READING)
    for side, answer in (("FRONT", cast.HK_FRONT_READING), ("BACK", cast.HK_BACK_READING)):
        stored = Reading.objects.get(submission=submission, side=side)
        assert evidence.open_fields(stored) == reading.text_fields(answer)
        assert set(evidence.open_fields(stored)) == {*TEXT_FIELDS, *(f"back_{name}" for name in BACK_FIELDS)}
        assert stored.request_id == answer.request_id
        assert stored.warnings_checked
    shown = [field.name for side in card_fields.sides_of(submission) for field in [*side.fields, *side.absent]]
    assert sorted(shown) == sorted(card_fields.FIELD_LABELS)
    assert set(card_fields.FIELD_LABELS) == set(reading.text_fields(cast.HK_FRONT_READING))


def test_no_personal_value_stands_in_clear_in_any_row() -> None:
    submission = cast.to_review()
    for model in (Submission, Scan, Reading):
        for row in model.objects.filter(customer_id=submission.customer_id).values():
            text = " ".join(repr(value) for value in row.values())
            for secret in ("李優圖", "LI,YOU-TU", "1986.03.02"):
                assert secret not in text
                assert secret.encode().hex() not in text


def test_the_last_of_two_sides_sums_up() -> None:
    submission = cast.received(declared=DeclaredType.HK_MACAO_RESIDENT)
    cast.answer(submission, "FRONT", read=cast.HK_FRONT_READING)
    submission.refresh_from_db()
    assert submission.state == State.RECEIVED
    cast.answer(submission, "BACK", read=cast.HK_BACK_READING)
    submission.refresh_from_db()
    assert submission.state == State.CONFIRMING


def test_a_submission_without_its_back_is_not_sent_in() -> None:
    ann = cast.make_customer()
    submission = cast.collecting(ann, declared=DeclaredType.HK_MACAO_RESIDENT)
    intake.add_scan(submission=submission, side="FRONT", data=cast.picture(), actor=ann.actor, now=NOW)
    with pytest.raises(IncompleteError) as caught:
        intake.submit(submission=submission, actor=ann.actor, now=NOW)
    assert caught.value.missing == "back"


def test_sending_in_twice_is_sending_in_once(log) -> None:
    submission = cast.received()
    again = intake.submit(submission=submission, actor=submission.customer.actor, now=NOW)
    assert again.state == State.RECEIVED
    assert log.acts().count("submission.submitted") == 1


def test_starting_twice_opens_one_submission() -> None:
    ann = cast.make_customer()
    assert cast.collecting(ann) == cast.collecting(ann)


def test_the_same_picture_twice_is_one_scan() -> None:
    ann = cast.make_customer()
    submission = cast.collecting(ann)
    first, second = (
        intake.add_scan(submission=submission, side="FRONT", data=cast.picture(7), actor=ann.actor, now=NOW)
        for _each in range(2)
    )
    assert first == second


def test_another_picture_of_a_side_replaces_the_first() -> None:
    ann = cast.make_customer()
    submission = cast.collecting(ann)
    for seed in (1, 2):
        intake.add_scan(submission=submission, side="FRONT", data=cast.picture(seed), actor=ann.actor, now=NOW)
    assert sorted(submission.scans.values_list("state", flat=True)) == [ScanState.KEPT, ScanState.REPLACED]


def test_a_lost_lease_is_taken_over_and_the_late_twin_is_dropped() -> None:
    submission = cast.received()
    first = cast.begin(submission)
    assert reading.begin(scan=first.scan, actor=READER, now=NOW) is None
    later = NOW + reading.LEASE
    second = cast.begin(submission, now=later)
    done = {"prepared": None, "duration_ms": 1, "actor": READER, "now": later, "answer": cast.TAIWAN_READING}
    assert reading.store(attempt=second, **done)
    assert not reading.store(attempt=first, **done)
    assert Reading.objects.filter(submission=submission).count() == 1


def test_a_service_fault_is_a_delay_and_never_a_try_of_the_customer() -> None:
    submission = cast.received()
    when = reading.put_back(
        attempt=cast.begin(submission), code="Transport.Timeout", request_id="", actor=READER, now=NOW
    )
    submission.refresh_from_db()
    shown = customer_progress.of(submission, now=NOW)
    assert (submission.state, shown.is_delayed, shown.next_try_at) == (State.RECEIVED, True, when)
    assert evidence.failed_tries(submission, "FRONT") == 0


def test_an_account_fault_stops_calls_and_a_success_resumes_them() -> None:
    submission = cast.received()
    probe_at = reading.put_back(
        attempt=cast.begin(submission),
        code="AuthFailure.SignatureFailure",
        request_id="",
        actor=READER,
        now=NOW,
        stops_calls=True,
    )
    stop = breaker.stopped()
    assert stop is not None
    assert stop.probe_at == probe_at
    other = cast.received()
    assert reading.begin(scan=other.scans.get(), actor=READER, now=NOW) is None
    assert cast.answer(submission, read=cast.TAIWAN_READING, now=probe_at)
    assert breaker.stopped() is None


def test_a_picture_fault_asks_for_that_side_only_and_the_same_file_is_refused() -> None:
    ann = cast.make_customer()
    submission = cast.collecting(ann)
    bad = cast.picture(99)
    intake.add_scan(submission=submission, side="FRONT", data=bad, actor=ann.actor, now=NOW)
    intake.submit(submission=submission, actor=ann.actor, now=NOW)
    reading.picture_fault(
        attempt=cast.begin(submission),
        code="FailedOperation.ImageNoSpecifiedCard",
        request_id="r",
        actor=READER,
        now=NOW,
    )
    submission.refresh_from_db()
    assert (submission.state, submission.sides_asked) == (State.ASKED_AGAIN, ["FRONT"])
    with pytest.raises(PictureRefusedError) as caught:
        intake.add_scan(submission=submission, side="FRONT", data=bad, actor=ann.actor, now=NOW)
    assert caught.value.fault == intake.SAME_AS_FAILED


def test_after_three_failed_pictures_a_person_takes_over() -> None:
    submission = cast.received()
    for number in (1, 2, 3):
        reading.picture_fault(
            attempt=cast.begin(submission), code="FailedOperation.ImageBlur", request_id="", actor=READER, now=NOW
        )
        submission.refresh_from_db()
        if number < 3:
            assert submission.state == State.ASKED_AGAIN
            cast.send_in(submission)
    assert submission.state == State.TO_REVIEW
    row = queue.as_rows([submission], now=NOW)[0]
    assert (row.label, row.is_clean) == ("Not checked", False)


def test_what_failed_three_times_is_looked_at_before_it_is_approved(sign_in) -> None:
    submission = cast.received(now=timezone.now())
    for _each in range(3):
        attempt = cast.begin(submission, now=timezone.now())
        blur = "FailedOperation.ImageBlur"
        reading.picture_fault(attempt=attempt, code=blur, request_id="", actor=READER, now=timezone.now())
        submission.refresh_from_db()
        if submission.state == State.ASKED_AGAIN:
            cast.send_in(submission, now=timezone.now())
    newest = submission.scans.latest("attempt")
    assert evidence.standing_scans(submission) == {"FRONT": newest}
    rob = cast.make_staff()
    held = cast.claimed(submission, rob, now=timezone.now())
    page = sign_in(rob).get(reverse("console:case", args=[held.pk])).text
    assert reverse("console:picture", args=[held.pk, newest.pk]) in page
    assert blur in page
    with pytest.raises(IncompleteError) as caught:
        approve(held, rob, now=timezone.now())
    assert caught.value.missing == "pictures_seen"
    assert approve(cast.looked_at(held, rob), rob, now=timezone.now()).outcome == Outcome.APPROVE


def test_a_side_without_a_picture_was_seen_by_nobody() -> None:
    submission, rob = cast.received(), cast.make_staff()
    assert evidence.standing_scans(submission) == {}
    assert looks.unseen_scans(submission, rob.actor) == ["FRONT"]


def test_a_defect_of_ours_goes_to_a_person_as_not_checked() -> None:
    submission = cast.received()
    reading.give_up(attempt=cast.begin(submission), code="InvalidParameter", request_id="", actor=READER, now=NOW)
    submission.refresh_from_db()
    row = queue.as_rows([submission], now=NOW)[0]
    assert submission.state == State.TO_REVIEW
    assert (row.label, row.is_clean) == ("Not checked", False)


def test_an_answer_is_reused_for_the_same_picture_of_the_same_customer_only() -> None:
    ann = cast.make_customer()
    data = cast.picture(5)

    def sent(customer) -> Submission:
        submission = cast.collecting(customer)
        intake.add_scan(submission=submission, side="FRONT", data=data, actor=customer.actor, now=NOW)
        return intake.submit(submission=submission, actor=customer.actor, now=NOW)

    first = sent(ann)
    cast.answer(first, read=cast.TAIWAN_READING)
    first.refresh_from_db()
    intake.withdraw(submission=first, actor=ann.actor, now=NOW)
    again, bea = sent(ann), sent(cast.make_customer("bea"))
    found = reading.reusable(again.scans.get())
    assert found is not None
    assert reading.text_fields(reading.answer_of(found)) == reading.text_fields(cast.TAIWAN_READING)
    assert reading.reusable(bea.scans.get()) is None


def test_a_late_answer_after_withdrawal_is_dropped() -> None:
    submission = cast.received()
    attempt = cast.begin(submission)
    submission.refresh_from_db()
    intake.withdraw(submission=submission, actor=submission.customer.actor, now=NOW)
    assert not reading.store(
        attempt=attempt, answer=cast.TAIWAN_READING, prepared=None, duration_ms=1, actor=READER, now=NOW
    )


def test_what_the_customer_calls_wrong_stands_beside_what_was_read() -> None:
    submission = cast.confirming()
    intake.confirm(
        submission=submission,
        differences={"english_name": {"value": "LEE,YOU-TU", "note": ""}},
        actor=submission.customer.actor,
        now=NOW,
    )
    field = next(each for each in card_fields.fields_of(submission) if each.name == "english_name")
    assert (field.read, field.customer_value, field.state) == ("LI,YOU-TU", "LEE,YOU-TU", "differs")
    assert submission.checks.filter(rule="confirmation_agrees", result="fail").exists()


def test_the_same_life_number_on_another_customer_is_found() -> None:
    one = cast.confirming()
    other = cast.confirming(cast.make_customer("bea"))
    checks = {check.submission_id: check.result for check in other.checks.filter(rule="number_elsewhere")}
    assert one.state == State.CONFIRMING
    assert checks == {other.pk: "fail"}


# ----- deciding


def test_without_a_claim_nobody_decides() -> None:
    with pytest.raises(NotAllowedError):
        approve(cast.to_review(), cast.make_staff())


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_other_roles_neither_claim_nor_decide(role: Role) -> None:
    submission, person = cast.to_review(), cast.make_staff(role)
    with pytest.raises(NotAllowedError):
        cast.claimed(submission, person)
    with pytest.raises(NotAllowedError):
        approve(submission, person)


def test_approving_waits_until_every_picture_was_opened() -> None:
    rob = cast.make_staff()
    with pytest.raises(IncompleteError) as caught:
        approve(cast.claimed(cast.to_review(), rob), rob)
    assert caught.value.missing == "pictures_seen"


def test_a_decision_on_another_version_is_refused_and_nothing_is_saved() -> None:
    rob = cast.make_staff()
    submission = cast.looked_at(cast.claimed(cast.to_review(), rob), rob)
    with pytest.raises(StaleError) as caught:
        approve(submission, rob, version_seen=submission.version - 1)
    assert (caught.value.seen, caught.value.now) == (submission.version - 1, submission.version)
    assert not Decision.objects.filter(submission=submission).exists()


def test_rejecting_needs_a_reason_of_rejecting() -> None:
    rob = cast.make_staff()
    submission = cast.claimed(cast.to_review(), rob)
    for reasons_given in ((), ("blurred",)):
        with pytest.raises(IncompleteError):
            approve(submission, rob, verdict=verdicts.Verdict(Outcome.REJECT, reasons_given))


def test_asking_again_opens_that_side_and_keeps_the_other() -> None:
    rob = cast.make_staff()
    submission = cast.received(declared=DeclaredType.HK_MACAO_RESIDENT)
    cast.answer(submission, "FRONT", read=cast.HK_FRONT_READING)
    cast.answer(submission, "BACK", read=cast.HK_BACK_READING)
    submission.refresh_from_db()
    intake.confirm(submission=submission, differences={}, actor=submission.customer.actor, now=NOW)
    submission = cast.claimed(submission, rob)
    verdict = verdicts.Verdict(Outcome.ASK_AGAIN, ("glare",), ("BACK",))
    decision = approve(submission, rob, verdict=verdict)
    taking_effect.finish(decision=decision, actor=READER, now=NOW + timedelta(seconds=10))
    submission.refresh_from_db()
    assert intake.missing_sides(submission) == ["BACK"]
    cast.send_in(submission)
    assert submission.attempt == 2
    cast.answer(submission, "BACK", read=replace(cast.HK_BACK_READING, request_id="second"))
    submission.refresh_from_db()
    assert submission.state == State.CONFIRMING
    assert {side: scan.attempt for side, scan in evidence.standing_scans(submission).items()} == {"FRONT": 1, "BACK": 2}


def test_an_edited_picture_needs_a_second_person_who_is_not_the_proposer() -> None:
    rob, sue = cast.make_staff(), cast.make_staff(Role.SENIOR_REVIEWER)
    submission = cast.looked_at(cast.claimed(cast.to_review(warnings=(-9104,)), sue), sue)
    decision = approve(submission, sue)
    submission.refresh_from_db()
    assert (decision.stage, submission.state) == ("proposed", State.SECOND_REVIEW)
    with pytest.raises(NotAllowedError):
        second_review.confirm(
            submission=submission, reviewer=sue, version_seen=submission.version, actor=sue.actor, now=NOW
        )
    for person in (sue, rob):
        with pytest.raises(NotAllowedError):
            cast.claimed(submission, person)
    tom = cast.make_staff(Role.SENIOR_REVIEWER)
    cast.claimed(submission, tom)
    confirmed = second_review.confirm(
        submission=cast.looked_at(submission, tom),
        reviewer=tom,
        version_seen=submission.version,
        actor=tom.actor,
        now=NOW,
    )
    assert taking_effect.finish(decision=confirmed, actor=READER, now=NOW + timedelta(seconds=10))


def test_undo_returns_the_case_with_its_wait_and_only_in_the_window() -> None:
    rob = cast.make_staff()
    submission = cast.looked_at(cast.claimed(cast.to_review(waited=timedelta(hours=1)), rob), rob)
    since = submission.waiting_since
    approve(submission, rob)
    undoing.undo(submission=submission, reviewer=rob, actor=rob.actor, now=NOW + timedelta(seconds=9))
    submission.refresh_from_db()
    assert (submission.state, submission.waiting_since) == (State.TO_REVIEW, since)
    approve(submission, rob)
    with pytest.raises(TooLateError):
        undoing.undo(submission=submission, reviewer=rob, actor=rob.actor, now=NOW + timedelta(seconds=10))


def test_deciding_twice_decides_once() -> None:
    rob = cast.make_staff()
    submission = cast.looked_at(cast.claimed(cast.to_review(), rob), rob)
    approve(submission, rob)
    with pytest.raises(TooLateError):
        approve(submission, rob)
    assert Decision.objects.filter(submission=submission).count() == 1


def test_finishing_twice_tells_the_customer_once(log) -> None:
    rob = cast.make_staff()
    decision = approve(cast.looked_at(cast.claimed(cast.to_review(), rob), rob), rob)
    later = NOW + timedelta(seconds=10)
    assert [taking_effect.finish(decision=decision, actor=READER, now=later) for _each in range(2)] == [True, False]
    assert Notice.objects.filter(submission=decision.submission).count() == 1


def test_a_correction_keeps_what_was_read_and_weighs_again() -> None:
    rob = cast.make_staff()
    submission = cast.claimed(cast.to_review(), rob)
    stored = Reading.objects.get(submission=submission)
    seen = submission.version
    corrections.correct(
        submission=submission,
        reviewer=rob,
        reading=stored,
        field_name="number",
        value="123",
        reason="blurred last digits",
        version_seen=seen,
        actor=rob.actor,
        now=NOW,
    )
    submission.refresh_from_db()
    field = next(each for each in card_fields.fields_of(submission) if each.name == "number")
    assert field.value == "123"
    assert field.read != "123"
    assert submission.version == seen + 1
    assert submission.checks.get(rule="number_grammar", version=submission.version).result == "fail"


# ----- the sweep


def test_the_sweep_finishes_lost_decisions_and_confirms_overdue_cases() -> None:
    rob = cast.make_staff()
    decided = cast.looked_at(cast.claimed(cast.to_review(), rob), rob)
    approve(decided, rob)
    silent = cast.confirming(cast.make_customer())
    sweeps.sweep(actor=READER, now=NOW + timedelta(hours=48))
    for submission, state in ((decided, State.APPROVED), (silent, State.TO_REVIEW)):
        submission.refresh_from_db()
        assert submission.state == state
    assert silent.not_confirmed


def test_the_sweep_abandons_what_was_never_sent_in_and_lapses_what_ran_out() -> None:
    rob = cast.make_staff()
    idle = cast.collecting(cast.make_customer())
    decision = approve(cast.looked_at(cast.claimed(cast.to_review(), rob), rob), rob)
    taking_effect.finish(decision=decision, actor=READER, now=NOW + timedelta(seconds=10))
    sweeps.sweep(actor=READER, now=NOW + timedelta(days=365 * 3))
    idle.refresh_from_db()
    decision.submission.refresh_from_db()
    assert (idle.state, decision.submission.state) == (State.ABANDONED, State.LAPSED)
    sweeps.sweep(actor=READER, now=NOW + timedelta(days=365 * 3))
    assert [notice.kind for notice in decision.submission.notices.order_by("created_at")] == ["approved", "lapsed"]


def test_a_day_of_delay_is_an_alarm_and_still_no_fault_of_the_customer(log) -> None:
    submission = cast.received()
    reading.put_back(attempt=cast.begin(submission), code="Transport.Http5xx", request_id="", actor=READER, now=NOW)
    for _each in range(2):
        sweeps.sweep(actor=READER, now=NOW + timedelta(hours=24))
    submission.refresh_from_db()
    assert (submission.is_stuck, submission.state) == (True, State.RECEIVED)
    assert log.acts().count("submission.stuck") == 1
