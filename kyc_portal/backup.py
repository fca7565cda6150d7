"""A backup in a folder, and a restore of it to an empty host: the database's dump and the sealed pictures.

A picture is stored before its row, so the database is copied first: every row's picture is then there. Nothing is
opened on the way; without the master key, which is kept elsewhere, a backup shows no name, number or picture. A restore
writes over nothing: what is there already may be under a legal hold.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from kyc_portal.local.servers import postgres_programs
from kyc_portal.sealing import files

_DUMP, _PICTURES, _MANIFEST = "database.dump", "pictures", "manifest.json"
_EVERY = 500

Progress = Callable[[str], None]


class BackupError(Exception):
    """It was not taken or not given back; the message says why and what is as it was."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `pictures` is the SHA-256 over the sorted lines `<id> <sha256>` of all `picture_count`."""

    taken_at: str
    database: str
    database_bytes: int
    pictures: str
    picture_count: int


def take(folder: Path, *, database_url: str, admin_url: str, now: datetime, say: Progress) -> Manifest:
    """Copy database and pictures into an empty folder. Raises BackupError, or OSError of the folder or the store."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise BackupError(f"{folder} is not empty")
    say("The database is copied")
    dump = folder / _DUMP
    _run("pg_dump", ["--format=custom", "--file", str(dump)], at=_whole(admin_url, database_url))
    (folder / _PICTURES).mkdir(mode=0o700)
    copied = []
    for at, picture_id in enumerate(files.listed(), start=1):
        try:
            blob = files.fetch(picture_id)
        except FileNotFoundError:  # erased, or called off, since the list was made
            continue
        (folder / _PICTURES / str(picture_id)).write_bytes(blob)
        copied.append(_line(picture_id, blob))
        if at % _EVERY == 0:
            say(f"{at} pictures are copied")
    manifest = Manifest(
        taken_at=now.isoformat(),
        database=_digest_of(dump),
        database_bytes=dump.stat().st_size,
        pictures=_digest_of_lines(copied),
        picture_count=len(copied),
    )
    # Last: a folder without it is no backup.
    (folder / _MANIFEST).write_text(json.dumps(asdict(manifest), indent=2))
    return manifest


def check(folder: Path, *, say: Progress) -> Manifest:
    """The manifest of a whole and unchanged backup. Raises BackupError for any other folder."""
    try:
        manifest = Manifest(**json.loads((folder / _MANIFEST).read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise BackupError(f"{folder} holds no whole backup: {_MANIFEST} is missing or cut") from error
    say("The backup is compared with its manifest")
    if _digest_of(folder / _DUMP) != manifest.database:
        raise BackupError(f"{_DUMP} is not what was backed up")
    lines = [_line(picture_id, path.read_bytes()) for picture_id, path in _copied(folder)]
    if _digest_of_lines(lines) != manifest.pictures:
        raise BackupError(f"{_PICTURES} does not hold what was backed up")
    return manifest


def give_back(folder: Path, *, database_url: str, admin_url: str, say: Progress) -> Manifest:
    """Restore into the prepared, empty database of `database_url` and the store. Raises BackupError; see the module."""
    manifest = check(folder, say=say)
    target = _whole(admin_url, database_url)
    _require_empty(target)
    say("The database is restored")
    _run("pg_restore", ["--exit-on-error", "--single-transaction", str(folder / _DUMP)], at=target)
    there = set(files.listed())
    for at, (picture_id, path) in enumerate(_copied(folder), start=1):
        blob = path.read_bytes()
        if picture_id not in there:
            files.put_sealed(picture_id, blob)
        elif files.fetch(picture_id) != blob:
            raise BackupError(f"the store holds another picture {picture_id}; nothing was written over")
        if at % _EVERY == 0:
            say(f"{at} pictures are restored")
    return manifest


def _require_empty(target: str) -> None:
    with psycopg.connect(target) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchone()
    if row and row[0]:
        raise BackupError("the database is not empty; nothing was written over")


def _whole(admin_url: str, database_url: str) -> str:
    """The administrator's address of the application's database."""
    return make_conninfo(admin_url, dbname=str(conninfo_to_dict(database_url)["dbname"]))


def _run(name: str, arguments: list[str], *, at: str) -> None:
    command = [_program(name, at), *arguments, "--dbname", at]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our wheel's own program
    if done.returncode:
        raise BackupError(f"{name} failed: {done.stderr.strip()[-500:]}")


def _program(name: str, at: str) -> str:
    """The program of the server's own version where this machine has it: a newer one may say what the server cannot."""
    with psycopg.connect(at) as connection:
        version = connection.info.server_version // 10_000
    beside = Path(f"/usr/lib/postgresql/{version}/bin/{name}")  # where Debian and the official image have them
    for found in (beside if beside.exists() else None, shutil.which(name)):
        if found and _version_of(found) == version:
            return str(found)
    return str(postgres_programs() / name)


def _version_of(program: str | Path) -> int:
    said = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    numbers = re.search(r"\) (\d+)", said)
    return int(numbers[1]) if numbers else 0


def _copied(folder: Path) -> Iterator[tuple[UUID, Path]]:
    for path in sorted((folder / _PICTURES).iterdir()):
        yield UUID(path.name), path


def _line(picture_id: UUID, blob: bytes) -> str:
    return f"{picture_id} {hashlib.sha256(blob).hexdigest()}\n"


def _digest_of_lines(lines: list[str]) -> str:
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
