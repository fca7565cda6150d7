"""What an examiner's pack says about a case, as plain records: no form, no database, nothing sealed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kyc_portal.audit.proof.inclusion import Proof
from kyc_portal.exports.records import OUTSIDE, as_json

NOT_SEEN = (
    "Remote, original not seen. The document was examined; that the person is the holder was not (no face match). "
    "“Not checked” is not “clean”."
)


@dataclass(frozen=True, slots=True)
class Making:
    """Who has the pack made, in which role, when and why; and whether the staff's notes come along."""

    by: str
    role: str
    at: datetime
    purpose: str
    with_notes: bool
    business: str
    code_version: str


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture as received. `file` is where it lies in the pack, `salt` (hex) opens the logged commitment.

    `original` opens it again: a case may have many, and all of them at once would fill a server.
    """

    id: str
    side: str
    attempt: int
    state: str
    stands: bool
    received_at: datetime
    media_type: str
    size_bytes: int
    width: int
    height: int
    remark: str
    file: str
    sha256: str
    salt: str
    display: bytes = field(repr=False, metadata=OUTSIDE)
    original: Callable[[], bytes] = field(repr=False, metadata=OUTSIDE)


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One value of the card: what stands, where it comes from, and what its checks say, NOT CHECKED in capitals.

    `zone` is what the machine-readable line says of it, empty where nothing was read of one.
    """

    side: str
    name: str
    label: str
    value: str
    read: str
    corrected: str
    customer_value: str
    customer_note: str
    zone: str
    source: str
    check: str


@dataclass(frozen=True, slots=True)
class WarningLine:
    """A code of the reading service in words, and the request it came with."""

    code: int
    label: str
    sentence: str
    side: str
    request_id: str


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One rule of ours and its result."""

    rule: str
    title: str
    result: str
    sentence: str
    points: int


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """One decision with its receipt. `receipt_sha256` is over the receipt's JSON, keys sorted, no spaces."""

    id: str
    outcome: str
    stage: str
    reasons: Sequence[str]
    sides: Sequence[str]
    by: str
    at: datetime
    confirmed_by: str
    confirmed_at: datetime | None
    final_at: datetime | None
    two_people_because: str
    replaces: str
    version_seen: int
    receipt: Mapping[str, Any]
    receipt_sha256: str
    note: str


@dataclass(frozen=True, slots=True)
class ReopeningLine:
    """Who took the decided case up again; `why` is the staff's own text and comes with their notes only."""

    by: str
    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class NoteLine:
    """What a colleague wrote as they handed the case on; `text` comes with the staff's notes only."""

    kind: str
    by: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry of the log in words. `position` is its place in the tree, None while nothing signed covers it."""

    id: int
    at: datetime
    who: str
    role: str
    act: str
    on: str
    through: str
    is_act: bool
    changes: Sequence[str]
    position: int | None

    @property
    def proof(self) -> str:
        return "NOT SIGNED YET" if self.position is None else f"position {self.position}"


@dataclass(frozen=True, slots=True)
class CaseFile:
    """All of a pack but its forms."""

    reference: str
    customer: str
    state: str
    state_since: datetime
    declared: str
    attempt: int
    version: int
    policy_version: str
    started_at: datetime
    received_at: datetime | None
    confirmed_at: datetime | None
    decided_at: datetime | None
    not_confirmed: bool
    consent: Mapping[str, Any]
    made: Making
    pictures: Sequence[Picture]
    fields: Sequence[FieldLine]
    warnings: Sequence[WarningLine]
    checks: Sequence[CheckLine]
    decisions: Sequence[DecisionLine]
    reopenings: Sequence[ReopeningLine]
    notes: Sequence[NoteLine]
    related: Sequence[str]
    entries: Sequence[EntryLine] = field(metadata=OUTSIDE)
    proof: Proof = field(repr=False, metadata=OUTSIDE)

    def of(self, result: str) -> list[CheckLine]:
        """The checks with one result."""
        return [check for check in self.checks if check.result == result]

    @property
    def tally(self) -> str:
        """How the checks came out, in one line; what was not checked is counted even where it is none."""
        many = {result: len(self.of(result)) for result in ("FAIL", "NOT CHECKED", "WARN ONLY", "PASS")}
        return ", ".join(f"{count} {result}" for result, count in many.items() if count or result != "WARN ONLY")

    @property
    def acts(self) -> list[EntryLine]:
        """The timeline without the row changes under it."""
        return [entry for entry in self.entries if entry.is_act]

    @property
    def unsigned(self) -> int:
        """How many entries nothing vouches for yet."""
        return sum(entry.position is None for entry in self.entries)

    def as_json(self) -> bytes:
        """The whole file for machines, UTF-8; pictures and the timeline lie in files of their own."""
        return as_json(self)
