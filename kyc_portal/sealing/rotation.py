"""New keys for old: customers' keys wrapped again by the newest master key, and a new version of one customer's key.

Nothing stops meanwhile: what is sealed keeps its customer's key, and any key of the ring unwraps. A new version seals
what is written from then on; older values stay under theirs until they are written again, and open as before.
"""

from __future__ import annotations

import os
from collections import Counter
from uuid import UUID

from django.db.models import Count, Max

from kyc_portal import audit
from kyc_portal.audit import Actor
from kyc_portal.sealing.errors import KeyDestroyedError
from kyc_portal.sealing.keys import context_of, ring
from kyc_portal.sealing.models import CustomerKey

BATCH = 500


def rewrap(*, actor: Actor, batch: int = BATCH) -> int:
    """Wrap one batch of keys by the newest master key and give their number; 0 when none is left.

    Keys that somebody is just sealing with are left to the next batch. Raises MasterKeyError when an old key is gone.
    """
    keys = ring()
    with audit.acting(actor):
        old = CustomerKey.objects.exclude(master_id=keys.newest).order_by("pk").select_for_update(skip_locked=True)
        rows = list(old[:batch])
        before = Counter(row.master_id for row in rows)
        for row in rows:
            context = context_of(row.customer.bytes, row.version.to_bytes(2))
            plain = keys.unwrap(row.master_id, bytes(row.wrapped), context=context)
            row.master_id, row.wrapped = keys.wrap(plain, context=context)
        CustomerKey.objects.bulk_update(rows, ["master_id", "wrapped"])
        if rows:
            audit.record(
                "key.rewrapped",
                object_type="sealing.master_key",
                object_id=keys.newest,
                details={f"from_{name}": str(many) for name, many in before.items()},
            )
    return len(rows)


def wrapped_by() -> dict[str, int]:
    """How many customers' keys each master key wraps; what is not in it may leave MASTER_KEY."""
    return dict(CustomerKey.objects.values_list("master_id").annotate(many=Count("pk")).order_by("master_id"))


def renew(customer: UUID, *, actor: Actor) -> int:
    """Give a customer a new key for what is sealed from now on, and answer its version.

    Raises KeyDestroyedError for a customer without a key.
    """
    keys = ring()
    with audit.acting(actor):
        # The newest row's lock puts two renewals, and an erasure, one behind the other.
        locked = list(CustomerKey.objects.filter(customer=customer).order_by("-version").select_for_update()[:1])
        if not locked:
            raise KeyDestroyedError(f"customer {customer} has no key")
        version = 1 + (CustomerKey.objects.filter(customer=customer).aggregate(Max("version"))["version__max"] or 0)
        master_id, blob = keys.wrap(os.urandom(32), context=context_of(customer.bytes, version.to_bytes(2)))
        CustomerKey.objects.create(customer=customer, version=version, master_id=master_id, wrapped=blob)
        audit.record(
            "key.renewed",
            object_type="sealing.customer_key",
            object_id=str(customer),
            subject=customer,
            details={"version": str(version)},
        )
    return version
