"""The worker's half of an export: begin, write part after part, finish; or put back, or fail.

Each part is stored first and then counted, by a row written under the worker's token. A worker that is killed in
between leaves bytes without a row: the next one goes on after the last counted key, so no row is lost or doubled.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.accounts.models import Role
from kyc_portal.exports import store
from kyc_portal.exports.asking import file_parts, record
from kyc_portal.exports.blocks import blocks
from kyc_portal.exports.columns import COLUMNS_VERSION, columns
from kyc_portal.exports.errors import StoppedError
from kyc_portal.exports.formats import FORMATS, Format
from kyc_portal.exports.models import Export, ExportPart, ExportState
from kyc_portal.exports.wanted import Wanted, newest_key
from kyc_portal.sealing import keys

EXPORTER = audit.system("exporter")
# Rows, or bytes, after which a part is full; a part is what a worker holds in memory, and what a killed one does again.
PART = 10_000
PART_BYTES = 2 << 20
LEASE = timedelta(seconds=60)
KEPT = timedelta(hours=24)
TRIES_LIMIT = 5
_BACK_OFF = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))
# What is left goes to the next task, so that the sweeps and alarms that share the worker get their turn.
GO_SECONDS = 15.0


def begin(*, export: Export, now: datetime) -> Export | None:
    """Take the export for this worker; None when there is nothing to do or somebody has it.

    The first go fixes how far the list reaches. Who lost the right meanwhile, and columns this code does not have
    any more, end it.
    """
    due = Q(state=ExportState.ASKED) | Q(state=ExportState.RUNNING, lease_until__lte=now)
    if not Export.objects.filter(due, pk=export.pk).exists():
        return None
    top, expected = export.top, export.rows_expected
    if top is None:
        top = newest_key()
        expected = Wanted.of(export.wanted).rows().filter(number__lte=top).count()
    with audit.acting(EXPORTER):
        taken = Export.objects.filter(due, pk=export.pk).update(
            state=ExportState.RUNNING,
            state_since=F("state_since") if export.state == ExportState.RUNNING else now,
            token=uuid.uuid4(),
            lease_until=now + LEASE,
            tries=F("tries") + 1,
            top=top,
            rows_expected=expected,
        )
    if not taken:
        return None
    export = Export.objects.select_related("asked_by").get(pk=export.pk)
    fault = _fault(export)
    if fault:
        fail(export=export, fault=fault, now=now)
        return None
    keys.ensure_key(export.pk)
    return export


def _fault(export: Export) -> str:
    if export.asked_by.role != Role.ADMINISTRATOR or not export.asked_by.is_active:
        return "asker_left"
    if export.columns_version != COLUMNS_VERSION:
        return "columns_changed"
    return "gave_up" if export.tries > TRIES_LIMIT else ""


def write(*, export: Export, seconds: float = GO_SECONDS) -> bool:
    """Write part after part from where the rows say it stands; False when time ran out before the end.

    Raises StoppedError between two parts when it was cancelled or another worker has it; OSError, SealError.
    """
    until = time.monotonic() + seconds
    rows_before, after, number = _standing(export)
    for part in _parts(export, rows_before, after):
        _add(export, part.data, number=number, rows=part.rows, last_key=part.last_key, as_of=part.as_of)
        number += 1
        if time.monotonic() > until:
            return False
    if not number:  # what matched when it was asked for is gone: the file says so with its header alone
        header = list(columns(in_clear=export.in_clear))
        empty = FORMATS[export.format].block(header, [], 0)
        _add(export, empty, number=0, rows=0, last_key=0, as_of=timezone.now())
    return True


def _standing(export: Export) -> tuple[int, int, int]:
    """Rows written, the last key among them, and the number of the next part."""
    parts = list(export.parts.filter(is_packed=False).order_by("number").values_list("rows", "last_key"))
    return sum(rows for rows, _key in parts), parts[-1][1] if parts else 0, len(parts)


@dataclass(frozen=True, slots=True)
class _Part:
    """Some blocks as they will stand in the file."""

    data: bytes
    rows: int
    last_key: int
    as_of: datetime


def _parts(export: Export, rows_before: int, after: int) -> Iterator[_Part]:
    """What is left of the list past the key `after`; each block becomes bytes before the next is read."""
    header, block_of = list(columns(in_clear=export.in_clear)), FORMATS[export.format].block
    wanted, top = Wanted.of(export.wanted), export.top or 0
    held: list[bytes] = []
    rows = 0
    for block in blocks(wanted, in_clear=export.in_clear, after=after, top=top):
        if not held:
            as_of = block.as_of
        held.append(block_of(header, block.rows, rows_before + rows))
        rows, last_key = rows + len(block.rows), block.last_key
        if rows >= PART or sum(map(len, held)) >= PART_BYTES:
            yield _Part(b"".join(held), rows, last_key, as_of)
            rows_before, rows, held = rows_before + rows, 0, []
    if held:
        yield _Part(b"".join(held), rows, last_key, as_of)


def _add(
    export: Export, data: bytes, *, number: int, rows: int, last_key: int, as_of: datetime, is_packed: bool = False
) -> None:
    """Store a part, then count it, if the export is still this worker's."""
    part_id = uuid.uuid4()
    store.put(export.pk, part_id, data)
    try:
        with audit.acting(EXPORTER):
            _renew(export)
            ExportPart.objects.create(
                id=part_id,
                export=export,
                number=number,
                is_packed=is_packed,
                last_key=last_key,
                rows=rows,
                size_bytes=len(data),
                as_of=as_of,
            )
    except StoppedError:
        store.drop(export.pk, part_id)
        raise


def _renew(export: Export) -> None:
    """Go on holding the export; inside `acting`. Raises StoppedError when it is not this worker's any more."""
    held = Export.objects.filter(pk=export.pk, state=ExportState.RUNNING, token=export.token)
    if not held.update(lease_until=timezone.now() + LEASE):
        raise StoppedError(str(export.pk))


def finish(*, export: Export) -> None:
    """Pack what has to be packed, take the hash over the file as it will leave, and make it ready.

    Done again from its start by the next worker when this one is killed. Raises as `write` does.
    """
    form = FORMATS[export.format]
    if form.pack is not None:
        _pack(export, form)
    seen, size = hashlib.sha256(), 0
    for piece in _pieces(export, file_parts(export).values_list("pk", flat=True)):
        seen.update(piece)
        size += len(piece)
    now, rows = timezone.now(), _standing(export)[0]
    with audit.acting(EXPORTER):
        moved = Export.objects.filter(pk=export.pk, state=ExportState.RUNNING, token=export.token).update(
            state=ExportState.READY,
            state_since=now,
            token=None,
            rows=rows,
            size_bytes=size,
            sha256=seen.hexdigest(),
            made_at=now,
            expires_at=now + KEPT,
        )
        if not moved:
            raise StoppedError(str(export.pk))
        export.refresh_from_db()
        record("list.exported", export)


def _pack(export: Export, form: Format) -> None:
    """The workbook, from the blocks' bytes, in parts of its own; an unfinished one of a killed worker goes first."""
    assert form.pack is not None  # noqa: S101 - the caller asked
    with audit.acting(EXPORTER):
        _renew(export)
        unfinished = list(export.parts.filter(is_packed=True).values_list("pk", flat=True))
        export.parts.filter(is_packed=True).delete()
    for part_id in unfinished:
        store.drop(export.pk, part_id)
    blocks = list(export.parts.filter(is_packed=False).order_by("number").values_list("pk", "rows", "size_bytes"))
    header = list(columns(in_clear=export.in_clear))
    rows, size = sum(each[1] for each in blocks), sum(each[2] for each in blocks)
    pieces = form.pack(header, _pieces(export, [each[0] for each in blocks]), rows, size)
    for number, piece in enumerate(pieces):
        _add(export, piece, number=number, rows=0, last_key=0, as_of=timezone.now(), is_packed=True)


def _pieces(export: Export, parts: Iterable[UUID]) -> Iterator[bytes]:
    """Stored parts one by one; holding on to the export while it reads."""
    renewed = time.monotonic()
    for part_id in parts:
        yield store.get(export.pk, part_id)
        if time.monotonic() - renewed > LEASE.total_seconds() / 4:
            with audit.acting(EXPORTER):
                _renew(export)
            renewed = time.monotonic()


def hand_on(*, export: Export, now: datetime) -> None:
    """Leave the rest to the next task; a go that got on counts as no failed try."""
    with audit.acting(EXPORTER):
        Export.objects.filter(pk=export.pk, state=ExportState.RUNNING, token=export.token).update(
            token=None, lease_until=now, tries=0
        )


def put_back(*, export: Export, fault: str, now: datetime) -> None:
    """The store, a key or the database did not answer: again later, ever more rarely, and at last given up."""
    if export.tries >= TRIES_LIMIT:
        fail(export=export, fault=fault, now=now)
        return
    wait = _BACK_OFF[min(export.tries, len(_BACK_OFF)) - 1]
    with audit.acting(EXPORTER):
        Export.objects.filter(pk=export.pk, state=ExportState.RUNNING, token=export.token).update(
            token=None, lease_until=now + wait, fault=fault
        )


def fail(*, export: Export, fault: str, now: datetime) -> None:
    """End it without a file; the person asks again."""
    with audit.acting(EXPORTER):
        moved = Export.objects.filter(pk=export.pk, state=ExportState.RUNNING, token=export.token).update(
            state=ExportState.FAILED, state_since=now, token=None, fault=fault
        )
        if moved:
            store.destroy_key(export.pk)
            record("export.failed", export, fault=fault)
