"""The restore drill: a backup goes to an empty host, where the log and every picture verify; nothing is written over."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from psycopg import sql
from psycopg.conninfo import make_conninfo

from kyc_portal import backup
from kyc_portal.accounts.models import Role
from kyc_portal.audit.proof import afterwards, places, sealer, signing
from kyc_portal.privacy import erasure, holds
from kyc_portal.privacy.models import Cause
from kyc_portal.sealing import files
from kyc_portal.submissions import intake
from tests import cast
from tests.audit.proof.conftest import ORIGIN, SIGNING_KEY, forget_checkpoints

pytestmark = [pytest.mark.db_bound, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _empty_store() -> None:
    for picture_id in files.listed():
        files.delete(picture_id)


@pytest.fixture(autouse=True)
def _own_checkpoints() -> None:
    forget_checkpoints()


@pytest.fixture
def host(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of another host: a database that is not there yet, an empty store, a checkpoint folder."""
    name = f"kyc_restored_{uuid.uuid4().hex[:12]}"
    urls = ("DATABASE_URL", "MIGRATION_DATABASE_URL", "SEALER_DATABASE_URL")
    yield {
        **os.environ,
        **{each: make_conninfo(os.environ[each], dbname=name) for each in urls},
        "DJANGO_SETTINGS_MODULE": "kyc_portal.settings",
        "LOCAL_DIR": str(tmp_path / "host"),
        "CHECKPOINT_URL": f"file://{tmp_path}/checkpoints",
        "AUDIT_ORIGIN": ORIGIN,
        "AUDIT_SIGNING_KEY": SIGNING_KEY,
        "AUDIT_VERIFY_KEY": ",".join(str(each.key) for each in signing.signers(SIGNING_KEY, origin=ORIGIN)),
    }
    with psycopg.connect(os.environ["ADMIN_DATABASE_URL"], autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def manage(host: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    """A command as a process of the other host."""
    return subprocess.run(
        [sys.executable, "manage.py", *command], cwd=ROOT, env=host, capture_output=True, text=True, check=False
    )


def test_a_backup_stands_up_on_an_empty_host_and_everything_verifies(host: dict[str, str], tmp_path: Path, log) -> None:
    submission = cast.to_review()
    many = len(files.listed())
    call_command("backup", str(tmp_path / "backup"))
    assert [entry.action for entry in log.entries(kind="act")][-1] == "backup.taken"

    done = manage(host, "restore", str(tmp_path / "backup"))
    assert done.returncode == 0, done.stderr
    assert f"Sound: {many} pictures are what was received, 0 missing, 0 broken" in done.stdout
    assert manage(host, "seal_audit", "--once").returncode == 0
    verified = manage(host, "verify_audit")
    assert verified.returncode == 0, verified.stderr
    assert verified.stdout.startswith("Sound:")
    read = manage(host, "shell", "-c", _SHOW.format(pk=submission.pk))
    assert read.stdout.strip().endswith(f"to_review {cast.TAIWAN_READING.name}"), read.stderr

    again = manage(host, "restore", str(tmp_path / "backup"))
    assert again.returncode != 0
    assert "the database is not empty; nothing was written over" in again.stderr


def test_who_was_erased_or_held_after_the_backup_is_so_again_on_the_restored_host(
    host: dict[str, str], tmp_path: Path
) -> None:
    gone, kept, held, late, freed = (cast.to_review() for _each in range(5))
    ada = cast.make_staff(Role.ADMINISTRATOR)
    holds.put_on(customer=held.customer, why="asked by a court", by=ada, now=cast.NOW)
    call_command("backup", str(tmp_path / "backup"))
    holds.lift(hold=held.customer.holds.get(), by=ada, now=cast.NOW)
    since = [
        holds.put_on(customer=each.customer, why="asked by a court", by=ada, now=cast.NOW) for each in (late, freed)
    ]
    holds.lift(hold=since[1], by=ada, now=cast.NOW)
    for each in (gone, held):
        intake.withdraw(submission=each, actor=each.customer.actor, now=cast.NOW)
        long_after = cast.NOW + timedelta(days=9000)
        erasure.erase(customer=each.customer, cause=Cause.RETENTION, actor=ada.actor, now=long_after)
    outside = places.Folder(tmp_path / "checkpoints")
    signers = signing.signers(SIGNING_KEY, origin=ORIGIN)
    with sealer.connect(os.environ["SEALER_DATABASE_URL"]) as connection:
        connection.autocommit = True
        sealer.round_of(connection, signers=signers, outside=outside, whole=True)
    stranger = signing.signers(f"x:{base64.b64encode(b'x' * 32).decode()}", origin=ORIGIN)[0]
    strange = afterwards.note("erased", kept.customer_id, kept.customer_id, at=cast.NOW, by=stranger)
    outside.put(f"erased/{kept.customer_id}.txt", strange)

    done = manage(host, "restore", str(tmp_path / "backup"))
    assert done.returncode == 0, done.stderr
    assert "1 legal holds set since are open again" in done.stdout
    assert "1 customers who had been erased since are erased again" in done.stdout
    assert f"a person must look: {held.customer.reference}\n" in done.stderr
    assert "1 notes of holds or erasures are not signed by a key" in done.stderr
    read = manage(host, "shell", "-c", _HELD)
    assert read.stdout.split("\n")[-2] == f"{since[0].pk} None held", read.stderr
    read = manage(host, "shell", "-c", _ERASED)
    assert set(read.stdout.split()[-1].split(",")) == {f"{gone.customer_id}:repeated:withdrawn:0"}, read.stderr
    told = len(list(outside.notes("erased"))) + len(list(outside.notes("held")))
    sealed = manage(host, "seal_audit", "--once")
    assert (sealed.returncode, sealed.stderr) == (0, "")
    after = len(list(outside.notes("erased"))) + len(list(outside.notes("held")))
    assert after == told + 2, "what the restore repeated is told too, and does not meet the notes that are there"


_ERASED = """
from kyc_portal.privacy.models import Erasure
from kyc_portal.sealing.models import CustomerKey
print(",".join(
    f"{e.customer_id}:{e.cause}:{e.customer.submissions.get().state}:"
    f"{CustomerKey.objects.filter(customer=e.customer_id).count()}"
    for e in Erasure.objects.filter(cause="repeated")
))
"""
_HELD = """
from django.utils import timezone
from kyc_portal import audit
from kyc_portal.privacy import erasure
from kyc_portal.privacy.models import Cause, Hold
hold = Hold.objects.get(set_by=None)
try:
    erasure.erase(customer=hold.customer, cause=Cause.RETENTION, actor=audit.system("command_test"), now=timezone.now())
except erasure.NotErasedError as error:
    print(hold.pk, hold.lifted_at, error.reason)
"""
_SHOW = """
from kyc_portal.submissions.models import Submission
from kyc_portal.sealing.values import open_json
s = Submission.objects.get(pk="{pk}")
r = s.readings.get(side="FRONT")
values = open_json(r.customer_id, table="reading", column="fields_sealed", row_id=r.pk, blob=bytes(r.fields_sealed))
print(s.state, values["name"])
"""


def test_with_another_master_key_the_restored_host_does_not_claim_to_be_sound(
    host: dict[str, str], tmp_path: Path
) -> None:
    cast.to_review()
    call_command("backup", str(tmp_path / "backup"))
    done = manage({**host, "MASTER_KEY": f"test:{'A' * 43}="}, "restore", str(tmp_path / "backup"))
    assert done.returncode == 1
    assert "Not sound: 0 pictures are what was received" in done.stdout


def test_a_backup_that_was_changed_or_cut_is_refused(tmp_path: Path) -> None:
    cast.to_review()
    folder = tmp_path / "backup"
    call_command("backup", str(folder))
    backup.check(folder, say=str)
    with pytest.raises(CommandError, match="is not empty"):
        call_command("backup", str(folder))
    picture = next((folder / "pictures").iterdir())
    data = picture.read_bytes()
    picture.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(backup.BackupError, match="pictures does not hold"):
        backup.check(folder, say=str)
    picture.unlink()
    with pytest.raises(backup.BackupError, match="pictures does not hold"):
        backup.check(folder, say=str)
    (folder / "manifest.json").unlink()
    with pytest.raises(backup.BackupError, match="no whole backup"):
        backup.check(folder, say=str)


def test_a_picture_that_was_swapped_or_lost_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = cast.to_review(), cast.to_review()
    one, other = first.scans.earliest("pk").pk, second.scans.earliest("pk").pk
    blob = files.fetch(other)
    files.delete(one)
    files.put_sealed(one, blob)
    files.delete(other)
    with pytest.raises(SystemExit):
        call_command("verify_pictures")
    told = capsys.readouterr()
    assert f"broken: {one}" in told.err
    assert f"missing: {other}" in told.err
