"""The compatible server as people run it, in a process of its own, and a counter of connections before it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Served:
    """A running server, its address, and what it wrote to stderr so far."""

    process: subprocess.Popen[str]
    port: int
    errors: IO[bytes]

    def log(self) -> list[dict[str, Any]]:
        """Its lines on stderr, each of which is JSON."""
        self.errors.seek(0)
        return [json.loads(line) for line in self.errors]

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def workers(self) -> list[int]:
        """The process numbers of its children."""
        text = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(each) for each in text.split()]


def start(*options: str, **environment: str) -> Served:
    """Start it on a free port and wait until it says that it is ready."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    errors = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the server
    process = subprocess.Popen(
        [sys.executable, "-m", "ocr_integration", "serve", "--port", str(port), *options],
        stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT, env=os.environ | environment,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == f"ready: http://127.0.0.1:{port}\n"
    return Served(process, port, errors)


@contextmanager
def serving(*options: str, **environment: str) -> Iterator[Served]:
    """A server for the time of a block."""
    running = start(*options, **environment)
    try:
        yield running
    finally:
        running.process.terminate()
        running.process.wait(30)


class Counter:
    """Passes bytes on to a server and counts the connections that were opened. Use as a context manager."""

    def __init__(self, port: int) -> None:
        self._to = port
        self.connections = 0

    def __enter__(self) -> Counter:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_details: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _address = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            far = socket.create_connection(("127.0.0.1", self._to))
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=_pass_on, args=(source, sink), daemon=True).start()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    try:
        while chunk := source.recv(65_536):
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


def memory_mb(served: Served) -> float:
    """Resident memory of the server's worker processes."""
    pages = 0
    for worker in served.workers():
        pages += int(Path(f"/proc/{worker}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
