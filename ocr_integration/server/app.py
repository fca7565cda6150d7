"""The WSGI application: one envelope around the checks and the reader. Every answer of the API is an HTTP 200.

Nothing personal is logged: code, request id, sizes and time only.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import Any, Protocol

from ocr_integration import wire
from ocr_integration.contract import PermitReading, Side
from ocr_integration.errors import ServiceError
from ocr_integration.server import parameters
from ocr_integration.server.door import Admitted, RawRequest, admit, max_body_bytes, too_large
from ocr_integration.server.fetch import Fetcher
from ocr_integration.server.pictures import picture_of
from ocr_integration.server.rate import RateGate
from ocr_integration.server.refusals import RefusedError

ACTION = "MainlandPermitOCR"
VERSION = "2018-11-19"
MAX_DRAINED_BYTES = 50 * 1024 * 1024
log = logging.getLogger(__name__)

Environ = Mapping[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class Reader(Protocol):
    """What really reads a picture. Called from several threads, never more than the app's bound at once."""

    def read(self, image: bytes, *, side: Side, with_portrait: bool) -> PermitReading:
        """The reading (its request_id is filled in by the server). Raises ServiceError with the code to answer."""


@dataclass(frozen=True, slots=True)
class _Service:
    reader: Reader
    keys: Mapping[str, str]
    tokens: Mapping[str, str]
    rate: RateGate
    fetcher: Fetcher
    clock: Callable[[], float]
    places: threading.BoundedSemaphore
    max_wait_seconds: float

    def answer(self, raw: RawRequest, request_id: str) -> dict[str, Any]:
        """The body of a success. Raises RefusedError or ServiceError."""
        admitted = admit(raw, keys=self.keys, tokens=self.tokens, now=self.clock())
        self.rate.require_place(admitted.secret_id)
        _require_action(admitted)
        asked = parameters.parse(admitted.parameters)
        image = picture_of(asked, self.fetcher)
        reading = self._read(image, asked)
        if not asked.with_portrait:
            reading = replace(reading, profile=b"")
        return wire.answer_body(replace(reading, request_id=request_id))

    def _read(self, image: bytes, asked: parameters.Parameters) -> PermitReading:
        if not self.places.acquire(timeout=self.max_wait_seconds):
            raise RefusedError("ResourceUnavailable", "The service is busy; try again later.")
        try:
            return self.reader.read(image, side=asked.side, with_portrait=asked.with_portrait)
        finally:
            self.places.release()


def _require_action(admitted: Admitted) -> None:
    if admitted.action != ACTION:
        raise RefusedError("InvalidAction", "The action is not known.")
    if admitted.version != VERSION:
        raise RefusedError("NoSuchVersion", "The version is not known.")


def create_app(
    reader: Reader,
    keys: Mapping[str, str],
    *,
    tokens: Mapping[str, str] | None = None,
    calls_per_second: int = 20,
    allow_private_urls: bool = False,
    max_readings: int = 2,
    max_wait_seconds: float = 10.0,
    clock: Callable[[], float] = time.time,
    monotonic: Callable[[], float] = time.monotonic,
) -> Callable[[Environ, StartResponse], Iterable[bytes]]:
    """The WSGI application.

    `keys` maps SecretId to SecretKey, `tokens` the temporary ones of them to their session token. At most
    `max_readings` run at once; another waits `max_wait_seconds` for its turn and is then told ResourceUnavailable.
    """
    service = _Service(
        reader=reader,
        keys=dict(keys),
        tokens=dict(tokens or {}),
        rate=RateGate(calls_per_second, monotonic=monotonic),
        fetcher=Fetcher(allow_private=allow_private_urls),
        clock=clock,
        places=threading.BoundedSemaphore(max_readings),
        max_wait_seconds=max_wait_seconds,
    )

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO") or "/"
        if path == "/health":
            return _send(start_response, "200 OK", b'{"status":"ok"}', service.clock())
        if path != "/":
            return _send(start_response, "404 Not Found", b'{"status":"not found"}', service.clock())
        return _send(start_response, "200 OK", _outcome(service, environ), service.clock())

    return app


def _outcome(service: _Service, environ: Environ) -> bytes:
    request_id, began, code, size = str(uuid.uuid4()), time.monotonic(), "", 0
    try:
        raw = _raw_request(environ)
        size = len(raw.body)
        body = service.answer(raw, request_id)
    except RefusedError as error:
        code, body = error.code, wire.error_body(error.code, error.message, request_id)
    except ServiceError as error:
        code, body = error.code, wire.error_body(error.code, error.message or error.code, request_id)
    except Exception as error:  # a process edge: the caller gets an answer, the operator the kind of fault
        code = "InternalError"
        body = wire.error_body(code, "An internal error has occurred.", request_id)
        log.error("reader fault %s at %s, request %s", type(error).__name__, _place(error), request_id)
    log.info("%s %s %d bytes %.0f ms", request_id, code or "ok", size, (time.monotonic() - began) * 1000)
    return wire.envelope(body)


def _place(error: Exception) -> str:
    """File and line of the fault: enough to find it, without values that a traceback's message may hold."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"


def _raw_request(environ: Environ) -> RawRequest:
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") and isinstance(value, str)
    }
    headers["content-type"] = environ.get("CONTENT_TYPE") or ""
    return RawRequest(
        method=environ["REQUEST_METHOD"],
        query=environ.get("QUERY_STRING") or "",
        headers=headers,
        body=_body(environ, max_body_bytes(headers["content-type"].lower())),
    )


def _body(environ: Environ, limit: int) -> bytes:
    """The whole body, never more than one byte over the limit. Raises RefusedError."""
    stated = environ.get("CONTENT_LENGTH") or ""
    if environ["REQUEST_METHOD"] == "GET":
        return b""
    if stated.isdigit() and int(stated) > limit:
        _drain(environ["wsgi.input"], min(int(stated), MAX_DRAINED_BYTES))
        raise too_large()
    left = int(stated) if stated.isdigit() else limit + 1
    chunks: list[bytes] = []
    while left > 0 and (chunk := environ["wsgi.input"].read(left)):
        chunks.append(chunk)
        left -= len(chunk)
    body = b"".join(chunks)
    if len(body) > limit:
        raise too_large()
    return body


def _drain(stream: Any, left: int) -> None:
    """Read and drop: a caller still sending would see a broken connection and not the refusal."""
    while left > 0 and (chunk := stream.read(min(left, 65_536))):
        left -= len(chunk)


def _send(start_response: StartResponse, status: str, body: bytes, now: float) -> Iterable[bytes]:
    start_response(
        status,
        [
            # Exactly this: with any suffix the official Python client does not look for errors.
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Date", formatdate(now, usegmt=True)),
            ("Cache-Control", "no-store"),
        ],
    )
    return [body]
