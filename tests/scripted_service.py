"""A recognition service whose answers a test writes: real HTTP on loopback, for faults no real service gives on demand."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

JSON_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `pause_seconds` comes before it, `byte_pause_seconds` before each byte; `cut` ends it half way.

    `hang_up` closes the connection instead, `reset` breaks it.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": JSON_TYPE})
    pause_seconds: float = 0.0
    byte_pause_seconds: float = 0.0
    trickled_headers: bool = False
    cut: bool = False
    hang_up: bool = False
    reset: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it came. `at` is time.monotonic() when its head had been read. Header names are lower-case.

    Requests with the same `client_port` came over the same connection.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float
    client_port: int = 0

    @property
    def parameters(self) -> dict[str, Any]:
        """The JSON that was sent."""
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed


def success(**fields: Any) -> Answer:
    """A reading: every published field is there, `fields` (wire names) replace some."""
    empty = dict.fromkeys(
        (
            "Name", "EnglishName", "Sex", "Birthday", "IssueAuthority", "ValidDate", "Number", "IssueAddress",
            "IssueNumber", "Type", "Profile", "Nationality",
        ),
        "",
    )  # fmt: skip
    back = {"Type": "", "Name": "", "IDNumber": "", "HistoryNumber": ""}
    response = {
        **empty,
        "MainlandTravelPermitBackInfos": back,
        "WarnCardInfos": [],
        "RequestId": str(uuid.uuid4()),
        **fields,
    }
    return Answer(json.dumps({"Response": response}).encode())


def failure(
    code: str, *, request_id: str | None = None, headers: Mapping[str, str] | None = None, **beside: Any
) -> Answer:
    """The service's own error envelope: HTTP 200. `beside` stands beside its `Response`."""
    error = {"Error": {"Code": code, "Message": "scripted"}, "RequestId": request_id or str(uuid.uuid4())}
    body = json.dumps({"Response": error, **beside}).encode()
    return Answer(body, headers={"Content-Type": JSON_TYPE, **(headers or {})})


def html(status: int = 200) -> Answer:
    """What a proxy in between says."""
    return Answer(b"<html><body>Gateway</body></html>", status=status, headers={"Content-Type": "text/html"})


class ScriptedService:
    """Answers what was queued, then the default, over and over. Use as a context manager, or start() and stop()."""

    def __init__(self, *, default: Answer | None = None, port: int = 0, address: str = "127.0.0.1") -> None:
        self.default = default if default is not None else success()
        self.requests: list[Seen] = []
        self._answers: deque[Answer] = deque()
        self._lock = threading.Lock()
        self._port = port
        self._address = address
        self._server: ThreadingHTTPServer | None = None
        self._stopping = threading.Event()

    @property
    def url(self) -> str:
        """The endpoint; known once started, and still the same address after stop()."""
        return f"http://{self._address}:{self._port}"

    @property
    def timestamps(self) -> list[float]:
        """When each request came, in seconds of time.monotonic()."""
        return [seen.at for seen in self.requests]

    def start(self) -> Self:
        """Listen, on the same port as before when started again."""
        self._stopping.clear()
        self._server = _Server((self._address, self._port), _handler(self))
        self._port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def stop(self) -> None:
        """Stop listening; answers under way are cut."""
        self._stopping.set()
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_details: object) -> None:
        self.stop()

    def queue(self, *answers: Answer) -> None:
        """Give these next, in this order, before the default."""
        with self._lock:
            self._answers.extend(answers)

    def forget(self) -> None:
        """Drop recorded requests and queued answers."""
        with self._lock:
            self.requests.clear()
            self._answers.clear()

    def take(self, seen: Seen) -> Answer:
        """Record a request and choose its answer."""
        with self._lock:
            self.requests.append(seen)
            return self._answers.popleft() if self._answers else self.default

    def wait(self, seconds: float) -> bool:
        """Wait as the script says; True when the service is being stopped meanwhile."""
        return self._stopping.wait(seconds) if seconds else self._stopping.is_set()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is part of the script."""


def _handler(service: ScriptedService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            at = time.monotonic()
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = service.take(Seen(self.command, self.path, headers, body, at, self.client_address[1]))
            if service.wait(answer.pause_seconds) or answer.hang_up:
                self.close_connection = True
                return
            if answer.reset:
                self.close_connection = True
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                return
            self._send(answer)

        do_GET = do_POST

        def _send(self, answer: Answer) -> None:
            head = {"Date": self.date_time_string(), "Content-Length": str(len(answer.body)), **answer.headers}
            lines = [f"HTTP/1.1 {answer.status} Scripted", *(f"{name}: {value}" for name, value in head.items())]
            top = ("\r\n".join(lines) + "\r\n\r\n").encode()
            if answer.cut:
                self.close_connection = True
                self.wfile.write(top + answer.body[: len(answer.body) // 2])
            elif answer.byte_pause_seconds:
                if not answer.trickled_headers:
                    self.wfile.write(top)
                self._trickle(top + answer.body if answer.trickled_headers else answer.body, answer)
            else:
                self.wfile.write(top + answer.body)

        def _trickle(self, data: bytes, answer: Answer) -> None:
            for byte in data:
                if service.wait(answer.byte_pause_seconds):
                    self.close_connection = True
                    return
                self.wfile.write(bytes([byte]))

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: the test reads `requests`."""

    return Handler
