"""A legal hold stops every way of removing, one after the other; lifted, the same ways remove."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.db.models import ProtectedError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.accounts.models import Customer, Role, User
from kyc_portal.audit.definitions import NOT_HELD, ours
from kyc_portal.audit.proof import guards
from kyc_portal.privacy import deletion, erasure, holds
from kyc_portal.privacy.models import SAID_BY_PEOPLE, Cause
from kyc_portal.privacy.tasks import run_retention
from kyc_portal.sealing import files
from kyc_portal.sealing.models import CustomerKey
from kyc_portal.submissions import evidence, intake
from kyc_portal.submissions import tasks as submission_tasks
from kyc_portal.submissions.models import Submission
from kyc_portal.submissions.pictures import orphans
from tests import cast
from tests.signing_in import freshly_signed_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_bound]
OPERATOR = audit.system("command_test")
LONG_AFTER = cast.NOW + timedelta(days=366 * 20)
WHY = "Court order, file 17 of 2026"
TABLES = sorted(ours().held)


@pytest.fixture
def ada() -> User:
    return cast.make_staff(Role.ADMINISTRATOR, "Ada Chow")


@pytest.fixture
def held(ada: User) -> Submission:
    """A customer whose time is long over, under a hold; an earlier value of theirs lies in the log's vault."""
    submission = cast.to_review()
    intake.withdraw(submission=submission, actor=submission.customer.actor, now=cast.NOW)
    with audit.acting(OPERATOR):
        Submission.objects.filter(pk=submission.pk).update(
            state_since=timezone.now() - timedelta(days=8000), summary_sealed=b"another"
        )
    holds.put_on(customer=submission.customer, why=WHY, by=ada, now=cast.NOW)
    submission.refresh_from_db()
    return submission


def run(statement: str, *values: object) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def model_of(table: str) -> Any:
    return next(model for model in apps.get_models() if model._meta.db_table == table and not model._meta.proxy)


def kept(customer: Customer) -> dict[str, set[Any]]:
    """The key of everything there is of a customer: rows, earlier values, pictures."""
    columns = {**ours().held, **dict.fromkeys(NOT_HELD, "customer")}
    found = {
        table: {row[0] for row in run(f'SELECT {model_of(table)._meta.pk.column} FROM {table} WHERE "{column}" = %s', customer.pk)}
        for table, column in columns.items()
    }  # fmt: skip
    found["vault"] = {bytes(row[0]) for row in run("SELECT digest FROM audit.vault WHERE subject = %s", customer.pk)}
    found["store"] = set(files.listed())
    return found


def by_the_page(submission: Submission) -> None:
    ada = User.objects.get(display_name="Ada Chow")
    client = Client()
    with audit.acting(OPERATOR):
        client.force_login(ada)
    freshly_signed_in(client, ada)
    address = reverse("administration:privacy-act", args=[submission.customer_id, "erase"])
    client.post(address, {"reference": submission.customer.reference, "cause": "request"})


def by_the_admin(submission: Submission) -> None:
    client = Client()
    with audit.acting(OPERATOR):
        client.force_login(User.objects.get(display_name="Ada Chow"))
    address = reverse("admin:submissions_submission_delete", args=[submission.pk])
    assert client.post(address, {"post": "yes"}).status_code in {302, 403}


def by_the_customer(submission: Submission) -> None:
    assert deletion.ask(customer=submission.customer, now=LONG_AFTER) is None


def as_a_row(what: Callable[[Submission], Any]) -> Callable[[Submission], None]:
    """The ORM's own delete, with everything it would take along."""

    def act(submission: Submission) -> None:
        with pytest.raises((ProtectedError, IntegrityError)), audit.acting(OPERATOR):
            what(submission).delete()

    return act


def by_forgetting(submission: Submission) -> None:
    with pytest.raises(IntegrityError), audit.acting(OPERATOR):
        run("SELECT audit.forget(%s)", submission.customer_id)


def again_after_a_restore(submission: Submission) -> None:
    done = erasure.repeat([submission.customer_id], actor=OPERATOR, now=LONG_AFTER)
    assert (done.erased, done.left) == (0, [submission.customer.reference])


def by_erasing(cause: Cause) -> Callable[[Submission], None]:
    def act(submission: Submission) -> None:
        with suppress(erasure.NotErasedError):
            erasure.erase(customer=submission.customer, cause=cause, actor=OPERATOR, now=LONG_AFTER)

    return act


WAYS: dict[str, Callable[[Submission], object]] = {
    "the night's retention": lambda _submission: run_retention(),
    "the retention command": lambda _submission: call_command("retention", "--run"),
    "the administrator's page": by_the_page,
    "the admin": by_the_admin,
    "the customer's own page": by_the_customer,
    "a restore that repeats erasures": again_after_a_restore,
    **{f"the writer, by {cause}": by_erasing(cause) for cause in SAID_BY_PEOPLE},
    "the sweep of pictures without a row": lambda _submission: orphans.remove(actor=OPERATOR, now=LONG_AFTER),
    "the sweep of cases": lambda _submission: submission_tasks.sweep(),
    "the shell: the customer": as_a_row(lambda submission: submission.customer),
    "the shell: the sign-in, and what hangs on it": as_a_row(lambda submission: submission.customer.user),
    "the shell: the case": as_a_row(lambda submission: submission),
    "the shell: the key": as_a_row(lambda submission: CustomerKey.objects.filter(customer=submission.customer_id)),
    "the shell: the hold": as_a_row(lambda submission: submission.customer.holds.get()),
    "the shell: earlier values": by_forgetting,
}


@pytest.mark.parametrize("way", WAYS)
def test_nothing_goes_while_the_hold_is_open(way: str, held: Submission) -> None:
    before = kept(held.customer)
    assert before["vault"]
    assert before["store"]
    WAYS[way](held)
    after = kept(held.customer)
    assert {name: before[name] - after[name] for name in before if before[name] - after[name]} == {}
    assert evidence.open_fields(held.readings.get())["number"]
    assert files.load(held.customer_id, held.scans.get().pk)


@pytest.mark.parametrize("role", ["DATABASE_URL", "MIGRATION_DATABASE_URL"])
def test_sql_removes_no_row_either_whoever_gives_it(role: str, held: Submission) -> None:
    met = set()
    with psycopg.connect(os.environ[role], autocommit=True) as given:
        for table, column in ours().held.items():
            if not run(f'SELECT 1 FROM {table} WHERE "{column}" = %s', held.customer_id):
                continue
            with given.transaction(force_rollback=True):
                given.execute("SELECT set_config('audit.context', '{\"actor\": \"x\"}', true)")
                with pytest.raises(psycopg.errors.RestrictViolation, match=f"nothing .* removed from {table}"):
                    given.execute(f'DELETE FROM {table} WHERE "{column}" = %s'.encode(), [held.customer_id])
            met.add(table)
    assert met >= {
        "accounts_customer",
        "sealing_customerkey",
        "submissions_scan",
        "submissions_reading",
        "privacy_hold",
    }


@pytest.mark.parametrize("table", TABLES)
def test_a_guard_of_a_table_that_is_switched_off_is_found(table: str) -> None:
    """So those of tables that this case has no row in stand too: an untouched database has no such finding."""
    said = f"a legal hold does not keep the rows of {table}: its guard is gone or switched off"
    with psycopg.connect(os.environ["MIGRATION_DATABASE_URL"]) as owner:
        assert said not in list(guards.findings(owner, ours()))
        owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER keeps_what_is_held".encode())
        assert said in list(guards.findings(owner, ours()))
        owner.rollback()


def test_once_it_is_lifted_the_same_ways_remove(held: Submission, ada: User) -> None:
    key = CustomerKey.objects.get(customer=held.customer_id)
    assert holds.lift(hold=held.customer.holds.get(), by=ada, now=cast.NOW)
    run_retention()
    assert not CustomerKey.objects.filter(pk=key.pk).exists()
    assert kept(held.customer)["vault"] == set()
    assert files.listed() == []


def test_nobody_elses_rows_are_kept_by_it(held: Submission) -> None:
    other = cast.to_review().customer
    with audit.acting(OPERATOR):
        Submission.objects.filter(customer=other).update(summary_sealed=b"another")
        assert CustomerKey.objects.filter(customer=other.pk).delete()[0] == 1
        assert run("SELECT audit.forget(%s)", other.pk)[0][0] >= 1
