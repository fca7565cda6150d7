"""HTTP connections that honour one deadline over a whole exchange: sending, status line, every header, every chunk.

A read timeout starts anew with each byte, so a trickling answer outlives it. Here each wait of the socket gets what
is left of the deadline. The deadline belongs to the thread and is set by `until`.
"""

from __future__ import annotations

import http.client
import io
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_thread = threading.local()


@contextmanager
def until(deadline: float) -> Iterator[None]:
    """Bind this thread's exchanges to a moment of `time.monotonic()`."""
    _thread.deadline = deadline
    try:
        yield
    finally:
        _thread.deadline = None


def _left() -> float | None:
    deadline: float | None = getattr(_thread, "deadline", None)
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("deadline")
    return left


class _TimedReads(io.RawIOBase):
    """A socket's stream whose every read waits no longer than the deadline allows."""

    def __init__(self, sock: socket.socket, raw: Any) -> None:
        self._sock = sock
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = _left()
        if left is not None:
            self._sock.settimeout(left)
        read: int | None = self._raw.readinto(buffer)
        return read

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_TimedReads(sock, sock.makefile("rb", buffering=0)))


class _TimedSends:
    """Shared by the plain and the secure connection."""

    sock: socket.socket | None

    def send(self, data: Any) -> None:
        left = _left()
        if self.sock is not None and left is not None:
            self.sock.settimeout(left)
        super().send(data)  # type: ignore[misc]


class TimedHTTPConnection(_TimedSends, HTTPConnection):
    """A plain connection under the thread's deadline."""

    response_class = _TimedResponse


class TimedHTTPSConnection(_TimedSends, HTTPSConnection):
    """A secure connection under the thread's deadline."""

    response_class = _TimedResponse


class TimedHTTPPool(HTTPConnectionPool):
    """A pool of plain connections under the thread's deadline."""

    ConnectionCls = TimedHTTPConnection


class TimedHTTPSPool(HTTPSConnectionPool):
    """A pool of secure connections under the thread's deadline."""

    ConnectionCls = TimedHTTPSConnection
