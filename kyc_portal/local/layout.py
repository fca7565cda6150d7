"""What one local copy consists of: its folder, its addresses, the environment its processes get, and the processes.

A table; nothing here starts anything.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import requests

from kyc_portal import env
from kyc_portal.audit.proof.signing import signers
from kyc_portal.local import privileges
from kyc_portal.local.secrets_file import load_or_make
from kyc_portal.local.servers import Postgres, Valkey

PROJECT = Path(__file__).resolve().parents[2]
DATABASE = "kyc"
_ORIGIN = "permit-desk.local/audit"


def free_port() -> int:
    """A port of the loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether the web's port can be had."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@dataclass(frozen=True, slots=True)
class Layout:
    """One copy: its folder, its port, its two servers, and the environment of all its processes."""

    folder: Path
    port: int
    postgres: Postgres
    valkey: Valkey
    environment: Mapping[str, str]

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def mail_folder(self) -> Path:
        return self.folder / "mail"


def plan(folder: Path, port: int, *, sockets: Path, extra: Mapping[str, str] | None = None) -> Layout:
    """Lay out a copy in its folder; makes folders and secrets, starts nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711 if privileges.is_root() else 0o700)
    for name in ("logs", "mail", "pictures"):
        (folder / name).mkdir(mode=0o700, exist_ok=True)
    name = name_of(folder)
    postgres = Postgres(data=privileges.server_folder(folder / "postgres", name=f"{name}-postgres"), sockets=sockets)
    valkey = Valkey(data=privileges.server_folder(folder / "valkey", name=f"{name}-valkey"), sockets=sockets)
    secret = load_or_make(folder / "secrets.json")
    ocr_port = remembered_port(folder / "ocr-port")
    environment = {
        **env.inherited(),
        "PYTHONPATH": str(PROJECT),
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "kyc_portal.settings",
        "OMP_NUM_THREADS": "1",
        "KYC_ENV": "local",
        "PORT": str(port),
        "LOCAL_DIR": str(folder),
        "ADMIN_DATABASE_URL": postgres.admin_url,
        "DATABASE_URL": postgres.url(user="kyc_app", password=secret["APP_PASSWORD"], database=DATABASE),
        "REDIS_URL": valkey.url(),
        "STORAGE_URL": f"file://{folder / 'pictures'}",
        "EMAIL_URL": f"file://{folder / 'mail'}",
        "OCR_ENDPOINT": f"http://127.0.0.1:{ocr_port}/",
        "OCR_PORT": str(ocr_port),
        "OCR_SERVER_KEYS": f"{secret['OCR_SECRET_ID']}:{secret['OCR_SECRET_KEY']}",
        "CHECKPOINT_URL": f"file://{folder / 'checkpoints'}",
        "AUDIT_ORIGIN": _ORIGIN,
        "AUDIT_VERIFY_KEY": ",".join(str(each.key) for each in signers(secret["AUDIT_SIGNING_KEY"], origin=_ORIGIN)),
        **{
            name: secret[name] for name in ("SECRET_KEY", "MASTER_KEY", "DIGEST_KEY", "OCR_SECRET_ID", "OCR_SECRET_KEY")
        },
        **(extra or {}),
    }
    return Layout(folder=folder, port=port, postgres=postgres, valkey=valkey, environment=environment)


def sealer_environment(layout: Layout) -> dict[str, str]:
    """The environment of the audit sealer, which alone signs."""
    secret = load_or_make(layout.folder / "secrets.json")
    return {
        **layout.environment,
        "SEALER_DATABASE_URL": layout.postgres.url(
            user="kyc_sealer", password=secret["SEALER_PASSWORD"], database=DATABASE
        ),
        "AUDIT_SIGNING_KEY": secret["AUDIT_SIGNING_KEY"],
    }


def name_of(folder: Path) -> str:
    """A short name that a folder's path always gives, and no other folder's."""
    return sha256(str(folder).encode()).hexdigest()[:16]


def remembered_port(path: Path) -> int:
    """The port of an earlier start while it is free, else another that is remembered."""
    if path.exists() and is_free(int(path.read_text())):
        return int(path.read_text())
    port = free_port()
    path.write_text(str(port))
    return port


def owner_environment(layout: Layout) -> dict[str, str]:
    """The environment of set-up commands: they alone may connect as the owner."""
    secret = load_or_make(layout.folder / "secrets.json")
    return {
        **layout.environment,
        "MIGRATION_DATABASE_URL": layout.postgres.url(
            user="kyc_owner", password=secret["OWNER_PASSWORD"], database=DATABASE
        ),
        "SEALER_DATABASE_URL": layout.postgres.url(
            user="kyc_sealer", password=secret["SEALER_PASSWORD"], database=DATABASE
        ),
    }


@dataclass(frozen=True, slots=True)
class Service:
    """One process of a copy: its command, and how it is asked whether it is ready (None: running is enough).

    `environment` is the process's own where it may know more than the others.
    """

    name: str
    command: tuple[str, ...]
    ready: Callable[[], bool] | None = None
    environment: Mapping[str, str] | None = None


def _answers(url: str) -> Callable[[], bool]:
    def ask() -> bool:
        try:
            requests.get(url, timeout=2)
        except requests.RequestException:
            return False
        return True

    return ask


def all_parts_answer(layout: Layout) -> bool:
    """Whether the web says that every part it needs answers."""
    try:
        return requests.get(f"http://127.0.0.1:{layout.port}/health/ready", timeout=5).ok
    except requests.RequestException:
        return False


def services(layout: Layout) -> list[Service]:
    """The Python processes, in the order they start."""
    python = sys.executable
    # Django's checks run where tables are made (`SETUP`); here they would load every page before the first task.
    celery = (python, "-m", "celery", "--skip-checks", "-A", "kyc_portal", "--workdir", str(PROJECT))
    ocr_port = layout.environment["OCR_PORT"]
    return [
        Service(
            "ocr",
            (python, "-m", "ocr_integration", "serve", "--host", "127.0.0.1", "--port", ocr_port),
            _answers(f"http://127.0.0.1:{ocr_port}/"),
        ),
        Service(
            "web",
            (
                python, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(layout.port),
                "--workers", "1", "--blocking-threads", "24", "--no-ws", "--log-level", "warning",
                "kyc_portal.wsgi:application",
            ),
            _answers(f"http://127.0.0.1:{layout.port}/health/live"),
        ),
        Service(
            "worker-reading",
            (
                *celery, "worker", "-Q", "reading", "--pool", "threads", "--concurrency", "4",
                "-n", "reading@%h", "--without-gossip", "--without-mingle", "-l", "warning",
            ),
        ),
        Service(
            "worker",
            (
                *celery, "worker", "-Q", "housekeeping,exports", "--concurrency", "1",
                "-n", "others@%h", "--without-gossip", "--without-mingle", "-l", "warning",
            ),
        ),
        Service(
            "beat",
            (*celery, "beat", "-s", str(layout.folder / "beat"), "--pidfile", "", "-l", "warning"),
        ),
        Service(
            "sealer",
            (python, str(PROJECT / "manage.py"), "seal_audit"),
            environment=sealer_environment(layout),
        ),
    ]  # fmt: skip


# What is run once the servers answer, in order: (what is said, the command, as the owner).
SETUP: tuple[tuple[str, tuple[str, ...], bool], ...] = (
    ("database and roles", ("prepare_database",), True),
    ("tables", ("migrate", "--database", "owner", "--verbosity", "0"), True),
    ("people", ("demo", "--verbosity", "0"), False),
)
