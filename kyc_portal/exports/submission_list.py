"""The list of submissions as CSV: columns defined once, masked, formula-safe, by key ranges.

Each block is read in its own short statement, so no snapshot is held beside the queue: the file is "as of each
block", and carries each row's version to say so.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from kyc_portal import audit
from kyc_portal.audit import Actor
from kyc_portal.exports.formula_guard import guarded
from kyc_portal.submissions import queue
from kyc_portal.submissions.models import Submission
from kyc_portal.submissions.states import State
from kyc_portal.submissions.warning_codes import Severity

COLUMNS_VERSION = "1"
BLOCK = 2000
# Held in memory and hashed before it leaves; a larger list is asked for by state, or in parts.
ROWS_LIMIT = 100_000
PURPOSE_MIN = 20


class ExportRefusedError(ValueError):
    """The export cannot be made; `reason` is "purpose", "nothing" or "too_many"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Row:
    """One submission and its masked values."""

    submission: Submission
    masked_name: str
    number_ending: str


def _instant(value: datetime | None) -> str:
    return value.isoformat(timespec="seconds") if value else ""


COLUMNS: dict[str, Callable[[Row], str]] = {
    "reference": lambda row: row.submission.reference,
    "customer_reference": lambda row: row.submission.customer.reference,
    "state": lambda row: row.submission.state,
    "attempt": lambda row: str(row.submission.attempt),
    "version": lambda row: str(row.submission.version),
    "gravest_warning": lambda row: Severity(row.submission.severity).name.lower(),
    "warning_codes": lambda row: " ".join(str(code) for code in row.submission.codes),
    "points": lambda row: str(-row.submission.rank),
    "permit_type": lambda row: row.submission.permit_type,
    "name_masked": lambda row: row.masked_name,
    "number_ends": lambda row: row.number_ending,
    "expires_on": lambda row: row.submission.expires_on.isoformat() if row.submission.expires_on else "",
    "received_at": lambda row: _instant(row.submission.received_at),
    "waiting_since": lambda row: _instant(row.submission.waiting_since),
    "decided_at": lambda row: _instant(row.submission.decided_at),
}


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A finished export. `sha256` stands in the log beside the purpose."""

    name: str
    content: bytes = field(repr=False)
    rows: int
    sha256: str


def _blocks(state: str) -> Iterator[Submission]:
    last = 0
    found = Submission.objects.select_related("customer").order_by("number")
    if state:
        found = found.filter(state=state)
    while block := list(found.filter(number__gt=last)[:BLOCK]):
        yield from block
        last = block[-1].number


def count(state: str = "") -> int:
    """How many rows an export would have now."""
    found = Submission.objects.all()
    return found.filter(state=state).count() if state else found.count()


def make(*, purpose: str, state: str, actor: Actor, now: datetime) -> MadeFile:
    """Make the file, and record who took what, why, and its hash; only then is it handed out.

    Raises ExportRefusedError; nothing is recorded then, because nothing was made.
    """
    if len(purpose.strip()) < PURPOSE_MIN:
        raise ExportRefusedError("purpose")
    if state and state not in State.values:
        raise ExportRefusedError("nothing")
    many = count(state)
    if not many:
        raise ExportRefusedError("nothing")
    if many > ROWS_LIMIT:
        raise ExportRefusedError("too_many")
    content, rows = _csv(state)
    made = MadeFile(
        name=f"submissions-{now:%Y%m%d-%H%M%S}.csv",
        content=content,
        rows=rows,
        sha256=hashlib.sha256(content).hexdigest(),
    )
    with audit.acting(actor):
        audit.record(
            "list.exported",
            object_type="submissions.submission",
            object_id="list",
            details={
                "purpose": purpose.strip(),
                "columns": ",".join(COLUMNS),
                "columns_version": COLUMNS_VERSION,
                "state": state,
                "rows": str(rows),
                "sha256": made.sha256,
                "masked": "yes",
            },
        )
    return made


def _csv(state: str) -> tuple[bytes, int]:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    rows = 0
    for submission in _blocks(state):
        name, ending = queue.masked(submission)
        row = Row(submission, name, ending)
        writer.writerow([guarded(cell(row)) for cell in COLUMNS.values()])
        rows += 1
    # The mark lets spreadsheets read Chinese as UTF-8.
    return b"\xef\xbb\xbf" + out.getvalue().encode(), rows
