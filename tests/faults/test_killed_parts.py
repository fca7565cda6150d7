"""Parts of a running copy are killed for real, at a point seen in the row: nothing accepted is lost, nothing twice."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from kyc_portal.local.layout import free_port
from kyc_portal.local.stack import LocalStack
from tests.scripted_service import Answer, ScriptedService, success

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]

READ = success(Name="李優圖", Number="08320271", Type="台湾居民来往大陆通行证", WarnCardInfos=[])
_SEND = """
from django.utils import timezone
from kyc_portal.accounts import demo
from kyc_portal.submissions import intake
from tests.cast import picture
customer = demo.customer({number})
submission = intake.start(customer=customer, declared_type='taiwan_resident', language='en', actor=customer.actor, now=timezone.now())
intake.add_scan(submission=submission, side='FRONT', data=picture({number}), actor=customer.actor, now=timezone.now())
intake.submit(submission=submission, actor=customer.actor, now=timezone.now())
"""


@pytest.fixture(scope="module")
def service() -> Iterator[ScriptedService]:
    """A recognition service whose answers a test may slow down, to kill in the middle of a call."""
    scripted = ScriptedService(default=READ)
    scripted.start()
    yield scripted
    scripted.stop()


@pytest.fixture(scope="module")
def stack(service: ScriptedService) -> Iterator[LocalStack]:
    """A copy whose endpoint is the scripted service, watched so that what is killed starts again: one for all of them."""
    folder = Path(tempfile.mkdtemp(prefix="kyc-faults-"))
    copy = LocalStack(folder, free_port(), extra={"OCR_ENDPOINT": service.url}, say=lambda text: None)
    copy.start()
    watcher = threading.Thread(target=copy.watch, daemon=True)
    watcher.start()
    yield copy
    copy.ask_to_stop()
    watcher.join()
    copy.stop()
    shutil.rmtree(folder, ignore_errors=True)


def send(stack: LocalStack, number: int) -> None:
    stack.manage("shell", "--no-imports", "-c", _SEND.format(number=number))


def states(stack: LocalStack) -> list[tuple[str, str, int]]:
    """(submission, scan, readings) of everything sent, as the rows say."""
    assert stack.layout is not None
    with psycopg.connect(stack.layout.postgres.admin_url.replace("/postgres?", "/kyc?")) as connection:
        return connection.execute(
            "SELECT s.state, c.state, (SELECT count(*) FROM submissions_reading r WHERE r.scan_id = c.id)"
            " FROM submissions_submission s JOIN submissions_scan c ON c.submission_id = s.id ORDER BY s.number"
        ).fetchall()


def wait_for(stack: LocalStack, is_so: Callable[[list[tuple[str, str, int]]], bool], *, seconds: float = 90) -> None:
    """Wait until the rows say so; a database that is just coming back is asked again."""
    deadline, seen = time.monotonic() + seconds, []
    while time.monotonic() < deadline:
        try:
            seen = states(stack)
        except psycopg.OperationalError:
            seen = []
        if is_so(seen):
            return
        time.sleep(0.1)
    raise AssertionError(f"still {seen}")


def is_being_read(seen: list[tuple[str, str, int]]) -> bool:
    return ("reading", "reading", 0) in seen


def is_read_once(seen: list[tuple[str, str, int]]) -> bool:
    return bool(seen) and all(each == ("confirming", "read", 1) for each in seen)


@pytest.mark.parametrize("part", ["worker-reading", "valkey", "postgres"])
def test_a_part_killed_in_the_middle_of_a_reading_loses_nothing(
    stack: LocalStack, service: ScriptedService, part: str
) -> None:
    number = len(states(stack)) + 1
    service.queue(Answer(body=READ.body, pause_seconds=4.0))
    send(stack, number)
    wait_for(stack, is_being_read)
    os.killpg(stack.process(part).pid, signal.SIGKILL)
    wait_for(stack, lambda seen: len(seen) == number and is_read_once(seen))


def test_with_the_broker_stopped_an_upload_is_accepted_and_read_once_it_is_back(stack: LocalStack) -> None:
    os.kill(stack.process("valkey").pid, signal.SIGSTOP)
    try:
        before = states(stack)
        send(stack, 9)
        assert states(stack) == [*before, ("received", "due", 0)]
    finally:
        os.kill(stack.process("valkey").pid, signal.SIGCONT)
    wait_for(stack, is_read_once)
