"""Sealed pictures in the private storage, as `scan/<uuid>`. No clear byte of a picture reaches a disk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from s3transfer.exceptions import RetriesExceededError

from kyc_portal.sealing.values import open_sealed, seal

_FOLDER = "scan"


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """What the row keeps: size in bytes, and a commitment SHA-256(salt ‖ bytes) whose salt is sealed beside it."""

    size: int
    salt: bytes = field(repr=False)
    commitment: bytes


class StoreError(OSError):
    """The store did not answer, or refused. Nobody's picture is at fault: an operator acts."""


@contextmanager
def one_kind_of_error() -> Iterator[None]:
    """Whatever an outside store says reads as StoreError, an OSError like a folder's own."""
    try:
        yield
    except (BotoCoreError, ClientError, RetriesExceededError) as error:
        raise StoreError(type(error).__name__) from error


def name_of(scan_id: UUID) -> str:
    """Where a picture lies; the name says nothing about it."""
    return f"{_FOLDER}/{scan_id}"


def store(customer_id: UUID, scan_id: UUID, data: bytes) -> StoredPicture:
    """Seal and store a picture, whole in memory. Raises OSError when it cannot be kept.

    A scan has one picture: a second one under its id is refused with FileExistsError.
    """
    blob = seal(customer_id, table="scan", column="picture", row_id=scan_id, plaintext=data)
    salt = os.urandom(16)
    put_sealed(scan_id, blob)
    return StoredPicture(size=len(data), salt=salt, commitment=hashlib.sha256(salt + data).digest())


def put_sealed(picture_id: UUID, blob: bytes) -> None:
    """Store what `fetch` gave elsewhere. Raises OSError; FileExistsError where a picture has that id."""
    name = name_of(picture_id)
    with one_kind_of_error():
        kept_as = default_storage.save(name, ContentFile(blob))
        if kept_as != name:  # storages avoid an overwrite by choosing another name
            default_storage.delete(kept_as)
    if kept_as != name:
        raise FileExistsError(f"{name} is there already")


def load(customer_id: UUID, scan_id: UUID) -> bytes:
    """Open a stored picture. Raises SealError, or OSError when the store does not have it."""
    return opened(customer_id, scan_id, fetch(scan_id))


def fetch(scan_id: UUID) -> bytes:
    """The picture as it lies in the store, still sealed. Raises OSError when the store does not have it."""
    with one_kind_of_error(), default_storage.open(name_of(scan_id), "rb") as file:
        return bytes(file.read())


def opened(customer_id: UUID, scan_id: UUID, blob: bytes) -> bytes:
    """The picture out of what `fetch` brought. Raises SealError."""
    return open_sealed(customer_id, table="scan", column="picture", row_id=scan_id, blob=blob)


def delete(picture_id: UUID) -> None:
    """Remove a stored picture; silent when it is gone."""
    with one_kind_of_error():
        default_storage.delete(name_of(picture_id))


def listed() -> list[UUID]:
    """Every picture in the store, in no order."""
    with one_kind_of_error():
        try:
            _folders, names = default_storage.listdir(_FOLDER)
        except FileNotFoundError:  # nothing was stored yet
            return []
    return [UUID(name) for name in names]


def stored_at(picture_id: UUID) -> datetime:
    """When the store took a picture, by its clock."""
    with one_kind_of_error():
        return default_storage.get_modified_time(name_of(picture_id))
