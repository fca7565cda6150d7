"""The list read block by block, and opened.

Each block is a statement of its own, by key range, so no snapshot is held beside the queue: each row says as of when
it was read and which version it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import repeat
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BinaryField, DateTimeField, F, FloatField, Func, OuterRef, QuerySet, Subquery, Value

from kyc_portal.exports.columns import AsOf, ByDatabase, ByOpening, Column, Opened, Said, columns, runs
from kyc_portal.exports.parting import PARTED, without_parting
from kyc_portal.exports.wanted import Wanted
from kyc_portal.rows import Row, binary_rows, rows_ahead
from kyc_portal.sealing.bulk import KeysOfMany, key_beside, open_beside
from kyc_portal.submissions.models import FieldCorrection, Reading, Scan, SideChoice, Submission
from kyc_portal.submissions.states import ScanState

# Rows a statement. More would be no faster, and all of them are in memory at once.
READ = 1000
# What lists show of a person is sealed there.
SUMMARY = {"table": "submission", "column": "summary_sealed"}
# Where the first block begins: no key is so low.
_BEFORE_ALL = -1


@dataclass(frozen=True, slots=True)
class Block:
    """The rows of one statement, each a text of parted cells; `last_key` is where the next one goes on."""

    rows: Sequence[str]
    last_key: int
    as_of: datetime


def blocks(wanted: Wanted, *, in_clear: bool, after: int, top: int) -> Iterator[Block]:
    """Every block past the key `after` up to `top`; while one is opened the database reads the next."""
    parts = list(runs(columns(in_clear=in_clear)))
    statement, values, names = _statement(wanted, parts, in_clear=in_clear, top=top)
    if not in_clear:
        statement = _gathered(statement, names)
    rows = binary_rows(statement, [*values, after])
    while stored := _columns(rows, names, is_gathered=not in_clear):
        after, as_of = stored["number"][-1], datetime.fromtimestamp(stored["as_of_seconds"][0], UTC)
        keys = KeysOfMany(stored["customer_bytes"]) if in_clear else None
        with rows_ahead(statement, [*values, after]) as ahead:
            lines = _lines(parts, stored, _opened(stored, keys), as_of)
        yield Block(rows=lines, last_key=after, as_of=as_of)
        rows = ahead


def _gathered(statement: str, names: Sequence[str]) -> str:
    """The same rows as a single one, each column an array: half the driver's work of a row for each.

    An aggregate takes the rows in the order of the subquery it stands over. (Arrays, as a list in clear has them, are
    not gathered: they differ in length.)
    """
    arrays = ", ".join(f'array_agg("{name}")' for name in names)
    return f"SELECT {arrays} FROM ({statement}) AS page"  # noqa: S608 - of our own columns


def _columns(rows: Sequence[Row], names: Sequence[str], *, is_gathered: bool) -> dict[str, Sequence[Any]]:
    """What a statement gave, by column; empty where there were no rows."""
    if not is_gathered:
        return dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else {}
    return {} if rows[0][0] is None else dict(zip(names, rows[0], strict=True))


def _lines(parts: Sequence[Column], stored: Mapping[str, Sequence[Any]], opened: Opened, as_of: datetime) -> list[str]:
    """Each row as a text."""
    instant = as_of.astimezone(UTC).isoformat("T", "seconds")
    texts: list[Iterable[str]] = []
    for number, part in enumerate(parts):
        match part:
            case ByDatabase():
                texts.append(stored[_told(number)])
            case ByOpening(cells=cells):
                texts.append(without_parting(cells(opened)))
            case AsOf():
                texts.append(repeat(instant, len(opened.shown)))
    return list(map(PARTED.join, zip(*texts, strict=True)))


def _told(number: int) -> str:
    return f"told_{number}"


def _statement(
    wanted: Wanted, parts: Sequence[Column], *, in_clear: bool, top: int
) -> tuple[str, list[Any], list[str]]:
    """The statement of any block, its values but the last, which is the key to go on after, and its columns' names."""
    told = {_told(number): part.expression for number, part in enumerate(parts) if isinstance(part, ByDatabase)}
    made = {
        "key_beside": key_beside(**SUMMARY, customer="customer_id", row_id="id", sealed="summary_sealed"),
        "as_of_seconds": _as_of_seconds(),
        **told,
        **(_clear_values() if in_clear else {}),
    }
    names = ["number", "summary_sealed", *made]
    found: QuerySet[Submission] = wanted.rows().filter(number__lte=top).annotate(**made).order_by("number")
    page = found.filter(number__gt=_BEFORE_ALL).values_list(*names)[:READ]
    statement, values = page.query.sql_with_params()
    assert values[-1] == _BEFORE_ALL  # noqa: S101 - the last filter's value is the statement's last
    return statement, list(values[:-1]), names


def _sixteen_bytes(value: Any) -> Func:
    """A key as it is bound to what is sealed; cheaper to read than an object for each."""
    return Func(value, function="uuid_send", output_field=BinaryField())


def _as_of_seconds() -> Func:
    """When the statement began, in seconds since 1970; cheaper to read than an instant for each row."""
    began = Func(function="statement_timestamp", output_field=DateTimeField())
    return Func(Value("epoch"), began, function="date_part", output_field=FloatField())


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
        "customer_bytes": _sixteen_bytes(F("customer_id")),
        "front_scan": Subquery(front),
        "reading_bytes": _sixteen_bytes(Subquery(reading.values("pk")[:1])),
        "fields_sealed": Subquery(reading.values("fields_sealed")[:1]),
        "correction_ids": ArraySubquery(corrections.values("pk")),
        "correction_fields": ArraySubquery(corrections.values("field")),
        "correction_values": ArraySubquery(corrections.values("value_sealed")),
    }


def _opened(values: Mapping[str, Sequence[Any]], keys: KeysOfMany | None) -> Opened:
    """What a block holds sealed, opened; with keys what stands of the card, too."""
    shown = open_beside(**SUMMARY, blobs=values["summary_sealed"], keys=values["key_beside"])
    if keys is None:
        return Opened(shown)
    customers = values["customer_bytes"]
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
    return Opened(*(_but(erased, each) for each in (shown, clear, read)))


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
