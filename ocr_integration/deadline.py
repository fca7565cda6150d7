"""HTTP connections that honour one deadline over a whole exchange: name, connection, sending, each header and chunk.

A read timeout starts anew with each byte, so a trickling answer outlives it; a connect timeout starts anew with each
address, and looking a name up has none. Here each wait gets what is left of the deadline. The deadline belongs to the
thread and is set by `until`.
"""

from __future__ import annotations

import http.client
import io
import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

_thread = threading.local()
# Threads that look up names; one whose server never answers is left behind, so there must not be many.
_lookups = threading.BoundedSemaphore(16)

AddressInfo = tuple[int, int, int, str, Any]


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


def look_up(host: str, port: int) -> list[AddressInfo]:
    """What `socket.getaddrinfo` says, within the deadline. Raises its errors, or TimeoutError."""
    left = _left()
    if not _lookups.acquire(timeout=left):
        raise TimeoutError("deadline")
    answers: queue.SimpleQueue[list[Any] | BaseException] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, ValueError) as error:
            answers.put(error)
        finally:
            _lookups.release()

    _thread.look_up = threading.Thread(target=ask, daemon=True)
    _thread.look_up.start()
    try:
        answer = answers.get(timeout=_left())
    except queue.Empty:
        raise TimeoutError("deadline") from None
    if isinstance(answer, BaseException):
        raise answer
    return answer


def wait_for_look_ups() -> None:
    """Until the last name this thread asked for is answered, or given up by the system: that may be long after."""
    look_up_thread: threading.Thread | None = getattr(_thread, "look_up", None)
    if look_up_thread is not None:
        look_up_thread.join()
        _thread.look_up = None


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


class _Timed:
    """Shared by the plain and the secure connection."""

    sock: socket.socket | None
    host: str
    port: int
    timeout: float | None
    socket_options: Any

    def _new_conn(self) -> socket.socket:
        """A socket to the first address that takes one; what follows on it (TLS) has what is left then."""
        connection: Any = self
        try:
            found = look_up(self.host, self.port)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, connection, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "name") from error
        fault: OSError | None = None
        for family, kind, protocol, _name, address in found:
            made = socket.socket(family, kind, protocol)
            try:
                for option in self.socket_options or ():
                    made.setsockopt(*option)
                made.settimeout(_least(_left(), self.timeout))
                made.connect(address)
                made.settimeout(_least(_left(), self.timeout))
                return made
            except OSError as error:
                made.close()
                fault = error
        if isinstance(fault, TimeoutError):
            raise ConnectTimeoutError(self, "connect") from fault
        raise NewConnectionError(connection, "connect") from fault

    def send(self, data: Any) -> None:
        left = _left()
        if self.sock is not None and left is not None:
            self.sock.settimeout(left)
        super().send(data)  # type: ignore[misc]


def _least(left: float | None, timeout: float | None) -> float | None:
    return timeout if left is None else left if timeout is None else min(left, timeout)


class TimedHTTPConnection(_Timed, HTTPConnection):
    """A plain connection under the thread's deadline."""

    response_class = _TimedResponse


class TimedHTTPSConnection(_Timed, HTTPSConnection):
    """A secure connection under the thread's deadline."""

    response_class = _TimedResponse


class TimedHTTPPool(HTTPConnectionPool):
    """A pool of plain connections under the thread's deadline."""

    ConnectionCls = TimedHTTPConnection


class TimedHTTPSPool(HTTPSConnectionPool):
    """A pool of secure connections under the thread's deadline."""

    ConnectionCls = TimedHTTPSConnection
