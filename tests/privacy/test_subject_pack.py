"""A customer's own pack: all that is theirs, and nothing of anybody else, of the staff, or of a suspicion."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from kyc_portal import audit
from kyc_portal.accounts.models import Customer, Role, User
from kyc_portal.audit.queries import VIEWS
from kyc_portal.customer_site import words as customer_words
from kyc_portal.exports.archive import Made
from kyc_portal.exports.errors import NotAllowedError, RefusedError
from kyc_portal.privacy import deletion, holds
from kyc_portal.privacy.subject_pack import contents, making, words
from kyc_portal.sealing.keys import held
from kyc_portal.sealing.models import CustomerKey
from kyc_portal.submissions import card_fields, intake, review
from kyc_portal.submissions.deciding import corrections, reopening, samples, second_review, taking_effect, verdicts
from kyc_portal.submissions.models import NoticeKind, Submission
from kyc_portal.submissions.reasons import NEUTRAL_TEXT, Outcome
from kyc_portal.submissions.states import State
from tests import cast
from tests.signing_in import freshly_signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]
PURPOSE = "Access request by letter, received 20 November"
# What staff wrote for each other, and who they are: planted, and to be found nowhere.
STAFF = ("Robert Lamsecret", "Susan Hosecret", "Adamina Chowsecret")
NOTES = ("NOTE-DECISION", "NOTE-CORRECTION", "NOTE-REOPENED", "NOTE-SECONDLOOK", "NOTE-LEGALHOLD")
# What would say that the card is taken for a forgery.
SUSPICION = (
    "edited", "Edited", "-9104", "9104", "forged", "duplicate", "photocopy", "recapture", "severity", "escalat",
    "second_review", "proposed", "points", "parked", "policy",
)  # fmt: skip
OTHERS = ("區麗珍", "AU,LAI CHUN")


@pytest.fixture
def ada() -> User:
    return cast.make_staff(Role.ADMINISTRATOR, STAFF[2])


@pytest.fixture
def ann() -> Customer:
    """A customer whose case took every turn that must not be told: warned, proposed, confirmed, looked at again, held."""
    cast.policy_in_force(cast.policy_content(sample_percent=100))
    rob, sue = cast.make_staff(name=STAFF[0]), cast.make_staff(Role.SENIOR_REVIEWER, STAFF[1])
    now, customer = timezone.now() - timedelta(minutes=30), cast.make_customer("ann")
    submission = cast.confirming(customer, read=replace(cast.TAIWAN_READING, warnings=(-9104,)), now=now)
    said = {"name": {"value": "李優徒", "note": "the last letter is another one"}}
    submission = intake.confirm(submission=submission, differences=said, actor=customer.actor, now=now)
    cast.looked_at(cast.claimed(submission, rob, now=now), rob)
    corrections.correct(
        submission=submission, reviewer=rob, reading=submission.readings.get(), field_name="issue_authority",
        value="国家移民管理局", reason=NOTES[1], version_seen=submission.version, actor=rob.actor, now=now,
    )  # fmt: skip
    submission.refresh_from_db()
    verdict = verdicts.Verdict(Outcome.REJECT, ("edited", "duplicate_identity"), note=NOTES[0])
    propose(submission, rob, verdict, now=now)
    confirm(submission, sue, now=now)
    third = cast.make_staff(Role.SENIOR_REVIEWER, STAFF[1])
    sample = samples.take(sample=submission.samples.get(), by=third, actor=third.actor, now=now)
    cast.looked_at(submission, third)
    samples.answer(
        sample=sample, by=third, outcome=Outcome.REJECT, reasons=("forged",), note=NOTES[3], actor=third.actor, now=now
    )
    holds.put_on(customer=customer, why=NOTES[4], by=cast.make_staff(Role.ADMINISTRATOR, STAFF[2]), now=now)
    # Another customer with the same picture fields but a name and number of their own.
    cast.to_review(read=replace(cast.TAIWAN_READING, name=OTHERS[0], english_name=OTHERS[1]), now=now)
    return customer


def propose(submission: Submission, rob: User, verdict: verdicts.Verdict, *, now) -> None:
    review.decide(
        submission=submission, reviewer=rob, verdict=verdict, version_seen=submission.version, actor=rob.actor, now=now
    )
    submission.refresh_from_db()
    assert submission.state == State.SECOND_REVIEW


def confirm(submission: Submission, sue: User, *, now) -> None:
    cast.looked_at(cast.claimed(submission, sue, now=now), sue)
    decision = second_review.confirm(
        submission=submission, reviewer=sue, version_seen=submission.version, actor=sue.actor, now=now
    )
    assert taking_effect.finish(decision=decision, actor=cast.READER, now=now + timedelta(seconds=11))
    submission.refresh_from_db()


def files(pack: Made) -> dict[str, bytes]:
    """{path in the pack: bytes}."""
    with zipfile.ZipFile(io.BytesIO(b"".join(pack.pieces))) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


def unpacked(customer: Customer) -> Mapping[str, bytes]:
    """The files of a pack, without asking for one."""
    return making.files_of(contents.gather(customer, now=timezone.now()))


def texts_of(customer: Customer) -> str:
    """Everything in a pack that is text, names of files as well."""
    kept = unpacked(customer)
    texts = [data.decode() for name, data in kept.items() if name.endswith((".html", ".json"))]
    # Bytes of photos inside the page are no text, and could spell anything.
    return re.sub(r"base64,[^\"]+", "", " ".join([*texts, *kept]))


def data_of(customer: Customer) -> dict[str, object]:
    found: dict[str, object] = json.loads(unpacked(customer)["data.json"])
    return found


class TestWhatIsInIt:
    def test_what_is_theirs_is_found(self, ann: Customer) -> None:
        text, submission = texts_of(ann), Submission.objects.get(customer=ann)
        for value in (
            ann.reference, ann.user.email, submission.reference, "李優圖", "LI,YOU-TU", "08320271", "1986.03.02",
            "李優徒", "the last letter is another one", "国家移民管理局", settings.OCR_PROVIDER, str(NEUTRAL_TEXT),
            "A reviewer", "Looked at a photo", "We could not go on",
        ):  # fmt: skip
            assert value in text, value

    @pytest.mark.parametrize("language", ["en", "zh-hant", "zh-hans"])
    def test_nothing_else_is(self, ann: Customer, language: str) -> None:
        intake.choose_language(customer=ann, language=language, actor=ann.actor)
        ann.refresh_from_db()
        text = texts_of(ann)
        others = Customer.objects.exclude(pk=ann.pk)
        strangers = [*others.values_list("reference", flat=True), *others.values_list("user__email", flat=True)]
        strangers += Submission.objects.exclude(customer=ann).values_list("reference", flat=True)
        staff = [person.email for person in User.objects.exclude(role=Role.CUSTOMER)]
        assert len(strangers) >= 3
        for value in (*STAFF, *NOTES, *SUSPICION, *OTHERS, *strangers, *staff):
            assert value not in text, value

    def test_fraud_reads_as_neutral_in_every_language(self, ann: Customer) -> None:
        for language in ("en", "zh-hant", "zh-hans"):
            intake.choose_language(customer=ann, language=language, actor=ann.actor)
            ann.refresh_from_db()
            with translation.override(language):
                neutral = str(NEUTRAL_TEXT)
            [application] = data_of(ann)["applications"]  # type: ignore[misc]
            assert [decision["texts"] for decision in application["decisions"]] == [[neutral]]
            assert f'<html lang="{language}">' in texts_of(ann)

    def test_two_kinds_of_reviewers_read_alike_and_nobody_reads_as_senior(self, ann: Customer) -> None:
        assert {look["who"] for look in data_of(ann)["looks"]} == {"A reviewer"}  # type: ignore[union-attr]
        assert "enior" not in texts_of(ann)

    def test_who_looked_is_who_the_log_names(self, ann: Customer) -> None:
        looks = data_of(ann)["looks"]
        assert len(looks) == 3  # at one photo: who proposed, who confirmed, who looked again without knowing
        assert all(look["at"].endswith("+00:00") for look in looks)  # type: ignore[union-attr]

    def test_photos_are_the_bytes_that_came_in(self, ann: Customer) -> None:
        kept = files(making.make_own(customer=ann, now=timezone.now()))
        [application] = json.loads(kept["data.json"])["applications"]
        [photo] = application["photos"]
        assert hashlib.sha256(kept[photo["file"]]).hexdigest() == photo["sha256"]
        listed = dict(reversed(line.split("  ", 1)) for line in kept.pop("SHA256SUMS").decode().splitlines())
        assert listed == {name: hashlib.sha256(data).hexdigest() for name, data in kept.items()}

    def test_the_page_runs_nothing_and_asks_nobody(self, ann: Customer) -> None:
        page = files(making.make_own(customer=ann, now=timezone.now()))["index.html"].decode()
        assert not re.search(r"<script|(src|href)=\"(https?:|//)|url\(", page)
        assert "default-src 'none'" in page

    def test_a_note_that_is_markup_stays_text(self) -> None:
        bea = cast.make_customer("bea")
        submission = cast.confirming(bea, now=timezone.now())
        said = {"name": {"value": "<script>alert(1)</script>", "note": ""}}
        intake.confirm(submission=submission, differences=said, actor=bea.actor, now=timezone.now())
        page = files(making.make_own(customer=bea, now=timezone.now()))["index.html"].decode()
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>" not in page

    def test_a_reopened_case_stands_as_decided_and_its_repeat_is_not_told(self, ann: Customer) -> None:
        submission, now = Submission.objects.get(customer=ann), timezone.now()
        sue, tom = cast.make_staff(Role.SENIOR_REVIEWER, STAFF[1]), cast.make_staff(name=STAFF[0])
        before = data_of(ann)["applications"]
        reopening.reopen(
            submission=submission, reviewer=sue, why=NOTES[2], version_seen=submission.version, actor=sue.actor, now=now
        )
        assert data_of(ann)["applications"] == before
        submission.refresh_from_db()
        cast.looked_at(cast.claimed(submission, tom, now=now), tom)
        propose(submission, tom, verdicts.Verdict(Outcome.REJECT, ("forged",)), now=now)
        confirm(submission, sue, now=now)
        assert data_of(ann)["applications"] == before
        assert NOTES[2] not in texts_of(ann)

    @pytest.mark.parametrize("state", [State.SECOND_REVIEW, State.PARKED, State.DECIDING, State.TO_REVIEW])
    def test_every_kind_of_review_reads_alike(self, state: State) -> None:
        submission = cast.to_review(now=timezone.now())
        with audit.acting(audit.system("command_test")):
            Submission.objects.filter(pk=submission.pk).update(state=state, is_escalated=True)
        [application] = data_of(submission.customer)["applications"]  # type: ignore[misc]
        assert application["state"] == "In review"

    def test_a_hold_is_not_told_and_a_request_is(self, ann: Customer) -> None:
        assert data_of(ann)["asked_deletion_at"] is None
        deletion.ask(customer=ann, now=timezone.now())
        assert data_of(ann)["asked_deletion_at"]

    def test_whoever_never_started_has_an_account_only(self) -> None:
        bea = cast.make_customer("bea")
        found = data_of(bea)
        assert (found["email"], found["consents"], found["applications"]) == (bea.user.email, [], [])

    def test_only_what_they_were_shown_is_called_confirmed(self) -> None:
        submission = cast.to_review(now=timezone.now())
        [application] = data_of(submission.customer)["applications"]  # type: ignore[misc]
        confirmed = {line["name"] for line in application["readings"][0]["fields"] if line["is_confirmed"]}
        assert confirmed <= card_fields.CONFIRMED_FIELDS
        assert "name" in confirmed
        assert "issue_number" not in confirmed


def test_everything_that_can_be_said_has_words() -> None:
    assert set(words.STATES) == set(State)
    assert set(words.FIELDS) == set(card_fields.FIELD_LABELS)
    assert set(words.OUTCOMES) == set(Outcome)
    assert set(words.NOTICES) == set(NoticeKind)
    assert {code: str(text) for code, text in words.FAULTS.items()} == {
        tip.code: str(tip.title) for tip in customer_words.SEEN_AT_ONCE
    }
    for name, label in customer_words.FIELDS.items():
        assert str(words.FIELDS[name]) == str(label)
    assert set(words.LOOKS) == set(VIEWS)


class TestByTheCustomer:
    def test_a_recent_sign_in_gives_their_own_file(self, ann: Customer, sign_in: Callable[[User], Client], log) -> None:
        client = freshly_signed_in(sign_in(ann.user), ann.user, method="code")
        assert "Download my data" in client.get(reverse("customer:privacy")).content.decode()
        log.start()
        answer = client.post(reverse("customer:download"))
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
        assert ann.reference in answer["Content-Disposition"]
        assert log.acts() == ["subject_pack.asked", "subject_pack.made"]
        [entry] = log.entries(action="subject_pack.made")
        assert (entry.actor, entry.subject) == (ann.actor.name, ann.pk)
        assert entry.details["sha256"] == hashlib.sha256(answer.getvalue()).hexdigest() == answer["X-Content-SHA256"]

    def test_an_old_sign_in_signs_in_again_and_takes_nothing(
        self, ann: Customer, sign_in: Callable[[User], Client], log
    ) -> None:
        client = sign_in(ann.user)
        page = client.get(reverse("customer:download")).content.decode()
        assert "Sign in again" in page
        log.start()
        answer = client.post(reverse("customer:download"))
        assert answer["Location"] == f"{reverse('account_request_login_code')}?next={reverse('customer:download')}"
        assert "subject_pack.asked" not in log.acts()
        assert client.get(reverse("customer:download")).status_code == 302  # signed out

    def test_a_sign_in_of_an_hour_ago_is_old(self, ann: Customer, sign_in: Callable[[User], Client]) -> None:
        client = freshly_signed_in(sign_in(ann.user), ann.user, method="password")
        session = client.session
        session["account_authentication_methods"][0]["at"] -= 3600
        session.save()
        assert client.post(reverse("customer:download")).status_code == 302

    def test_the_sixth_in_ten_minutes_waits(self, sign_in: Callable[[User], Client]) -> None:
        bea, cid = cast.make_customer("bea"), cast.make_customer("cid")
        client = freshly_signed_in(sign_in(bea.user), bea.user, method="code")
        answers = [client.post(reverse("customer:download")).status_code for _each in range(6)]
        assert answers == [200] * 5 + [429]
        making.make_own(customer=cid, now=timezone.now())  # another customer is not held up
        making.make_own(customer=bea, now=timezone.now() + timedelta(minutes=11))

    def test_the_page_speaks_three_languages(self, ann: Customer, sign_in: Callable[[User], Client]) -> None:
        client = sign_in(ann.user)
        for language, words_of_it in (("zh-hant", "下載我的資料"), ("zh-hans", "下载我的个人数据")):
            intake.choose_language(customer=ann, language=language, actor=ann.actor)
            assert words_of_it in client.get(reverse("customer:download")).content.decode()


class TestByAnAdministrator:
    def test_a_purpose_gives_the_file_and_counts_as_a_look(
        self, ann: Customer, ada: User, sign_in: Callable[[User], Client], log
    ) -> None:
        client = freshly_signed_in(sign_in(ada), ada)
        address = reverse("administration:subject-pack", args=[ann.pk])
        assert address in client.get(reverse("administration:privacy-customer", args=[ann.pk])).content.decode()
        assert client.post(address, {"purpose": "short"}).status_code == 400
        log.start()
        answer = client.post(address, {"purpose": PURPOSE})
        assert answer["Content-Type"] == "application/zip"
        assert log.acts() == ["subject_pack.asked", "picture.viewed", "subject_pack.made"]
        [entry] = log.entries(action="subject_pack.made")
        assert (entry.details["purpose"], entry.subject) == (PURPOSE, ann.pk)
        assert STAFF[2] not in texts_of(ann)

    def test_a_fresh_factor_is_asked_for(self, ann: Customer, ada: User, sign_in: Callable[[User], Client]) -> None:
        client = freshly_signed_in(sign_in(ada), ada, method="password")
        answer = client.post(reverse("administration:subject-pack", args=[ann.pk]), {"purpose": PURPOSE})
        assert answer["Location"].startswith(reverse("mfa_reauthenticate"))

    def test_the_writer_refuses_whom_the_page_would(self, ann: Customer, ada: User, log) -> None:
        log.start()
        with pytest.raises(NotAllowedError):
            making.make_for(customer=ann, purpose=PURPOSE, by=cast.make_staff(Role.AUDITOR), now=timezone.now())
        with pytest.raises(RefusedError):
            making.make_for(customer=ann, purpose="  ", by=ada, now=timezone.now())
        assert not [act for act in log.acts() if act.startswith("subject_pack")]

    def test_of_an_erased_customer_there_is_none(
        self, ann: Customer, ada: User, sign_in: Callable[[User], Client]
    ) -> None:
        for hold in ann.holds.all():
            holds.lift(hold=hold, by=ada, now=timezone.now())
        with audit.acting(audit.system("command_test")):
            CustomerKey.objects.filter(customer=ann.pk).delete()
        held.clear()
        client = freshly_signed_in(sign_in(ada), ada)
        answer = client.post(reverse("administration:subject-pack", args=[ann.pk]), {"purpose": PURPOSE}, follow=True)
        assert "This customer was erased" in answer.content.decode()
