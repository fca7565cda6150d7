"""Pictures nobody can name any more: a crash between the store and the row leaves one, and so does one in an erasure.

Only such pictures go as lie in the store for an hour, have no row (or a row whose customer's key is destroyed), and
are few: many at once mean that the database is not the one these pictures belong to, and then a person decides.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef

from kyc_portal import audit
from kyc_portal.audit import Actor
from kyc_portal.sealing import files
from kyc_portal.sealing.models import CustomerKey
from kyc_portal.submissions import operators
from kyc_portal.submissions.models import Reading, Scan

log = logging.getLogger(__name__)

# An upload stores its picture first and writes its row within seconds.
_AGE = timedelta(hours=1)
_AT_ONCE = 100
_BATCH = 500


def remove(*, actor: Actor, now: datetime) -> int:
    """Remove orphans and give their number; with too many, remove none and tell the operators. Raises OSError."""
    found = list(_orphans(files.listed(), now=now))
    if len(found) > _AT_ONCE:
        log.error("too_many_orphans", extra={"count": len(found)})
        operators.tell(
            "Pictures without a row",
            f"{len(found)} pictures in the store belong to no row of the database. That many are no leftovers of a "
            "crash: look whether database and store belong together. Nothing was removed.",
        )
        return 0
    for picture_id in found:
        files.delete(picture_id)
    if found:
        with audit.acting(actor):
            audit.record(
                "picture.orphans_removed",
                object_type="submissions.store",
                object_id="pictures",
                details={"pictures": ",".join(map(str, found))},
            )
    return len(found)


def _orphans(listed: Sequence[UUID], *, now: datetime) -> Iterator[UUID]:
    for first in range(0, len(listed), _BATCH):
        some = listed[first : first + _BATCH]
        for picture_id in set(some) - _named(some):
            try:
                is_old = files.stored_at(picture_id) <= now - _AGE
            except FileNotFoundError:  # its upload was called off in between
                continue
            if is_old and not _named([picture_id]):  # asked again, as late as possible
                yield picture_id


def _named(pictures: Collection[UUID]) -> set[UUID]:
    """Which of them have a row that can still open them."""
    key = CustomerKey.objects.filter(customer=OuterRef("customer_id"))
    named: set[UUID] = set()
    for model in (Scan, Reading):
        named |= set(model.objects.filter(Exists(key), pk__in=pictures).values_list("pk", flat=True))
    return named
