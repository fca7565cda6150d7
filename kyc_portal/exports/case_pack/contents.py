"""What an examiner's pack says about a case: everything opened from its seals into plain records, in words.

Staff are named here, for an examiner asks who decided; another customer appears by a case's reference only. The notes
staff wrote for each other come along only where they were asked for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import Q

from kyc_portal.accounts.models import Role, User
from kyc_portal.audit.models import Entry
from kyc_portal.audit.proof import inclusion
from kyc_portal.audit.proof.inclusion import Proof
from kyc_portal.audit.words import told
from kyc_portal.exports.records import OUTSIDE, as_json
from kyc_portal.submissions import card_fields, evidence, four_eyes, queries, related, reopening, scans
from kyc_portal.submissions.checks.results import Result
from kyc_portal.submissions.checks.words import SENTENCES, TITLES
from kyc_portal.submissions.models import Check, Decision, FieldCorrection, Scan, Submission
from kyc_portal.submissions.reasons import BY_CODE
from kyc_portal.submissions.states import ScanState

# The longer side of the copies on the page and on paper, in pixels: a card's text stays readable at 150 mm.
SIDE_SHOWN = 1400
NOT_SEEN = (
    "Remote, original not seen. The document was examined; that the person is the holder was not (no face match). "
    "“Not checked” is not “clean”."
)
# A check in capitals, so that no result hides in a printed page.
_IN_CAPITALS = {
    Result.PASS: "PASS",
    Result.FAIL: "FAIL",
    Result.NOT_CHECKED: "NOT CHECKED",
    Result.WARN: "WARN ONLY",
}
_FIELD_IN_CAPITALS = {"not_read": "NOT CHECKED", "fail": "FAIL", "differs": "FAIL"}


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


def gather(submission: Submission, *, made: Making, now: datetime) -> CaseFile:
    """Open everything; the caller has recorded the act and the views.

    Raises KeyDestroyedError for an erased customer, OSError when the store does not answer.
    """
    case = queries.case(submission, now=now)
    entries, proof = _log_of(submission)
    roles = {(entry.object_id, entry.actor): entry.role for entry in entries if entry.kind == "act"}
    consent = submission.consent
    return CaseFile(
        reference=submission.reference,
        customer=submission.customer.reference,
        state=submission.get_state_display(),
        state_since=submission.state_since,
        declared=submission.get_declared_type_display(),
        attempt=submission.attempt,
        version=submission.version,
        policy_version=submission.policy_version,
        started_at=submission.started_at,
        received_at=submission.received_at,
        confirmed_at=submission.confirmed_at,
        decided_at=submission.decided_at,
        not_confirmed=submission.not_confirmed,
        consent={
            name: getattr(consent, name)
            for name in ("text_version", "language", "provider", "region", "given_at", "withdrawn_at")
        },
        made=made,
        pictures=_pictures(submission, {scan.pk for scan in case.scans}),
        fields=_fields(case, submission),
        warnings=[
            WarningLine(
                each.code, str(each.meaning.label), str(each.meaning.sentence), each.side_label, each.request_id
            )
            for each in case.warnings
        ],
        checks=[_check(check) for check in case.checks],
        decisions=[_decision(each, roles, with_note=made.with_notes) for each in case.decisions],
        reopenings=[
            ReopeningLine(
                _named(each.reopened_by, each.reopened_by.role),
                each.reopened_at,
                reopening.why_of(each) if made.with_notes else "",
            )
            for each in submission.reopenings.select_related("reopened_by").order_by("reopened_at")
        ],
        related=[
            f"{each.row.submission.reference}: {', '.join(each.words)}" for each in related.related(submission, now=now)
        ],
        entries=_lines(entries, proof),
        proof=proof,
    )


def _log_of(submission: Submission) -> tuple[list[Entry], Proof]:
    """Every entry about the case or a row that belongs to it, oldest first, with the proofs."""
    ids = {str(submission.pk), str(submission.consent_id)}
    for relation in Submission._meta.related_objects:
        rows = relation.related_model._default_manager.filter(**{relation.field.name: submission})  # type: ignore[union-attr]
        ids |= {str(each) for each in rows.values_list("pk", flat=True)}
    about = Q(object_id__in=ids) | Q(details__submission=str(submission.pk))
    entries = list(Entry.objects.filter(about, subject=submission.customer_id).order_by("id"))
    connection.ensure_connection()
    return entries, inclusion.prove(connection.connection, [entry.id for entry in entries])


def _lines(entries: Iterable[Entry], proof: Proof) -> list[EntryLine]:
    places = {each.id: each.position for each in proof.entries}
    found = []
    for each in map(told, entries):
        entry = each.entry
        found.append(
            EntryLine(
                id=entry.id,
                at=entry.at,
                who=each.who,
                role=str(dict(Role.choices).get(entry.role, entry.role)),
                act=each.act,
                on=entry.object_type.rpartition(".")[2],
                through=entry.via,
                is_act=entry.kind == "act",
                changes=[f"{change.column}: {change.before} → {change.after}" for change in each.changes],
                position=places.get(entry.id),
            )
        )
    return found


def _pictures(submission: Submission, standing: set[Any]) -> list[Picture]:
    """Those that stand first, then every earlier one."""
    rows = sorted(submission.scans.order_by("attempt", "received_at"), key=lambda scan: scan.pk not in standing)
    return [_picture(scan, number, stands=scan.pk in standing) for number, scan in enumerate(rows, 1)]


def _picture(scan: Scan, number: int, *, stands: bool) -> Picture:
    held = scans.copies(scan, max_side=SIDE_SHOWN)
    ending = "png" if scan.media_type == "image/png" else "jpg"
    remarks = [
        f"taken although seen: {scan.taken_despite_words}" if scan.taken_despite else "",
        "sent to the reading service as a smaller copy" if scan.is_reencoded else "",
        f"to be taken again: {scan.fault_code}" if scan.fault_code else "",
    ]
    return Picture(
        id=str(scan.pk),
        side=scan.get_side_display(),
        attempt=scan.attempt,
        state=ScanState(scan.state).name.lower().replace("_", " "),
        stands=stands,
        received_at=scan.received_at,
        media_type=scan.media_type,
        size_bytes=len(held.original),
        width=scan.width,
        height=scan.height,
        remark="; ".join(filter(None, remarks)),
        file=f"pictures/{number:02}-{scan.side.lower()}-attempt-{scan.attempt}.{ending}",
        sha256=hashlib.sha256(held.original).hexdigest(),
        salt=held.salt.hex(),
        original=partial(scans.original, scan),
        display=held.display,
    )


def _fields(case: queries.Case, submission: Submission) -> list[FieldLine]:
    newest = {
        (each.reading_id, each.field): each
        for each in submission.corrections.select_related("corrected_by").order_by("corrected_at")
    }
    return [
        FieldLine(
            side=side.label,
            name=each.name,
            label=each.label,
            value=each.value,
            read=each.read,
            corrected=each.corrected,
            customer_value=each.customer_value,
            customer_note=each.customer_note,
            zone=each.zone.text if each.zone else "",
            source=_source(each, newest.get((each.reading_id, each.name)), submission),
            check=_FIELD_IN_CAPITALS.get(each.state, "") or each.word,
        )
        for side in case.sides
        for each in side.fields
    ]


def _source(shown: card_fields.Field, correction: FieldCorrection | None, submission: Submission) -> str:
    """Where a value comes from: what was read, what the customer said, who corrected it and why."""
    said = []
    if correction is not None:
        why = evidence.open_correction(correction).get("reason", "")
        said.append(f"read {shown.read or 'nothing'}, corrected by {correction.corrected_by.display_name}: {why}")
    elif not shown.read:
        said.append("not read")
    if shown.customer_value or shown.customer_note:
        said.append(f"customer typed {shown.customer_value or 'nothing'} {shown.customer_note}".strip())
    elif shown.read and not correction:
        is_asked = shown.name in card_fields.CONFIRMED_FIELDS
        said.append(("confirmed by customer" if submission.confirmed_at else "not confirmed") if is_asked else "read")
    if shown.zone is not None:
        agreement = {True: "agrees", False: "DIFFERS", None: "NOT COMPARED"}[shown.zone.agrees]
        said.append(f"machine-readable line {shown.zone.text}: {agreement}")
    return "; ".join(said)


def _check(check: Check) -> CheckLine:
    return CheckLine(
        rule=check.rule,
        title=str(TITLES.get(check.rule, check.rule)),
        result=_IN_CAPITALS[Result(check.result)],
        sentence=str(SENTENCES.get(check.reason, check.reason)),
        points=check.points,
    )


def _decision(decision: Decision, roles: Mapping[tuple[str, str], str], *, with_note: bool) -> DecisionLine:
    receipt = json.dumps(decision.receipt, sort_keys=True, separators=(",", ":")).encode()

    def named(person: User | None) -> str:
        return _named(person, roles.get((str(decision.pk), person.actor.name), person.role)) if person else ""

    return DecisionLine(
        id=str(decision.pk),
        outcome=decision.get_outcome_display(),
        stage=decision.get_stage_display(),
        reasons=[str(BY_CODE[code].label) if code in BY_CODE else code for code in decision.reasons],
        sides=list(decision.sides),
        by=named(decision.decided_by),
        at=decision.decided_at,
        confirmed_by=named(decision.confirmed_by),
        confirmed_at=decision.confirmed_at,
        final_at=decision.final_at,
        two_people_because=four_eyes.in_words(decision.second_person_because),
        replaces=str(decision.replaces_id or ""),
        version_seen=decision.version_seen,
        receipt=decision.receipt,
        receipt_sha256=hashlib.sha256(receipt).hexdigest(),
        note=evidence.open_note(decision) if with_note else "",
    )


def _named(person: User, role: str) -> str:
    return f"{person.display_name}, {str(dict(Role.choices).get(role, role)).lower()}"
