"""Runs the compatible server on granian: one worker process with the engine warmed before the first request.

granian forks the worker, so the engine is made in it. A worker whose parent was killed ends by itself.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from ocr_integration.server.app import create_app
from ocr_integration.server.engine_reader import EngineReader

# Far more than the readings that run at once: waiting then happens in the app, whose bound ends it before a caller's
# own deadline does; and checks, refusals and /health are answered meanwhile.
BLOCKING_THREADS = 16
# Readings that run at once, each with an engine of its own on one core.
ENGINES = 2


def keys_from_text(text: str) -> dict[str, str]:
    """`id:key,id:key` as a mapping. Raises ValueError naming the accepted form, never a value."""
    keys = {}
    for pair in filter(None, (each.strip() for each in text.split(","))):
        secret_id, separator, secret_key = pair.partition(":")
        if not (secret_id and separator and secret_key):
            raise ValueError("keys are written id:key,id:key")
        keys[secret_id] = secret_key
    if not keys:
        raise ValueError("keys are written id:key,id:key; there is none")
    return keys


def serve(*, host: str, port: int, keys: Mapping[str, str], calls_per_second: int, allow_private_urls: bool) -> None:
    """Serve until TERM or INT. Prints one line when the engine is warm and requests are answered."""
    parent = os.getpid()

    def load() -> Callable[..., Any]:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
        app = create_app(EngineReader(), keys, calls_per_second=calls_per_second, allow_private_urls=allow_private_urls)
        print(f"ready: http://{host}:{port}", flush=True)
        return app

    Server(
        "ocr_integration",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=BLOCKING_THREADS,
        log_level=LogLevels.error,
        workers_kill_timeout=5,
    ).serve(target_loader=load, wrap_loader=False)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)
