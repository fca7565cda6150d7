"""Messages that wake the worker. A nudge may be lost or come twice: the row is the truth, the sweep finds the rest.

Sends by task name, so that writers do not import the tasks that call them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from kyc_portal.celery import app

log = logging.getLogger(__name__)

READ_SCAN = "kyc_portal.submissions.tasks.read_scan"
SEND_NOTICE = "kyc_portal.submissions.tasks.send_notice"
FINISH_DECISION = "kyc_portal.submissions.tasks.finish_decision"


def send(name: str, row_id: str, *, queue: str, countdown: float | None = None) -> bool:
    """Send one task by its name with the id of its row. False when the broker does not take it."""
    try:
        app.send_task(name, args=[row_id], queue=queue, countdown=countdown, retry=False)
    except (KombuError, RedisError, OSError) as error:
        log.warning("nudge_not_sent", extra={"task": name, "row": row_id, "error": type(error).__name__})
        return False
    return True


def read(scan_ids: Iterable[str]) -> None:
    """Wake a worker for each scan; stops at the first failure, because the broker is down for all."""
    for scan_id in scan_ids:
        if not send(READ_SCAN, scan_id, queue="reading"):
            return


def tell(notice_id: str) -> None:
    """Wake a worker to send one notice."""
    send(SEND_NOTICE, notice_id, queue="housekeeping")


def finish(decision_id: str, *, after_seconds: float) -> None:
    """Wake a worker when a decision's undo window is over."""
    send(FINISH_DECISION, decision_id, queue="housekeeping", countdown=after_seconds)
