"""Does every stored picture still match what was committed to when it was received?"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Exists, OuterRef

from kyc_portal.sealing import files
from kyc_portal.sealing.errors import SealError
from kyc_portal.sealing.models import CustomerKey
from kyc_portal.sealing.values import open_sealed
from kyc_portal.submissions.models import Scan

_EVERY = 500


@dataclass(slots=True)
class Pictures:
    """What a verification found. `missing` are not in the store; `broken` do not open, or to other bytes."""

    sound: int = 0
    missing: list[UUID] = field(default_factory=list)
    broken: list[UUID] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        return not self.missing and not self.broken


def verify_pictures(progress: Callable[[int], None] = lambda done: None) -> Pictures:
    """Open the picture of every scan whose customer was not erased. Raises OSError when the store does not answer."""
    found = Pictures()
    kept = Scan.objects.filter(Exists(CustomerKey.objects.filter(customer=OuterRef("customer_id"))))
    for at, scan in enumerate(kept.order_by("pk").iterator(chunk_size=_EVERY), start=1):
        try:
            is_same = _is_same(scan)
        except FileNotFoundError:
            found.missing.append(scan.pk)
        else:
            if is_same:
                found.sound += 1
            else:
                found.broken.append(scan.pk)
        if at % _EVERY == 0:
            progress(at)
    return found


def _is_same(scan: Scan) -> bool:
    try:
        data = files.load(scan.customer_id, scan.pk)
        salt = open_sealed(
            scan.customer_id, table="scan", column="salt_sealed", row_id=scan.pk, blob=bytes(scan.salt_sealed)
        )
    except SealError:
        return False
    return hashlib.sha256(salt + data).digest() == bytes(scan.commitment)
