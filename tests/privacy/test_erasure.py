"""An erased customer is gone everywhere but in the log, which still verifies; a hold stops every way of removing."""

from __future__ import annotations

import ast
import os
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import SESSION_KEY
from django.core import mail
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from kyc_portal import audit
from kyc_portal.accounts.models import Customer, Role, Session, User
from kyc_portal.accounts.tasks import remove_sessions
from kyc_portal.audit.definitions import ours
from kyc_portal.audit.proof import sealer
from kyc_portal.audit.proof.verification import Report, verify
from kyc_portal.celery import app
from kyc_portal.privacy import erasure, holds, retention
from kyc_portal.privacy.erasure import NotErasedError
from kyc_portal.privacy.models import Cause, Erasure
from kyc_portal.privacy.tasks import run_retention
from kyc_portal.sealing import digests, files
from kyc_portal.sealing.errors import KeyDestroyedError
from kyc_portal.sealing.models import CustomerKey, SearchDigest
from kyc_portal.submissions import evidence, intake, review
from kyc_portal.submissions.deciding import taking_effect
from kyc_portal.submissions.models import Scan, ScanLikeness, Submission
from kyc_portal.submissions.reasons import Outcome
from tests import cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_bound]
LONG_AFTER = cast.NOW + timedelta(days=366 * 2)
OPERATOR = audit.system("command_test")
WHY = "Court order, file 17 of 2026"


@pytest.fixture
def ada() -> User:
    return cast.make_staff(Role.ADMINISTRATOR, "Ada Chow")


def withdrawn() -> Submission:
    """A customer's only case, read and then withdrawn."""
    submission = cast.to_review()
    intake.withdraw(submission=submission, actor=submission.customer.actor, now=cast.NOW)
    submission.refresh_from_db()
    return submission


def erase(customer: Customer, *, now: datetime = LONG_AFTER) -> Erasure:
    return erasure.erase(customer=customer, cause=Cause.RETENTION, actor=OPERATOR, now=now)


def test_nothing_opens_afterwards_and_a_receipt_says_what_went(log) -> None:
    submission = withdrawn()
    customer, scan, reading = submission.customer, submission.scans.get(), submission.readings.get()
    number = evidence.open_fields(reading)["number"]
    assert ScanLikeness.objects.filter(customer=customer).exists()
    assert default_storage.exists(files.name_of(scan.pk))
    log.start()
    receipt = erase(customer)
    assert (receipt.pictures, receipt.key_versions) == (1, 1)
    assert receipt.digests >= 2
    with pytest.raises(KeyDestroyedError):
        evidence.open_fields(reading)
    assert not default_storage.exists(files.name_of(scan.pk))
    assert digests.customers_sharing("number", number) == []
    assert not SearchDigest.objects.filter(customer=customer.pk).exists()
    assert not CustomerKey.objects.filter(customer=customer.pk).exists()
    assert Scan.objects.get(pk=scan.pk).picture_digest is None
    assert not ScanLikeness.objects.filter(customer=customer).exists()
    assert "customer.erased" in log.acts()


def test_the_sign_in_is_gone(client: Client) -> None:
    customer = withdrawn().customer
    address = customer.user.email
    with audit.acting(customer.actor):
        client.force_login(customer.user)
    erase(customer)
    customer.user.refresh_from_db()
    assert (address in customer.user.email, customer.user.is_active) == (False, False)
    assert client.get(reverse("customer:home")).status_code == 302


def came_in_by_code(customer: Customer) -> Client:
    """A browser signed in as customers do: by the code that was mailed."""
    client = Client()
    client.post(reverse("account_request_login_code"), {"email": customer.user.email})
    code = re.search(r"^\s*([A-Z0-9]{3,4}-[A-Z0-9]{3,4})\s*$", str(mail.outbox[-1].body), re.MULTILINE)
    assert code
    client.post(reverse("account_confirm_login_code"), {"code": code[1]})
    assert SESSION_KEY in client.session
    return client


def sessions_in_clear() -> str:
    """Every session as the library reads it: stored they are compressed, which a search of a dump does not see through."""
    return str([each.get_decoded() for each in Session.objects.all()])


def test_their_sessions_go_and_nobody_elses() -> None:
    gone, other = withdrawn().customer, cast.make_customer()
    with audit.acting(OPERATOR):
        for each in (gone, other):
            EmailAddress.objects.create(user=each.user, email=each.user.email, verified=True, primary=True)
    browsers = {each.pk: came_in_by_code(each) for each in (gone, other)}
    waiting = Client()  # asked for a code and did not give it
    waiting.post(reverse("account_request_login_code"), {"email": gone.user.email})
    address = gone.user.email
    assert sessions_in_clear().count(address) >= 2, "the library keeps it there"
    erase(gone)
    assert address not in sessions_in_clear()
    assert SESSION_KEY not in browsers[gone.pk].session
    assert SESSION_KEY in browsers[other.pk].session


def test_sessions_that_ran_out_are_removed() -> None:
    customer = cast.make_customer()
    with audit.acting(OPERATOR):
        Client().force_login(customer.user)
        Client().force_login(customer.user)
    Session.objects.filter(pk=Session.objects.values("pk")[:1]).update(expire_date=cast.NOW - timedelta(days=900))
    remove_sessions()
    assert list(Session.objects.values_list("person", flat=True)) == [customer.user.pk]


def test_nothing_of_them_stands_in_the_whole_database(owner) -> None:
    submission = withdrawn()
    address = submission.customer.user.email
    picture = bytes(Scan.objects.get(submission=submission).picture_digest or b"")
    erase(submission.customer)
    tables = owner.execute(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'audit')"
    ).fetchall()
    for needle in (address, cast.TAIWAN_READING.english_name, picture.hex()):
        for schema, table in tables:
            found = owner.execute(
                f'SELECT count(*) FROM "{schema}"."{table}" t WHERE t::text LIKE %s', [f"%{needle}%"]
            ).fetchone()
            assert found == (0,), f"{needle} stands in {schema}.{table}"
    control = owner.execute(
        "SELECT count(*) FROM submissions_submission t WHERE t::text LIKE %s", [f"%{submission.reference}%"]
    ).fetchone()
    assert control == (1,), "the search finds what is there"


def test_the_log_verifies_after_an_erasure() -> None:
    erase(withdrawn().customer)
    with sealer.connect(os.environ["SEALER_DATABASE_URL"]) as sealing:
        sealing.autocommit = True
        while (step := sealer.seal(sealing)) is None or step.more:
            pass
        report = verify(sealing, Report(), keys=[], kept=set(), ours=ours())
    assert report.findings == []
    assert report.size > 0


def test_pages_say_erased_and_never_fail(sign_in, ada: User) -> None:
    submission = withdrawn()
    erase(submission.customer)
    client = sign_in(ada)
    answer = client.get(reverse("console:case", args=[submission.pk]))
    assert answer.status_code == 410
    assert "erased" in answer.content.decode()
    assert client.get(reverse("admin:submissions_submission_changelist")).status_code == 200
    scan = Scan.objects.get(submission=submission)
    assert client.get(reverse("console:picture", args=[submission.pk, scan.pk])).status_code == 410


@pytest.mark.parametrize("reason", ["open", "held", "duty", "done"])
def test_what_must_stay_stays(reason: str, ada: User) -> None:
    submission = cast.to_review() if reason == "open" else withdrawn()
    customer = submission.customer
    if reason == "held":
        holds.put_on(customer=customer, why=WHY, by=ada, now=cast.NOW)
    if reason == "done":
        erase(customer)
    with pytest.raises(NotErasedError, match=reason):
        erase(customer, now=cast.NOW if reason == "duty" else LONG_AFTER)
    assert CustomerKey.objects.filter(customer=customer.pk).exists() == (reason != "done")


def test_only_a_restore_repeats_an_erasure() -> None:
    """It asks no duty, so it is nobody's to say, whichever way they come."""
    customer = withdrawn().customer
    with pytest.raises(ValueError, match="only a restore"):
        erasure.erase(customer=customer, cause=Cause.REPEATED, actor=OPERATOR, now=cast.NOW)
    assert not Erasure.objects.exists()


class TestHolds:
    def test_a_hold_says_why_to_those_who_may_read_and_to_nobody_else(self, ada: User, owner) -> None:
        customer = withdrawn().customer
        hold = holds.put_on(customer=customer, why=WHY, by=ada, now=cast.NOW)
        assert holds.reason_of(hold) == WHY
        found = owner.execute("SELECT count(*) FROM privacy_hold t WHERE t::text LIKE '%Court%'").fetchone()
        assert found == (0,)

    def test_a_lifted_hold_lets_the_retention_go_on(self, ada: User, log) -> None:
        customer = withdrawn().customer
        hold = holds.put_on(customer=customer, why=WHY, by=ada, now=cast.NOW)
        assert erasure.run(actor=OPERATOR, now=LONG_AFTER) == {"erased": 0, "held": 1, "refused": 0, "failed": 0}
        assert holds.lift(hold=hold, by=ada, now=cast.NOW)
        assert not holds.lift(hold=hold, by=ada, now=cast.NOW)
        assert erasure.run(actor=OPERATOR, now=LONG_AFTER)["erased"] == 1
        assert [act for act in log.acts() if act.startswith("hold.")] == ["hold.set", "hold.lifted"]

    def test_one_of_two_holds_is_enough(self, ada: User) -> None:
        customer = withdrawn().customer
        first = holds.put_on(customer=customer, why=WHY, by=ada, now=cast.NOW)
        holds.put_on(customer=customer, why=WHY, by=ada, now=cast.NOW)
        holds.lift(hold=first, by=ada, now=cast.NOW)
        with pytest.raises(NotErasedError, match="held"):
            erase(customer)

    def test_a_hold_needs_a_reason(self, ada: User) -> None:
        with pytest.raises(holds.NoReasonError):
            holds.put_on(customer=withdrawn().customer, why="because", by=ada, now=cast.NOW)

    def test_every_way_of_removing_is_known(self) -> None:
        """Whoever adds one must come by here, and may have to go through `tests/privacy/test_holds.py` with it."""
        known = {
            "kyc_portal/accounts/sessions.py": "browsers that are signed in",
            "kyc_portal/accounts/people.py": "a colleague's second factor",
            "kyc_portal/customer_site/passkeys.py": "a customer's own way in, nothing that was proven",
            "kyc_portal/exports/making.py": "a workbook's pieces that a killed worker left unfinished",
            "kyc_portal/exports/store.py": "an export's own file and its own key, never a customer's",
            "kyc_portal/privacy/erasure.py": "asks holds first",
            "kyc_portal/sealing/files.py": "removes what its callers name",
            "kyc_portal/submissions/reading_service/call_counts.py": "counts of calls by the hour, of nobody",
            "kyc_portal/submissions/reading_service/telling_of_stops.py": "a line of the cache",
            "kyc_portal/submissions/reading_service/budget.py": "a line of the cache",
            "kyc_portal/submissions/pictures/portraits.py": "the consent to comparing is gone; a hold keeps the rows",
            "kyc_portal/submissions/intake.py": "a picture whose row was never written",
            "kyc_portal/submissions/pictures/orphans.py": "pictures without a row, or whose key an erasure destroyed",
            "kyc_portal/submissions/operators.py": "a line of the cache",
            "kyc_portal/submissions/redigest.py": "digests that another key has just made anew",
        }
        root, found = Path(__file__).resolve().parents[2], set()
        for path in (root / "kyc_portal").rglob("*.py"):
            if "migrations" in path.parts or "local" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "delete":
                    found.add(str(path.relative_to(root)))
        assert found == set(known), "a new way of removing, or one less"


def approved(customer: Customer, *, by: User, now: datetime) -> None:
    """One more application of a customer, approved."""
    submission = cast.looked_at(cast.claimed(cast.to_review(customer, now=now), by, now=now), by)
    decision = review.decide(
        submission=submission, reviewer=by, verdict=review.Verdict(Outcome.APPROVE), version_seen=submission.version,
        actor=by.actor, now=now,
    )  # fmt: skip
    assert taking_effect.finish(decision=decision, actor=cast.READER, now=now + timedelta(seconds=11))


class TestClocks:
    def test_ten_years_of_runs_keep_each_class_as_long_as_it_must(self, ada: User, settings) -> None:
        settings.RETENTION_PRESET = "hk"
        abandoned, held, refused, active, left = (withdrawn().customer for _each in range(5))
        with audit.acting(OPERATOR):
            Submission.objects.filter(customer=refused).update(state="rejected")
            Submission.objects.filter(customer__in=[active, left]).update(state="approved")
        holds.put_on(customer=held, why=WHY, by=ada, now=cast.NOW)
        freed = withdrawn().customer
        short = holds.put_on(customer=freed, why=WHY, by=ada, now=cast.NOW)
        retention.end_relationship(customer=left, ended_on=date(2028, 2, 29), by=ada, now=cast.NOW)
        gone: dict[object, date] = {}
        for month in range(12 * 10):
            now = cast.NOW + timedelta(days=30.4375 * month)
            if month == 48:
                holds.lift(hold=short, by=ada, now=now)
            erasure.run(actor=OPERATOR, now=now)
            for each in Erasure.objects.exclude(customer__in=list(gone)):
                gone[each.customer_id] = now.date()
        assert set(gone) == {abandoned.pk, refused.pk, left.pk, freed.pk}
        assert CustomerKey.objects.filter(customer=held.pk).exists(), "ten years under a hold"
        assert gone[freed.pk] == (cast.NOW + timedelta(days=30.4375 * 48)).date(), "the run after it was lifted"
        start = cast.NOW.date()
        assert timedelta(days=180) <= gone[abandoned.pk] - start <= timedelta(days=215)
        assert timedelta(days=365) <= gone[refused.pk] - start <= timedelta(days=400)
        assert date(2033, 2, 28) <= gone[left.pk] <= date(2033, 4, 1)

    def test_whoever_came_back_is_not_erased_by_the_end_of_an_earlier_relationship(self, ada: User) -> None:
        rob, customer = cast.make_staff(), cast.make_customer()
        approved(customer, by=rob, now=cast.NOW)
        retention.end_relationship(customer=customer, ended_on=date(2027, 3, 1), by=ada, now=cast.NOW)
        assert retention.clock(customer).due_on == date(2032, 3, 1)
        approved(customer, by=rob, now=datetime(2028, 6, 1, 4, tzinfo=UTC))
        clock = retention.clock(customer)
        assert (clock.due_on, clock.waits_for) == (None, "relationship")
        erasure.run(actor=OPERATOR, now=datetime(2040, 1, 1, tzinfo=UTC))
        assert not Erasure.objects.exists()
        retention.end_relationship(customer=customer, ended_on=date(2030, 5, 1), by=ada, now=cast.NOW)
        assert retention.clock(customer).due_on == date(2035, 5, 1)

    def test_a_refusal_after_the_relationship_is_kept_its_own_time(self, ada: User) -> None:
        rob, customer = cast.make_staff(), cast.make_customer()
        approved(customer, by=rob, now=cast.NOW)
        retention.end_relationship(customer=customer, ended_on=date(2027, 3, 1), by=ada, now=cast.NOW)
        again = cast.to_review(customer, now=datetime(2032, 1, 10, 4, tzinfo=UTC))
        with audit.acting(OPERATOR):
            Submission.objects.filter(pk=again.pk).update(
                state="rejected", state_since=datetime(2032, 1, 11, 4, tzinfo=UTC)
            )
        assert retention.clock(customer).due_on == date(2033, 1, 11), "later than five years after the end"

    def test_a_relationship_does_not_end_before_it_began(self, ada: User) -> None:
        customer = cast.make_customer()
        approved(customer, by=cast.make_staff(), now=cast.NOW)
        with pytest.raises(retention.BeforeItBeganError):
            retention.end_relationship(customer=customer, ended_on=date(2026, 11, 19), by=ada, now=cast.NOW)
        assert retention.clock(customer).waits_for == "relationship"

    @pytest.mark.parametrize(("preset", "due"), [("hk", 2032), ("mainland", 2037), ("fatf", 2032)])
    def test_each_preset_has_its_span_and_names_its_source(self, preset: str, due: int, ada: User, settings) -> None:
        settings.RETENTION_PRESET = preset
        customer = withdrawn().customer
        with audit.acting(OPERATOR):
            Submission.objects.filter(customer=customer).update(state="approved")
        assert retention.clock(customer).waits_for == "relationship"
        retention.end_relationship(customer=customer, ended_on=date(2027, 3, 1), by=ada, now=cast.NOW)
        assert retention.clock(customer).due_on == date(due, 3, 1)
        assert str(retention.preset().source)

    def test_a_preview_changes_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        customer = withdrawn().customer
        with audit.acting(OPERATOR):
            Submission.objects.filter(customer=customer).update(state_since=datetime(2024, 1, 1, tzinfo=UTC))
        call_command("retention")
        assert f"{customer.reference}  abandoned  due 2024-07-01" in capsys.readouterr().out
        assert not Erasure.objects.exists()
        call_command("retention", "--run")
        assert "erased: 1" in capsys.readouterr().out
        assert Erasure.objects.get().customer == customer


def test_an_erasure_waits_for_a_seal_under_way(app_role) -> None:
    """A writer holds the key row; the erasure comes after it and takes what it wrote with it."""
    submission = withdrawn()
    wanted = "SELECT 1 FROM sealing_customerkey WHERE customer = %s FOR "
    with app_role.transaction():
        app_role.execute(wanted + "SHARE", [submission.customer_id])
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(wanted + "UPDATE SKIP LOCKED", [submission.customer_id])
            assert cursor.fetchall() == [], "the row is locked against an erasure"
    assert erase(submission.customer).key_versions == 1


def test_the_nightly_task_erases_who_is_due_and_coming_twice_changes_nothing(ada: User, log) -> None:
    due, held = (withdrawn().customer for _each in range(2))
    with audit.acting(OPERATOR):
        Submission.objects.filter(customer__in=[due, held]).update(state_since=datetime(2024, 1, 1, tzinfo=UTC))
    holds.put_on(customer=held, why=WHY, by=ada, now=cast.NOW)
    assert app.conf.beat_schedule["erase whose time is over"]["task"] == run_retention.name
    for _each in range(2):
        run_retention.apply()
    assert Erasure.objects.get().customer == due
    runs = log.entries(action="retention.run")
    assert [entry.details["erased"] for entry in runs] == ["1", "0"]
    assert all(entry.details["held"] == "1" for entry in runs)


def test_one_who_cannot_be_erased_keeps_no_other_one_waiting(
    ada: User, monkeypatch: pytest.MonkeyPatch, log, caplog: pytest.LogCaptureFixture
) -> None:
    broken, other = sorted((withdrawn().customer for _each in range(2)), key=lambda each: str(each.pk))
    really = erasure.erase

    def fails_for_one(*, customer: Customer, **more: Any) -> Erasure:
        if customer.pk == broken.pk:
            raise ValueError(customer.user.email)
        return really(customer=customer, **more)

    monkeypatch.setattr(erasure, "erase", fails_for_one)
    counts = erasure.run(actor=OPERATOR, now=LONG_AFTER)
    assert counts == {"erased": 1, "held": 0, "refused": 0, "failed": 1}
    assert list(Erasure.objects.values_list("customer", flat=True)) == [other.pk]
    assert log.entries(action="retention.run")[-1].details["failed"] == "1"
    said = [record for record in caplog.records if record.msg == "sweep_failed"]
    assert [record.row for record in said] == [str(broken.pk)]  # type: ignore[attr-defined]
    assert broken.user.email not in caplog.text
