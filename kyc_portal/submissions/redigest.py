"""A new digest key for an old one: everything that can be found again is digested under the newest key.

The product goes on meanwhile, and searches look under every key of the ring. Customer after customer, each in one
transaction that holds the customer's key as every writer does. Values come from what is sealed: each front that was
read, as read and after each correction. A picture refused at once was never kept, so its digest stays under the old
key and is not met any more once that key is gone: sent again, it is measured again and refused for the same fault.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from uuid import UUID

from django.db.models import Count

from kyc_portal import audit
from kyc_portal.accounts.models import Customer
from kyc_portal.audit import Actor
from kyc_portal.sealing import digests, files
from kyc_portal.sealing.errors import KeyDestroyedError
from kyc_portal.sealing.keys import newest_for_sealing
from kyc_portal.sealing.models import SearchDigest
from kyc_portal.submissions import evidence
from kyc_portal.submissions.models import PortraitLikeness, Reading, Scan, ScanLikeness, SideChoice
from kyc_portal.submissions.pictures import near_pictures, portraits


def customers() -> Iterator[UUID]:
    """Everybody of whom something is sealed, by key; erased ones have nothing left to digest."""
    yield from Customer.objects.filter(erasure=None).order_by("pk").values_list("pk", flat=True).iterator(500)


def redigest(customer: UUID, *, actor: Actor) -> bool:
    """Digest one customer's values and pictures under the newest key, and drop what older keys made.

    False when nothing was to be done, or the customer was erased meanwhile. Safe to repeat and to stop. Raises OSError
    when the store does not answer, SealError when something sealed does not open: then nothing of theirs changed.
    """
    pictures = {scan: digests.picture_digest(files.load(customer, scan)) for scan in _pictures(customer)}
    with audit.acting(actor):
        try:
            newest_for_sealing(customer)  # erasure waits for this lock, or was first
        except KeyDestroyedError:
            return False
        changed = sum(
            Scan.objects.filter(pk=scan).exclude(picture_digest=None).exclude(picture_digest=digest)
            .update(picture_digest=digest)
            for scan, digest in pictures.items()
        )  # fmt: skip
        old = SearchDigest.objects.filter(customer=customer).exclude(key_id=digests.newest())
        if old.exists():
            for texts in _texts(customer):
                digests.put_digests(customer, texts)
            changed += old.delete()[0]
        changed += near_pictures.veil_anew(customer) + portraits.veil_anew(customer)
        if changed:
            audit.record(
                "digests.renewed",
                object_type="accounts.customer",
                object_id=str(customer),
                subject=customer,
                details={"key": digests.newest(), "changed": str(changed)},
            )
    return bool(changed)


def made_by() -> dict[str, int]:
    """How many search digests and likenesses of pictures and portraits each digest key made."""
    counts: Counter[str] = Counter()
    for rows in (SearchDigest.objects, ScanLikeness.objects, PortraitLikeness.objects):
        counts.update(dict(rows.values_list("key_id").annotate(many=Count("pk"))))
    return dict(sorted(counts.items()))


def _pictures(customer: UUID) -> list[UUID]:
    return list(Scan.objects.filter(customer=customer).exclude(picture_digest=None).values_list("pk", flat=True))


def _texts(customer: UUID) -> Iterator[dict[str, str]]:
    """What was ever digested: each front's fields as read, and as they stood after each correction."""
    for reading in Reading.objects.filter(customer=customer, side=SideChoice.FRONT).order_by("answered_at"):
        fields = evidence.open_fields(reading)
        yield evidence.findable(fields)
        for correction in reading.corrections.order_by("corrected_at"):
            fields = {**fields, correction.field: evidence.open_correction(correction)["value"]}
            yield evidence.findable(fields)
