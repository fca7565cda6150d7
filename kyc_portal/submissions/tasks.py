"""Tasks: fetch by id, writer, engine, writer; and they alone choose patience. Ids only, never a value."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import Any

from celery import shared_task
from django.db import connection
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.audit.tasks import AuditedTask
from kyc_portal.sealing.errors import SealError
from kyc_portal.submissions import notices, nudges, ocr, reading, review, sweeps
from kyc_portal.submissions.models import Decision, Notice, Scan
from kyc_portal.submissions.policy import POLICY
from ocr_integration.contract import PermitReading
from ocr_integration.errors import (
    ConfigError,
    CustomerError,
    DefectError,
    RetryError,
    ServiceError,
    ThrottleError,
)
from ocr_integration.rate_limit import LimiterBusyError, LimiterDownError

log = logging.getLogger(__name__)

READER = audit.system("reader")


@shared_task(base=AuditedTask, name=nudges.READ_SCAN)
def read_scan(scan_id: str) -> None:
    """Read one scan, if it is still due. May come twice or late: the row decides."""
    scan = Scan.objects.filter(pk=scan_id).first()
    attempt = reading.begin(scan=scan, actor=READER, now=timezone.now()) if scan else None
    if attempt is None:
        return
    reused = reading.reusable(attempt.scan)
    if reused is not None:
        reading.store(
            attempt=attempt,
            answer=reading.answer_of(reused),
            prepared=None,
            duration_ms=0,
            actor=READER,
            now=timezone.now(),
            reused_from=reused,
        )
        return
    _call(attempt)


def _call(attempt: reading.Try) -> None:
    """One honest attempt at the service, its outcome put into the row."""
    try:
        prepared = reading.prepare(attempt.scan)
    except (OSError, SealError) as error:
        # Storage or a key is away: ours to mend, and the customer has nothing to do with it.
        log.error("picture_not_opened", extra={"scan": str(attempt.scan.id), "error": type(error).__name__})
        reading.put_back(
            attempt=attempt, code="Portal.PictureNotOpened", request_id="", actor=READER, now=timezone.now()
        )
        return
    connection.close()  # the wait for the service holds no connection
    started = time.monotonic()
    try:
        answer = ocr.read(prepared.data, side=attempt.scan.side, with_portrait=POLICY.asks_for_portrait)
    except ServiceError as error:
        _say("reading_failed", attempt, error.code, error.request_id, started)
        _put_fault(attempt, error)
        return
    except (LimiterBusyError, LimiterDownError) as error:
        _say("reading_not_called", attempt, type(error).__name__, "", started)
        reading.put_back(
            attempt=attempt,
            code="Portal.Limiter",
            request_id="",
            actor=READER,
            now=timezone.now(),
            after=timedelta(seconds=3),
        )
        return
    _say("reading_answered", attempt, "", answer.request_id, started)
    _store(attempt, answer, prepared, round((time.monotonic() - started) * 1000))


def _store(attempt: reading.Try, answer: PermitReading, prepared: reading.Prepared, duration_ms: int) -> None:
    reading.store(
        attempt=attempt,
        answer=answer,
        prepared=prepared,
        duration_ms=duration_ms,
        actor=READER,
        now=timezone.now(),
    )


def _put_fault(attempt: reading.Try, error: ServiceError) -> None:
    """The class of the error decides who must act: customer, nobody yet, an operator, or a person of ours."""
    ending: dict[str, Any] = {
        "attempt": attempt,
        "code": error.code,
        "request_id": error.request_id,
        "actor": READER,
        "now": timezone.now(),
    }
    is_at_limit = (
        error.code == "FailedOperation.OcrFailed" and attempt.scan.ocr_failed_tries + 1 >= POLICY.ocr_failed_tries
    )
    if isinstance(error, CustomerError):
        reading.picture_fault(**ending)
    elif isinstance(error, DefectError) or is_at_limit:
        reading.give_up(**ending)
    elif isinstance(error, ConfigError):
        reading.put_back(**ending, stops_calls=True)
    elif isinstance(error, ThrottleError):
        reading.put_back(**ending, after=timedelta(seconds=max(1.2, error.retry_after_seconds or 0)))
    elif isinstance(error, RetryError):
        reading.put_back(**ending)


def _say(event: str, attempt: reading.Try, code: str, request_id: str, started: float) -> None:
    log.info(
        event,
        extra={
            "scan": str(attempt.scan.id),
            "side": attempt.scan.side,
            "try": attempt.scan.tries,
            "bytes": attempt.scan.size_bytes,
            "code": code,
            "request_id": request_id,
            "milliseconds": round((time.monotonic() - started) * 1000),
        },
    )


@shared_task(base=AuditedTask, name=nudges.FINISH_DECISION)
def finish_decision(decision_id: str) -> None:
    """Let a decision take effect once its undo window is over."""
    decision = Decision.objects.filter(pk=decision_id).first()
    if decision:
        review.finish(decision=decision, actor=audit.system("decisions"), now=timezone.now())


@shared_task(base=AuditedTask, name=nudges.SEND_NOTICE)
def send_notice(notice_id: str) -> None:
    """Tell a customer the outcome; a crash between sending and marking may tell it twice, never not at all."""
    notice = Notice.objects.filter(pk=notice_id).first()
    if notice:
        notices.send(notice=notice, actor=audit.system("notices"), now=timezone.now())


@shared_task(base=AuditedTask, name="kyc_portal.submissions.tasks.sweep")
def sweep() -> None:
    """Wake every row that was left behind. Nothing depends on the broker remembering."""
    sweeps.sweep(actor=audit.system("sweep"), now=timezone.now())
