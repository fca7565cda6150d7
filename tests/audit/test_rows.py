"""Whatever way a row changes, the database leaves one entry a row, with who, before and after."""

import hashlib
import os
import shutil
import subprocess
import uuid
from datetime import UTC, datetime

import pgtrigger
import pytest
from django.db import connection, transaction
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.audit import Actor
from kyc_portal.audit.models import Entry, Vault
from kyc_portal.local.servers import postgres_programs
from kyc_portal.sealing.models import SearchDigest
from kyc_portal.submissions.models import Submission

pytestmark = [pytest.mark.db_bound, pytest.mark.django_db]
ROB = Actor(kind="staff", id="7", label="Rob Lam", role="reviewer")
TABLE = "sealing_searchdigest"


def rows(count: int, **changed: object) -> list[SearchDigest]:
    return [
        SearchDigest(**{"customer": uuid.uuid4(), "kind": "number", "key_id": "k", "digest": b"d", **changed})
        for _each in range(count)
    ]


def stored(count: int) -> list[SearchDigest]:
    with audit.acting(audit.system("setup")):
        return SearchDigest.objects.bulk_create(rows(count))


def create() -> None:
    SearchDigest.objects.create(customer=uuid.uuid4(), kind="number", key_id="k", digest=b"d")


def bulk_create() -> None:
    SearchDigest.objects.bulk_create(rows(1))


def raw_insert() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TABLE} (id, customer, kind, key_id, digest) VALUES (%s, %s, 'number', 'k', 'd')",
            [uuid.uuid4(), uuid.uuid4()],
        )


def insert_select() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TABLE} (id, customer, kind, key_id, digest)"
            " SELECT gen_random_uuid(), gen_random_uuid(), 'number', 'k', 'd' FROM generate_series(1, 1)"
        )


def copy() -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {TABLE} (id, customer, kind, key_id, digest) FROM STDIN") as lines,
    ):
        lines.write_row((uuid.uuid4(), uuid.uuid4(), "number", "k", b"d"))


@pytest.mark.parametrize("write", [create, bulk_create, raw_insert, insert_select, copy])
def test_every_way_to_insert_leaves_what_came_and_who_did_it(log, write):
    with audit.acting(ROB, via="web", request="req-1"):
        write()
    (entry,) = log.entries()
    row = SearchDigest.objects.get()
    assert (entry.kind, entry.action, entry.object_type) == ("row", "insert", "sealing.searchdigest")
    assert (entry.object_id, entry.subject) == (str(row.pk), row.customer)
    assert entry.before is None
    assert entry.after == {
        "id": str(row.pk),
        "customer": str(row.customer),
        "kind": "number",
        "key_id": "k",
        "digest": {"hidden": True},
    }
    assert (entry.actor, entry.actor_label, entry.role) == ("staff:7", "Rob Lam", "reviewer")
    assert (entry.via, entry.request) == ("web", "req-1")
    assert entry.db_user == connection.settings_dict["USER"]


def save(many: list[SearchDigest]) -> None:
    for row in many:
        row.key_id = "k2"
        row.save()


def queryset_update(many: list[SearchDigest]) -> None:
    SearchDigest.objects.update(key_id="k2")


def bulk_update(many: list[SearchDigest]) -> None:
    for row in many:
        row.key_id = "k2"
    SearchDigest.objects.bulk_update(many, ["key_id"])


def raw_update(many: list[SearchDigest]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {TABLE} SET key_id = 'k2'")


@pytest.mark.parametrize("write", [save, queryset_update, bulk_update, raw_update])
def test_every_way_to_update_leaves_both_sides_of_what_changed_and_nothing_else(log, write):
    many = stored(3)
    log.start()
    with audit.acting(ROB):
        write(many)
    entries = log.entries()
    assert sorted(entry.object_id for entry in entries) == sorted(str(row.pk) for row in many)
    assert all(entry.action == "update" for entry in entries)
    assert all((entry.before, entry.after) == ({"key_id": "k"}, {"key_id": "k2"}) for entry in entries)


def test_an_update_that_changes_nothing_leaves_nothing(log):
    stored(2)
    log.start()
    with audit.acting(ROB):
        SearchDigest.objects.update(key_id="k")
    assert log.entries() == []


def test_a_hidden_column_says_only_that_it_changed(log):
    stored(1)
    log.start()
    with audit.acting(ROB):
        SearchDigest.objects.update(digest=b"other")
    (entry,) = log.entries()
    assert (entry.before, entry.after) == ({"digest": {"hidden": True}}, {"digest": {"hidden": True}})


def one_delete(many: list[SearchDigest]) -> None:
    for row in many:
        row.delete()


def queryset_delete(many: list[SearchDigest]) -> None:
    SearchDigest.objects.all().delete()


def raw_delete(many: list[SearchDigest]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE}")


@pytest.mark.parametrize("write", [one_delete, queryset_delete, raw_delete])
def test_every_way_to_delete_leaves_what_was_there(log, write):
    many = stored(2)
    kept = {str(row.pk): str(row.customer) for row in many}
    log.start()
    with audit.acting(ROB):
        write(many)
    entries = log.entries()
    assert {entry.object_id: entry.before["customer"] for entry in entries} == kept
    assert all((entry.action, entry.after) == ("delete", None) for entry in entries)


def test_a_rolled_back_change_leaves_no_entry(log):
    with audit.acting(ROB):
        create()
        with transaction.atomic():
            create()
            transaction.set_rollback(True)
    assert len(log.entries()) == 1


def test_the_entries_of_one_transaction_carry_its_number(log):
    with audit.acting(ROB):
        create()
        with transaction.atomic():
            create()
    first, second = log.entries()
    assert first.tx == second.tx > 0


SETTINGS = {
    "timezone": "Asia/Tokyo",
    "bytea_output": "escape",
    "extra_float_digits": "-10",
    "datestyle": "SQL, DMY",
    "intervalstyle": "iso_8601",
}


def test_the_sessions_settings_do_not_change_what_is_recorded(log):
    joined = datetime(2026, 11, 20, 4, 0, 0, 123456, tzinfo=UTC)

    def add_a_user() -> None:
        with audit.acting(ROB):
            User.objects.create_user(f"{uuid.uuid4()}@example.com", role=Role.CUSTOMER, date_joined=joined)

    add_a_user()
    with connection.cursor() as cursor:
        for name, value in SETTINGS.items():
            cursor.execute("SELECT set_config(%s, %s, true)", [name, value])
    add_a_user()
    with connection.cursor() as cursor:
        for name in SETTINGS:
            cursor.execute(f"RESET {name}")
        cursor.execute("SET timezone = 'UTC'")
    plain, odd = (entry.after | {"id": ""} for entry in log.entries())
    assert odd == plain
    assert plain["date_joined"] == "2026-11-20T04:00:00.123456+00:00"


def test_the_trigger_librarys_bypass_has_no_effect(log):
    with audit.acting(ROB):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('pgtrigger.ignore', array_agg(tgname)::text, true) FROM pg_trigger"
                " WHERE tgrelid = %s::regclass",
                [TABLE],
            )
        create()
        with pgtrigger.ignore("sealing.SearchDigest:row_audit"):
            create()
    assert len(log.entries()) == 2


def test_what_a_sealed_column_held_goes_to_the_vault_and_its_digest_to_the_log(log, a_submission):
    submission = a_submission
    old, new = b"old ciphertext", b"new ciphertext"
    with audit.acting(ROB):
        Submission.objects.filter(pk=submission.pk).update(summary_sealed=old)
    log.start()
    with audit.acting(ROB):
        Submission.objects.filter(pk=submission.pk).update(summary_sealed=new)
    (entry,) = log.entries()
    assert entry.before == {"summary_sealed": sealed_form(old)}
    assert entry.after == {"summary_sealed": sealed_form(new)}
    vaulted = Vault.objects.get(digest=hashlib.sha256(old).digest())
    assert (bytes(vaulted.bytes), vaulted.subject) == (old, submission.customer_id)
    assert not Vault.objects.filter(digest=hashlib.sha256(new).digest()).exists()


def test_what_a_deleted_row_held_sealed_goes_to_the_vault_too(log, a_submission):
    with audit.acting(ROB):
        Submission.objects.filter(pk=a_submission.pk).update(summary_sealed=b"ciphertext")
        a_submission.delete()
    entry = log.entries(action="delete")[-1]
    assert entry.before["summary_sealed"] == sealed_form(b"ciphertext")
    assert Vault.objects.filter(digest=hashlib.sha256(b"ciphertext").digest()).exists()


def sealed_form(blob: bytes) -> dict[str, str]:
    return {"sealed": f"sha256:{hashlib.sha256(blob).hexdigest()}", "bytes": str(len(blob))}


def test_a_heartbeat_alone_leaves_no_entry_and_with_a_move_it_shows(log, a_submission):
    pulse = timezone.now()
    with audit.acting(ROB):
        Submission.objects.filter(pk=a_submission.pk).update(claimed_until=pulse)
        assert log.entries(object_type="submissions.submission", action="update") == []
        Submission.objects.filter(pk=a_submission.pk).update(claimed_until=None, version=a_submission.version + 1)
    (entry,) = log.entries(object_type="submissions.submission", action="update")
    assert set(entry.after) == {"claimed_until", "version"}


def psql(url: str, statement: str) -> subprocess.CompletedProcess[str]:
    """The terminal's program: this machine's, else the embedded server's."""
    program = shutil.which("psql") or str(postgres_programs() / "psql")
    return subprocess.run([program, url, "-c", statement], capture_output=True, text=True, timeout=60)


@pytest.mark.django_db(transaction=True)
def test_a_change_by_psql_is_recorded_under_the_database_role_and_without_a_context(log):
    stored(1)
    log.start()
    assert psql(os.environ["MIGRATION_DATABASE_URL"], f"DELETE FROM {TABLE}").stdout == "DELETE 1\n"
    (entry,) = log.entries()
    assert (entry.action, entry.actor, entry.via, entry.db_user) == ("delete", "(no context)", "sql", "kyc_test_owner")


@pytest.mark.django_db(transaction=True)
def test_psql_as_the_application_is_refused_without_a_context():
    stored(1)
    assert "nobody was said to act" in psql(os.environ["DATABASE_URL"], f"DELETE FROM {TABLE}").stderr
    assert SearchDigest.objects.count() == 1


def test_the_log_is_read_only_to_django_too():
    with audit.acting(ROB):
        create()
    with pytest.raises(Exception, match="permission denied"), transaction.atomic():
        Entry.objects.all().delete()
