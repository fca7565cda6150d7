"""Starts, watches and stops one local copy. A child that dies is started again with growing waits, and said so.

A copy records its children by number and start time; what an earlier, killed start left behind is ended by the
next one before it starts its own.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from kyc_portal.local import privileges, servers
from kyc_portal.local.layout import (
    PROJECT,
    SETUP,
    Layout,
    Service,
    all_parts_answer,
    is_free,
    owner_environment,
    plan,
    services,
)
from kyc_portal.local.processes import started

_PR_SET_PDEATHSIG = 1
LONGEST_WAIT_SECONDS = 30.0
_NOT_WRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ENOENT)


class StackError(RuntimeError):
    """The copy cannot start; the message says what to do."""


class StackStoppedError(StackError):
    """A command was ended because the copy is being stopped; not a failure."""


def _end_with_parent() -> None:
    """Linux ends the child when its parent is killed; elsewhere the next start does."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """One running process of the copy, and what is needed to start it again."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    stop_signal: signal.Signals
    process: subprocess.Popen[bytes]
    deaths: int = 0
    again_at: float = 0.0
    started_at: float = field(default_factory=time.monotonic)

    @property
    def pid(self) -> int:
        return self.process.pid


class LocalStack:
    """One copy in its folder: `start`, `watch` until stopped, `stop`. `process(name)` gives a child."""

    def __init__(
        self,
        folder: Path,
        port: int,
        *,
        extra: Mapping[str, str] | None = None,
        say: Callable[[str], None] = print,
    ) -> None:
        self.folder = folder.absolute()
        self.port = port
        self.say = say
        self._extra = extra or {}
        self._children: dict[str, Child] = {}
        self._commands: set[subprocess.Popen[str]] = set()
        self._stopping = threading.Event()
        self._sockets: Path | None = None
        self._hold: IO[str] | None = None
        self.layout: Layout | None = None

    # ----- starting

    def start(self) -> Layout:
        """Start everything in order and return once the web answers. Raises StackError with what to do."""
        try:
            self._take_folder()
            self._end_leftovers()
            if not is_free(self.port):
                raise StackError(
                    f"Port {self.port} is taken. Free it, or choose another: make run PORT={self.port % 65535 + 1}"
                )
            self._sockets = privileges.socket_folder()
            self.layout = plan(self.folder, self.port, sockets=self._sockets, extra=self._extra)
            self._start_servers(self.layout)
            self._set_up(self.layout)
            for service in services(self.layout):
                self._start_service(service, self.layout)
            web, layout = self._children["web"].process, self.layout
            servers.wait_until(lambda: all_parts_answer(layout), web, name="all parts", log=self._log("web"))
        except (StackError, servers.ServerError, OSError) as error:
            self.stop()
            raise StackError(_advice(error, self.folder)) from error
        except BaseException:
            self.stop()
            raise
        return self.layout

    def _take_folder(self) -> None:
        """Make the folder and hold it while the copy runs; the hold ends with this process, however it ends."""
        self.folder.mkdir(parents=True, exist_ok=True)
        hold = (self.folder / "running").open("w")
        try:
            fcntl.flock(hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            hold.close()
            raise StackError(
                f"Another copy runs in {self.folder}. Stop it, or give this one a folder and a port of its own:"
                f" make run LOCAL_DIR=.local-2 PORT={self.port % 65535 + 1}"
            ) from error
        self._hold = hold

    def _log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    def _start_servers(self, layout: Layout) -> None:
        self.say("Starting PostgreSQL and Valkey")
        layout.postgres.prepare()
        for name, command, number, answers in (
            ("postgres", layout.postgres.command(), signal.SIGINT, layout.postgres.answers),
            ("valkey", layout.valkey.command(), signal.SIGTERM, layout.valkey.answers),
        ):
            log = self._log(name)
            self._add(name, lambda command=command, log=log: servers.start(command, log=log), number)  # type: ignore[misc]
            servers.wait_until(answers, self._children[name].process, name=name, log=log)

    def _set_up(self, layout: Layout) -> None:
        for said, command, is_owners in SETUP:
            self.say(f"Preparing {said}")
            self.manage(*command, as_owner=is_owners)

    def manage(self, *command: str, as_owner: bool = False) -> str:
        """Run a management command in the copy's environment and return what it printed.

        Raises StackStoppedError where the copy is being stopped, and StackError with what a failed one complained.
        """
        if self._stopping.is_set():
            raise StackStoppedError
        assert self.layout is not None  # noqa: S101 - only after start() has planned
        environment = owner_environment(self.layout) if as_owner else dict(self.layout.environment)
        process = subprocess.Popen(
            [sys.executable, str(PROJECT / "manage.py"), *command],
            env=environment,
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a Ctrl-C is ours to hear; `stop` ends the command
            preexec_fn=_end_with_parent,
        )
        self._commands.add(process)
        if self._stopping.is_set():  # `stop` may have looked just before
            process.terminate()
        try:
            said, complained = process.communicate()
        except BaseException:
            process.terminate()
            raise
        finally:
            self._commands.discard(process)
        if process.returncode and self._stopping.is_set():
            raise StackStoppedError
        if process.returncode:
            raise StackError(f"`manage.py {command[0]}` failed:\n{complained[-3000:]}")
        return said

    def _start_service(self, service: Service, layout: Layout) -> None:
        self.say(f"Starting {service.name}")
        log = self._log(service.name)

        def begin() -> subprocess.Popen[bytes]:
            with log.open("ab") as out:
                return subprocess.Popen(
                    service.command,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                    cwd=PROJECT,
                    env=dict(service.environment or layout.environment),
                    start_new_session=True,
                    preexec_fn=_end_with_parent,
                )

        self._add(service.name, begin, signal.SIGTERM)
        if service.ready:
            servers.wait_until(service.ready, self._children[service.name].process, name=service.name, log=log)

    def _add(self, name: str, begin: Callable[[], subprocess.Popen[bytes]], number: signal.Signals) -> None:
        self._children[name] = Child(name, begin, number, begin())
        self._record()

    # ----- watching

    def process(self, name: str) -> Child:
        """One child by name: postgres, valkey, ocr, web, worker-reading, worker, beat, sealer."""
        return self._children[name]

    def watch_once(self) -> None:
        """Start again what has died and whose wait is over; say what happened."""
        for child in list(self._children.values()):
            if self._stopping.is_set() or child.process.poll() is None:
                if time.monotonic() - child.started_at > 60:
                    child.deaths = 0
                continue
            now = time.monotonic()
            if not child.again_at:
                wait = min(2.0**child.deaths, LONGEST_WAIT_SECONDS)
                child.deaths += 1
                child.again_at = now + wait
                self.say(f"{child.name} ended ({child.process.returncode}); starting it again in {wait:.0f} s")
            elif now >= child.again_at:
                self._kill_group(child)
                child.process, child.again_at, child.started_at = child.start(), 0.0, now
                self._record()

    def watch(self) -> None:
        """Until `stop` or a signal."""
        while not self._stopping.wait(0.5):
            self.watch_once()

    def ask_to_stop(self) -> None:
        """Let `watch` return; safe in a signal handler."""
        self._stopping.set()

    # ----- stopping

    def stop(self) -> None:
        """End every child, the last started first; databases get a clean end. Safe to call twice."""
        self._stopping.set()
        for command in tuple(self._commands):
            command.terminate()
        python = [child for child in self._children.values() if child.name not in ("postgres", "valkey")]
        database = [child for name, child in self._children.items() if name in ("postgres", "valkey")]
        for group in (python[::-1], database):
            for child in group:
                _signal(child.pid, child.stop_signal)
            deadline = time.monotonic() + 8
            for child in group:
                try:
                    child.process.wait(max(0.1, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    self.say(f"{child.name} did not end by itself and is killed")
                self._kill_group(child)
                child.process.wait()
        self._children.clear()
        if self._hold is None:
            return  # nothing of this folder was ours
        (self.folder / "children.json").unlink(missing_ok=True)
        if self._sockets is not None:
            privileges.remove(self._sockets)
            self._sockets = None
        self._hold.close()
        self._hold = None

    def _kill_group(self, child: Child) -> None:
        """Whatever a child had started itself ends with it (PostgreSQL ends its own)."""
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return

    # ----- leftovers of a killed start

    def _record(self) -> None:
        known = {child.name: [child.pid, started(child.pid)] for child in self._children.values()}
        path = self.folder / "children.json"
        path.with_suffix(".new").write_text(json.dumps(known))
        path.with_suffix(".new").replace(path)

    def _end_leftovers(self) -> None:
        path = self.folder / "children.json"
        try:
            known = json.loads(path.read_text())
        except (OSError, ValueError):
            return
        alive = {name: pid for name, (pid, then) in known.items() if then and started(pid) == then}
        if alive:
            self.say(f"Ending what an earlier start left behind: {', '.join(alive)}")
        for name, pid in alive.items():
            _signal(pid, signal.SIGINT if name == "postgres" else signal.SIGTERM)
        deadline = time.monotonic() + 8
        while time.monotonic() < deadline and any(started(pid) == known[name][1] for name, pid in alive.items()):
            time.sleep(0.1)
        # A killed leader may leave its own children in its group, holding a port: the number of a group in use is
        # never given to another process, so a group whose leader is gone is still ours.
        for pid in [pid for name, (pid, _when) in known.items() if name in alive or not started(pid)]:
            try:
                os.killpg(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue
        deadline = time.monotonic() + 5
        while known and not is_free(self.port) and time.monotonic() < deadline:
            time.sleep(0.1)
        path.unlink(missing_ok=True)


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _advice(error: Exception, folder: Path) -> str:
    """What to do about it, first; then what was said."""
    text = str(error)
    if any(said in text for said in ("No space left", "Disk quota exceeded")):
        return f"The disk of {folder} is full. Free some space and start again.\n{text}"
    if isinstance(error, OSError) and error.errno in _NOT_WRITABLE:
        return f"LOCAL_DIR {folder} cannot be written. Choose another: make run LOCAL_DIR=/path\n{text}"
    return text
