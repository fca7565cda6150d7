"""Several cases at once: offered, tagged, escalated, and never decided."""

from __future__ import annotations

import inspect
from datetime import timedelta

import pytest
from django.urls import get_resolver

from kyc_portal.accounts.models import Role
from kyc_portal.audit.models import Entry
from kyc_portal.submissions import review, several
from kyc_portal.submissions.deciding import claims, second_review, undoing
from kyc_portal.submissions.errors import NotAllowedError
from kyc_portal.submissions.models import Submission
from kyc_portal.submissions.several import Left
from kyc_portal.submissions.states import State
from tests import cast
from tests.cast import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]


def offered(cases, to, sue=None, now=NOW) -> several.Done:
    sue = sue or cast.make_staff(Role.SENIOR_REVIEWER)
    return several.offer(cases=[each.pk for each in cases], to=to, by=sue, actor=sue.actor, now=now)


def next_of(reviewer, now=NOW) -> str | None:
    found = claims.claim_next(reviewer=reviewer, actor=reviewer.actor, now=now)
    return found.reference if found else None


class TestOffers:
    def test_an_offered_case_comes_first_to_its_person_and_is_passed_over_for_others(self) -> None:
        grave, plain, other = cast.to_review(warnings=(-9104,)), cast.to_review(), cast.to_review()
        rob, ron = cast.make_staff(), cast.make_staff()
        assert offered([plain, grave], rob).done == [grave.reference, plain.reference]
        assert claims.ahead(reviewer=ron, now=NOW) == other.pk
        assert [next_of(ron), next_of(ron)] == [other.reference, None]
        assert [next_of(rob), next_of(rob), next_of(rob)] == [grave.reference, plain.reference, None]

    def test_an_offer_ends_with_its_working_hours(self) -> None:
        case, rob, ron = cast.to_review(), cast.make_staff(), cast.make_staff()
        offered([case], rob)
        assert next_of(ron, NOW + several.OFFERED - timedelta(seconds=1)) is None
        assert next_of(ron, NOW + several.OFFERED) == case.reference

    def test_the_rescue_lane_knows_no_offers(self) -> None:
        late = cast.to_review(waited=timedelta(days=8))
        own, rob, ron = cast.to_review(warnings=(-9104,)), cast.make_staff(), cast.make_staff()
        offered([late, own], ron)
        assert next_of(rob) == late.reference
        assert next_of(ron) == own.reference

    def test_an_offered_case_can_still_be_claimed_by_name(self) -> None:
        case, rob, ron = cast.to_review(), cast.make_staff(), cast.make_staff()
        offered([case], rob)
        assert cast.claimed(case, ron).claimed_by == ron
        assert next_of(rob) is None

    def test_only_a_senior_offers_and_only_to_who_decides(self) -> None:
        case, rob, sue = cast.to_review(), cast.make_staff(), cast.make_staff(Role.SENIOR_REVIEWER)
        with pytest.raises(NotAllowedError):
            offered([case], rob, sue=rob)
        for to in (cast.make_staff(Role.AUDITOR), cast.make_staff(Role.ADMINISTRATOR), cast.make_customer().user):
            with pytest.raises(NotAllowedError):
                offered([case], to, sue=sue)
        rob.is_active = False
        with pytest.raises(NotAllowedError):
            offered([case], rob, sue=sue)
        case.refresh_from_db()
        assert (case.offered_to, case.offered_until) == (None, None)

    def test_each_that_cannot_be_offered_is_left_and_named(self) -> None:
        rob, sue = cast.make_staff(), cast.make_staff(Role.SENIOR_REVIEWER)
        good, held, escalated = cast.to_review(), cast.to_review(), cast.to_review()
        cast.claimed(held, cast.make_staff())
        several.escalate(cases=[escalated.pk], by=rob, actor=rob.actor, now=NOW)
        collecting = cast.collecting(cast.make_customer())
        found = offered([good, held, escalated, collecting], rob, sue=sue)
        assert found.done == [good.reference]
        assert dict(found.left) == {
            held.reference: Left.HELD,
            escalated.reference: Left.SENIORS,
            collecting.reference: Left.MOVED,
        }
        assert offered([escalated], sue, sue=sue).done == [escalated.reference]


class TestEscalating:
    def test_waiting_cases_go_to_the_seniors_and_lose_a_reviewers_offer(self) -> None:
        case, rob, sue = cast.to_review(), cast.make_staff(), cast.make_staff(Role.SENIOR_REVIEWER)
        offered([case], rob, sue=sue)
        version = case.version
        assert several.escalate(cases=[case.pk], by=rob, actor=rob.actor, now=NOW).done == [case.reference]
        case.refresh_from_db()
        assert (case.is_escalated, case.offered_to, case.state, case.version) == (True, None, State.TO_REVIEW, version)
        assert [next_of(rob), next_of(sue)] == [None, case.reference]
        assert several.escalate(cases=[case.pk], by=sue, actor=sue.actor, now=NOW).left == [
            (case.reference, Left.ALREADY)
        ]

    def test_a_case_a_colleague_holds_is_left_and_ones_own_is_given_up(self) -> None:
        rob, ron = cast.make_staff(), cast.make_staff()
        own, his = cast.claimed(cast.to_review(), rob), cast.claimed(cast.to_review(), ron)
        found = several.escalate(cases=[own.pk, his.pk], by=rob, actor=rob.actor, now=NOW)
        assert (found.done, found.left) == ([own.reference], [(his.reference, Left.HELD)])
        own.refresh_from_db()
        assert own.claimed_by is None


class TestTags:
    def test_a_tag_is_a_word_of_the_policy_put_on_once_and_taken_off(self) -> None:
        rob, case = cast.make_staff(), cast.to_review()
        cast.policy_in_force(cast.policy_content(tags=["For training"]))
        act = {"cases": [case.pk], "word": "For training", "by": rob, "actor": rob.actor}
        assert several.tag(**act).done == [case.reference]
        assert several.tag(**act).left == [(case.reference, Left.ALREADY)]
        case.refresh_from_db()
        assert case.tags == ["For training"]
        with pytest.raises(NotAllowedError):
            several.tag(**act | {"word": "CHAN Tai Man"})
        cast.policy_in_force(cast.policy_content(tags=[]))
        assert several.untag(**act).done == [case.reference]
        case.refresh_from_db()
        assert case.tags == []

    def test_an_ended_case_keeps_what_it_has(self) -> None:
        rob = cast.make_staff()
        case = cast.decided(rob)
        done = several.tag(cases=[case.pk], word="For training", by=rob, actor=rob.actor)
        assert done.left == [(case.reference, Left.MOVED)]


def test_every_act_leaves_an_entry_with_the_case_and_who() -> None:
    case, sue, rob = cast.to_review(), cast.make_staff(Role.SENIOR_REVIEWER), cast.make_staff()
    offered([case], rob, sue=sue)
    several.tag(cases=[case.pk], word="For training", by=sue, actor=sue.actor)
    several.untag(cases=[case.pk], word="For training", by=sue, actor=sue.actor)
    several.escalate(cases=[case.pk], by=sue, actor=sue.actor, now=NOW)
    acts = Entry.objects.filter(object_id=str(case.pk), kind="act", actor=sue.actor.name).order_by("pk")
    wanted = ["submission.offered", "submission.tagged", "submission.untagged", "submission.escalated"]
    assert [each.action for each in acts] == wanted


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR, Role.CUSTOMER])
def test_nobody_but_a_reviewer_acts_on_several(role: Role) -> None:
    case = cast.to_review()
    other = case.customer.user if role == Role.CUSTOMER else cast.make_staff(role)
    with pytest.raises(NotAllowedError):
        several.escalate(cases=[case.pk], by=other, actor=other.actor, now=NOW)
    with pytest.raises(NotAllowedError):
        several.tag(cases=[case.pk], word="For training", by=other, actor=other.actor)


class TestNothingDecidesSeveral:
    def test_no_act_on_several_moves_a_state(self) -> None:
        sue = cast.make_staff(Role.SENIOR_REVIEWER)
        cases = [cast.to_review(), cast.claimed(cast.to_review(), sue)]
        ids, actor = [each.pk for each in cases], sue.actor
        several.offer(cases=ids, to=sue, by=sue, actor=actor, now=NOW)
        several.tag(cases=ids, word="For training", by=sue, actor=actor)
        several.escalate(cases=ids, by=sue, actor=actor, now=NOW)
        assert set(Submission.objects.values_list("state", flat=True)) == {State.TO_REVIEW}
        assert not Submission.objects.filter(decisions__isnull=False).exists()

    @pytest.mark.parametrize(
        "writer",
        [review.decide, review.park, second_review.confirm, second_review.send_back, undoing.undo],
        ids=lambda each: each.__name__,
    )
    def test_who_decides_is_given_one_case(self, writer) -> None:
        assert inspect.signature(writer).parameters["submission"].annotation == "Submission"

    def test_every_address_that_decides_names_one_case(self) -> None:
        console = next(each for each in get_resolver().url_patterns if getattr(each, "app_name", "") == "console")
        deciding = ("decide", "confirm", "return", "otherwise", "undo", "park")
        found = {each.name: str(each.pattern) for each in console.url_patterns}
        assert all("<uuid:submission_id>" in found[name] for name in deciding)

    def test_no_field_of_the_press_says_an_outcome(self, sign_in) -> None:
        case = cast.to_review()
        for act in ("approve", "reject", "ask_again", "decide", "claim", "park"):
            client = sign_in(cast.make_staff(Role.SENIOR_REVIEWER))
            assert client.post("/console/several/", {"act": act, "case": [str(case.pk)]}).status_code == 404
        case.refresh_from_db()
        assert case.state == State.TO_REVIEW
