"""Where checkpoints are put outside of the database: written once, read back, never deleted by us."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

_SECONDS = 10


class PlaceError(Exception):
    """The place does not take or give a checkpoint; it is tried again."""


class Place(Protocol):
    """Somewhere only the sealer writes."""

    def put(self, name: str, note: str) -> None:
        """Keep a note under a new name. Raises PlaceError, also when the name is taken by another text."""

    def notes(self, folder: str = "", *, size: int = 0, upto: int | None = None) -> Iterator[str]:
        """The notes of a folder, the place itself by default, in the order of their names (sizes and times).

        `size`, `upto`: those of smaller and of larger logs are left out, without being read.
        """


def place(url: str) -> Place:
    """`file:///folder` or `s3://key:secret@host:port/bucket/prefix?region=…&lock_days=3650`. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path:
        return Folder(Path(parts.path))
    if parts.scheme == "s3" and parts.path.strip("/"):
        return Bucket(url)
    raise ValueError("CHECKPOINT_URL: file:///folder or s3://key:secret@host:port/bucket is needed")


def name_of(size: int, at: datetime) -> str:
    """A name that sorts by size, then time."""
    return f"{_first_name(size)}-{at:%Y%m%dT%H%M%S%fZ}.txt"


def _first_name(size: int) -> str:
    """Where the names of a size begin."""
    return f"{size:015d}"


def _is_past(name: str, upto: int | None) -> bool:
    """Whether a checkpoint's name is of a log larger than `upto`."""
    return upto is not None and name >= _first_name(upto + 1)


class Folder:
    """A folder of this machine or a mounted one; each note is a file made exclusively and flushed to the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def put(self, name: str, note: str) -> None:
        try:
            (self.path / name).parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            handle = os.open(self.path / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(note)
                file.flush()
                os.fsync(file.fileno())
            folder = os.open((self.path / name).parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except FileExistsError as error:
            if (self.path / name).read_text(encoding="utf-8") != note:
                raise PlaceError(f"{name} is there already, with another text") from error
        except OSError as error:
            raise PlaceError(f"{self.path}: {error.strerror}") from error

    def notes(self, folder: str = "", *, size: int = 0, upto: int | None = None) -> Iterator[str]:
        try:
            for path in sorted((self.path / folder).glob("*.txt")):
                if (not size or path.name >= _first_name(size)) and not _is_past(path.name, upto):
                    yield path.read_text(encoding="utf-8")
        except OSError as error:
            raise PlaceError(f"{self.path}: {error.strerror}") from error


class Bucket:
    """Object storage: each note is put only where none is (`If-None-Match: *`), locked where the bucket locks."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        self.bucket, _slash, prefix = parts.path.strip("/").partition("/")
        self.prefix = f"{prefix}/" if prefix else ""
        self.lock_days = int(query.get("lock_days", ["0"])[0])
        scheme = "http" if query.get("tls", ["1"])[0] == "0" else "https"
        port = f":{parts.port}" if parts.port else ""
        self.client: Any = boto3.client(
            "s3",
            aws_access_key_id=unquote(parts.username or "") or None,
            aws_secret_access_key=unquote(parts.password or "") or None,
            endpoint_url=f"{scheme}://{parts.hostname}{port}" if parts.hostname else None,
            region_name=query.get("region", ["us-east-1"])[0],
            config=Config(
                s3={"addressing_style": query.get("addressing", ["path"])[0]},
                signature_version="s3v4",
                connect_timeout=_SECONDS,
                read_timeout=_SECONDS,
                retries={"mode": "standard", "total_max_attempts": 2},
            ),
        )

    def put(self, name: str, note: str) -> None:
        lock = {}
        if self.lock_days:
            until = datetime.now(UTC) + timedelta(days=self.lock_days)
            lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}
        try:
            self.client.put_object(
                Bucket=self.bucket,
                Key=self.prefix + name,
                Body=note.encode(),
                ContentType="text/plain; charset=utf-8",
                IfNoneMatch="*",
                **lock,
            )
        except ClientError as error:
            taken = error.response["ResponseMetadata"]["HTTPStatusCode"] in (409, 412)
            if not taken or self._get(name) != note:
                raise PlaceError(f"{self.bucket}: {error.response['Error'].get('Code', 'refused')}") from error
        except BotoCoreError as error:
            raise PlaceError(f"{self.bucket}: {type(error).__name__}") from error

    def notes(self, folder: str = "", *, size: int = 0, upto: int | None = None) -> Iterator[str]:
        prefix = f"{self.prefix}{folder}/" if folder else self.prefix
        start = {"StartAfter": prefix + _first_name(size)} if size else {}
        try:
            lister = self.client.get_paginator("list_objects_v2")
            pages = lister.paginate(Bucket=self.bucket, Prefix=prefix, Delimiter="/", **start)
            for page in pages:
                for each in page.get("Contents", ()):
                    if _is_past(each["Key"].removeprefix(prefix), upto):  # a bucket lists its keys in order
                        return
                    if each["Key"].endswith(".txt"):
                        yield self._get(each["Key"].removeprefix(self.prefix))
        except (BotoCoreError, ClientError) as error:
            raise PlaceError(f"{self.bucket}: {type(error).__name__}") from error

    def _get(self, name: str) -> str:
        body: bytes = self.client.get_object(Bucket=self.bucket, Key=self.prefix + name)["Body"].read()
        return body.decode()
