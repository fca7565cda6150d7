"""Customers' keys: made once, held unwrapped for a minute, locked while something is sealed."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import cache
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError

from kyc_portal import audit
from kyc_portal.sealing.errors import KeyDestroyedError, MasterKeyError
from kyc_portal.sealing.models import CustomerKey, MasterKeyCheck, SearchDigest
from kyc_portal.sealing.rings import MasterKeys, derive, parse

_HELD_SECONDS = 60.0
_HELD_MANY = 1000
# Check values of both rings stand in one table.
_DIGEST_PREFIX = "digest:"
_FIRST = b"\x00\x01"
# How what a wrapped key is bound to begins; the customer and the version follow.
CONTEXT = b"key\x00"
_NEWEST_SHARED = (
    "SELECT id, customer, version, master_id, wrapped FROM sealing_customerkey"
    " WHERE customer = %s ORDER BY version DESC LIMIT 1 FOR SHARE"
)


@cache
def _ring(text: str) -> MasterKeys:
    return MasterKeys(parse(text, name="MASTER_KEY"))


def ring() -> MasterKeys:
    """The master keys of the settings."""
    return _ring(settings.MASTER_KEY)


def context_of(customer: bytes, version: bytes) -> bytes:
    """What a wrapped key is bound to: it unwraps as this version (two bytes) of this customer's key only."""
    return CONTEXT + customer + version


class HeldKeys:
    """Unwrapped keys, at most a thousand for at most a minute, in this process only."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._keys: OrderedDict[tuple[UUID, int], tuple[float, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, which: tuple[UUID, int]) -> bytes | None:
        with self._lock:
            found = self._keys.get(which)
            if found is None or found[0] < self._now():
                self._keys.pop(which, None)
                return None
            self._keys.move_to_end(which)
            return found[1]

    def put(self, which: tuple[UUID, int], key: bytes) -> None:
        with self._lock:
            self._keys[which] = (self._now() + _HELD_SECONDS, key)
            while len(self._keys) > _HELD_MANY:
                self._keys.popitem(last=False)

    def forget(self, customer: UUID) -> None:
        with self._lock:
            for which in [each for each in self._keys if each[0] == customer]:
                del self._keys[which]

    def clear(self) -> None:
        with self._lock:
            self._keys.clear()


held = HeldKeys()


def ensure_key(customer: UUID) -> None:
    """Make the customer's first key, unless there is one. Safe to call twice and at once."""
    if CustomerKey.objects.filter(customer=customer).exists():
        return
    try:
        with audit.acting(audit.system("sealing")):
            create_key(customer)
    except IntegrityError:
        return  # the other tab made it


def is_destroyed(customer: UUID) -> bool:
    """Whether the customer has no key (any more): nothing of theirs can be opened."""
    return not CustomerKey.objects.filter(customer=customer).exists()


def create_key(customer: UUID) -> None:
    """Make the customer's first key inside the caller's `acting`. Raises IntegrityError when there is one."""
    key_id, blob = ring().wrap(os.urandom(32), context=context_of(customer.bytes, _FIRST))
    CustomerKey.objects.create(customer=customer, version=1, master_id=key_id, wrapped=blob)


def newest_for_sealing(customer: UUID) -> tuple[int, bytes]:
    """The version and key to seal with. Inside a transaction the row stays locked FOR SHARE: erasure waits for it."""
    rows = CustomerKey.objects.raw(_NEWEST_SHARED, [customer])
    for row in rows:
        return row.version, _unwrapped(row)
    raise KeyDestroyedError(f"customer {customer} has no key")


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
    return _unwrap(row.customer, row.version, row.master_id, bytes(row.wrapped))


def _unwrap(customer: UUID, version: int, master_id: str, wrapped: bytes) -> bytes:
    found = held.get((customer, version))
    if found is None:
        found = ring().unwrap(master_id, wrapped, context=context_of(customer.bytes, version.to_bytes(2)))
        held.put((customer, version), found)
    return found


def require_known_master_keys() -> None:
    """Compare every master and digest key with its stored check value, and store those not seen before.

    Raises MasterKeyError when a key is missing, has another value than before, or is gone while customers' keys are
    still wrapped by it; the process must not start then.
    """
    keys = ring()
    values = {key_id: keys.check(key_id) for key_id in keys.keys}
    values |= {
        f"{_DIGEST_PREFIX}{key_id}": derive(key, "kyc digest key check", 8)
        for key_id, key in parse(settings.DIGEST_KEY, name="DIGEST_KEY").items()
    }
    stored = {row.master_id: bytes(row.value) for row in MasterKeyCheck.objects.all()}
    for key_id, value in values.items():
        if key_id in stored and stored[key_id] != value:
            raise MasterKeyError(_other_value(key_id))
    for key_id in stored.keys() - values.keys():
        if CustomerKey.objects.filter(master_id=key_id).exists():
            raise MasterKeyError(
                f"customers' keys were wrapped by master key '{key_id}', which is not in MASTER_KEY"
                f" (has: {', '.join(keys.keys)})"
            )
        if key_id.startswith(_DIGEST_PREFIX) and SearchDigest.objects.filter(key_id=_plain(key_id)).exists():
            raise MasterKeyError(
                f"search digests were made by digest key '{_plain(key_id)}', which is not in DIGEST_KEY"
            )
    new = [MasterKeyCheck(master_id=key_id, value=values[key_id]) for key_id in values if key_id not in stored]
    if new:
        with audit.acting(audit.system("sealing")):
            MasterKeyCheck.objects.bulk_create(new, ignore_conflicts=True)


def _plain(key_id: str) -> str:
    return key_id.removeprefix(_DIGEST_PREFIX)


def _other_value(key_id: str) -> str:
    if key_id.startswith(_DIGEST_PREFIX):
        return f"digest key '{_plain(key_id)}' is not the one that made the stored digests"
    return f"master key '{key_id}' is not the one that wrapped the customers' keys"
