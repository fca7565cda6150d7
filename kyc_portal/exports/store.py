"""An export's parts in the private storage, sealed as pictures are, under a key that belongs to the export alone.

The key lies among the customers' keys, by the export's id: it is wrapped and rotated as they are, and destroyed when
the export ends, which makes the file unreadable wherever a copy of it lies.
"""

from __future__ import annotations

from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from kyc_portal.sealing.files import one_kind_of_error
from kyc_portal.sealing.keys import held
from kyc_portal.sealing.models import CustomerKey
from kyc_portal.sealing.values import open_sealed, seal

_FOLDER = "export"


def _name(export_id: UUID, part_id: UUID) -> str:
    return f"{_FOLDER}/{export_id}/{part_id}"


def put(export_id: UUID, part_id: UUID, data: bytes) -> None:
    """Seal and store one part. Raises OSError, or KeyDestroyedError when the export has ended."""
    blob = seal(export_id, table="export", column="part", row_id=part_id, plaintext=data)
    with one_kind_of_error():
        default_storage.save(_name(export_id, part_id), ContentFile(blob))


def get(export_id: UUID, part_id: UUID) -> bytes:
    """One part, opened. Raises SealError, or OSError when the store does not have it."""
    with one_kind_of_error(), default_storage.open(_name(export_id, part_id), "rb") as file:
        blob = bytes(file.read())
    return open_sealed(export_id, table="export", column="part", row_id=part_id, blob=blob)


def drop(export_id: UUID, part_id: UUID) -> None:
    """Remove one part; silent when it is gone."""
    with one_kind_of_error():
        default_storage.delete(_name(export_id, part_id))


def destroy_key(export_id: UUID) -> None:
    """Make every part unreadable for good; inside the caller's `acting`."""
    CustomerKey.objects.filter(customer=export_id).delete()
    held.forget(export_id)


def clear(export_id: UUID) -> None:
    """Remove everything stored for an export, also what a killed worker left without a row. Raises OSError."""
    with one_kind_of_error():
        try:
            _folders, names = default_storage.listdir(f"{_FOLDER}/{export_id}")
        except FileNotFoundError:  # nothing was stored
            return
        for name in names:
            default_storage.delete(f"{_FOLDER}/{export_id}/{name}")
