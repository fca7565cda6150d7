"""Sealed pictures in the private storage, as `scan/<uuid>`. No clear byte of a picture reaches a disk."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from kyc_portal.sealing.values import open_sealed, seal


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """What the row keeps: size in bytes, and a commitment SHA-256(salt ‖ bytes) whose salt is sealed beside it."""

    size: int
    salt: bytes = field(repr=False)
    commitment: bytes


def name_of(scan_id: UUID) -> str:
    """Where a picture lies; the name says nothing about it."""
    return f"scan/{scan_id}"


def store(customer_id: UUID, scan_id: UUID, data: bytes) -> StoredPicture:
    """Seal and store a picture, whole in memory. Raises OSError (or the store's own) when it cannot be kept.

    A scan has one picture: a second one under its id is refused with FileExistsError.
    """
    blob = seal(customer_id, table="scan", column="picture", row_id=scan_id, plaintext=data)
    salt = os.urandom(16)
    kept_as = default_storage.save(name_of(scan_id), ContentFile(blob))
    if kept_as != name_of(scan_id):  # storages avoid an overwrite by choosing another name
        default_storage.delete(kept_as)
        raise FileExistsError(f"{name_of(scan_id)} is there already")
    return StoredPicture(size=len(data), salt=salt, commitment=hashlib.sha256(salt + data).digest())


def load(customer_id: UUID, scan_id: UUID) -> bytes:
    """Open a stored picture. Raises SealError, or OSError when the store does not have it."""
    with default_storage.open(name_of(scan_id), "rb") as file:
        blob = file.read()
    return open_sealed(customer_id, table="scan", column="picture", row_id=scan_id, blob=blob)


def delete(customer_id: UUID, scan_id: UUID) -> None:
    """Remove a stored picture; silent when it is gone."""
    default_storage.delete(name_of(scan_id))
