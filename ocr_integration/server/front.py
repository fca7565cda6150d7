"""The ASGI application before the API: takes bodies within limits of size, time and memory, then has them answered.

A body that comes slowly holds no thread, so it cannot keep anybody else from being answered.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from typing import Any

from ocr_integration import wire
from ocr_integration.server.app import Api, Asked, Reader, failure
from ocr_integration.server.bodies import Body, HeldBodies
from ocr_integration.server.call_log import Call
from ocr_integration.server.door import Door, RawRequest, max_body_bytes
from ocr_integration.server.downloads import Downloads
from ocr_integration.server.fetch import Fetcher
from ocr_integration.server.rate import RateGate
from ocr_integration.server.room import WaitingRoom, busy

# All bodies that are being received or checked, together.
MAX_HELD_BYTES = 128 * 1024 * 1024
# Pixels of the pictures that are read at once: two of a phone's sixteen megapixels, or one larger one.
MAX_PIXELS_AT_ONCE = 32_000_000
# Checks are milliseconds of CPU, but for a moment each needs a large body four times over.
CHECKS_AT_ONCE = 4
# Requests that may wait for their checks.
MAX_CHECKING = 256
# Each may hold one file while it waits for the rest of it.
DOWNLOADS_AT_ONCE = 16

Scope = Mapping[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class _GoneError(Exception):
    """The caller hung up before its request was whole, or before it was answered."""


class Front:
    """One API behind one event loop."""

    def __init__(self, api: Api, *, upload_seconds: float = 30.0, max_held_bytes: int = MAX_HELD_BYTES) -> None:
        self._api = api
        self._checking = 0
        self._upload_seconds = upload_seconds
        self._held = HeldBodies(max_held_bytes)

    @property
    def held_bytes(self) -> int:
        """The size of all bodies at hand."""
        return self._held.size

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
        headers, call = _headers(scope), Call()
        try:
            async with self._held.coming(max_body_bytes(headers), seconds=self._upload_seconds) as body:
                await _receive(receive, body)
        except TimeoutError:
            call.say("Portal.TooSlow")
            await self._send(send, 408, b'{"status":"the request came too slowly"}', closing=True)
        except _GoneError:
            call.say("Portal.HungUp")
            # Whoever closed only one way still hears it; without an answer the web server would call it our fault.
            await self._send(send, 400, b'{"status":"the request was not whole"}', closing=True)
        else:
            await self._send(send, 200, await self._answer(scope, headers, body, receive, call))

    async def _answer(
        self, scope: Scope, headers: Mapping[str, str], body: Body, receive: Receive, call: Call
    ) -> bytes:
        """The envelope of the outcome, whatever it is, and the call's line in the log."""
        wants_regions = headers.get(wire.REGIONS_HEADER.lower()) == "1"
        call.received_bytes = body.seen
        try:
            asked = await self._checked(scope, headers, body, call)
            answer = await _while_there(receive, self._api.answer(asked, call))
        except _GoneError:
            call.say("Portal.HungUp")
            return b""
        except Exception as error:  # a process edge: whatever it is, the caller gets an answer
            return failure(error, call, wants_regions=wants_regions)
        finally:
            body.release()
        call.say("ok")
        return answer

    async def _checked(self, scope: Scope, headers: Mapping[str, str], body: Body, call: Call) -> Asked:
        if self._checking >= MAX_CHECKING:
            raise busy()
        self._checking += 1
        try:
            raw = RawRequest(
                method=scope["method"],
                query=scope.get("query_string", b"").decode("latin-1"),
                headers=headers,
                body=body.whole(),
            )
            return await self._api.checked(raw, call)
        finally:
            self._checking -= 1
            body.release()

    async def _send(self, send: Send, status: int, body: bytes, *, closing: bool = False) -> None:
        headers = [
            # Exactly this: with any suffix the official Python client does not look for errors.
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"date", formatdate(self._api.door.clock(), usegmt=True).encode()),
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


async def _receive(receive: Receive, body: Body) -> None:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _GoneError
        body.take(message.get("body", b""))
        if body.is_hopeless or not message.get("more_body", False):
            return


async def _while_there(receive: Receive, answering: Coroutine[Any, Any, bytes]) -> bytes:
    """The answer, given up once nobody waits for it: its place is free for another. Raises _GoneError."""
    answer = asyncio.ensure_future(answering)
    leaving = asyncio.ensure_future(_until_gone(receive))
    try:
        await asyncio.wait((answer, leaving), return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        raise _GoneError
    finally:
        answer.cancel()
        leaving.cancel()
        del answer  # it holds an error whose trace holds this frame: such a ring would keep the picture for long


async def _until_gone(receive: Receive) -> None:
    """Until the caller has hung up; for ever where the web server does not say so."""
    if (await receive())["type"] != "http.disconnect":
        await asyncio.get_running_loop().create_future()


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
    max_pixels_at_once: int = MAX_PIXELS_AT_ONCE,
    max_downloads: int = DOWNLOADS_AT_ONCE,
    upload_seconds: float = 30.0,
    max_held_bytes: int = MAX_HELD_BYTES,
    clock: Callable[[], float] = time.time,
    monotonic: Callable[[], float] = time.monotonic,
) -> Front:
    """The ASGI application.

    `keys` maps SecretId to SecretKey, `tokens` the temporary ones of them to their session token. At most
    `max_readings` run at once and `max_waiting` wait, each `max_wait_seconds`; all others are told to come back.
    """
    api = Api(
        reader=reader,
        door=Door(dict(keys), dict(tokens or {}), clock),
        rate=RateGate(calls_per_second, monotonic=monotonic),
        checks=ThreadPoolExecutor(CHECKS_AT_ONCE, thread_name_prefix="checks"),
        downloads=Downloads(Fetcher(allow_private=allow_private_urls), places=max_downloads),
        room=WaitingRoom(
            turns=max_readings, waiting=max_waiting, max_wait_seconds=max_wait_seconds, max_pixels=max_pixels_at_once
        ),
    )
    return Front(api, upload_seconds=upload_seconds, max_held_bytes=max_held_bytes)
