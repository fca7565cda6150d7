"""What the server does when there is too much of something: callers, slow uploads, bytes, bad pictures, a dead worker."""

from __future__ import annotations

import http.client
import json
import logging
import os
import resource
import signal
import socket
import threading
import time
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from ocr_integration.client import Client
from ocr_integration.contract import PermitReading, ReadRequest, Side
from ocr_integration.errors import ServiceError
from ocr_integration.server import create_app
from tests.ocr_integration import pictures
from tests.ocr_integration.served import serving

KEYS = {"AKIDone": "key-one"}
PICTURE = pictures.jpeg()
CALLERS = 32


class HeldReader:
    """Reads nothing until it is let go, and knows how many readings ran at once."""

    def __init__(self, each_seconds: float = 0.0) -> None:
        self.let_go = threading.Event()
        self._each_seconds = each_seconds
        self.most = self._now = 0
        self.seen: list[bytes] = []
        self._lock = threading.Lock()

    def read(self, image: bytes, *, side: Side, with_portrait: bool) -> PermitReading:
        with self._lock:
            self._now += 1
            self.seen.append(image)
            self.most = max(self.most, self._now)
        if image == BAD:
            with self._lock:
                self._now -= 1
            raise RuntimeError("this picture breaks the reader")
        self.let_go.wait(60)
        time.sleep(self._each_seconds)
        with self._lock:
            self._now -= 1
        return PermitReading(number=str(len(image)))


BAD = pictures.jpeg(quality=20)


def code_of(client: Client, image: bytes = PICTURE) -> str:
    try:
        return client.read(ReadRequest(image=image)).number
    except ServiceError as error:
        return error.code


def test_every_caller_is_answered_and_no_more_wait_than_there_is_room_for(run_app) -> None:
    reader = HeldReader()
    url = run_app(create_app(reader, KEYS, calls_per_second=1000, max_readings=2, max_waiting=5, max_wait_seconds=60))
    client = Client(url, "AKIDone", "key-one", deadline_seconds=60, pool_size=CALLERS)
    with ThreadPoolExecutor(CALLERS) as threads:
        answers = [threads.submit(code_of, client) for _each in range(CALLERS)]
        while sum(each.done() for each in answers) < CALLERS - 7:
            time.sleep(0.01)
        assert {each.result() for each in answers if each.done()} == {"ResourceUnavailable"}
        with urllib.request.urlopen(f"{url}/health", timeout=30) as health:
            assert health.status == 200
        reader.let_go.set()
        outcomes = Counter(each.result() for each in answers)
    assert outcomes == {"ResourceUnavailable": CALLERS - 7, str(len(PICTURE)): 7}
    assert reader.most == 2


def test_whoever_waited_too_long_is_told_to_come_back(run_app) -> None:
    reader = HeldReader()
    url = run_app(create_app(reader, KEYS, max_readings=1, max_wait_seconds=0.05))
    client = Client(url, "AKIDone", "key-one", deadline_seconds=60)
    with ThreadPoolExecutor(2) as threads:
        answers = [threads.submit(code_of, client) for _each in range(2)]
        while not any(each.done() for each in answers):
            time.sleep(0.01)
        reader.let_go.set()
        assert {each.result() for each in answers} == {"ResourceUnavailable", str(len(PICTURE))}


def test_pictures_too_large_together_are_read_one_after_the_other(run_app) -> None:
    reader = HeldReader(each_seconds=0.02)
    reader.let_go.set()
    app = create_app(reader, KEYS, calls_per_second=1000, max_readings=2, max_pixels_at_once=640 * 400 * 2 - 1)
    client = Client(run_app(app), "AKIDone", "key-one", deadline_seconds=60)
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(lambda _each: code_of(client), range(24))) == {str(len(PICTURE))}
    assert reader.most == 1


def test_who_hung_up_while_waiting_is_not_read(run_app, caplog) -> None:
    caplog.set_level(logging.INFO)
    reader = HeldReader()
    url = run_app(create_app(reader, KEYS, max_readings=1, max_wait_seconds=60))
    other = pictures.jpeg(quality=30)
    client, impatient = (Client(url, "AKIDone", "key-one", deadline_seconds=each) for each in (60, 0.5))
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(code_of, client)
        while not reader.most:
            time.sleep(0.01)
        assert code_of(impatient, other) == "Transport.Timeout"
        while "Portal.HungUp" not in caplog.text:
            time.sleep(0.01)
        reader.let_go.set()
        assert first.result() == str(len(PICTURE))
    assert code_of(client) == str(len(PICTURE))
    assert reader.seen == [PICTURE, PICTURE]


def test_a_bad_picture_harms_no_other(run_app) -> None:
    reader = HeldReader()
    reader.let_go.set()
    client = Client(run_app(create_app(reader, KEYS, calls_per_second=1000)), "AKIDone", "key-one")
    files = [PICTURE, BAD, b"no picture", PICTURE[:-9000]] * 6
    with ThreadPoolExecutor(8) as threads:
        outcomes = Counter(threads.map(lambda image: code_of(client, image), files))
    undecodable = "FailedOperation.ImageDecodeFailed"
    assert outcomes == {str(len(PICTURE)): 6, "InternalError": 6, undecodable: 12}


HEAD = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n{"


def test_uploads_that_stall_keep_nobody_waiting_and_end_by_themselves(run_app) -> None:
    reader = HeldReader()
    reader.let_go.set()
    url = run_app(create_app(reader, KEYS, upload_seconds=1.0))
    address = ("127.0.0.1", urlsplit(url).port)
    stalled = [socket.create_connection(address, timeout=30) for _each in range(60)]
    for each in stalled:
        each.sendall(HEAD % 5_000_000)
    assert code_of(Client(url, "AKIDone", "key-one")) == str(len(PICTURE))
    for each in stalled:
        answer = each.makefile("rb").read()  # to its end: the connection is closed with it
        assert answer.startswith(b"HTTP/1.1 408 ")
        each.close()


def stall(url: str, sent: int) -> socket.socket:
    """An upload that stops coming."""
    made = socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=30)
    made.sendall(HEAD % 900_001 + bytes(sent))
    return made


def test_a_body_for_which_there_is_no_room_is_heard_out_and_told_so(run_app) -> None:
    reader = HeldReader()
    reader.let_go.set()
    app = create_app(reader, KEYS, max_held_bytes=500_000)
    url = run_app(app)
    large = pictures.jpeg(pictures.noise(1800, 1400))
    assert code_of(Client(url, "AKIDone", "key-one"), large) == "ResourceUnavailable"
    assert app.held_bytes == 0
    assert code_of(Client(url, "AKIDone", "key-one")) == str(len(PICTURE))


def test_a_body_that_stalls_makes_room_for_the_next(run_app) -> None:
    reader = HeldReader()
    reader.let_go.set()
    app = create_app(reader, KEYS, max_held_bytes=1_000_000)
    url = run_app(app)
    with stall(url, 400_000) as older, stall(url, 450_000) as newer:
        while app.held_bytes < 850_000:
            time.sleep(0.01)
        assert code_of(Client(url, "AKIDone", "key-one")) == str(len(PICTURE))
        assert older.makefile("rb").read().startswith(b"HTTP/1.1 408 ")
        newer.settimeout(0.2)
        with pytest.raises(TimeoutError):
            newer.recv(1)
    while app.held_bytes:
        time.sleep(0.01)


def test_a_body_cut_off_by_its_sender_is_no_fault_of_the_server(run_app) -> None:
    url = run_app(create_app(HeldReader(), KEYS))
    with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=30) as cut:
        cut.sendall(HEAD % 100)
        time.sleep(0.2)  # so that the head is read before the end of the stream is
        cut.shutdown(socket.SHUT_WR)
        assert not cut.makefile("rb").read().startswith(b"HTTP/1.1 5")


def test_a_body_over_the_limit_is_heard_out_and_refused_without_being_kept(run_app) -> None:
    app = create_app(HeldReader(), KEYS)
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(run_app(app)).port or 0, timeout=60)
    connection.request("POST", "/", bytes(11_000_000), {"Content-Type": "application/json"})
    assert json.load(connection.getresponse())["Response"]["Error"]["Code"] == "RequestSizeLimitExceeded"
    assert app.held_bytes == 0
    connection.close()


@pytest.mark.faults
@pytest.mark.parametrize(
    "sent", [b"", b"POST / HTTP/1.1\r\nHost: a\r\nX-A: ", b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n", HEAD % 9],
    ids=["nothing", "half a head", "a call, and kept", "half a body"],
)  # fmt: skip
def test_connections_that_are_held_open_by_the_thousand_keep_nobody_out(sent: bytes) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2000:
        pytest.skip("this process may not open so many files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2000), hard))
    with serving(OCR_SERVER_KEYS="AKIDone:key-one") as served, ExitStack() as held:
        for _each in range(1300):
            made = held.enter_context(socket.create_connection(("127.0.0.1", served.port), timeout=30))
            made.sendall(sent)
        client = Client(served.url, "AKIDone", "key-one", deadline_seconds=10)
        assert code_of(client, b"no picture") == "FailedOperation.ImageDecodeFailed"


@pytest.mark.faults
def test_a_worker_that_died_is_started_again() -> None:
    with serving(OCR_SERVER_KEYS="AKIDone:key-one") as served:
        (first,) = served.workers()
        os.kill(first, signal.SIGKILL)
        assert served.process.stdout is not None
        assert served.process.stdout.readline() == f"ready: {served.url}\n"
        (second,) = served.workers()
        assert second != first
        client = Client(served.url, "AKIDone", "key-one", deadline_seconds=60)
        assert code_of(client) == "FailedOperation.ImageNoSpecifiedCard"
