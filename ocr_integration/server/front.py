"""The ASGI application before the API: takes bodies within limits of size, time and memory, then hands them to threads.

A body that comes slowly holds no thread, so it cannot keep anybody else from being answered.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from typing import Any

from ocr_integration.server.app import Api, Reader, refusal
from ocr_integration.server.door import RawRequest, max_body_bytes, too_large
from ocr_integration.server.fetch import Fetcher
from ocr_integration.server.rate import RateGate
from ocr_integration.server.refusals import RefusedError
from ocr_integration.server.room import WaitingRoom, busy

# A caller still sending would see a broken connection and not the refusal, so what is too large is read and dropped.
MAX_DRAINED_BYTES = 50 * 1024 * 1024
# All bodies that are being received or answered, together.
MAX_HELD_BYTES = 256 * 1024 * 1024
# Threads for checks and refusals beside those that wait in the room.
SPARE_THREADS = 6
# Requests that may wait for a thread; checks take milliseconds.
MAX_QUEUED = 256

Scope = Mapping[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class _GoneError(Exception):
    """The caller hung up before its request was whole."""


class _Body:
    """The body of one request as it comes in; its bytes count as held until `release`."""

    def __init__(self, front: Front, limit: int) -> None:
        self._front = front
        self._limit = limit
        self._chunks: list[bytes] = []
        self._seen = 0
        self._held = 0

    def take(self, chunk: bytes) -> None:
        """Keep a piece, or only count it once there is too much."""
        self._seen += len(chunk)
        if self._seen > self._limit:
            self.release()
            return
        self._held += len(chunk)
        self._front.held_bytes += len(chunk)
        if self._front.held_bytes > self._front.max_held_bytes:
            raise busy()
        self._chunks.append(chunk)

    @property
    def is_hopeless(self) -> bool:
        return self._seen > MAX_DRAINED_BYTES

    def whole(self) -> bytes:
        """The body. Raises RefusedError when it was too large."""
        if self._seen > self._limit:
            raise too_large()
        return b"".join(self._chunks)

    def release(self) -> None:
        """Forget the pieces."""
        self._front.held_bytes -= self._held
        self._held = 0
        self._chunks.clear()


class Front:
    """One API behind one event loop. `held_bytes` is the size of all bodies at hand."""

    def __init__(
        self, api: Api, *, threads: int, upload_seconds: float = 30.0, max_held_bytes: int = MAX_HELD_BYTES
    ) -> None:
        self._api = api
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="api")
        self._at_once = threads + MAX_QUEUED
        self._answering = 0
        self._upload_seconds = upload_seconds
        self.held_bytes = 0
        self.max_held_bytes = max_held_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One HTTP request."""
        path = scope["path"] or "/"
        if path == "/health":
            await self._send(send, 200, b'{"status":"ok"}')
        elif path != "/":
            await self._send(send, 404, b'{"status":"not found"}')
        else:
            await self._call(scope, receive, send)

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = _headers(scope)
        body = _Body(self, max_body_bytes(headers))
        try:
            async with asyncio.timeout(self._upload_seconds):
                await _receive(receive, body)
            raw = RawRequest(
                method=scope["method"],
                query=scope.get("query_string", b"").decode("latin-1"),
                headers=headers,
                body=body.whole(),
            )
            await self._send(send, 200, await self._answered(raw))
        except TimeoutError:
            await self._send(send, 408, b'{"status":"the request came too slowly"}', closing=True)
        except RefusedError as error:
            await self._send(send, 200, refusal(error))
        except _GoneError:
            # Whoever closed only one way still hears it; without an answer the web server would call it our fault.
            await self._send(send, 400, b'{"status":"the request was not whole"}', closing=True)
        finally:
            body.release()

    async def _answered(self, raw: RawRequest) -> bytes:
        if self._answering >= self._at_once:
            raise busy()
        self._answering += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._api.answer, raw)
        finally:
            self._answering -= 1

    async def _send(self, send: Send, status: int, body: bytes, *, closing: bool = False) -> None:
        headers = [
            # Exactly this: with any suffix the official Python client does not look for errors.
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"date", formatdate(self._api.clock(), usegmt=True).encode()),
            (b"cache-control", b"no-store"),
        ]
        if closing:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _headers(scope: Scope) -> dict[str, str]:
    """By lower-case name; a name sent twice keeps both values, joined as HTTP says."""
    found: dict[str, str] = {"content-type": ""}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if found.get(key) else text
    return found


async def _receive(receive: Receive, body: _Body) -> None:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _GoneError
        body.take(message.get("body", b""))
        if body.is_hopeless or not message.get("more_body", False):
            return


def create_app(
    reader: Reader,
    keys: Mapping[str, str],
    *,
    tokens: Mapping[str, str] | None = None,
    calls_per_second: int = 20,
    allow_private_urls: bool = False,
    max_readings: int = 2,
    max_waiting: int = 16,
    max_wait_seconds: float = 10.0,
    upload_seconds: float = 30.0,
    max_held_bytes: int = MAX_HELD_BYTES,
    clock: Callable[[], float] = time.time,
    monotonic: Callable[[], float] = time.monotonic,
) -> Front:
    """The ASGI application.

    `keys` maps SecretId to SecretKey, `tokens` the temporary ones of them to their session token. At most
    `max_readings` run at once and `max_waiting` wait, each `max_wait_seconds`; all others are told to come back.
    """
    room = WaitingRoom(turns=max_readings, waiting=max_waiting, max_wait_seconds=max_wait_seconds)
    api = Api(
        reader=reader,
        keys=dict(keys),
        tokens=dict(tokens or {}),
        rate=RateGate(calls_per_second, monotonic=monotonic),
        fetcher=Fetcher(allow_private=allow_private_urls),
        clock=clock,
        room=room,
    )
    return Front(api, threads=room.size + SPARE_THREADS, upload_seconds=upload_seconds, max_held_bytes=max_held_bytes)
