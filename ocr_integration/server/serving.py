"""Runs the compatible server on granian: one worker process with the engine warmed before the first request.

granian forks the worker, so the engine is made in it. A worker that died is started again; one whose parent was killed
ends by itself.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

from ocr_integration.server import call_log
from ocr_integration.server.engine_reader import EngineReader
from ocr_integration.server.front import create_app

# Readings that run at once, each with an engine of its own on one core.
ENGINES = 2
# Who may wait for a turn: at about a second a reading the last one is answered before a caller's deadline of 15 s.
WAITING = 16
# Connections at once, kept-alive ones included; beyond them a caller waits to be taken.
CONNECTIONS = 4096
# Files of the process that are no callers' connections: libraries, models, downloads.
OTHER_FILES = 256
# A head that does not come, and a connection on which nothing comes, are ended after this long.
HEAD_TIMEOUT_MS = 15_000
# What one connection may make us keep before its head is whole; a query alone may have 32 KiB.
HEAD_BYTES = 128 * 1024


def keys_from_text(text: str) -> dict[str, str]:
    """`id:key,id:key` as a mapping. Raises ValueError naming the accepted form, never a value."""
    keys = _pairs(text)
    if not keys:
        raise ValueError("keys are written id:key,id:key; there is none")
    return keys


def tokens_from_text(text: str, keys: Mapping[str, str]) -> dict[str, str]:
    """`id:token,…` of those keys that are temporary. Raises ValueError naming the accepted form, never a value."""
    tokens = _pairs(text)
    if not set(tokens) <= set(keys):
        raise ValueError("a token is of an id that has no key")
    return tokens


def _pairs(text: str) -> dict[str, str]:
    pairs = {}
    for pair in filter(None, (each.strip() for each in text.split(","))):
        name, separator, value = pair.partition(":")
        if not (name and separator and value):
            raise ValueError("keys are written id:key,id:key")
        pairs[name] = value
    return pairs


def serve(
    *,
    host: str,
    port: int,
    keys: Mapping[str, str],
    tokens: Mapping[str, str],
    calls_per_second: int,
    allow_private_urls: bool,
) -> None:
    """Serve until TERM or INT. Prints one line when the engine is warm and requests are answered."""
    parent = os.getpid()

    def load() -> Callable[..., Any]:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
        call_log.to_stderr()
        _return_memory()
        app = create_app(
            EngineReader(ENGINES),
            keys,
            tokens=tokens,
            calls_per_second=calls_per_second,
            allow_private_urls=allow_private_urls,
            max_readings=ENGINES,
            max_waiting=WAITING,
        )
        threading.Thread(target=_say_ready, args=(host, port), daemon=True).start()
        return app

    Server(
        "ocr_integration",
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=False,
        workers=1,
        backpressure=_connections(),
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_TIMEOUT_MS, max_buffer_size=HEAD_BYTES),
        respawn_failed_workers=True,
        respawn_interval=0.5,
        log_level=LogLevels.critical,
        workers_kill_timeout=5,
    ).serve(target_loader=load, wrap_loader=False)


def _connections() -> int:
    """As many as we want, or as the system lets this process open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        return max(64, soft - OTHER_FILES)
    return CONNECTIONS


def _return_memory() -> None:
    """Have glibc give large buffers back when they are freed, and keep two heaps instead of one a thread."""
    heaps, large = -8, -3  # M_ARENA_MAX and M_MMAP_THRESHOLD of malloc.h
    with contextlib.suppress(AttributeError, OSError):  # another C library keeps its own ways
        libc = ctypes.CDLL(None)
        libc.mallopt(heaps, 2)
        libc.mallopt(large, 1024 * 1024)


def _say_ready(host: str, port: int) -> None:
    """The worker listens a little after its application was made: say so once a connection is taken."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    while True:
        try:
            socket.create_connection((reachable, port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            print(f"ready: http://{host}:{port}", flush=True)
            return


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)
