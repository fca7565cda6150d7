"""What the audit log costs a write, and how fast it is sealed, verified and exported. Needs only the embedded server.

python -m tests.bench.audit_log [ENTRIES]      (default 100,000; a million takes about 1.5 GB of disk and some minutes)
"""

from __future__ import annotations

import base64
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

ROUNDS = 5
ROWS = 2_000
_PERSON = "INSERT INTO accounts_user(password, email, display_name, role, is_active, date_joined, preferences) "
_VALUES = "('x', %s, 'Bench', 'reviewer', true, now(), '{}')"


def timed(act: Callable[[], object]) -> float:
    """Seconds of the wall clock."""
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def cost_of_a_write(owner: psycopg.Connection) -> None:
    """The same writes with the row trigger on and off, taken in turns, in transactions that are rolled back."""
    found = owner.execute(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = 'accounts_user'::regclass AND tgfoid IN"
        " (SELECT oid FROM pg_proc WHERE pronamespace = 'audit'::regnamespace) AND tgtype & 1 = 1"
    ).fetchone()
    assert found
    single = [f"bench{number}@kyc.example" for number in range(ROWS)]
    acts: dict[str, Callable[[], object]] = {
        "single INSERT": lambda: [owner.execute(f"{_PERSON}VALUES {_VALUES}", [each]) for each in single],
        "bulk INSERT": lambda: owner.execute(
            f"{_PERSON}SELECT 'x', 'bulk' || n, 'Bench', 'reviewer', true, now(), '{{}}' FROM generate_series(1, {ROWS}) n"
        ),
        "bulk UPDATE": lambda: owner.execute("UPDATE accounts_user SET role = 'auditor' WHERE email LIKE 'bulk%'"),
    }
    times: dict[tuple[str, bool], list[float]] = {}
    for _round in range(ROUNDS):
        for is_on in (False, True):
            owner.execute(f'ALTER TABLE accounts_user {"ENABLE ALWAYS" if is_on else "DISABLE"} TRIGGER "{found[0]}"')
            owner.execute("BEGIN")
            for name, act in acts.items():
                times.setdefault((name, is_on), []).append(timed(act))
            owner.execute("ROLLBACK")
    print(f"Cost of a write: {ROWS:,} rows in one transaction, median of {ROUNDS} rounds in turns")
    for name in acts:
        off, on = (statistics.median(times[name, is_on]) / ROWS * 1e6 for is_on in (False, True))
        print(f"  {name:16} {off:8.1f} µs without audit  {on:8.1f} µs with   {on / off:5.2f} times")


def proof(owner: psycopg.Connection, many: int, folder: Path) -> None:
    """Seal, sign, verify, export, verify the export; entries a second and the peak of this process's memory."""
    from kyc_portal.audit.definitions import ours
    from kyc_portal.audit.proof import bundle, places, sealer, signing
    from kyc_portal.audit.proof.verification import Report, snapshot, verify
    from kyc_portal.audit.proof.verifier import verify_bundle

    signers = signing.signers(f"bench:{base64.b64encode(os.urandom(32)).decode()}", origin="bench.example/audit")
    outside = places.place(f"file://{folder}/checkpoints")
    owner.execute(
        "INSERT INTO audit.entry(tx, at, kind, action, object_type, object_id, before, after, actor, actor_label, role,"
        " via, request, task, db_user) SELECT 3, now() - interval '1 hour', 'row', 'update', 'submissions.submission',"
        ' n::text, \'{"state": "to_review", "version": 4}\', \'{"state": "deciding", "version": 5}\', \'staff:7\','
        " 'Rob Lam', 'reviewer', 'web', md5(n::text), '', 'kyc_app' FROM generate_series(1, %s) n",
        [many],
    )

    def seal_all() -> None:
        with sealer.connect(os.environ["SEALER_DATABASE_URL"]) as connection:
            connection.autocommit = True
            while (step := sealer.seal(connection)) is not None and step.more:
                continue
            sealer.sign(connection, signers=signers, outside=outside)

    def check() -> Report:
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection, snapshot(connection):
            kept = set(outside.notes())
            return verify(connection, Report(), keys=[signers[0].key], kept=kept, ours=ours())

    def export() -> None:
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
            bundle.export(connection, folder / "bundle")

    print(f"The proof of {many:,} entries")
    steps: dict[str, Callable[[], object]] = {
        "seal and sign": seal_all,
        "verify_audit": check,
        "export_audit": export,
        "stand-alone verifier": lambda: verify_bundle(folder / "bundle", [signers[0].key], list(outside.notes())),
    }
    for name, act in steps.items():
        worked = time.process_time()
        seconds = timed(act)
        worked = time.process_time() - worked
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"  {name:22} {seconds:8.1f} s   {many / seconds:10,.0f} entries/s"
            f"   own CPU {worked / many * 1e6:5.1f} µs an entry   peak memory so far {peak:5.0f} MB"
        )
    report = check()
    assert report.is_sound, report.findings
    size = (folder / "bundle" / "entries.jsonl").stat().st_size
    print(f"  entries.jsonl          {size / 1e6:8.0f} MB")


def main(many: int = 100_000) -> None:
    """Both tables, in a database made for it and dropped at the end."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kyc_portal.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections

    from tests import environment

    servers = environment.begin()
    try:
        call_command("prepare_database", verbosity=0)
        call_command("migrate", database="owner", verbosity=0, interactive=False)
        with (
            psycopg.connect(os.environ["MIGRATION_DATABASE_URL"], autocommit=True) as owner,
            tempfile.TemporaryDirectory() as folder,
        ):
            cost_of_a_write(owner)
            proof(owner, many, Path(folder))
        for connection in connections.all():
            connection.close()
        environment.drop_database()
    finally:
        servers.stop()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
