"""Sends mutants to a server and judges what comes back: an answer of the API, never a fault, never a dead process."""

from __future__ import annotations

import base64
import json
import re
import socket
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from ocr_integration import signing
from tests.fuzz import images, requests
from tests.ocr_integration.served import Served

# What a picture may be told. InternalError is not among them: it would be a fault of ours.
OF_PICTURES = frozenset(
    {
        "ok",
        "FailedOperation.ImageDecodeFailed",
        "FailedOperation.ImageNoSpecifiedCard",
        "LimitExceeded.TooLargeFileError",
        "RequestSizeLimitExceeded",
    }
)
BUSY = "ResourceUnavailable"
AT_ONCE = 8
# After this long without an answer the request was not whole, and is ended.
PATIENCE_SECONDS = 0.5
ENVIRONMENT = {"OCR_SERVER_KEYS": f"{requests.ID}:{requests.KEY}"}
OPTIONS = ("--calls-per-second", "100000")


@dataclass
class Report:
    """How many answers of each kind, and every one that must not be, by its number."""

    answers: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def __iadd__(self, other: Report) -> Report:
        self.answers += other.answers
        self.faults += other.faults
        return self

    def count(self, what: str, number: int, answer: str, *, is_right: bool) -> None:
        self.answers[answer] += 1
        if not is_right:
            self.faults.append(f"{what} {number}: {answer}")


def pictures(server: Served, numbers: range) -> Report:
    """Each mutant as the picture of a right call."""
    report = Report()

    def send(number: int) -> None:
        code = _read(server, images.mutant(number))
        report.count("picture", number, code, is_right=code in OF_PICTURES)

    _each(send, numbers)
    return report


def _read(server: Served, picture: bytes) -> str:
    """The code of a call, "ok" for a reading; asks again while the server is busy."""
    body = json.dumps({"ImageBase64": base64.b64encode(picture).decode(), "RetProfile": True}).encode()
    while True:
        now = int(time.time())
        headers = {
            "Content-Type": "application/json", "X-TC-Action": "MainlandPermitOCR", "X-TC-Version": "2018-11-19",
            "X-TC-Timestamp": str(now),
            "Authorization": signing.authorization(
                secret_id=requests.ID, secret_key=requests.KEY, timestamp=now, host=server.address,
                content_type="application/json", body=body,
            ),
        }  # fmt: skip
        with urllib.request.urlopen(urllib.request.Request(server.url, body, headers), timeout=120) as answer:
            code = _code(answer.read())
        if code != BUSY:
            return code
        time.sleep(0.2)


def _code(body: bytes) -> str:
    response = json.loads(body)["Response"]
    assert response["RequestId"]
    return str(response.get("Error", {}).get("Code", "ok"))


def calls(server: Served, numbers: range) -> Report:
    """Each mutant as raw bytes on a connection of its own."""
    report = Report()

    def send(number: int) -> None:
        status, body = _exchange(server, requests.mutant(number, server.address))
        answer = _code(body) if status == 200 and body.startswith(b'{"Response"') else f"HTTP {status or 'none'}"
        is_right = answer != "InternalError" and not 500 <= status < 600
        report.count("request", number, answer, is_right=is_right)

    _each(send, numbers)
    return report


def _exchange(server: Served, raw: bytes) -> tuple[int, bytes]:
    """Status and body, 0 where the server hung up or waits for more than was sent."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        received = b""
        try:
            connection.sendall(raw)
            connection.settimeout(PATIENCE_SECONDS)
            with suppress(TimeoutError):
                received = connection.recv(65_536)
            connection.settimeout(60)
            if not received:
                connection.shutdown(socket.SHUT_WR)
            while not _is_whole(received) and (chunk := connection.recv(65_536)):
                received += chunk
        except OSError:
            pass
    received = re.sub(rb"^HTTP/1\.1 100 [^\r]*\r\n\r\n", b"", received)
    head, _blank, body = received.partition(b"\r\n\r\n")
    match = re.match(rb"HTTP/1\.[01] (\d{3})", head)
    # A request whose stated length was hurt is followed by the answer to its own rest.
    return (int(match[1]) if match else 0), body[: _length(head)]


def _length(head: bytes) -> int:
    stated = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return int(stated[1]) if stated else 0


def _is_whole(received: bytes) -> bool:
    head, blank, body = received.partition(b"\r\n\r\n")
    return bool(blank) and not head.startswith(b"HTTP/1.1 100") and len(body) >= _length(head)


def _each(act: Callable[[int], None], numbers: range) -> None:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for _done in threads.map(act, numbers):
            pass
