"""What an examiner's pack says about a case, gathered: everything opened from its seals, in words.

Staff are named here, for an examiner asks who decided; another customer appears by a case's reference only. The notes
staff wrote for each other come along only where they were asked for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
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
from kyc_portal.exports.case_pack.case_file import (
    CaseFile,
    CheckLine,
    DecisionLine,
    EntryLine,
    FieldLine,
    Making,
    NoteLine,
    Picture,
    ReopeningLine,
    WarningLine,
)
from kyc_portal.submissions import card_fields, evidence, queries, related, scans
from kyc_portal.submissions.checks.results import Result
from kyc_portal.submissions.checks.words import SENTENCES, TITLES
from kyc_portal.submissions.deciding import four_eyes, notes, reopening
from kyc_portal.submissions.models import CaseNote, Check, Decision, FieldCorrection, Scan, Submission
from kyc_portal.submissions.reasons import BY_CODE
from kyc_portal.submissions.states import ScanState

# The longer side of the copies on the page and on paper, in pixels: a card's text stays readable at 150 mm.
SIDE_SHOWN = 1400
# A check in capitals, so that no result hides in a printed page.
_IN_CAPITALS = {
    Result.PASS: "PASS",
    Result.FAIL: "FAIL",
    Result.NOT_CHECKED: "NOT CHECKED",
    Result.WARN: "WARN ONLY",
}
_FIELD_IN_CAPITALS = {"not_read": "NOT CHECKED", "fail": "FAIL", "differs": "FAIL"}


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
            for name in (
                "text_version",
                "language",
                "provider",
                "region",
                "given_at",
                "withdrawn_at",
                "portraits_given_at",
                "portraits_withdrawn_at",
            )
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
        notes=[
            NoteLine(
                each.get_kind_display(),
                _named(each.written_by, each.written_by.role),
                each.written_at,
                _text_of(each) if made.with_notes else "",
            )
            for each in submission.notes.select_related("written_by").order_by("written_at")
        ],
        related=[
            f"{each.row.submission.reference}: {', '.join(each.words)}" for each in related.related(submission, now=now)
        ],
        entries=_lines(entries, proof),
        proof=proof,
    )


def _text_of(note: CaseNote) -> str:
    (opened,) = notes.opened([note])
    return opened.text


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
