"""Tasks: fetch by id, writer, engine, writer; and they alone choose patience. Ids only, never a value."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

from celery import shared_task
from django.db import DataError, connection
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.audit.tasks import AuditedTask
from kyc_portal.sealing.errors import SealError
from kyc_portal.submissions import notices, nudges, ocr, operators, policies, reading, sweeps
from kyc_portal.submissions.deciding import taking_effect
from kyc_portal.submissions.models import Decision, Notice, Scan
from kyc_portal.submissions.pictures import orphans
from kyc_portal.submissions.reading_service import budget
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
# The columns of codes and request ids.
_LONGEST_CODE = 80
_THIS_PICTURE = "FailedOperation.OcrFailed"


@shared_task(base=AuditedTask, name=nudges.READ_SCAN)
def read_scan(scan_id: str) -> None:
    """Read one scan, if it is still due. May come twice or late: the row decides."""
    scan = Scan.objects.filter(pk=scan_id).first()
    attempt = reading.begin(scan=scan, actor=READER, now=timezone.now()) if scan else None
    if attempt is None:
        return
    reused = reading.reusable(attempt.scan)
    if reused is not None:
        try:
            portrait = reading.portrait_of(reused)
        except (OSError, SealError) as error:
            _not_opened(attempt, error)
            return
        reading.store(
            attempt=attempt,
            answer=replace(reading.answer_of(reused), profile=portrait),
            prepared=None,
            duration_ms=0,
            actor=READER,
            now=timezone.now(),
            reused_from=reused,
        )
        return
    _call(attempt)


def _call(attempt: reading.Try) -> None:
    """One honest attempt at the service, charged to the day's budget before; its outcome is put into the row."""
    charged_at = timezone.now()
    goes_on_at = budget.charge(actor=READER, now=charged_at)
    if goes_on_at is not None:
        _put_off(attempt, "Portal.DailyBudget", after=goes_on_at - charged_at)
        return
    try:
        prepared = reading.prepare(attempt.scan)
    except (OSError, SealError) as error:
        budget.not_made(actor=READER, now=charged_at)
        _not_opened(attempt, error)
        return
    held = policies.of(attempt.scan.submission)
    connection.close()  # the wait for the service holds no connection
    started = time.monotonic()
    try:
        answer = ocr.read(prepared.data, side=attempt.scan.side, with_portrait=held.asks_for_portrait)
    except ServiceError as error:
        _say("reading_failed", attempt, error.code, error.request_id, started)
        budget.ended(error=error, actor=READER, now=charged_at)
        _put_fault(attempt, error)
        return
    except (LimiterBusyError, LimiterDownError) as error:
        _say("reading_not_called", attempt, type(error).__name__, "", started)
        budget.not_made(actor=READER, now=charged_at)
        _put_off(attempt, "Portal.Limiter", after=timedelta(seconds=3))
        return
    answer = replace(answer, request_id=_fitting(answer.request_id))
    _say("reading_answered", attempt, "", answer.request_id, started)
    budget.ended(error=None, actor=READER, now=charged_at)
    try:
        _store(attempt, answer, prepared, round((time.monotonic() - started) * 1000))
    except (DataError, ValueError) as error:
        # It answered, and no row can hold what it said: a person of ours is needed, and waiting grows meanwhile.
        log.error("answer_not_stored", extra={"scan": str(attempt.scan.id), "error": type(error).__name__})
        _put_off(attempt, "Portal.AnswerNotStored")
        operators.tell_hourly(
            "answer_not_stored",
            "An answer of the reading service could not be stored",
            f"It does not fit our tables ({type(error).__name__}). The card waits and is tried again, ever more\n"
            "rarely. Report it with the scan's id, which stands in the worker's log.",
        )


def _not_opened(attempt: reading.Try, error: Exception) -> None:
    """Storage or a key is away: ours to mend, and the customer has nothing to do with it."""
    log.error("picture_not_opened", extra={"scan": str(attempt.scan.id), "error": type(error).__name__})
    _put_off(attempt, "Portal.PictureNotOpened")
    operators.tell_hourly(
        "picture_not_opened",
        "A stored picture could not be opened",
        f"The store or a key did not answer ({type(error).__name__}). Submissions wait and none is lost.\n"
        "Check the store's address, its key and MASTER_KEY. Reading resumes by itself.",
    )


def _fitting(text: str) -> str:
    """An id or a code of the service as our columns hold it, whatever it sent."""
    return text.replace("\0", "")[:_LONGEST_CODE]


def _put_off(attempt: reading.Try, code: str, *, after: timedelta | None = None) -> None:
    """No call was made, for a reason of ours."""
    reading.put_back(attempt=attempt, code=code, request_id="", actor=READER, now=timezone.now(), after=after)


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
        "code": _fitting(error.code),
        "request_id": _fitting(error.request_id),
        "actor": READER,
        "now": timezone.now(),
    }
    limit = policies.of(attempt.scan.submission).ocr_failed_tries
    is_at_limit = error.code == _THIS_PICTURE and attempt.scan.ocr_failed_tries + 1 >= limit
    if isinstance(error, CustomerError):
        reading.picture_fault(**ending, finer_code=_fitting(error.finer_code))
    elif isinstance(error, DefectError):
        reading.give_up(**ending)
        operators.tell_hourly(
            f"defect:{error.code}",
            "The reading service refuses our requests",
            f"It says {error.code}, which is a fault of this program and is not tried again. Such cases go to the\n"
            "reviewers unread. Report it with the request's id, which stands in the audit log.",
        )
    elif is_at_limit:
        reading.give_up(**ending)
    elif isinstance(error, ConfigError):
        reading.put_back(**ending, stops_calls=True)
    elif isinstance(error, ThrottleError):
        after = timedelta(seconds=max(1.2, error.retry_after_seconds or 0))
        reading.put_back(**ending, after=after, counts=True)
    elif isinstance(error, RetryError):
        # A picture the service cannot make out says nothing about the service.
        reading.put_back(**ending, counts=error.code != _THIS_PICTURE)


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
        taking_effect.finish(decision=decision, actor=audit.system("decisions"), now=timezone.now())


@shared_task(base=AuditedTask, name=nudges.SEND_NOTICE)
def send_notice(notice_id: str) -> None:
    """Tell a customer the outcome; a crash between sending and marking may tell it twice, never not at all."""
    notice = Notice.objects.filter(pk=notice_id).first()
    if notice:
        notices.send(notice=notice, actor=audit.system("notices"), now=timezone.now())


@shared_task(base=AuditedTask, name="kyc_portal.submissions.tasks.remove_orphans")
def remove_orphans() -> None:
    """Remove pictures that a crash left without a row. With the store down the next night does it."""
    try:
        orphans.remove(actor=audit.system("sweep"), now=timezone.now())
    except OSError as error:
        log.error("orphans_not_looked_for", extra={"error": type(error).__name__})


@shared_task(base=AuditedTask, name="kyc_portal.submissions.tasks.sweep")
def sweep() -> None:
    """Wake every row that was left behind. Nothing depends on the broker remembering."""
    sweeps.sweep(actor=audit.system("sweep"), now=timezone.now())
