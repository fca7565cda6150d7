"""Customers' keys: made once, held unwrapped for a minute, locked while something is sealed."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from functools import cache
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection

from kyc_portal import audit
from kyc_portal.sealing.errors import KeyDestroyedError, MasterKeyError
from kyc_portal.sealing.models import CustomerKey, MasterKeyCheck
from kyc_portal.sealing.rings import MasterKeys, parse

_HELD_SECONDS = 60.0
_HELD_MANY = 1000


@cache
def _ring(text: str) -> MasterKeys:
    return MasterKeys(parse(text, name="MASTER_KEY"))


def ring() -> MasterKeys:
    """The master keys of the settings."""
    return _ring(settings.MASTER_KEY)


def _context(customer: UUID, version: int) -> bytes:
    return b"key\x00" + customer.bytes + version.to_bytes(2, "big")


class _Held:
    """Unwrapped keys, at most a thousand for at most a minute, in this process only."""

    def __init__(self) -> None:
        self._keys: OrderedDict[tuple[UUID, int], tuple[float, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, which: tuple[UUID, int]) -> bytes | None:
        with self._lock:
            found = self._keys.get(which)
            if found is None or found[0] < time.monotonic():
                self._keys.pop(which, None)
                return None
            self._keys.move_to_end(which)
            return found[1]

    def put(self, which: tuple[UUID, int], key: bytes) -> None:
        with self._lock:
            self._keys[which] = (time.monotonic() + _HELD_SECONDS, key)
            while len(self._keys) > _HELD_MANY:
                self._keys.popitem(last=False)

    def forget(self, customer: UUID) -> None:
        with self._lock:
            for which in [each for each in self._keys if each[0] == customer]:
                del self._keys[which]

    def clear(self) -> None:
        with self._lock:
            self._keys.clear()


held = _Held()


def ensure_key(customer: UUID) -> None:
    """Make the customer's first key, unless there is one. Safe to call twice and at once."""
    if CustomerKey.objects.filter(customer=customer).exists():
        return
    key_id, blob = ring().wrap(os.urandom(32), context=_context(customer, 1))
    try:
        with audit.acting(audit.system("sealing")):
            CustomerKey.objects.create(customer=customer, version=1, master_id=key_id, wrapped=blob)
    except IntegrityError:
        return  # the other tab made it


def newest_for_sealing(customer: UUID) -> tuple[int, bytes]:
    """The version and key to seal with. Inside a transaction the row is locked FOR SHARE, so erasure waits for it."""
    rows = CustomerKey.objects.filter(customer=customer).order_by("-version")
    row = rows.first()
    if row is not None and connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM sealing_customerkey WHERE id = %s FOR SHARE", [row.pk])
            if cursor.fetchone() is None:
                row = None
    if row is None:
        raise KeyDestroyedError(f"customer {customer} has no key")
    return row.version, _unwrapped(row)


def key_of(customer: UUID, version: int) -> bytes:
    """The key of one version. Raises KeyDestroyedError, or MasterKeyError when the ring does not fit."""
    found = held.get((customer, version))
    if found is not None:
        return found
    row = CustomerKey.objects.filter(customer=customer, version=version).first()
    if row is None:
        raise KeyDestroyedError(f"the key of customer {customer} was destroyed")
    return _unwrapped(row)


def _unwrapped(row: CustomerKey) -> bytes:
    which = (row.customer, row.version)
    found = held.get(which)
    if found is None:
        found = ring().unwrap(row.master_id, bytes(row.wrapped), context=_context(*which))
        held.put(which, found)
    return found


def require_known_master_keys() -> None:
    """Compare every master key with its stored check value, and store those not seen before.

    Raises MasterKeyError; the process must not start then.
    """
    keys = ring()
    stored = {row.master_id: bytes(row.value) for row in MasterKeyCheck.objects.all()}
    for key_id in keys.keys:
        if key_id in stored and stored[key_id] != keys.check(key_id):
            raise MasterKeyError(f"master key '{key_id}' has another value than the one that was used before")
    new = [key_id for key_id in keys.keys if key_id not in stored]
    if new:
        with audit.acting(audit.system("sealing")):
            MasterKeyCheck.objects.bulk_create(
                [MasterKeyCheck(master_id=key_id, value=keys.check(key_id)) for key_id in new],
                ignore_conflicts=True,
            )
