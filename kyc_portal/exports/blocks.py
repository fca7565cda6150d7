"""The list read block by block, and opened.

Each block is a statement of its own, by key range, so no snapshot is held beside the queue: each row says as of when
it was read and which version it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BinaryField, DateTimeField, F, Func, OuterRef, QuerySet, Subquery, TextField, Value

from kyc_portal.exports.columns import Cells, Said, Stored, columns
from kyc_portal.exports.wanted import Wanted
from kyc_portal.rows import binary_rows
from kyc_portal.sealing.bulk import KeysOfMany
from kyc_portal.submissions.models import FieldCorrection, Reading, Scan, SideChoice, Submission
from kyc_portal.submissions.states import ScanState

# Rows a statement. More would be no faster, and all of them are in memory at once.
READ = 1000
# Where the first block begins: no key is so low.
_BEFORE_ALL = -1


@dataclass(frozen=True, slots=True)
class Block:
    """The rows of one statement as text, column by column; `last_key` is where the next one goes on."""

    columns: Sequence[Cells]
    last_key: int
    as_of: datetime

    def __len__(self) -> int:
        return len(self.columns[0])


def blocks(wanted: Wanted, *, in_clear: bool, after: int, top: int) -> Iterator[Block]:
    """Every block past the key `after` up to `top`."""
    makers = list(columns(in_clear=in_clear).values())
    statement, values, names = _statement(wanted, in_clear=in_clear, top=top)
    while rows := binary_rows(statement, [*values, after]):
        stored = _opened(dict(zip(names, zip(*rows, strict=True), strict=True)), in_clear=in_clear)
        after = stored.values["number"][-1]
        yield Block(columns=[make(stored) for make in makers], last_key=after, as_of=stored.values["as_of"][0])


def _statement(wanted: Wanted, *, in_clear: bool, top: int) -> tuple[str, list[Any], list[str]]:
    """The statement of any block, its values but the last, which is the key to go on after, and its columns' names."""
    made = {
        "id_bytes": _sixteen_bytes(F("id")),
        "customer_bytes": _sixteen_bytes(F("customer_id")),
        "codes_told": Func(F("codes"), Value(" "), function="array_to_string", output_field=TextField()),
        "as_of": Func(function="statement_timestamp", output_field=DateTimeField()),
        **(_clear_values() if in_clear else {}),
    }
    names = [*_STORED, *made]
    found: QuerySet[Submission] = wanted.rows().filter(number__lte=top).annotate(**made).order_by("number")
    page = found.filter(number__gt=_BEFORE_ALL).values_list(*names)[:READ]
    statement, values = page.query.sql_with_params()
    assert values[-1] == _BEFORE_ALL  # noqa: S101 - the last filter's value is the statement's last
    return statement, list(values[:-1]), names


_STORED = (
    "number", "reference", "customer__reference", "state", "attempt", "version", "severity", "rank", "permit_type",
    "expires_on", "received_at", "waiting_since", "decided_at", "summary_sealed",
)  # fmt: skip


def _sixteen_bytes(value: Any) -> Func:
    """A key as it is bound to what is sealed; cheaper to read than an object for each."""
    return Func(value, function="uuid_send", output_field=BinaryField())


def _clear_values() -> dict[str, Any]:
    """The front side's reading and its corrections, oldest first; the newest picture that was not replaced stands."""
    front = (
        Scan.objects.filter(
            submission=OuterRef("pk"), side=SideChoice.FRONT, state__in=[ScanState.READ, ScanState.UNREAD]
        )
        .order_by("-attempt")
        .values("pk")[:1]
    )
    reading = Reading.objects.filter(scan=OuterRef("front_scan"))
    corrections = FieldCorrection.objects.filter(reading__scan=OuterRef("front_scan")).order_by("corrected_at", "pk")
    return {
        "front_scan": Subquery(front),
        "reading_bytes": _sixteen_bytes(Subquery(reading.values("pk")[:1])),
        "fields_sealed": Subquery(reading.values("fields_sealed")[:1]),
        "correction_ids": ArraySubquery(corrections.values("pk")),
        "correction_fields": ArraySubquery(corrections.values("field")),
        "correction_values": ArraySubquery(corrections.values("value_sealed")),
    }


def _opened(values: Mapping[str, Sequence[Any]], *, in_clear: bool) -> Stored:
    """The block with its sealed values opened."""
    customers = values["customer_bytes"]
    keys = KeysOfMany(customers)
    shown = keys.open_json(
        table="submission",
        column="summary_sealed",
        customers=customers,
        row_ids=values["id_bytes"],
        blobs=values["summary_sealed"],
    )
    if not in_clear:
        return Stored(values, shown)
    read = keys.open_json(
        table="reading",
        column="fields_sealed",
        customers=customers,
        row_ids=values["reading_bytes"],
        blobs=values["fields_sealed"],
    )
    corrected = _corrected(keys, values)
    erased = [None in each for each in zip(shown, read, corrected, strict=True)]
    clear = [{**(was or {}), **(now or {})} for was, now in zip(read, corrected, strict=True)]
    return Stored(values, *(_but(erased, each) for each in (shown, clear, read)))


def _but(erased: Sequence[bool], said: Sequence[Said]) -> list[Said]:
    """Where anything of a row does not open any more, nothing of it is told."""
    return [None if gone else each for gone, each in zip(erased, said, strict=True)]


def _corrected(keys: KeysOfMany, values: Mapping[str, Sequence[Any]]) -> list[Said]:
    """What reviewers corrected, by field, the newest correction last and so the one that stands."""
    parts = zip(
        values["customer_bytes"],
        values["correction_ids"],
        values["correction_fields"],
        values["correction_values"],
        strict=True,
    )
    return [_one_row_corrected(keys, *each) if each[1] else {} for each in parts]


def _one_row_corrected(
    keys: KeysOfMany, customer: bytes, ids: Sequence[UUID], fields: Sequence[str], blobs: Sequence[bytes]
) -> Said:
    opened = keys.open_json(
        table="field_correction",
        column="value_sealed",
        customers=[customer] * len(ids),
        row_ids=[each.bytes for each in ids],
        blobs=blobs,
    )
    if None in opened:
        return None
    return {field: each["value"] for field, each in zip(fields, opened, strict=True) if each}
