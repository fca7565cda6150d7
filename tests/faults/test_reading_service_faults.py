"""The running portal against a reading service that misbehaves: the card waits, an operator is told once, nobody is blamed.

Everything is real but the service, whose answers are scripted. Waits of half a minute and more are not sat through:
the instants in the rows are moved into the past and the worker is woken, as the sweep would do then.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from kyc_portal.local.layout import free_port
from kyc_portal.local.stack import LocalStack
from kyc_portal.submissions.reading_service.breaker import FAULTS_THAT_STOP
from tests.cast import picture
from tests.faults.doors import Portal
from tests.scripted_service import Answer, ScriptedService, failure, html, success

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

READ = success(Name="李優圖", Number="08320271", Type="台湾居民来往大陆通行证", WarnCardInfos=[])
STOPPED = "The reading service is stopped"
# What would put it on the person who waits.
BLAME = re.compile(
    r"your photo (is|was|could)|take (it|the photo|a new)|blur|you sent|invalid|wrong|failed|error", re.I
)


@pytest.fixture(scope="module")
def service() -> Iterator[ScriptedService]:
    with ScriptedService(default=READ) as scripted:
        yield scripted


@pytest.fixture(scope="module")
def portal(service: ScriptedService) -> Iterator[Portal]:
    """One running copy for the whole module, with twenty customers."""
    folder = Path(tempfile.mkdtemp(prefix="kyc-service-faults-"))
    stack = LocalStack(folder, free_port(), extra={"OCR_ENDPOINT": service.url}, say=lambda text: None)
    stack.start()
    watcher = threading.Thread(target=stack.watch, daemon=True)
    watcher.start()
    people = "from kyc_portal.accounts import demo\nfor number in range(1, 40):\n    demo.customer(number)"
    stack.manage("shell", "--no-imports", "-c", people)
    yield Portal(stack)
    stack.ask_to_stop()
    watcher.join()
    stack.stop()
    shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Fault:
    """What the service does, the code it ends as, and whether it stops calls at once."""

    name: str
    answer: Answer | None
    code: str
    stops_at_once: bool = False
    is_long: bool = False


_NOT_JSON = Answer(READ.body[:-40], headers={"Content-Type": "application/json"})
FAULTS = [
    Fault("wrong key", failure("AuthFailure.SignatureFailure"), "AuthFailure.SignatureFailure", stops_at_once=True),
    Fault("clock off by an hour", failure("AuthFailure.SignatureExpire"), "AuthFailure.SignatureExpire", stops_at_once=True),
    Fault("no money", failure("FailedOperation.ArrearsError"), "FailedOperation.ArrearsError", stops_at_once=True),
    Fault("down", None, "Transport.ConnectionFailed"),
    Fault("a page instead of JSON", html(), "Transport.BadAnswer"),
    Fault("half of JSON", _NOT_JSON, "Transport.BadAnswer"),
    Fault("cut body", replace(READ, cut=True), "Transport.ConnectionFailed"),
    Fault("slow", replace(READ, pause_seconds=17.0), "Transport.Timeout", is_long=True),
    Fault("internal error", failure("InternalError"), "InternalError"),
    Fault("gateway", html(502), "Transport.Http5xx"),
    Fault("too fast", failure("RequestLimitExceeded"), "RequestLimitExceeded"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "fault"), list(enumerate(FAULTS, start=1)), ids=[fault.name for fault in FAULTS])
def test_the_card_waits_an_operator_is_told_once_and_it_is_read_when_the_fault_ends(
    portal: Portal, service: ScriptedService, number: int, fault: Fault
) -> None:
    told_before = len(portal.mails(STOPPED))
    misbehave(service, fault)
    page = portal.send_in(number, picture(number))
    portal.until(lambda: portal.row(number).error_code == fault.code, fault.code)
    if fault.is_long:  # what counts is that faults follow one another, so shorter ones fill the row
        service.queue(*[failure("InternalError")] * (FAULTS_THAT_STOP - 1 - portal.row(number).tries))

    assert portal.row(number) == replace(
        portal.row(number), state="received", scan_state="due", readings=0, is_delayed=True
    )
    seen = portal.read(page, "/identity/progress/")
    assert "It is our reading service, not your photos" in seen
    assert not BLAME.search(seen.replace("Please do not send the photos again", "")), seen
    assert fault.code not in seen

    if not fault.stops_at_once:
        while not portal.is_stopped():
            portal.fail_once_more(number)
        assert portal.row(number).error_code == fault.code
    portal.until(lambda: len(portal.mails(STOPPED)) > told_before, "a mail to the administrator")
    assert any(f"stopped with {fault.code}." in mail for mail in portal.mails(STOPPED))
    portal.fail_once_more(number)

    behave(service, fault)
    portal.let_time_pass(number)
    portal.until(lambda: portal.row(number).state == "confirming", "read at last")
    assert portal.row(number).readings == 1
    assert not portal.is_stopped()
    assert len(portal.mails(STOPPED)) == told_before + 1


def misbehave(service: ScriptedService, fault: Fault) -> None:
    service.forget()
    if fault.answer is None:
        service.stop()
    else:
        service.default = fault.answer


def behave(service: ScriptedService, fault: Fault) -> None:
    service.forget()
    service.default = READ
    if fault.answer is None:
        service.start()


def test_after_a_pause_one_call_is_let_through_however_many_cards_wait(
    portal: Portal, service: ScriptedService
) -> None:
    numbers = [21, 22, 23]
    service.default = failure("AuthFailure.SignatureFailure")
    for number in numbers:
        portal.send_in(number, picture(number))
        portal.until(lambda number=number: portal.row(number).is_delayed, "delayed")  # type: ignore[misc]
    service.forget()
    service.default = replace(READ, pause_seconds=3.0)

    def states() -> list[str]:
        return [portal.row(number).state for number in numbers]

    portal.let_time_pass(*numbers)
    portal.until(lambda: states().count("confirming") == 1, "the probe's answer")
    assert len(service.requests) == 1
    service.default = READ
    portal.let_time_pass(*numbers)
    portal.until(lambda: states() == ["confirming"] * 3, "the others read")


def test_a_picture_that_must_be_taken_again_is_asked_for_in_plain_words_and_then_read(
    portal: Portal, service: ScriptedService
) -> None:
    service.queue(failure("FailedOperation.ImageBlur"))
    page = portal.send_in(31, picture(31))
    portal.until(lambda: portal.row(31).state == "asked_again", "asked again")
    seen = portal.read(page, "/identity/pictures/")
    assert "The photo is blurred Hold the phone still and tap the card" in seen
    assert "ImageBlur" not in seen
    assert portal.upload(page, picture(1031)).ok
    portal.submit(page)
    portal.until(lambda: portal.row(31).state == "confirming", "read")


def test_a_defect_of_ours_goes_to_a_person_and_an_operator_is_told_once(
    portal: Portal, service: ScriptedService
) -> None:
    service.queue(failure("InvalidParameterValue"), failure("InvalidParameterValue"))
    for number in (32, 33):
        page = portal.send_in(number, picture(number))
        portal.until(lambda number=number: portal.row(number).state == "to_review", "with a person")  # type: ignore[misc]
        seen = portal.read(page, "/identity/progress/")
        assert "A colleague is looking at your permit" in seen
        assert not BLAME.search(seen), seen
    portal.until(lambda: bool(portal.mails("The reading service refuses our requests")), "a mail")
    assert len(portal.mails("The reading service refuses our requests")) == 1
    assert not portal.is_stopped()
