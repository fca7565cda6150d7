"""The list of submissions: its filter, its columns, and its rows block by block.

A block is one statement by key range, so no snapshot is held beside the queue: each row says as of when it was read
and which version it was. Columns are a contract under a version: a change of them is a new version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import psycopg
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import DateTimeField, Func, Max, OuterRef, QuerySet, Subquery

from kyc_portal.sealing import keys
from kyc_portal.sealing.errors import KeyDestroyedError
from kyc_portal.sealing.values import open_json
from kyc_portal.submissions.models import FieldCorrection, Reading, Scan, SideChoice, Submission
from kyc_portal.submissions.states import ScanState
from kyc_portal.submissions.warning_codes import Severity
from kyc_portal.submissions.working_time import HONG_KONG

COLUMNS_VERSION = "2"
# Rows a statement; half of the customers' keys that are held, so that those of a block stay at hand.
READ = 500
# What the customer proved to be, and when the permit runs out: the fields that leave in clear.
CLEAR_FIELDS = ("name", "english_name", "birthday", "number", "valid_date")
_ERASED = "(erased)"
_SEVERITIES = {each.value: each.name.lower() for each in Severity}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter; what is empty does not narrow. The days are Hong Kong's, both counted in, of `received_at`."""

    state: str = ""
    code: int | None = None
    permit_type: str = ""
    received_from: str = ""
    received_to: str = ""

    def as_json(self) -> dict[str, Any]:
        """What narrows, for the row and the log."""
        return {name: value for name, value in asdict(self).items() if value not in ("", None)}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Wanted:
        """The filter of a stored export."""
        return cls(**stored)

    def rows(self) -> QuerySet[Submission]:
        """What matches now."""
        found = Submission.objects.all()
        if self.state:
            found = found.filter(state=self.state)
        if self.code is not None:
            found = found.filter(codes__contains=[self.code])
        if self.permit_type:
            found = found.filter(permit_type=self.permit_type)
        if self.received_from:
            found = found.filter(received_at__gte=_midnight(self.received_from))
        if self.received_to:
            found = found.filter(received_at__lt=_midnight(self.received_to) + timedelta(days=1))
        return found


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), HONG_KONG)


def newest_key() -> int:
    """The key of the newest submission: an export goes no further than what was there when it began."""
    return Submission.objects.aggregate(newest=Max("number"))["newest"] or 0


@dataclass(slots=True)
class Row:
    """One submission as a statement brings it, and what it says about the person."""

    stored: dict[str, Any]
    name_masked: str
    number_ends: str
    clear: Mapping[str, str]
    read: Mapping[str, str]


def _text(name: str) -> Callable[[Row], str]:
    return lambda row: str(row.stored[name])


def _instant(name: str) -> Callable[[Row], str]:
    def cell(row: Row) -> str:
        value: datetime | None = row.stored[name]
        return _utc(value) if value else ""

    return cell


@lru_cache(maxsize=4096)
def _utc(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds")


def _standing(name: str) -> Callable[[Row], str]:
    return lambda row: row.clear.get(name, "")


def _as_read(name: str) -> Callable[[Row], str]:
    return lambda row: row.read.get(name, "")


COLUMNS: dict[str, Callable[[Row], str]] = {
    "reference": _text("reference"),
    "customer_reference": _text("customer__reference"),
    "state": _text("state"),
    "attempt": _text("attempt"),
    "version": _text("version"),
    "gravest_warning": lambda row: _SEVERITIES[row.stored["severity"]],
    "warning_codes": lambda row: " ".join(map(str, row.stored["codes"])),
    "points": lambda row: str(-row.stored["rank"]),
    "permit_type": _text("permit_type"),
    "name_masked": lambda row: row.name_masked,
    "number_ends": lambda row: row.number_ends,
    "expires_on": lambda row: row.stored["expires_on"].isoformat() if row.stored["expires_on"] else "",
    "received_at": _instant("received_at"),
    "waiting_since": _instant("waiting_since"),
    "decided_at": _instant("decided_at"),
    "as_of": _instant("as_of"),
}
# As it stands now, and beside it as it was read: a correction never hides what the service said.
CLEAR_COLUMNS: dict[str, Callable[[Row], str]] = {
    **{name: _standing(name) for name in CLEAR_FIELDS},
    **{f"{name}_as_read": _as_read(name) for name in CLEAR_FIELDS},
}


def columns(*, in_clear: bool) -> dict[str, Callable[[Row], str]]:
    """The columns of the version in use, in their order."""
    return {**COLUMNS, **CLEAR_COLUMNS} if in_clear else COLUMNS


@dataclass(frozen=True, slots=True)
class Block:
    """The rows of one statement as text; `last_key` is where the next one goes on."""

    rows: list[list[str]]
    last_key: int
    as_of: datetime


_STORED = (
    "number", "id", "customer_id", "reference", "customer__reference", "state", "attempt", "version", "severity",
    "codes", "rank", "permit_type", "expires_on", "received_at", "waiting_since", "decided_at", "summary_sealed",
)  # fmt: skip


def blocks(wanted: Wanted, *, in_clear: bool, after: int, top: int) -> Iterator[Block]:
    """Every block past the key `after` up to `top`."""
    cells = list(columns(in_clear=in_clear).values())
    found = wanted.rows().filter(number__lte=top).order_by("number")
    found = found.annotate(as_of=Func(function="statement_timestamp", output_field=DateTimeField()))
    if in_clear:
        found = found.annotate(**_clear_values())
    names = [*_STORED, "as_of", *(_clear_values() if in_clear else ())]
    while stored := _read(found.filter(number__gt=after).values_list(*names)[:READ], names):
        keys.hold({row["customer_id"] for row in stored})
        rows = [[cell(row) for cell in cells] for row in (_opened(each, in_clear) for each in stored)]
        after = stored[-1]["number"]
        yield Block(rows=rows, last_key=after, as_of=stored[0]["as_of"])


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
        "reading_id": Subquery(reading.values("pk")[:1]),
        "fields_sealed": Subquery(reading.values("fields_sealed")[:1]),
        "correction_ids": ArraySubquery(corrections.values("pk")),
        "correction_fields": ArraySubquery(corrections.values("field")),
        "correction_values": ArraySubquery(corrections.values("value_sealed")),
    }


def _read(found: QuerySet[Any, Any], names: list[str]) -> list[dict[str, Any]]:
    """One statement's rows. Binary, past the model layer: sealed bytes need no decoding, which is most of the time."""
    statement, values = found.query.sql_with_params()
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement.encode(), values, binary=True)
        return [dict(zip(names, row, strict=True)) for row in cursor]


def _opened(stored: dict[str, Any], in_clear: bool) -> Row:
    """The row with its sealed values opened; an erased customer's say so."""
    try:
        summary = _open(stored, "submission", "summary_sealed", stored["id"], stored["summary_sealed"])
        read = (
            _open(stored, "reading", "fields_sealed", stored["reading_id"], stored["fields_sealed"]) if in_clear else {}
        )
        clear = {**read, **_corrected(stored)} if in_clear else {}
    except KeyDestroyedError:
        return Row(stored, _ERASED, "", dict.fromkeys(CLEAR_FIELDS, _ERASED), dict.fromkeys(CLEAR_FIELDS, _ERASED))
    return Row(stored, summary.get("name", ""), summary.get("number", ""), clear, read)


def _corrected(stored: dict[str, Any]) -> dict[str, str]:
    parts = zip(stored["correction_ids"], stored["correction_fields"], stored["correction_values"], strict=True)
    return {
        field: _open(stored, "field_correction", "value_sealed", each, value)["value"] for each, field, value in parts
    }


def _open(stored: dict[str, Any], table: str, column: str, row_id: UUID, blob: bytes | None) -> dict[str, Any]:
    if blob is None:
        return {}
    value: dict[str, Any] = open_json(stored["customer_id"], table=table, column=column, row_id=row_id, blob=blob)
    return value
