"""How long a pack takes before its first byte, and how much memory, for a case that was asked again many times.

python -m tests.bench.packs [ATTEMPTS]      (default 10; each attempt has a front of twelve megapixels, about 3 MB)
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path


def case_of(attempts: int) -> object:
    """A case whose front was taken anew each time."""
    from kyc_portal.submissions import intake, review
    from kyc_portal.submissions.deciding import taking_effect
    from kyc_portal.submissions.reasons import Outcome
    from tests import cast
    from tests.bench.__main__ import photo

    rob, now, actor = cast.make_staff(name="Rob"), cast.NOW, cast.READER
    submission = cast.collecting(cast.make_customer(), now=now)
    for attempt in range(attempts):
        if attempt:
            cast.claimed(submission, rob, now=now)
            submission.refresh_from_db()
            verdict = review.Verdict(Outcome.ASK_AGAIN, ("blurred",), ("FRONT",))
            decision = review.decide(
                submission=submission, reviewer=rob, verdict=verdict, version_seen=submission.version,
                actor=rob.actor, now=now,
            )  # fmt: skip
            now += timedelta(seconds=11)
            taking_effect.finish(decision=decision, actor=actor, now=now)
            submission.refresh_from_db()
        by = submission.customer.actor
        intake.add_scan(submission=submission, side="FRONT", data=photo(attempt), actor=by, now=now)
        submission = intake.submit(submission=submission, actor=by, now=now)
        cast.answer(submission, read=cast.TAIWAN_READING, now=now)
        submission.refresh_from_db()
        submission = intake.confirm(submission=submission, differences={}, actor=by, now=now)
    return submission


def _status(name: str) -> float:
    return int(Path("/proc/self/status").read_text().partition(f"{name}:")[2].split()[0]) / 1024


def _timed(what: str, make: Callable[[], object]) -> None:
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before, started, worked = _status("VmRSS"), time.perf_counter(), time.process_time()
    pack = make()
    first, cpu = time.perf_counter() - started, time.process_time() - worked
    size = sum(map(len, pack.pieces))  # type: ignore[attr-defined]
    print(
        f"  {what:14} {size / 1e6:6.1f} MB   first byte after {first:6.2f} s ({cpu:5.2f} s CPU)"
        f"   whole after {time.perf_counter() - started:6.2f} s   memory +{_status('VmHWM') - before:4.0f} MB"
    )


def table(attempts: int) -> None:
    """Both packs of one case."""
    from django.utils import timezone

    from kyc_portal.accounts.models import Role
    from kyc_portal.exports.case_pack import making as case_pack
    from kyc_portal.privacy.subject_pack import making as subject_pack
    from tests import cast

    case, purpose = case_of(attempts), "Measured for the examiner's convenience"
    aud = cast.make_staff(Role.AUDITOR, "Aud")
    print(f"Packs of a case of {attempts} attempts, a picture of 12 megapixels each")
    for _round in range(2):  # the first one loads the fonts
        _timed(
            "case pack",
            lambda: case_pack.make(
                submission=case,
                purpose=purpose,
                with_notes=True,
                by=aud,
                now=timezone.now(),  # type: ignore[arg-type]
            ),
        )
    _timed("subject pack", lambda: subject_pack.make_own(customer=case.customer, now=timezone.now()))  # type: ignore[attr-defined]


def main(*sizes: int) -> None:
    """A table for each size, in a database made for it and dropped at the end."""
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
        for attempts in sizes or (10,):
            table(attempts)
        for connection in connections.all():
            connection.close()
        environment.drop_database()
    finally:
        servers.stop()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
