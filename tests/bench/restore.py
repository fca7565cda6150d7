"""How long a backup and its restore to an empty host take: `python -m tests.bench.restore [CASES]` (default 100;
making 500 cases takes four minutes).

Each case has one sealed picture of about 3 MB, as phones make them, and everything its way to review leaves in the log.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

CASES = 100
PICTURE_BYTES = 3_000_000


def main(cases: int = CASES) -> None:
    """Make the cases, back up, restore beside, verify every picture; prints seconds and megabytes a second."""
    import os

    import django

    from tests import environment

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kyc_portal.settings")
    servers = environment.begin()
    try:
        django.setup()
        _run(cases)
    finally:
        environment.drop_database()
        servers.stop()


def _run(cases: int) -> None:
    import os

    import psycopg
    from django.core.management import call_command
    from django.utils import timezone
    from psycopg.conninfo import make_conninfo

    from kyc_portal import backup
    from kyc_portal.audit.database import prepare, role_of
    from kyc_portal.sealing import files
    from tests import cast

    call_command("prepare_database", verbosity=0)
    call_command("migrate", database="owner", verbosity=0)
    for _each in range(cases):
        submission = cast.to_review()
        picture_id = submission.scans.get().pk
        blob = files.fetch(picture_id)
        files.delete(picture_id)
        files.put_sealed(picture_id, blob + os.urandom(PICTURE_BYTES - len(blob)))  # the size is what is measured
    admin = os.environ["ADMIN_DATABASE_URL"]
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        manifest = backup.take(
            Path(folder) / "backup",
            database_url=os.environ["DATABASE_URL"],
            admin_url=admin,
            now=timezone.now(),
            say=lambda text: None,
        )
        taken = time.perf_counter() - started
        for picture_id in files.listed():
            files.delete(picture_id)
        other = make_conninfo(os.environ["DATABASE_URL"], dbname="kyc_bench_restored")
        started = time.perf_counter()
        prepare(
            admin,
            database="kyc_bench_restored",
            owner=role_of(os.environ["MIGRATION_DATABASE_URL"]),
            app=role_of(os.environ["DATABASE_URL"]),
        )
        backup.give_back(Path(folder) / "backup", database_url=other, admin_url=admin, say=lambda text: None)
        given = time.perf_counter() - started
    with psycopg.connect(admin, autocommit=True) as server:
        server.execute("DROP DATABASE kyc_bench_restored WITH (FORCE)")
    megabytes = cases * PICTURE_BYTES / 1e6
    print(f"{cases} cases, {megabytes:.0f} MB of pictures, {manifest.database_bytes / 1e6:.1f} MB of dump")
    print(f"  backup   {taken:6.1f} s  {megabytes / taken:7.0f} MB/s")
    print(f"  restore  {given:6.1f} s  {megabytes / given:7.0f} MB/s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
