"""How fast an export is made, and in how much memory, beside the naive way and a raw COPY; ratios within one run.

python -m tests.bench.exports [ROWS …]      (default 10,000 and 100,000; 1000000 takes some minutes, mostly to fill in)

Each way runs in a process of its own, so that its peak memory is its own; every customer's key is met cold.
"""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

COPY, NAIVE = "raw COPY, sealed", "model list to CSV"
WAYS = (COPY, NAIVE, "export csv", "export jsonl", "export xlsx")
_FILL = 5000
_TABLES = (
    "accounts_user",
    "accounts_customer",
    "sealing_customerkey",
    "submissions_consent",
    "submissions_submission",
)


def fill(first: int, many: int) -> None:
    """Customers with a key, a consent and a submission each. The triggers are off: these rows are nobody's acts."""
    import psycopg

    with psycopg.connect(os.environ["MIGRATION_DATABASE_URL"], autocommit=True) as owner:
        for table in _TABLES:
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for start in range(first, many, _FILL):
            _batch(start, min(_FILL, many - start))
        for table in _TABLES:
            owner.execute(f"ANALYZE {table}")


def _batch(start: int, many: int) -> None:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from django.utils import timezone

    from kyc_portal.accounts.models import Customer, User
    from kyc_portal.sealing import keys, values
    from kyc_portal.sealing.models import CustomerKey
    from kyc_portal.submissions import masks
    from kyc_portal.submissions.models import Consent, Submission

    now, header = timezone.now(), b"\x01\x00\x01"
    users = User.objects.bulk_create(
        User(email=f"b{number}@kyc.example", password="x") for number in range(start, start + many)
    )
    customers = Customer.objects.bulk_create(Customer(user=user, reference=f"C-{user.pk}") for user in users)
    wrapped, cases = [], []
    consents = Consent.objects.bulk_create(
        Consent(customer=each, text_version="1", language="en", provider="p", region="r", given_at=now)
        for each in customers
    )
    for number, (customer, consent) in enumerate(zip(customers, consents, strict=True), start):
        plain = os.urandom(32)
        master_id, blob = keys.ring().wrap(plain, context=keys.context_of(customer.pk, 1))
        wrapped.append(CustomerKey(customer=customer.pk, master_id=master_id, wrapped=blob))
        case = Submission(
            reference=f"S-{number}",
            customer=customer,
            consent=consent,
            state="to_review",
            state_since=now,
            waiting_since=now,
            received_at=now,
            started_at=now,
            policy_version="1",
            language="en",
            declared_type="taiwan_resident",
            permit_type="taiwan_resident",
            codes=[-9103] if number % 7 == 0 else [],
        )
        text = json.dumps(masks.summary(name="李優圖", number=f"{number:08d}"), ensure_ascii=False).encode()
        nonce, bound = os.urandom(12), values._bound_to(customer.pk, "submission", "summary_sealed", case.pk, header)
        case.summary_sealed = header + nonce + AESGCM(plain).encrypt(nonce, text, bound)
        cases.append(case)
    CustomerKey.objects.bulk_create(wrapped)
    Submission.objects.bulk_create(cases)


def _raw_copy() -> int:
    """The same columns as they are stored, by COPY: what the database alone can do."""
    import psycopg

    size = 0
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection, connection.cursor() as cursor:
        select = (
            "SELECT s.number, s.id, s.customer_id, s.reference, c.reference, s.state, s.attempt, s.version, s.severity,"
            " s.codes, s.rank, s.permit_type, s.expires_on, s.received_at, s.waiting_since, s.decided_at,"
            " s.summary_sealed FROM submissions_submission s JOIN accounts_customer c ON c.id = s.customer_id"
            " ORDER BY s.number"
        )
        with cursor.copy(f"COPY ({select}) TO STDOUT (FORMAT csv)") as copy:
            for piece in copy:
                size += len(piece)
    return size


def _naive() -> int:
    """The list of models, opened one by one, into one text; formula-safe and masked like the export."""
    from kyc_portal.exports.formula_guard import guarded
    from kyc_portal.submissions import queue
    from kyc_portal.submissions.models import Submission
    from kyc_portal.submissions.warning_codes import Severity

    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for each in list(Submission.objects.select_related("customer").order_by("number")):
        name, ending = queue.masked(each)
        cells = [each.reference, each.customer.reference, each.state, each.attempt, each.version]
        cells += [Severity(each.severity).name.lower(), " ".join(map(str, each.codes)), -each.rank, each.permit_type]
        cells += [name, ending, each.expires_on or "", each.received_at, each.waiting_since, each.decided_at or ""]
        writer.writerow([guarded(str(cell)) for cell in cells])
    return len(out.getvalue().encode())


def _export(form: str) -> int:
    """The product's own: asked for, made by the task's code with every entry, part and hash, and taken."""
    from django.utils import timezone

    from kyc_portal.accounts.models import Role, User
    from kyc_portal.exports import asking, tasks
    from kyc_portal.exports.submission_list import Wanted

    ada = User.objects.create_user(f"{uuid4().hex}@kyc.example", role=Role.ADMINISTRATOR)
    purpose = "Measured against other ways of writing it"
    export = asking.ask(purpose=purpose, wanted=Wanted(), form=form, in_clear=False, by=ada, now=timezone.now())
    while export.state in ("asked", "running"):
        tasks.make_export(str(export.pk))
        export.refresh_from_db()
    assert export.state == "ready", export.fault
    return sum(map(len, asking.take(export=export, by=ada, now=timezone.now())))


def _peak_mb() -> float:
    """The most memory this program has held; getrusage would count what the starting process held before it."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def one_way(way: str) -> None:
    """Run one way in this process and print its seconds, CPU seconds, peak memory and bytes as JSON."""
    import logging

    import django

    django.setup()
    logging.disable(logging.WARNING)  # the broker is away here
    acts: dict[str, Callable[[], int]] = {COPY: _raw_copy, NAIVE: _naive}
    # What every way imports is no part of its memory or time.
    from kyc_portal.exports import asking, making, tasks  # noqa: F401
    from kyc_portal.submissions import queue  # noqa: F401

    before = _peak_mb()
    started, worked = time.perf_counter(), time.process_time()
    size = acts[way]() if way in acts else _export(way.removeprefix("export "))
    told = {
        "seconds": time.perf_counter() - started,
        "cpu": time.process_time() - worked,
        "peak": _peak_mb(),
        "before": before,
        "size": size,
    }
    print(json.dumps(told))


def table(many: int) -> None:
    """One size: every way, and what each is to the naive one and to COPY."""
    found = {}
    for way in WAYS:
        run = [sys.executable, "-m", "tests.bench.exports", "--way", way]
        told = subprocess.run(run, check=True, capture_output=True, text=True)
        found[way] = json.loads(told.stdout.splitlines()[-1])
    naive, copy = found[NAIVE], found[COPY]
    print(f"Export of {many:,} rows; each in a process of its own, {naive['before']:.0f} MB before it begins")
    for way, each in found.items():
        print(
            f"  {way:18} {many / each['seconds']:10,.0f} rows/s   CPU {each['cpu'] / many * 1e6:6.1f} µs a row"
            f"   peak {each['peak']:5.0f} MB   {naive['seconds'] / each['seconds']:6.2f} x naive"
            f"   {copy['seconds'] / each['seconds']:6.3f} x COPY   memory {each['peak'] / naive['peak']:5.2f} of naive"
        )


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
        filled = 0
        for many in sorted(sizes or (10_000, 100_000)):
            fill(filled, many)
            filled = many
            table(many)
        for connection in connections.all():
            connection.close()
        environment.drop_database()
    finally:
        servers.stop()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--way"]:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kyc_portal.settings")
        one_way(sys.argv[2])
    else:
        main(*map(int, sys.argv[1:]))
