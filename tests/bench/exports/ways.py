"""The ways to write the list that are held beside each other; each gives the size of what it wrote, in bytes."""

from __future__ import annotations

import csv
import importlib.util
import io
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from uuid import uuid4

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from kyc_portal.accounts.models import Role, User
from kyc_portal.exports import asking, tasks
from kyc_portal.exports.columns import COLUMNS
from kyc_portal.exports.formula_guard import guarded
from kyc_portal.exports.wanted import Wanted
from kyc_portal.rows import Row, binary_rows
from kyc_portal.sealing import keys, values
from kyc_portal.sealing.models import CustomerKey
from kyc_portal.submissions import queue
from kyc_portal.submissions.models import Submission
from kyc_portal.submissions.warning_codes import Severity

COPY, ITERATOR, NAIVE = "raw COPY, sealed", "ORM iterator to CSV", "model list to CSV"
CIPHER, UNSEALING = "AES-GCM calls alone", "unsealing, in memory"
LIBRARY = "django-import-export"
# The first asks for each key and the second holds everything: neither writes a million rows in a time to wait for.
_UP_TO = {NAIVE: 20_000, LIBRARY: 100_000}
_AT_ONCE = 5000


@dataclass(slots=True)
class Timed:
    """Bytes written, or opened, and the time and CPU time it took, in seconds."""

    size: int = 0
    seconds: float = 0
    cpu: float = 0


@contextmanager
def timed() -> Iterator[Timed]:
    """Measure the body."""
    found = Timed(seconds=-time.perf_counter(), cpu=-time.process_time())
    yield found
    found.cpu += time.process_time()
    found.seconds += time.perf_counter()


def _copy() -> int:
    """The same columns as they are stored, by COPY: what the database alone can do."""
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


def _blocks_in_memory() -> Iterator[list[Row]]:
    """(customer, row, sealed summary, wrapped key) as the database gives them."""
    statement = (
        "SELECT s.number, uuid_send(s.customer_id), uuid_send(s.id), s.summary_sealed, k.wrapped"
        " FROM submissions_submission s JOIN sealing_customerkey k ON k.customer = s.customer_id"
        " WHERE s.number > %s ORDER BY s.number LIMIT %s"
    )
    after = 0
    while rows := binary_rows(statement, [after, _AT_ONCE]):
        yield [row[1:] for row in rows]
        after = rows[-1][0]


def _cut_up(row: Row) -> tuple[bytes, ...]:
    """What the ciphers are called with for a row: of its key, then of its summary."""
    customer, row_id, blob, wrapped = row
    bound = values.bound_to(customer, values.place_of("submission", "summary_sealed"), row_id, blob[:3])
    return wrapped[:12], wrapped[12:], keys.context_of(customer, blob[1:3]), blob[3:15], blob[15:], bound


def _cipher() -> Iterator[Timed]:
    """Every key unwrapped and every summary opened, all that the ciphers are called with made before."""
    master = AESGCM(keys.ring().keys[keys.ring().newest])
    for rows in _blocks_in_memory():
        ready = [_cut_up(row) for row in rows]
        with timed() as block:
            for key_nonce, wrapped, context, nonce, body, bound in ready:
                block.size += len(AESGCM(master.decrypt(key_nonce, wrapped, context)).decrypt(nonce, body, bound))
        yield block


def _unsealing() -> Iterator[Timed]:
    """The same from rows as they are in memory: cut up, unwrapped, opened. What cannot be saved in Python."""
    master = AESGCM(keys.ring().keys[keys.ring().newest])
    for rows in _blocks_in_memory():
        with timed() as block:
            for row in rows:
                key_nonce, wrapped, context, nonce, body, bound = _cut_up(row)
                block.size += len(AESGCM(master.decrypt(key_nonce, wrapped, context)).decrypt(nonce, body, bound))
        yield block


def _cells(each: Submission, name: str, ending: str) -> list[str]:
    cells = [each.reference, each.customer.reference, each.state, each.attempt, each.version]
    cells += [Severity(each.severity).name.lower(), " ".join(map(str, each.codes)), -each.rank, each.permit_type]
    cells += [name, ending, each.expires_on or "", each.received_at, each.waiting_since, each.decided_at or ""]
    return [guarded(str(cell)) for cell in cells]


def _naive() -> int:
    """The list of models, opened one by one as a page does, into one text; formula-safe and masked like the export."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for each in list(Submission.objects.select_related("customer").order_by("number")):
        writer.writerow(_cells(each, *queue.masked(each)))
    return len(out.getvalue().encode())


def _with_keys() -> QuerySet[Submission]:
    """Models that bring their customer's wrapped key along, so that none is asked for one by one."""
    wrapped = CustomerKey.objects.filter(customer=OuterRef("customer_id"), version=1).values("wrapped")[:1]
    return Submission.objects.select_related("customer").annotate(wrapped=Subquery(wrapped)).order_by("number")


def _opened(each: Submission) -> tuple[str, str]:
    which = (each.customer_id, 1)
    if keys.held.get(which) is None:
        context = keys.context_of(each.customer_id.bytes, b"\x00\x01")
        wrapped = bytes(each.wrapped)  # type: ignore[attr-defined]
        keys.held.put(which, keys.ring().unwrap(keys.ring().newest, wrapped, context=context))
    return queue.masked(each)


def _iterator() -> int:
    """Models as they stream by, keys fetched with them: the careful plain way."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    size = 0
    for each in _with_keys().iterator(chunk_size=2000):
        writer.writerow(_cells(each, *_opened(each)))
        if out.tell() > 1 << 20:
            size += len(out.getvalue().encode())
            out.seek(0)
            out.truncate()
    return size + len(out.getvalue().encode())


def _library() -> int:
    """The usual library, told how to open a row."""
    from django.conf import settings
    from import_export import fields, resources

    settings.INSTALLED_APPS += ["import_export"]

    class Resource(resources.ModelResource):
        masked = fields.Field()
        customer_reference = fields.Field(attribute="customer__reference")

        class Meta:
            model = Submission
            fields = ("masked", "customer_reference", "reference", "state", "attempt", "version", "severity", "codes", "rank", "permit_type",
                      "expires_on", "received_at", "waiting_since", "decided_at")  # fmt: skip

        def dehydrate_masked(self, each: Submission) -> str:
            return "|".join(map(guarded, _opened(each)))

    return len(Resource().export(_with_keys()).csv.encode())


def _export(form: str) -> int:
    """The product's own: asked for, made by the task's code with every entry, part and hash, and taken."""
    ada = User.objects.create_user(f"{uuid4().hex}@kyc.example", role=Role.ADMINISTRATOR)
    purpose = "Measured against other ways of writing it"
    export = asking.ask(purpose=purpose, wanted=Wanted(), form=form, in_clear=False, by=ada, now=timezone.now())
    while export.state in ("asked", "running"):
        tasks.make_export(str(export.pk))
        export.refresh_from_db()
    assert export.state == "ready", export.fault
    assert len(COLUMNS) == 16, "the other ways write these sixteen"
    with timed() as first_byte:
        pieces = asking.take(export=export, by=ada, now=timezone.now())
        first = next(pieces)
    print(f"first byte {first_byte.seconds * 1000:.0f} ms", file=sys.stderr)
    return len(first) + sum(map(len, pieces))


WAYS: dict[str, Callable[[], int]] = {
    COPY: _copy,
    NAIVE: _naive,
    ITERATOR: _iterator,
    **({LIBRARY: _library} if importlib.util.find_spec("import_export") else {}),
    "export csv": lambda: _export("csv"),
    "export jsonl": lambda: _export("jsonl"),
    "export xlsx": lambda: _export("xlsx"),
}
# These time themselves block by block, so that reading the rows is not counted.
_IN_MEMORY = {CIPHER: _cipher, UNSEALING: _unsealing}


def of(many: int) -> list[str]:
    """The ways that are measured on so many rows."""
    return [*_IN_MEMORY, *(way for way in WAYS if many <= _UP_TO.get(way, many))]


def run(way: str) -> Timed:
    """One way's bytes, seconds and CPU seconds."""
    if way in _IN_MEMORY:
        parts = list(_IN_MEMORY[way]())
        return Timed(*(sum(each) for each in zip(*map(astuple, parts), strict=True)))
    with timed() as whole:
        whole.size = WAYS[way]()
    return whole
