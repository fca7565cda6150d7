"""What a worker does to a scan: begin, store the answer, put it back, hand it to a person. And summing up.

Reading belongs to a scan. Every move is a guarded UPDATE; `begin` takes over a lease that has run out, and whoever
ends a try must name its token, so a late twin changes nothing. Lock order: customer key, submission, scan.
"""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.audit import Actor
from kyc_portal.sealing import files
from kyc_portal.sealing.values import seal_json
from kyc_portal.submissions import evidence, ocr, policies, scans
from kyc_portal.submissions.clocks import clock
from kyc_portal.submissions.errors import NotAllowedError, TooLateError
from kyc_portal.submissions.models import Reading, Scan, Submission, Warning
from kyc_portal.submissions.moves import move
from kyc_portal.submissions.pictures import portraits, regions
from kyc_portal.submissions.reading_service import breaker
from kyc_portal.submissions.reading_service.patience import wait_before_next
from kyc_portal.submissions.states import UNFINISHED_SCANS, ScanState, State
from kyc_portal.submissions.warning_codes import EDITED, NOT_ENABLED, codes_of_answer
from ocr_integration.contract import API_VERSION, BACK_FIELDS, TEXT_FIELDS, PermitReading
from ocr_integration.images import fit_for_service, without_location

# The call's deadline and a little: a killed worker's scan is taken over after this.
LEASE = timedelta(seconds=ocr.DEADLINE_SECONDS + 5)
# Portraits are measured one at a time in a process, and by a model that is loaded for the first of them.
MEASURING = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Try:
    """One try at one scan; `token` must be named to end it."""

    scan: Scan
    token: uuid.UUID


@dataclass(frozen=True, slots=True)
class Prepared:
    """The bytes to send. `is_reencoded` means the evidence of editing is gone: -9104 is then not checked."""

    data: bytes
    is_reencoded: bool


def begin(*, scan: Scan, actor: Actor, now: datetime) -> Try | None:
    """Take a scan that is due, or whose lease has run out. None when there is nothing to do.

    While calls are stopped the scan is put off instead, but for the one that takes the probe. While a person holds
    them it stays due with no time of its own, and is taken when they go on.
    """
    with audit.acting(actor):
        submission = Submission.objects.select_for_update().get(pk=scan.submission_id)
        if submission.state not in (State.RECEIVED, State.READING):
            return None
        due = Q(state=ScanState.DUE) & (Q(next_try_at__isnull=True) | Q(next_try_at__lte=now))
        lost = Q(state=ScanState.READING, lease_until__lte=now)
        takeable = Scan.objects.filter(due | lost, pk=scan.pk)
        if not takeable.exists():
            return None
        wait = breaker.admit(now=now)
        if wait is not None:
            if takeable.update(state=ScanState.DUE, next_try_at=wait.until, lease_until=None, attempt_token=None):
                _delay(submission, scan, now=now)
            return None
        token = uuid.uuid4()
        taken = takeable.update(
            state=ScanState.READING,
            lease_until=now + LEASE + (MEASURING if policies.of(submission).compares_portraits else timedelta(0)),
            attempt_token=token,
            next_try_at=None,
            tries=scan.tries + 1,
        )
        if not taken:
            return None
        if submission.state == State.RECEIVED:
            move(submission, origin=State.RECEIVED, to=State.READING, now=now)
    scan.refresh_from_db()
    return Try(scan=scan, token=token)


def prepare(scan: Scan) -> Prepared:
    """Open the picture and make what is sent: the original without its place metadata, shrunk only over the limit."""
    prepared = fit_for_service(without_location(scans.original(scan)))
    return Prepared(data=prepared.data, is_reencoded=prepared.reencoded)


def reusable(scan: Scan) -> Reading | None:
    """An answer already paid for: same picture, side and profile flag of the same customer."""
    return (
        Reading.objects.filter(
            customer_id=scan.customer_id,
            scan__picture_digest=scan.picture_digest,
            side=scan.side,
            has_profile=policies.of(scan.submission).asks_for_portrait,
        )
        .exclude(scan=scan)
        .order_by("answered_at")
        .first()
    )


def answer_of(reading: Reading) -> PermitReading:
    """A stored answer in the service's terms again."""
    values = evidence.open_fields(reading)
    back = {name: values[f"back_{name}"] for name in BACK_FIELDS}
    texts: dict[str, Any] = {name: values[name] for name in TEXT_FIELDS}
    places, zone = regions.in_answer(reading)
    empty = PermitReading()
    return replace(
        empty,
        **texts,
        back=replace(empty.back, **back),
        warnings=tuple(reading.warnings.values_list("code", flat=True)) if reading.warnings_checked else None,
        request_id=reading.request_id,
        regions=places,
        zone=zone,
    )


def portrait_of(reading: Reading) -> bytes:
    """The portrait that came with a stored answer; empty where there was none. Raises OSError, SealError."""
    return files.load(reading.customer_id, reading.pk) if reading.has_profile else b""


def text_fields(answer: PermitReading) -> dict[str, str]:
    """Every text field of an answer under one flat name each; the back side's carry the prefix `back_`."""
    values = {name: getattr(answer, name) for name in TEXT_FIELDS}
    return values | {f"back_{name}": value for name, value in asdict(answer.back).items()}


def store(
    *,
    attempt: Try,
    answer: PermitReading,
    prepared: Prepared | None,
    duration_ms: int,
    actor: Actor,
    now: datetime,
    reused_from: Reading | None = None,
) -> bool:
    """Keep an answer: fields sealed, warnings, and when it was the last scan the checks and the next state.

    One transaction. Returns False when this try is not the current one any more; nothing is stored then.
    """
    scan, reading_id = attempt.scan, uuid.uuid4()
    codes = codes_of_answer(answer.warnings)
    if prepared is not None and prepared.is_reencoded and EDITED not in codes:
        codes = tuple(sorted({*codes, NOT_ENABLED}))
    values = text_fields(answer)
    face = portraits.measured(scan.submission, answer.profile, policy=policies.of(scan.submission))
    if answer.profile:
        files.store(scan.customer_id, reading_id, answer.profile)
    with audit.acting(actor):
        blob = seal_json(scan.customer_id, table="reading", column="fields_sealed", row_id=reading_id, value=values)
        places = regions.sealed(scan.customer_id, reading_id, answer)
        submission = _lock(scan)
        if not _end(attempt, submission, state=ScanState.READ, is_reencoded=bool(prepared and prepared.is_reencoded)):
            return False
        reading = Reading.objects.create(
            id=reading_id,
            scan=scan,
            submission=submission,
            customer_id=scan.customer_id,
            side=scan.side,
            endpoint=settings.OCR_ENDPOINT,
            api_version=API_VERSION,
            request_id=answer.request_id,
            answered_at=now,
            duration_ms=duration_ms,
            fields_sealed=blob,
            regions_sealed=places,
            read_fields=sorted(name for name, value in values.items() if value),
            has_profile=bool(answer.profile),
            warnings_checked=answer.warnings is not None,
            reused_from=reused_from,
        )
        Warning.objects.bulk_create(
            Warning(reading=reading, submission=submission, customer_id=scan.customer_id, code=code) for code in codes
        )
        if face is not None:
            portraits.remember(reading, face)
        breaker.closed(now=now)
        audit.record(
            "reading.stored",
            object_type="submissions.reading",
            object_id=str(reading.id),
            subject=scan.customer_id,
            details={
                "scan": str(scan.id),
                "request_id": answer.request_id,
                "codes": ",".join(map(str, codes)),
            },
        )
        _sum_up(submission, now=now)
    return True


def picture_fault(
    *, attempt: Try, code: str, request_id: str, actor: Actor, now: datetime, finer_code: str = ""
) -> bool:
    """The service says the picture must be taken again. The other side finishes first.

    `finer_code` says more exactly what is wrong with it, where the service knows: the customer's tip follows it.
    """
    with audit.acting(actor):
        submission = _lock(attempt.scan)
        fault = {"fault_code": finer_code or code, "error_request_id": request_id}
        if not _end(attempt, submission, state=ScanState.FAULTY, **fault):
            return False
        breaker.closed(now=now)
        audit.record(
            "picture.faulty",
            object_type="submissions.scan",
            object_id=str(attempt.scan.id),
            subject=attempt.scan.customer_id,
            details={"code": code, "request_id": request_id} | ({"finer_code": finer_code} if finer_code else {}),
        )
        _sum_up(submission, now=now)
    return True


def put_back(
    *,
    attempt: Try,
    code: str,
    request_id: str,
    actor: Actor,
    now: datetime,
    after: timedelta | None = None,
    stops_calls: bool = False,
    counts: bool = False,
) -> datetime | None:
    """A fault that is not the customer's: try later, shown as a delay. Returns when, or None for a late twin.

    `stops_calls` opens the breaker: an operator must act first. `counts` opens it when too many came in a row.
    """
    with audit.acting(actor):
        submission = _lock(attempt.scan)
        next_try_at = now + (after or wait_before_next(attempt.scan.tries))
        if not _end(
            attempt,
            submission,
            state=ScanState.DUE,
            next_try_at=next_try_at,
            error_code=code,
            error_request_id=request_id,
            ocr_failed_tries=attempt.scan.ocr_failed_tries + (code == "FailedOperation.OcrFailed"),
        ):
            return None
        probe_at = None
        if stops_calls:
            probe_at = breaker.opened(cause=code, now=now)
        elif counts:
            probe_at = breaker.faulted(cause=code, now=now)
        if probe_at is not None:
            next_try_at = probe_at
            Scan.objects.filter(pk=attempt.scan.pk).update(next_try_at=next_try_at)
        _delay(submission, attempt.scan, now=now)
        audit.record(
            "reading.delayed",
            object_type="submissions.scan",
            object_id=str(attempt.scan.id),
            subject=attempt.scan.customer_id,
            details={"code": code, "request_id": request_id, "try": str(attempt.scan.tries)},
        )
    return next_try_at


def give_up(*, attempt: Try, code: str, request_id: str, actor: Actor, now: datetime) -> bool:
    """A defect of ours, or a fault at its limit: a person looks, and the side stands as not checked."""
    with audit.acting(actor):
        submission = _lock(attempt.scan)
        if not _end(attempt, submission, state=ScanState.UNREAD, error_code=code, error_request_id=request_id):
            return False
        audit.record(
            "reading.given_up",
            object_type="submissions.scan",
            object_id=str(attempt.scan.id),
            subject=attempt.scan.customer_id,
            details={"code": code, "request_id": request_id},
        )
        _sum_up(submission, now=now)
    return True


def hand_over(*, submission: Submission, by: User, now: datetime) -> None:
    """Give a stuck submission to a reviewer without its reading: the sides that wait stand as not checked.

    Raises NotAllowedError for anybody but an administrator, and TooLateError where it is not stuck, is being read at
    this moment, or waits no more.
    """
    if by.role != Role.ADMINISTRATOR or not by.is_active:
        raise NotAllowedError("an administrator does this")
    with audit.acting(by.actor):
        held = Submission.objects.select_for_update().get(pk=submission.pk)
        if held.state != State.RECEIVED or not held.is_stuck:
            raise TooLateError("it is not stuck any more, or is being read")
        move(held, origin=State.RECEIVED, to=State.READING, now=now)
        for scan in held.scans.filter(state=ScanState.DUE).order_by("side"):
            Scan.objects.filter(pk=scan.pk, state=ScanState.DUE).update(state=ScanState.UNREAD, next_try_at=None)
            audit.record(
                "reading.handed_over",
                object_type="submissions.scan",
                object_id=str(scan.pk),
                subject=scan.customer_id,
                details={"code": scan.error_code, "try": str(scan.tries)},
            )
        _sum_up(held, now=now)


def _lock(scan: Scan) -> Submission:
    """Lock the submission first: two sides that finish together would else each see the other open."""
    return Submission.objects.select_for_update().get(pk=scan.submission_id)


def _end(attempt: Try, submission: Submission, *, state: ScanState, **changes: object) -> bool:
    """End a try; False when it is not the current one, or the submission has moved on without it."""
    if submission.state != State.READING:
        return False
    return bool(
        Scan.objects.filter(pk=attempt.scan.pk, state=ScanState.READING, attempt_token=attempt.token).update(
            state=state, lease_until=None, attempt_token=None, **changes
        )
    )


def _delay(submission: Submission, scan: Scan, *, now: datetime) -> None:
    """Back to `received` unless the other side is being read; the delay keeps its first instant."""
    Scan.objects.filter(pk=scan.pk, delayed_since__isnull=True).update(delayed_since=now)
    Submission.objects.filter(pk=submission.pk, delayed_since__isnull=True).update(delayed_since=now)
    others = Scan.objects.filter(submission=submission, state=ScanState.READING).exclude(pk=scan.pk)
    if submission.state == State.READING and not others.exists():
        move(submission, origin=State.READING, to=State.RECEIVED, now=now)


def _sum_up(submission: Submission, *, now: datetime) -> None:
    """After a scan ended: when none is left, decide where the submission goes. The row is locked."""
    if Scan.objects.filter(submission=submission, state__in=UNFINISHED_SCANS).exists():
        if not Scan.objects.filter(submission=submission, state=ScanState.READING).exists():
            move(submission, origin=State.READING, to=State.RECEIVED, now=now)
        return
    faulty = [scan.side for scan in submission.scans.filter(attempt=submission.attempt, state=ScanState.FAULTY)]
    version = submission.version + 1
    limit = policies.of(submission).failed_pictures_per_side
    if faulty and all(evidence.failed_tries(submission, side) < limit for side in faulty):
        move(
            submission,
            origin=State.READING,
            to=State.ASKED_AGAIN,
            now=now,
            sides_asked=faulty,
            delayed_since=None,
            version=version,
        )
        return
    standing = evidence.standing_scans(submission)
    complete = all(side in standing and standing[side].state == ScanState.READ for side in submission.needed_sides)
    if complete:
        move(
            submission,
            origin=State.READING,
            to=State.CONFIRMING,
            now=now,
            read_at=now,
            delayed_since=None,
            version=version,
        )
    else:
        move(
            submission,
            origin=State.READING,
            to=State.TO_REVIEW,
            now=now,
            waiting_since=clock.resumed(submission, now),
            delayed_since=None,
            version=version,
        )
    evidence.weigh(submission, now=now)
