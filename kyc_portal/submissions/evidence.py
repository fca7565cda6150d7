"""What stands for a submission now: which scan of each side, which text of each field, and what it all weighs.

`weigh` re-runs the checks and sets the queue's position from stored facts only. It runs inside the caller's
transaction with the submission's row locked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kyc_portal.sealing import digests
from kyc_portal.sealing.values import open_json, seal_json
from kyc_portal.submissions import masks, policies, policy
from kyc_portal.submissions.checks import dates, grammar, rules
from kyc_portal.submissions.checks.results import Finding, Result
from kyc_portal.submissions.clocks.working_time import HONG_KONG
from kyc_portal.submissions.models import (
    PERMIT_OF_DECLARED,
    Check,
    Confirmation,
    Decision,
    FieldCorrection,
    Reading,
    Scan,
    SideChoice,
    Submission,
)
from kyc_portal.submissions.pictures import near_pictures, portraits, regions
from kyc_portal.submissions.states import ScanState
from kyc_portal.submissions.warning_codes import NOT_ENABLED, Severity, gravest
from ocr_integration.contract import PermitType, ZoneValues

POINTS_LIMIT = 999
_PERMIT_KEYS = {permit: permit.name.lower() for permit in PermitType}


@dataclass(frozen=True, slots=True)
class StandingSide:
    """One side as it stands: its scan, and its reading where there is one. `fields` is the text as read."""

    side: str
    scan: Scan
    reading: Reading | None
    read: Mapping[str, str]
    corrected: Mapping[str, str]

    @property
    def fields(self) -> dict[str, str]:
        return {**self.read, **self.corrected}


def standing_scans(submission: Submission) -> dict[str, Scan]:
    """The scan that stands for each side: the newest that was read or given up on.

    Where every picture of a side had to be taken again, the newest of those: after so many tries a person looks at
    what there is. A replaced one never stands.
    """
    found: dict[str, Scan] = {}
    faulty: dict[str, Scan] = {}
    # All of them, sorted here: a page that fetched the case whole asks the database nothing more.
    for scan in sorted(submission.scans.all(), key=lambda each: each.attempt):
        if scan.state in (ScanState.READ, ScanState.UNREAD):
            found[scan.side] = scan
        elif scan.state == ScanState.FAULTY:
            faulty[scan.side] = scan
    standing = {**faulty, **found}
    return {side: standing[side] for side in submission.needed_sides if side in standing}


def open_fields(reading: Reading) -> dict[str, str]:
    """The text of every field of one answer, opened."""
    value: dict[str, str] = open_json(
        reading.customer_id,
        table="reading",
        column="fields_sealed",
        row_id=reading.id,
        blob=bytes(reading.fields_sealed),
    )
    return value


def open_correction(correction: FieldCorrection) -> dict[str, str]:
    """A reviewer's value and reason, opened."""
    value: dict[str, str] = open_json(
        correction.customer_id,
        table="field_correction",
        column="value_sealed",
        row_id=correction.id,
        blob=bytes(correction.value_sealed),
    )
    return value


def standing_sides(submission: Submission) -> dict[str, StandingSide]:
    """Each side's scan, reading and text; opens sealed values."""
    sides = {}
    for side, scan in standing_scans(submission).items():
        reading = reading_of(scan)
        corrections = sorted(reading.corrections.all(), key=lambda each: each.corrected_at) if reading else []
        corrected = {each.field: open_correction(each)["value"] for each in corrections}
        sides[side] = StandingSide(side, scan, reading, open_fields(reading) if reading else {}, corrected)
    return sides


def reading_of(scan: Scan) -> Reading | None:
    """The answer that stands for a scan, where it was read."""
    if scan.state != ScanState.READ:
        return None
    try:
        return scan.reading
    except Reading.DoesNotExist:
        return None


# The newest version of each is found first, from the index alone; a list needs only what did not pass.
_CURRENT = """
SELECT * FROM submissions_check
WHERE (submission_id, version) IN (
    SELECT submission_id, max(version) FROM submissions_check WHERE submission_id = ANY(%(ids)s) GROUP BY submission_id
) AND (result <> 'pass' OR NOT %(is_open)s)
ORDER BY rule
"""


def current_checks(submissions: Sequence[Submission], *, only_open: bool = False) -> dict[UUID, list[Check]]:
    """The newest answer of each rule for each submission, in one query; `only_open` leaves out what passed."""
    found: dict[UUID, list[Check]] = {each.pk: [] for each in submissions}
    for check in Check.objects.raw(_CURRENT, {"ids": list(found), "is_open": only_open}) if found else ():
        found[check.submission_id].append(check)
    return found


def failed_tries(submission: Submission, side: str) -> int:
    """How many pictures of this side the customer had to take again."""
    return submission.scans.filter(side=side, state=ScanState.FAULTY).count()


def differing_fields(submission: Submission) -> frozenset[str] | None:
    """What the customer called wrong in this attempt; None until they answered."""
    confirmation = Confirmation.objects.filter(submission=submission, attempt=submission.attempt).first()
    return frozenset(confirmation.differing_fields) if confirmation else None


def weigh(submission: Submission, *, now: datetime) -> list[Finding]:
    """Run all checks and store them at the present version, with codes, severity, points and the masked summary."""
    sides = standing_sides(submission)
    front, back = sides.get(SideChoice.FRONT), sides.get(SideChoice.BACK)
    codes, tested = _warnings(submission, sides)
    permit = grammar.permit_of(front.fields["type"]) if front and front.reading else None
    if front and front.reading:
        digests.put_digests(submission.customer_id, findable(front.fields))
    held = policies.of(submission)
    findings = rules.run(
        rules.Evidence(
            declared=PERMIT_OF_DECLARED[submission.declared_type],
            front=front.fields if front and front.reading else None,
            back=back.fields if back and back.reading else None,
            back_needed=SideChoice.BACK in submission.needed_sides,
            warnings_checked=tested,
            today=now.astimezone(HONG_KONG).date(),
            differing_fields=differing_fields(submission),
            was_asked_to_confirm=submission.read_at is not None,
            other_holders=_other_holders(submission, permit, front),
            picture_met=_picture_met(sides.values()),
            may_compare_portraits=portraits.may_compare(submission, held),
            portrait_met=_portrait_met(submission, sides.values()) if held.compares_portraits else None,
            picture_faults=_picture_faults(sides.values()),
            zone=next((zone for each in sides.values() if (zone := zone_of(each))), None),
        ),
        held,
    )
    Check.objects.bulk_create(
        Check(
            submission=submission,
            customer_id=submission.customer_id,
            version=submission.version,
            rule=finding.rule,
            result=finding.result,
            reason=finding.reason,
            points=finding.points,
        )
        for finding in findings
    )
    _store_position(submission, codes=codes, tested=tested, findings=findings, permit=permit, front=front)
    return findings


def _warnings(submission: Submission, sides: Mapping[str, StandingSide]) -> tuple[list[int], bool]:
    """All codes of the standing readings, and whether every needed side was tested for forgery."""
    readings = [each.reading for each in sides.values() if each.reading]
    codes = sorted({warning.code for reading in readings for warning in reading.warnings.all()})
    complete = len(readings) == len(submission.needed_sides)
    tested = complete and all(reading.warnings_checked for reading in readings) and NOT_ENABLED not in codes
    return codes, tested


def _store_position(
    submission: Submission,
    *,
    codes: list[int],
    tested: bool,
    findings: list[Finding],
    permit: PermitType | None,
    front: StandingSide | None,
) -> None:
    severity = max(gravest(codes), Severity.NONE if tested else Severity.NOT_CHECKED)
    failed = sum(finding.points for finding in findings if finding.result is Result.FAIL)
    fields = front.fields if front and front.reading else {}
    validity = dates.span(fields.get("valid_date", ""))
    summary = masks.summary(name=fields.get("name") or fields.get("english_name", ""), number=fields.get("number", ""))
    Submission.objects.filter(pk=submission.pk).update(
        codes=codes,
        signals=sorted(policy.signals_of(codes, [(each.rule, each.result) for each in findings])),
        severity=severity,
        points=min(failed, POINTS_LIMIT),
        permit_type=_PERMIT_KEYS[permit] if permit else "",
        expires_on=validity.expires_on if validity else None,
        summary_sealed=seal_json(
            submission.customer_id,
            table="submission",
            column="summary_sealed",
            row_id=submission.id,
            value=summary,
        ),
    )
    submission.refresh_from_db()


def findable(fields: Mapping[str, str]) -> dict[str, str]:
    """By what the same number and holder are found on another customer: {kind of digest: value} of a front's fields."""
    permit = grammar.permit_of(fields["type"])
    if permit is None:
        return {}
    texts = {"number": grammar.plain(fields["number"])} if fields["number"] else {}
    life = grammar.life_number(permit, fields["number"])
    if life:
        texts["life_number"] = life
    if fields["name"] and dates.day(fields["birthday"]):
        texts["name_born"] = f"{fields['name']}|{dates.day(fields['birthday'])}"
    return texts


def _other_holders(submission: Submission, permit: PermitType | None, front: StandingSide | None) -> int | None:
    if permit is None or front is None:
        return None
    life = grammar.life_number(permit, front.fields["number"])
    if life is None:
        return None
    holders = set(digests.customers_sharing("life_number", life))
    return len(holders - {submission.customer_id})


def zone_of(side: StandingSide) -> ZoneValues | None:
    """What the machine-readable line of a side says, where its reading tells it."""
    return regions.opened(side.reading).zone if side.reading else None


def _picture_faults(sides: Iterable[StandingSide]) -> frozenset[str] | None:
    """The faults with which the standing pictures were sent all the same; None where there is no picture."""
    standing = [side.scan.taken_despite for side in sides]
    return frozenset(filter(None, standing)) if standing else None


def _picture_met(sides: Iterable[StandingSide]) -> str | None:
    """Whether another customer sent one of the standing pictures; None where not all could be compared."""
    standing = [side.scan for side in sides]
    met = near_pictures.elsewhere(standing)
    if met:
        return "exact" if met[0].is_exact else "near"
    return "" if near_pictures.is_comparable(standing) else None


def _portrait_met(submission: Submission, sides: Iterable[StandingSide]) -> bool | None:
    """Whether another customer's portrait shows the face of a standing one; None where none could be compared.

    What was found once stays found: neither customer makes a second person needless by taking a consent back.
    """
    found = Check.objects.filter(submission=submission, rule="portrait_elsewhere", result=Result.FAIL)
    if found.exists():
        return True
    readings = [side.reading for side in sides if side.reading]
    return bool(portraits.elsewhere(readings)) if portraits.is_comparable(readings) else None


def open_differences(confirmation: Confirmation) -> dict[str, dict[str, str]]:
    """What the customer called wrong: {field: {"value", "note"}}."""
    value: dict[str, dict[str, str]] = open_json(
        confirmation.customer_id,
        table="confirmation",
        column="differences_sealed",
        row_id=confirmation.id,
        blob=bytes(confirmation.differences_sealed or b""),
    )
    return value


def open_note(decision: Decision) -> str:
    """The staff's note to a decision, opened; empty where there is none. Never for the customer."""
    if decision.note_sealed is None:
        return ""
    value: dict[str, str] = open_json(
        decision.customer_id,
        table="decision",
        column="note_sealed",
        row_id=decision.id,
        blob=bytes(decision.note_sealed),
    )
    return value["note"]
