"""What a database owner can do to the log, and who sees it. Each attack is made for real, then rolled back.

The attacker may do anything in the database, also switch its guards off and on again, but has neither the signing key
nor the checkpoints kept outside.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.audit.definitions import ours
from kyc_portal.audit.models import Entry
from kyc_portal.audit.proof import bundle, checking, lines, sealer, signing
from kyc_portal.audit.proof.places import Folder
from kyc_portal.audit.proof.verification import Report, verify
from kyc_portal.audit.proof.verifier import Edge, Key, leaf_hash, verify_bundle
from kyc_portal.oversight import tasks
from kyc_portal.sealing.errors import SealBrokenError
from kyc_portal.submissions import evidence
from tests import cast
from tests.audit.proof.conftest import ORIGIN, SIGNING_KEY, seal_all

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_bound]
TABLES = ("entry", "leaf", "node", "seal", "checkpoint")


@pytest.fixture
def signed(sealing, signers, outside: Folder, write, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A log with more than a block of entries, sealed and signed twice. Gives the outside."""
    monkeypatch.setattr(sealer, "SIGN_EVERY", sealer.SIGN_EVERY * 0)
    monkeypatch.setattr(sealer, "SIGN_ANYWAY", sealer.SIGN_EVERY * 0)
    write(4)
    cast.to_review(now=timezone.now())
    seal_all(sealing)
    sealer.sign(sealing, signers=signers, outside=outside)
    write(6)
    seal_all(sealing)
    sealer.sign(sealing, signers=signers, outside=outside)
    return outside


@pytest.fixture
def attacker(signed: Folder) -> Iterator[psycopg.Connection]:
    """The owner, in a transaction that leaves nothing; every guard of the log is off."""
    with psycopg.connect(os.environ["MIGRATION_DATABASE_URL"]) as connection:
        for table in TABLES:
            connection.execute(f"ALTER TABLE audit.{table} DISABLE TRIGGER {table}_only_grows")
        yield connection
        connection.rollback()


def cover_up(connection: psycopg.Connection) -> None:
    """The guards stand as if nothing had happened."""
    for table in TABLES:
        connection.execute(f"ALTER TABLE audit.{table} ENABLE ALWAYS TRIGGER {table}_only_grows")


def found(connection: psycopg.Connection, outside: Folder | None, keys: list[Key]) -> str:
    """The findings, as one text."""
    kept = set(outside.notes()) if outside else set()
    report = verify(connection, Report(), keys=keys, kept=kept, ours=ours())
    return "; ".join(report.findings)


def rewrite_tree(connection: psycopg.Connection) -> None:
    """Compute all leaves and roots anew from the entries, as somebody without the signing key can."""
    order = [row[0] for row in connection.execute("SELECT entry_id FROM audit.leaf ORDER BY position")]
    rows = {row[0]: row for row in connection.execute(f"SELECT {lines.SELECTED} FROM audit.entry e")}
    connection.execute("DELETE FROM audit.leaf")
    connection.execute("DELETE FROM audit.node")
    edge, position = Edge(), 0
    for number in order:
        row = rows.get(str(number))
        if row is None:
            continue
        leaf = leaf_hash(lines.of_row(row))
        connection.execute("INSERT INTO audit.leaf VALUES (%s, %s, %s)", [position, number, leaf])
        position += 1
        edge.append(leaf)
        if position % sealer.BLOCK == 0:
            edge = Edge()
    for index in range(position // sealer.BLOCK):
        edge = Edge()
        for leaf in sealer.leaves(connection, index * sealer.BLOCK, (index + 1) * sealer.BLOCK):
            edge.append(leaf)
        connection.execute("INSERT INTO audit.node VALUES (%s, %s, %s)", [sealer.BLOCK_LEVEL, index, edge.root()])


def test_an_untouched_log_is_sound(signed: Folder, sealing, signers) -> None:
    assert found(sealing, signed, [signers[0].key]) == ""


LAST = "(SELECT max(entry_id) FROM audit.leaf)"
ATTACKS: dict[str, tuple[tuple[str, ...], str]] = {
    "an entry edited": ((f"UPDATE audit.entry SET actor = 'staff:99' WHERE id = {LAST}",), "not the one that was sealed"),
    "a time edited": ((f"UPDATE audit.entry SET at = at - interval '1 day' WHERE id = {LAST}",), "not the one that was sealed"),
    "a detail edited": ((f"UPDATE audit.entry SET details = '{{\"x\": \"y\"}}' WHERE id = {LAST}",), "not the one that was sealed"),
    "an entry deleted": ((f"DELETE FROM audit.entry WHERE id = {LAST}",), "is gone"),
    "an entry deleted with its leaf": (
        ("DELETE FROM audit.entry WHERE id = (SELECT entry_id FROM audit.leaf WHERE position = 3)",
         "DELETE FROM audit.leaf WHERE position = 3"), "leaf at position 3 is gone"),
    "two leaves swapped": (
        ("UPDATE audit.leaf SET entry_id = -entry_id WHERE position IN (1, 2)",
         "UPDATE audit.leaf l SET entry_id = -(SELECT o.entry_id FROM audit.leaf o WHERE o.position = 3 - l.position)"
         " WHERE position = 1",
         "UPDATE audit.leaf SET entry_id = (SELECT min(e.id) FROM audit.entry e WHERE NOT EXISTS"
         " (SELECT FROM audit.leaf l WHERE l.entry_id = e.id)) WHERE position = 2"), "not the one that was sealed"),
    "a stored root edited": (("UPDATE audit.node SET hash = sha256('x')",), "stored root of block|do not fit|not fit"),
    "the end cut off": (
        ("DELETE FROM audit.entry WHERE id IN (SELECT entry_id FROM audit.leaf ORDER BY position DESC LIMIT 3)",
         "DELETE FROM audit.leaf WHERE position >= (SELECT max(position) - 2 FROM audit.leaf)"), "the end was cut off"),
    "the end cut off, with its checkpoints here": (
        ("DELETE FROM audit.entry WHERE id IN (SELECT entry_id FROM audit.leaf ORDER BY position DESC LIMIT 3)",
         "DELETE FROM audit.leaf WHERE position >= (SELECT max(position) - 2 FROM audit.leaf)",
         "DELETE FROM audit.checkpoint WHERE size > (SELECT max(position) + 1 FROM audit.leaf)"), "the end was cut off"),
    "a checkpoint edited": (
        ("UPDATE audit.checkpoint SET note = replace(note, 'time 2', 'time 3') WHERE id = (SELECT max(id) FROM audit.checkpoint)",),
        "not signed by a key"),
    "an entry dated back, unsealed": (
        ("INSERT INTO audit.entry(tx, at, kind, action, object_type, object_id, actor, actor_label, role, via, request,"
         " task, db_user) VALUES (1, now() - interval '1 day', 'act', 'a.b', 'x', '1', 'a', '', '', '', '', '', 'x')",),
        "have no leaf"),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_what_the_owner_did_is_said(name: str, attacker, signed: Folder, signers) -> None:
    statements, said = ATTACKS[name]
    for statement in statements:
        attacker.execute(statement)
    cover_up(attacker)
    assert re.search(said, found(attacker, signed, [signers[0].key]))


def test_a_log_rewritten_whole_does_not_fit_what_was_signed(attacker, signed: Folder, signers) -> None:
    attacker.execute(f"UPDATE audit.entry SET actor = 'staff:99' WHERE id = {LAST}")
    rewrite_tree(attacker)
    cover_up(attacker)
    said = found(attacker, signed, [signers[0].key])
    assert "not the one that was sealed" not in said, "the rewrite is complete"
    assert "are not the ones that were signed" in said


def test_a_log_rewritten_with_checkpoints_of_another_key_is_refused(attacker, signed: Folder, signers) -> None:
    attacker.execute(f"DELETE FROM audit.entry WHERE id = {LAST}")
    rewrite_tree(attacker)
    attacker.execute("DELETE FROM audit.checkpoint")
    size = sealer.sealed_size(attacker)
    forger = signing.signers("f:" + "Zm9yZ2VyIGZvcmdlciBmb3JnZXIgZm9yZ2VyIGZvciE=", origin=ORIGIN)[0]
    note = signing.note(size=size, root=sealer.edge_at(attacker, size).root(), at=timezone.now(), by=forger)
    attacker.execute("INSERT INTO audit.checkpoint(size, note, at) VALUES (%s, %s, now())", [size, note])
    cover_up(attacker)
    assert "not signed by a key" in found(attacker, None, [signers[0].key])
    assert found(attacker, signed, [signers[0].key]) != ""


def test_without_anything_kept_outside_a_cut_with_its_checkpoints_cannot_be_seen(attacker, sealing, signers) -> None:
    """The limit that docs/audit.md states; with the outside, the same is found (above)."""
    attacker.execute("DELETE FROM audit.checkpoint WHERE size = (SELECT max(size) FROM audit.checkpoint)")
    size = "(SELECT max(size) FROM audit.checkpoint)"
    attacker.execute(f"DELETE FROM audit.entry WHERE id IN (SELECT entry_id FROM audit.leaf WHERE position >= {size})")
    attacker.execute(f"DELETE FROM audit.leaf WHERE position >= {size}")
    attacker.execute("DELETE FROM audit.node WHERE (index + 1) * 256 > (SELECT max(size) FROM audit.checkpoint)")
    cover_up(attacker)
    assert found(attacker, None, [signers[0].key]) == ""


def test_an_old_copy_put_back_is_shorter_than_what_was_signed(attacker, signed: Folder, sealing, signers) -> None:
    """The owner puts the state of an earlier dump in place: sound in itself, and shorter than the outside knows."""
    size = min(int(path.name.split("-")[0]) for path in signed.path.iterdir())
    for statement in (
        "DELETE FROM audit.checkpoint WHERE size > %s",
        "DELETE FROM audit.entry WHERE id NOT IN (SELECT entry_id FROM audit.leaf WHERE position < %s)",
        "DELETE FROM audit.leaf WHERE position >= %s",
    ):
        attacker.execute(statement, [size])
    attacker.execute("DELETE FROM audit.node WHERE (index + 1) * 256 > %s", [size])
    cover_up(attacker)
    assert "the end was cut off" in found(attacker, signed, [signers[0].key])


@pytest.mark.parametrize("table", [*TABLES, "vault"])
def test_a_guard_switched_off_is_named(table: str, attacker, signed: Folder, signers) -> None:
    cover_up(attacker)
    trigger = "vault_is_never_rewritten" if table == "vault" else f"{table}_only_grows"
    attacker.execute(f"ALTER TABLE audit.{table} DISABLE TRIGGER {trigger}")
    assert f"the guard of audit.{table} is gone" in found(attacker, signed, [signers[0].key])


def test_a_row_trigger_switched_off_is_named(attacker, signed: Folder, signers) -> None:
    cover_up(attacker)
    row = attacker.execute(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = 'submissions_submission'::regclass AND tgname LIKE '%row_audit%'"
        " AND tgname NOT LIKE '%keep'"
    ).fetchone()
    attacker.execute(f'ALTER TABLE submissions_submission DISABLE TRIGGER "{row[0]}"')
    assert "the table submissions_submission has no audit trigger" in found(attacker, signed, [signers[0].key])


ROW = (
    "(SELECT tgname FROM pg_trigger WHERE tgrelid = 'accounts_user'::regclass AND tgname LIKE '%row_audit%'"
    " AND tgtype & 1 = 1)"
)
SILENT = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$ BEGIN RETURN NULL; END $f$"
SILENCED: dict[str, tuple[tuple[str, ...], str]] = {
    "the text of a row trigger's function": (
        (f"DO $do$ BEGIN EXECUTE format('CREATE OR REPLACE FUNCTION audit.%I() RETURNS trigger {SILENT}', {ROW});"
         " END $do$",), "is not the one that was installed"),
    "the text of the guards' function": (
        (f"CREATE OR REPLACE FUNCTION audit.refuse() RETURNS trigger {SILENT}",),
        "the function audit.refuse is not the one that was installed"),
    "the text of the function that records acts": (
        ("CREATE OR REPLACE FUNCTION audit.record(action text, object_type text, object_id text, subject uuid,"
         " details jsonb, sealed bytea) RETURNS bigint LANGUAGE sql SECURITY DEFINER"
         " SET search_path = pg_catalog, pg_temp AS 'SELECT 1::bigint'",),
        "the function audit.record is not the one that was installed"),
    "where a function looks for its names": (
        ("ALTER FUNCTION audit.refuse() SET search_path = public",),
        "the function audit.refuse is not the one that was installed"),
    "a condition on a row trigger": (
        (f"DO $do$ DECLARE t text := {ROW}; BEGIN EXECUTE format('DROP TRIGGER %I ON accounts_user', t);"
         " EXECUTE format('CREATE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON accounts_user FOR EACH ROW WHEN (false)"
         " EXECUTE FUNCTION audit.%I()', t, t);"
         " EXECUTE format('ALTER TABLE accounts_user ENABLE ALWAYS TRIGGER %I', t); END $do$",),
        "the table accounts_user has no audit trigger"),
    "what refuses to empty a domain table": (
        ("DO $do$ DECLARE t text; BEGIN SELECT tgname INTO t FROM pg_trigger WHERE tgrelid = 'accounts_user'::regclass"
         " AND tgname LIKE '%keep'; EXECUTE format('DROP TRIGGER %I ON accounts_user', t); END $do$",),
        "the table accounts_user may be emptied unseen"),
    "a trigger that swallows entries": (
        (f"CREATE FUNCTION audit.swallow() RETURNS trigger {SILENT}",
         "CREATE TRIGGER swallow BEFORE INSERT ON audit.entry FOR EACH ROW EXECUTE FUNCTION audit.swallow()"),
        "audit.entry has a trigger that is not ours: swallow"),
    "a rule that swallows entries": (
        ("CREATE RULE swallow AS ON INSERT TO audit.entry DO INSTEAD NOTHING",),
        "audit.entry has a rule that is not ours"),
    "a view in the place of a table": (
        ("ALTER TABLE audit.vault RENAME TO old_vault", "CREATE VIEW audit.vault AS SELECT * FROM audit.old_vault"),
        "audit.vault is not the table it was"),
    "rows that a policy hides": (
        ("ALTER TABLE audit.vault ENABLE ROW LEVEL SECURITY",), "audit.vault is not the table it was"),
    "a right for the application": (
        ("GRANT INSERT ON audit.entry TO kyc_test_app",), "the role kyc_test_app may INSERT on audit.entry"),
    "a right for the sealer": (
        ("GRANT DELETE ON audit.leaf TO kyc_test_sealer",), "the role kyc_test_sealer may DELETE on audit.leaf"),
    "a right for everybody": (
        ("GRANT EXECUTE ON FUNCTION audit.refuse() TO PUBLIC",), "anybody may call audit.refuse"),
}  # fmt: skip


@pytest.mark.parametrize("name", SILENCED)
def test_what_would_silence_the_log_from_here_on_is_said(name: str, attacker, signed: Folder, signers) -> None:
    """The tree stays whole: what recorded or refused was changed, for what comes next."""
    cover_up(attacker)
    assert found(attacker, signed, [signers[0].key]) == ""
    statements, said = SILENCED[name]
    for statement in statements:
        attacker.execute(statement)
    assert said in found(attacker, signed, [signers[0].key])


@pytest.mark.parametrize("role", ["DATABASE_URL", "SEALER_DATABASE_URL"])
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("statement", ["UPDATE audit.{} SET {} = {}", "DELETE FROM audit.{}", "TRUNCATE audit.{}"])
def test_neither_the_application_nor_the_sealer_can_take_anything_back(role: str, table: str, statement: str) -> None:
    column = {"entry": "tx", "leaf": "position", "node": "index", "seal": "size", "checkpoint": "size"}[table]
    with (
        psycopg.connect(os.environ[role], autocommit=True) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.format(table, column, column))


def test_the_application_adds_nothing_to_the_tree(app_role) -> None:
    for statement in (
        "INSERT INTO audit.leaf VALUES (-1, -1, sha256('x'))",
        "INSERT INTO audit.checkpoint(size, note, at) VALUES (1, 'x', now())",
        "INSERT INTO audit.seal(size, watermark, system_id) VALUES (1, 1, 'x')",
        "INSERT INTO audit.node VALUES (8, -1, sha256('x'))",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app_role.execute(statement)


class TestForAStranger:
    """What leaves the house, checked by the stand-alone verifier."""

    def test_the_whole_log_and_a_part_of_it_verify(self, signed: Folder, app_role, signers, tmp_path: Path) -> None:
        whole = bundle.export(app_role, tmp_path / "whole")
        kept = list(signed.notes())
        assert verify_bundle(tmp_path / "whole", [signers[0].key], kept).size == whole.end
        part = bundle.export(app_role, tmp_path / "part", start=3, end=whole.end - 8)
        found = verify_bundle(tmp_path / "part", [signers[0].key], kept)
        assert (part.covered, found.entries) == (found.size, whole.end - 8 - 3)
        assert (found.is_part, found.uncompared) == (True, 1)
        shown = (tmp_path / "part" / "entries.jsonl").read_bytes().splitlines()
        assert (
            shown[: found.entries]
            == (tmp_path / "whole" / "entries.jsonl").read_bytes().splitlines()[3 : whole.end - 8]
        )
        assert all(line.startswith(b'{"leaf":') for line in shown[found.entries :])

    def test_nothing_personal_leaves_in_clear(self, signed: Folder, app_role, tmp_path: Path) -> None:
        bundle.export(app_role, tmp_path / "whole")
        text = (tmp_path / "whole" / "entries.jsonl").read_text()
        for value in (cast.TAIWAN_READING.name, cast.TAIWAN_READING.english_name, cast.TAIWAN_READING.number):
            assert value not in text
            assert value.encode("unicode_escape").decode() not in text

    def test_a_folder_with_something_in_it_is_left_alone(self, signed: Folder, app_role, tmp_path: Path) -> None:
        (tmp_path / "mine.txt").write_text("mine")
        with pytest.raises(FileExistsError):
            bundle.export(app_role, tmp_path)
        assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["mine.txt"]


class TestTheCommands:
    @pytest.fixture(autouse=True)
    def _environment(self, settings, signers, signed: Folder) -> None:
        settings.AUDIT_ORIGIN = ORIGIN
        settings.ENV = replace(
            settings.ENV,
            audit_verify_key=str(signers[0].key),
            audit_signing_key=SIGNING_KEY,
            checkpoint_url=f"file://{signed.path}",
        )

    def test_a_sound_log_is_said_to_be_and_remembered(self, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("verify_audit")
        assert capsys.readouterr().out.startswith("Sound: ")
        entry = Entry.objects.filter(action="audit.verified").first()
        assert entry
        assert entry.details["not_checked"] == "0"

    def test_after_it_only_what_is_new_is_read(self, capsys: pytest.CaptureFixture[str], write, sealing) -> None:
        call_command("verify_audit")
        write(5)
        seal_all(sealing)
        call_command("verify_audit", "--since-last")
        said = capsys.readouterr().out.splitlines()[-1]
        assert said.startswith("Sound: ")
        assert int(said.split("(")[1].split()[0]) < 12

    def test_what_could_not_be_checked_is_said(self, settings, capsys: pytest.CaptureFixture[str]) -> None:
        settings.ENV = replace(settings.ENV, audit_verify_key="", checkpoint_url="")
        call_command("verify_audit")
        said = capsys.readouterr().err
        assert "Not checked: the signatures" in said
        assert "Not checked: the checkpoints kept outside" in said

    def test_an_unsound_log_ends_with_one_and_is_remembered(
        self, capsys: pytest.CaptureFixture[str], signed: Folder
    ) -> None:
        note = max(signed.path.iterdir())
        (signed.path / note.name.replace(note.name[:15], "000000999999999")).write_text(
            note.read_text().replace("\n" + str(int(note.name[:15])) + "\n", "\n999999999\n")
        )
        with pytest.raises(SystemExit) as ended:
            call_command("verify_audit")
        assert ended.value.code == 1
        assert "NOT SOUND: the checkpoint of size 999999999 is not signed" in capsys.readouterr().err
        assert Entry.objects.first().action == "audit.verification_failed"

    def test_a_key_of_no_form_ends_with_two(self) -> None:
        with pytest.raises(CommandError) as ended:
            call_command("verify_audit", "--key", "nonsense")
        assert ended.value.returncode == 2

    def test_an_export_is_an_act(self, tmp_path: Path) -> None:
        call_command("export_audit", str(tmp_path / "out"))
        entry = Entry.objects.filter(action="audit.exported").first()
        assert entry
        assert (tmp_path / "out" / "verify.py").exists()

    def test_a_new_key_is_announced_in_the_log(self, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("audit_key", "--new")
        said = capsys.readouterr().out.splitlines()
        secret, shown = (line.split(": ", 1)[1] for line in said)
        assert str(signing.signers(secret, origin=ORIGIN)[0].key) == shown
        entry = Entry.objects.filter(action="audit.key_made").first()
        assert entry
        assert entry.details == {"key": shown}
        assert secret.split(":")[1] not in str(entry.details)


@pytest.fixture
def in_parts(settings, signers, signed: Folder, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Entry]]:
    """A worker that verifies by parts of three entries and more. Gives the results of a run, each as the log has it."""
    settings.ENV = replace(settings.ENV, audit_verify_key=str(signers[0].key), checkpoint_url=f"file://{signed.path}")
    monkeypatch.setattr(checking, "PART_SIZE", 3)
    waiting: list[dict[str, bool]] = []
    monkeypatch.setattr(tasks.verify_audit, "delay", lambda **how: waiting.append(how))

    def go(*, between: Callable[[], object] = lambda: None, **how: bool) -> list[Entry]:
        last = Entry.objects.order_by("-id").values_list("id", flat=True).first() or 0
        tasks.verify_audit(**how)
        between()
        while waiting:
            tasks.verify_audit(**waiting.pop())
        return list(Entry.objects.filter(object_type="audit_log", id__gt=last).order_by("id"))

    return go


class TestInParts:
    def test_a_whole_log_is_verified_part_by_part_and_none_is_left_out(self, in_parts, sealing) -> None:
        *parts, last = in_parts(since_last=False)
        assert [entry.action for entry in parts] == [checking.PART] * len(parts)
        assert parts
        assert (last.action, last.details["from"]) == (checking.SOUND, "0")
        assert int(last.object_id) == sealer.sealed_size(sealing)
        sizes = [int(entry.object_id) for entry in (*parts, last)]
        assert sizes == sorted(set(sizes))
        notes = sealing.execute("SELECT count(*) FROM audit.checkpoint WHERE size > 0").fetchone()
        assert (int(last.details["signatures"]),) == notes

    def test_what_came_since_is_too(self, in_parts) -> None:
        in_parts(since_last=False)
        results = in_parts(since_last=True)
        assert {entry.action for entry in results} == {checking.SOUND}
        assert results[-1].details["from"] != "0"

    def test_a_part_that_does_not_fit_ends_it_and_is_said(self, in_parts, owner: psycopg.Connection) -> None:
        number, actor = owner.execute(f"SELECT id, actor FROM audit.entry WHERE id = {LAST}").fetchone() or (0, "")

        def acted_by(name: str) -> None:
            owner.execute("ALTER TABLE audit.entry DISABLE TRIGGER entry_only_grows")
            owner.execute("UPDATE audit.entry SET actor = %s WHERE id = %s", [name, number])
            owner.execute("ALTER TABLE audit.entry ENABLE ALWAYS TRIGGER entry_only_grows")

        results = in_parts(since_last=False, between=lambda: acted_by("staff:99"))
        acted_by(actor)  # what a test changes here stays for the others
        assert results[0].action == checking.PART
        assert results[-1].action == checking.UNSOUND
        assert f"entry {number}" in results[-1].details["first"]
        assert in_parts(since_last=False)[-1].action == checking.SOUND

    def test_a_twin_whose_work_was_ended_by_another_does_nothing(self, in_parts) -> None:
        assert in_parts(since_last=False)[-1].action == checking.SOUND
        assert in_parts(since_last=False, is_next=True) == []


def test_two_customers_ciphertexts_swapped_by_the_owner_do_not_open(owner) -> None:
    """The log shows the swap as a row change without context; the values refuse to be read as another's."""
    one, other = cast.to_review(now=timezone.now()), cast.to_review(now=timezone.now())
    first, second = one.readings.get(), other.readings.get()
    owner.execute(
        "UPDATE submissions_reading SET fields_sealed = %s WHERE id = %s", [bytes(second.fields_sealed), first.pk]
    )
    entry = Entry.objects.filter(object_type="submissions.reading", object_id=str(first.pk), action="update").first()
    assert entry
    assert (entry.actor, entry.via) == ("(no context)", "sql")
    first.refresh_from_db()
    with pytest.raises(SealBrokenError):
        evidence.open_fields(first)


def test_a_context_is_needed_to_write_as_the_application(app_role) -> None:
    with pytest.raises(psycopg.errors.RaiseException):
        app_role.execute("SELECT audit.record('a.b', 'x', '1', NULL, '{}', NULL)")
    assert audit.current_actor() is None
