"""The same portrait on another customer: only with policy and consent, found both ways, gone with the consent.

The model is the real one, the faces are drawn: to it all specimens show one person, and `somebody_else` another.
"""

from __future__ import annotations

import importlib.util
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from kyc_portal import audit
from kyc_portal.accounts.models import Customer, Role, User
from kyc_portal.audit.models import Entry
from kyc_portal.privacy import erasure, holds
from kyc_portal.privacy.models import Cause
from kyc_portal.sealing import files
from kyc_portal.submissions import evidence, intake, policies, policy_versions, redigest, related, tasks
from kyc_portal.submissions.models import (
    Consent,
    DeclaredType,
    PortraitLikeness,
    PortraitMeeting,
    Reading,
    Submission,
)
from kyc_portal.submissions.pictures import faces, portraits
from kyc_portal.submissions.pictures.kept_bits import joined
from kyc_portal.submissions.policy_versions import PolicyRefusedError
from kyc_portal.submissions.related import Tie
from tests import cast, drawn_faces

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]

COMPARING = {
    "asks_for_portrait": True,
    "compares_portraits": True,
    "signals": {"check:portrait_elsewhere:fail": "second_review"},
}
FAIL = ("fail", "portrait_on_another_customer")
PASS = ("pass", "portrait_only_here")


@pytest.fixture
def comparing() -> None:
    cast.policy_in_force(cast.policy_content(**COMPARING))


def case(portrait: bytes, *, agrees: bool = True, customer: Customer | None = None) -> Submission:
    """A case whose card was answered with this portrait, ready for a reviewer."""
    customer = customer or cast.make_customer()
    submission = intake.start(
        customer=customer,
        declared_type=DeclaredType.TAIWAN_RESIDENT,
        language="en",
        actor=customer.actor,
        now=cast.NOW,
        agrees_to_portraits=agrees,
    )
    cast.send_in(submission)
    cast.answer(submission, read=replace(cast.TAIWAN_READING, number=cast._number(), profile=portrait))
    submission.refresh_from_db()
    return intake.confirm(submission=submission, differences={}, actor=customer.actor, now=cast.NOW)


def verdict(submission: Submission) -> tuple[str, str] | None:
    check = submission.checks.filter(rule="portrait_elsewhere").order_by("version").last()
    return (check.result, check.reason) if check else None


def alike(one: Submission, other: Submission) -> portraits.Meeting | None:
    found = {each.row.submission.pk: each for each in related.related(one, now=cast.NOW)}
    return found[other.pk].portraits if other.pk in found and Tie.PORTRAIT in found[other.pk].ties else None


class TestTheModel:
    def test_photos_of_one_person_lie_nearer_than_the_bound_and_of_two_further(self) -> None:
        mine = faces.measured(drawn_faces.one_person(1))
        again = faces.measured(drawn_faces.one_person(1, height=120, quality=40))
        theirs = faces.measured(drawn_faces.somebody_else())
        assert mine
        assert again
        assert theirs
        assert len(mine) == faces.NUMBERS
        assert faces.apart(mine, again) < faces.SAME_UP_TO * 0.8
        assert faces.apart(mine, theirs) > faces.SAME_UP_TO
        assert (faces.bits(mine) ^ faces.bits(again)).bit_count() < (faces.bits(mine) ^ faces.bits(theirs)).bit_count()

    def test_what_shows_no_face_has_no_numbers(self) -> None:
        assert faces.measured(cast.picture(5, size=(225, 300))) is None
        assert faces.measured(drawn_faces.one_person(1, height=60)) is None
        assert faces.measured(b"\xff\xd8\xff no picture") is None

    def test_numbers_come_out_of_their_package_as_they_went_in(self) -> None:
        numbers = tuple(at / 64 for at in range(faces.NUMBERS))
        assert faces.unpacked(faces.packed(numbers)) == numbers


@pytest.mark.usefixtures("comparing")
class TestMeeting:
    def test_one_face_under_two_names_is_said_and_both_cases_find_each_other(self) -> None:
        first, second = case(drawn_faces.one_person(2)), case(drawn_faces.one_person(3))
        assert (verdict(first), verdict(second)) == (PASS, FAIL)
        there, back = alike(second, first), alike(first, second)
        assert there
        assert back
        assert (there.mine, there.theirs) == (back.theirs, back.mine) == (second.readings.get(), first.readings.get())
        assert "check:portrait_elsewhere:fail" in second.signals

    def test_another_face_is_another(self) -> None:
        first, second = case(drawn_faces.one_person(2)), case(drawn_faces.somebody_else())
        assert verdict(second) == PASS
        assert alike(second, first) is None

    def test_a_customers_own_earlier_portrait_is_no_fault(self) -> None:
        first = case(drawn_faces.one_person(2))
        intake.withdraw(submission=first, actor=first.customer.actor, now=cast.NOW)
        assert verdict(case(drawn_faces.one_person(2), customer=first.customer)) == PASS

    def test_a_portrait_without_a_face_is_not_checked(self) -> None:
        assert verdict(case(cast.picture(6, size=(225, 300)))) == ("not_checked", "portrait_not_compared")
        assert verdict(case(b"")) == ("not_checked", "portrait_not_compared")

    def test_a_face_is_found_over_a_change_of_keys_and_veiled_anew(self, settings: Any) -> None:
        first = case(drawn_faces.one_person(2))
        old = settings.DIGEST_KEY
        settings.DIGEST_KEY = f"later:{'B' * 43}=,{old}"
        assert verdict(case(drawn_faces.one_person(3))) == FAIL
        assert redigest.redigest(first.customer_id, actor=audit.system("command_redigest"))
        assert PortraitLikeness.objects.get(customer=first.customer).key_id == "later"
        settings.DIGEST_KEY = f"later:{'B' * 43}="
        assert verdict(case(drawn_faces.one_person(4))) == FAIL

    def test_only_the_nearest_meetings_are_kept_one_a_customer(self) -> None:
        for seed in range(10, 10 + portraits.KEPT + 2):
            theirs = case(drawn_faces.one_person(seed))
        intake.withdraw(submission=theirs, actor=theirs.customer.actor, now=cast.NOW)
        case(drawn_faces.one_person(40), customer=theirs.customer)
        last = case(drawn_faces.one_person(30))
        met = PortraitMeeting.objects.filter(later__reading__submission=last)
        mine = faces.measured(drawn_faces.one_person(30))
        assert mine
        nearest: dict[Any, float] = {}
        for row in PortraitLikeness.objects.exclude(customer=last.customer):
            numbers = portraits._numbers(row)
            assert numbers
            nearest[row.customer_id] = min(faces.apart(mine, numbers), nearest.get(row.customer_id, 2.0))
        want = sorted(nearest, key=lambda each: nearest[each])[: portraits.KEPT]
        assert [each.earlier.customer_id for each in met.order_by("apart") if each.earlier] == want

    def test_what_a_face_is_known_by_stands_neither_in_the_row_nor_in_the_log(self) -> None:
        submission = case(drawn_faces.one_person(2))
        row = PortraitLikeness.objects.get(customer=submission.customer)
        numbers = faces.measured(drawn_faces.one_person(2))
        assert numbers
        assert joined(row.bits) != faces.bits(numbers)
        assert faces.packed(numbers)[:16] not in bytes(row.numbers_sealed)
        entry = Entry.objects.get(object_type="submissions.portraitlikeness", action="insert", object_id=str(row.pk))
        assert entry.after["bits"] == {"hidden": True}
        assert set(entry.after["numbers_sealed"]) == {"sealed", "bytes"}

    def test_an_answer_that_is_used_again_brings_its_portrait(self) -> None:
        customer = cast.make_customer()
        first = case(drawn_faces.one_person(2), customer=customer)
        picture = cast.picture(991)
        intake.withdraw(submission=first, actor=customer.actor, now=cast.NOW)
        started = {"customer": customer, "declared_type": DeclaredType.TAIWAN_RESIDENT, "language": "en"}
        for again in (False, True):
            submission = intake.start(**started, actor=customer.actor, now=cast.NOW, agrees_to_portraits=True)
            intake.add_scan(submission=submission, side="FRONT", data=picture, actor=customer.actor, now=cast.NOW)
            intake.submit(submission=submission, actor=customer.actor, now=cast.NOW)
            if again:
                tasks.read_scan(str(submission.scans.get().pk))
            else:
                cast.answer(submission, read=replace(cast.TAIWAN_READING, profile=drawn_faces.one_person(2)))
                intake.withdraw(submission=submission, actor=customer.actor, now=cast.NOW)
        reading = Reading.objects.get(submission=submission)
        assert reading.reused_from is not None
        assert files.load(customer.id, reading.pk) == drawn_faces.one_person(2)
        assert portraits.is_comparable([reading])


class TestConsent:
    @pytest.mark.usefixtures("comparing")
    def test_without_it_nothing_is_measured_kept_or_met(self) -> None:
        first, second = case(drawn_faces.one_person(2), agrees=False), case(drawn_faces.one_person(3))
        assert verdict(first) == ("not_checked", "portrait_without_consent")
        assert verdict(second) == PASS
        assert not PortraitLikeness.objects.filter(customer=first.customer).exists()
        assert alike(second, first) is None

    @pytest.mark.usefixtures("comparing")
    def test_the_text_that_was_shown_is_stored_with_the_choice(self) -> None:
        agreed, declined = case(b""), case(b"", agrees=False)
        assert agreed.consent.text_version == declined.consent.text_version == intake.CONSENT_TEXT_WITH_PORTRAITS
        assert agreed.consent.portraits_given_at == cast.NOW
        assert declined.consent.portraits_given_at is None

    @pytest.mark.usefixtures("comparing")
    @pytest.mark.parametrize("whole", [False, True])
    def test_taken_back_it_takes_what_was_compared_with_it(self, whole: bool, log: Any) -> None:
        first, second = case(drawn_faces.one_person(2)), case(drawn_faces.one_person(3))
        assert alike(second, first)
        log.start()
        if whole:
            intake.withdraw(submission=first, actor=first.customer.actor, now=cast.NOW, with_consent=True)
        else:
            assert intake.take_portraits_back(customer=first.customer, actor=first.customer.actor, now=cast.NOW)
            assert not intake.take_portraits_back(customer=first.customer, actor=first.customer.actor, now=cast.NOW)
            assert log.acts() == ["portrait_consent.withdrawn"]
            first.refresh_from_db()
            assert first.state == "to_review"
        assert not PortraitLikeness.objects.filter(customer=first.customer).exists()
        assert alike(second, first) is alike(first, second) is None
        assert PortraitMeeting.objects.get().earlier is None
        assert verdict(case(drawn_faces.one_person(4))) == FAIL  # the second still agrees

    @pytest.mark.usefixtures("comparing")
    def test_with_one_of_two_consents_taken_back_its_own_portrait_goes(self) -> None:
        first = case(drawn_faces.one_person(2))
        customer = first.customer
        intake.withdraw(submission=first, actor=customer.actor, now=cast.NOW)
        again = case(drawn_faces.one_person(3), customer=customer)
        intake.withdraw(submission=again, actor=customer.actor, now=cast.NOW, with_consent=True)
        assert [row.reading.submission for row in PortraitLikeness.objects.filter(customer=customer)] == [first]
        again.consent.refresh_from_db()
        assert again.consent.portraits_withdrawn_at == cast.NOW
        assert list(intake.stands_for_portraits(customer)) == [first.consent]

    @pytest.mark.usefixtures("comparing")
    @pytest.mark.parametrize("who", ["the one met", "the one who met"])
    def test_what_was_found_stays_found_whoever_takes_the_consent_back(self, who: str) -> None:
        first, second = case(drawn_faces.one_person(2)), case(drawn_faces.one_person(3))
        gone = first.customer if who == "the one met" else second.customer
        intake.take_portraits_back(customer=gone, actor=gone.actor, now=cast.NOW)
        with audit.acting(cast.READER):
            second.version += 1
            Submission.objects.filter(pk=second.pk).update(version=second.version)
            evidence.weigh(second, now=cast.NOW)
        assert verdict(second) == FAIL
        assert second.checks.filter(rule="portrait_elsewhere").latest("version").version == second.version

    @pytest.mark.usefixtures("comparing")
    def test_under_a_legal_hold_the_rows_stay_and_nobody_is_met_by_them(self) -> None:
        first = case(drawn_faces.one_person(2))
        ada = cast.make_staff(Role.ADMINISTRATOR)
        hold = holds.put_on(customer=first.customer, why="A court asks for it", by=ada, now=cast.NOW)
        assert intake.take_portraits_back(customer=first.customer, actor=first.customer.actor, now=cast.NOW)
        assert PortraitLikeness.objects.filter(customer=first.customer).exists()
        second = case(drawn_faces.one_person(3))
        assert verdict(second) == PASS
        assert alike(second, first) is None
        assert holds.lift(hold=hold, by=ada, now=cast.NOW)
        assert not PortraitLikeness.objects.filter(customer=first.customer).exists()

    def test_where_the_policy_compares_nothing_neither_is_asked_nor_done(self) -> None:
        submission = case(drawn_faces.one_person(2))
        assert verdict(submission) is None
        assert submission.consent.text_version == intake.CONSENT_TEXT_VERSION
        assert submission.consent.portraits_given_at is None
        assert not PortraitLikeness.objects.exists()

    def test_a_case_that_opened_under_an_older_policy_is_not_compared(self) -> None:
        older = cast.collecting(cast.make_customer())
        cast.policy_in_force(cast.policy_content(**COMPARING))
        cast.send_in(older)
        cast.answer(older, read=replace(cast.TAIWAN_READING, profile=drawn_faces.one_person(2)))
        assert verdict(older) is None
        assert not PortraitLikeness.objects.exists()


@pytest.mark.usefixtures("comparing")
@pytest.mark.parametrize("who", ["earlier", "later"])
def test_an_erasure_takes_faces_and_meetings(who: str) -> None:
    first, second = case(drawn_faces.one_person(2)), case(drawn_faces.one_person(3))
    gone = first if who == "earlier" else second
    intake.withdraw(submission=gone, actor=gone.customer.actor, now=cast.NOW)
    later = cast.NOW + timedelta(days=4000)
    erasure.erase(customer=gone.customer, cause=Cause.RETENTION, actor=cast.READER, now=later)
    assert not PortraitLikeness.objects.filter(customer=gone.customer).exists()
    assert [each.earlier for each in PortraitMeeting.objects.all()] == ([None] if who == "earlier" else [])


class TestPages:
    @pytest.mark.usefixtures("comparing")
    def test_the_third_box_is_a_free_choice(self, sign_in: Any) -> None:
        for ticked in (False, True):
            customer = cast.make_customer()
            client = sign_in(customer.user)
            page = client.get(reverse("customer:start")).text
            assert 'name="portraits" id="id_portraits">' in page
            assert "We do not compare your face" not in page
            form = {"declared_type": DeclaredType.TAIWAN_RESIDENT, "notice": "on", "reading": "on"}
            answer = client.post(reverse("customer:start"), form | ({"portraits": "on"} if ticked else {}))
            assert answer.status_code == 302
            assert (Consent.objects.get(customer=customer).portraits_given_at is not None) is ticked

    @pytest.mark.parametrize("was_on", [False, True])
    def test_a_text_that_changed_meanwhile_is_shown_again(self, sign_in: Any, was_on: bool) -> None:
        versions = [intake.CONSENT_TEXT_VERSION, intake.CONSENT_TEXT_WITH_PORTRAITS]
        shown, now = versions[was_on], versions[not was_on]
        if not was_on:
            cast.policy_in_force(cast.policy_content(**COMPARING))
        customer = cast.make_customer()
        form = {"declared_type": DeclaredType.TAIWAN_RESIDENT, "notice": "on", "reading": "on", "text_version": shown}
        answer = sign_in(customer.user).post(reverse("customer:start"), form)
        assert answer.status_code == 409
        assert "has changed since you opened this page" in answer.text
        assert f'name="text_version" value="{now}"' in answer.text
        assert not Consent.objects.filter(customer=customer).exists()

    def test_no_box_where_the_policy_compares_nothing(self, sign_in: Any) -> None:
        customer = cast.make_customer()
        client = sign_in(customer.user)
        page = client.get(reverse("customer:start")).text
        assert "id_portraits" not in page
        assert "We do not compare your face" in page
        form = {"declared_type": DeclaredType.TAIWAN_RESIDENT, "notice": "on", "reading": "on", "portraits": "on"}
        client.post(reverse("customer:start"), form)
        assert Consent.objects.get(customer=customer).portraits_given_at is None

    @pytest.mark.usefixtures("comparing")
    def test_it_is_taken_back_on_the_page_of_ones_data_by_its_owner_alone(self, sign_in: Any) -> None:
        first, other = case(drawn_faces.one_person(2)), case(drawn_faces.somebody_else())
        client = sign_in(first.customer.user)
        assert "Do not compare my portrait any more" in client.get(reverse("customer:privacy")).text
        page = client.post(reverse("customer:portraits"), follow=True).text
        assert "Your portrait is not compared any more." in page
        assert "Do not compare my portrait any more" not in page
        assert set(PortraitLikeness.objects.values_list("customer", flat=True)) == {other.customer_id}

    @pytest.mark.usefixtures("comparing")
    def test_the_reviewer_sees_both_portraits_and_each_look_is_recorded(self, sign_in: Any, log: Any) -> None:
        first, second = case(drawn_faces.one_person(2)), case(drawn_faces.one_person(3))
        client = sign_in(cast.make_staff())
        whole = client.get(reverse("console:case", args=[second.pk])).text
        assert "compared with those of others who agreed" in whole
        page = client.get(reverse("console:related", args=[second.pk])).text
        assert "Portrait looks the same" in page
        log.start()
        for each in (second, first):
            address = reverse("console:portrait", args=[each.pk, each.readings.get().pk])
            assert f'<img loading="lazy" src="{address}"' in page
            assert client.get(address).status_code == 200
        looked = [entry.subject for entry in log.entries(action="portrait.viewed")]
        assert looked == [second.customer_id, first.customer_id]


class TestThePolicy:
    @pytest.fixture
    def sue(self) -> User:
        return cast.make_staff(Role.SENIOR_REVIEWER)

    def propose(self, sue: User, **parts: Any) -> None:
        policy_versions.propose(
            content=cast.policy_content(**parts),
            why="One face under two names",
            based_on=policies.standing(),
            by=sue,
            actor=sue.actor,
            now=cast.NOW,
        )

    def test_comparing_needs_the_portrait_asked_for(self, sue: User) -> None:
        with pytest.raises(PolicyRefusedError, match="ask the service for them"):
            self.propose(sue, **{**COMPARING, "asks_for_portrait": False})

    def test_two_that_look_alike_are_never_waved_through(self, sue: User) -> None:
        with pytest.raises(PolicyRefusedError, match="ask for a review or for more"):
            self.propose(sue, **{**COMPARING, "signals": {}})

    def test_and_the_model_installed(self, sue: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
        with pytest.raises(PolicyRefusedError, match="not installed"):
            self.propose(sue, **COMPARING)

    @pytest.mark.usefixtures("comparing")
    def test_where_it_went_missing_later_nothing_is_called_clean(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for error in (ImportError, RuntimeError, MemoryError):

            def missing(portrait: bytes, error: type[Exception] = error) -> None:
                raise error

            monkeypatch.setattr(faces, "measured", missing)
            assert verdict(case(drawn_faces.one_person(2))) == ("not_checked", "portrait_not_compared")

    @pytest.mark.usefixtures("comparing")
    def test_a_kept_face_that_does_not_open_is_not_called_another(self) -> None:
        first = case(drawn_faces.one_person(2))
        with audit.acting(cast.READER):
            PortraitLikeness.objects.filter(customer=first.customer).update(numbers_sealed=b"broken" * 20)
        assert verdict(case(drawn_faces.one_person(3))) == ("not_checked", "portrait_not_compared")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first_gone", [False, True])
def test_taking_back_while_somebody_is_met_loses_neither(monkeypatch: pytest.MonkeyPatch, first_gone: bool) -> None:
    """Whoever is first, the other waits or sees it: no answer is lost, nobody gets an error, and nobody is named."""
    cast.policy_in_force(cast.policy_content(**COMPARING))
    first = case(drawn_faces.one_person(2))
    found, gone, problems = threading.Event(), threading.Event(), []
    candidates, met = portraits._candidates, portraits._met

    def take_back() -> None:
        try:
            assert found.wait(30)
            intake.take_portraits_back(customer=first.customer, actor=first.customer.actor, now=cast.NOW)
        except Exception as error:
            problems.append(error)
        finally:
            gone.set()
            connection.close()

    def slow_candidates(*asked: Any) -> Any:
        seen = candidates(*asked)
        if first_gone:  # between the look and the lock
            found.set()
            assert gone.wait(30)
        return seen

    def slow_met(*asked: Any) -> Any:
        seen = met(*asked)
        if not first_gone:  # between the lock and the commit
            found.set()
            assert not gone.wait(0.5)
        return seen

    monkeypatch.setattr(portraits, "_candidates", slow_candidates)
    monkeypatch.setattr(portraits, "_met", slow_met)
    other = threading.Thread(target=take_back)
    other.start()
    second = case(drawn_faces.one_person(3))
    other.join()
    assert problems == []
    assert set(PortraitLikeness.objects.values_list("customer", flat=True)) == {second.customer_id}
    assert [each.earlier for each in PortraitMeeting.objects.all()] == ([] if first_gone else [None])
    assert verdict(second) == (PASS if first_gone else FAIL)
