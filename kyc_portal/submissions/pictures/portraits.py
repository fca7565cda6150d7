"""The same portrait on another customer: kept, compared and forgotten as the policy and both customers' consents allow.

A face's numbers are sealed; 256 veiled bits beside them put others in order, and the nearest are opened and settled.
Whom a portrait meets is looked for once, when its answer is stored, and kept: both cases then find each other by an
index. Nothing is found of somebody who took the consent back, or never gave it.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.db.models import Q, QuerySet

from kyc_portal.sealing import digests
from kyc_portal.sealing.errors import KeyDestroyedError, SealError
from kyc_portal.sealing.values import open_sealed, seal
from kyc_portal.submissions.models import Consent, PortraitLikeness, PortraitMeeting, Reading, Submission
from kyc_portal.submissions.pictures import faces
from kyc_portal.submissions.pictures.kept_bits import joined, parts
from kyc_portal.submissions.policy import Policy

log = logging.getLogger(__name__)

# So many of the nearest by their bits are opened, and at most so many meetings are kept of one portrait.
SETTLED, KEPT = 200, 5
# Of 256 bits: two photos of one person differed in 86 at most, half of all differ between two people.
MOST_BITS = 90
# One at a time looks and is kept, so that of two that come at once the later sees the earlier.
_LOCK = 0x706F7274
_CONSENTS = Q(portraits_given_at__isnull=False, portraits_withdrawn_at__isnull=True, withdrawn_at__isnull=True)


def may_compare(submission: Submission, policy: Policy) -> bool:
    """Whether this case's policy compares portraits and its customer's consent to it stands, asked of the row."""
    return policy.compares_portraits and Consent.objects.filter(_CONSENTS, pk=submission.consent_id).exists()


def measured(submission: Submission, portrait: bytes, *, policy: Policy) -> faces.Numbers | None:
    """The numbers of a portrait that came with an answer, where it may be compared; before any transaction.

    None too where measuring fails, whatever fails: an answer that is paid for is stored all the same.
    """
    if not portrait or not may_compare(submission, policy):
        return None
    try:
        return faces.measured(portrait)
    except Exception as error:
        log.error("portrait_not_measured", extra={"error": type(error).__name__})
        return None


def remember(reading: Reading, numbers: faces.Numbers) -> None:
    """Keep a face's numbers and whom they meet; inside the transaction that makes the reading, which holds the key.

    Locks come in this order: the customer's key, submission, scan (reading), then ours, the consent, the faces met.
    """
    row_id = uuid.uuid4()
    key_id, veiled = digests.veil(faces.bits(numbers), width=faces.BITS)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    # Who takes the consent back waits for this row, and then finds what was kept.
    if not Consent.objects.select_for_update().filter(_CONSENTS, submissions=reading.submission_id):
        return
    try:
        met = _met(reading.customer_id, numbers)
    except SealError as error:  # what cannot be opened is not another face: nothing is said of this one
        log.error("portrait_not_compared", extra={"error": type(error).__name__})
        return
    mine = PortraitLikeness.objects.create(
        id=row_id,
        reading=reading,
        customer_id=reading.customer_id,
        key_id=key_id,
        bits=parts(veiled, width=faces.BITS),
        numbers_sealed=seal(
            reading.customer_id,
            table="portrait_likeness",
            column="numbers_sealed",
            row_id=row_id,
            plaintext=faces.packed(numbers),
        ),
    )
    PortraitMeeting.objects.bulk_create(
        PortraitMeeting(
            later=mine,
            earlier=each.likeness,
            customer_id=mine.customer_id,
            apart=round(1000 * each.apart),
        )
        for each in met
    )


@dataclass(frozen=True, slots=True)
class _Near:
    likeness: PortraitLikeness
    apart: float


def _met(customer_id: UUID, numbers: faces.Numbers) -> list[_Near]:
    """The nearest faces of other customers within the bound, one a customer, their rows held until the end."""
    nearest: dict[UUID, _Near] = {}
    for likeness in _candidates(customer_id, faces.bits(numbers)):
        theirs = _numbers(likeness)
        if theirs is None or (apart := faces.apart(numbers, theirs)) > faces.SAME_UP_TO:
            continue
        if likeness.customer_id not in nearest or apart < nearest[likeness.customer_id].apart:
            nearest[likeness.customer_id] = _Near(likeness, apart)
    kept = {each.likeness.pk: each for each in sorted(nearest.values(), key=lambda each: each.apart)[:KEPT]}
    # Who takes the consent back meanwhile is met no more, or waits until this meeting stands and then undoes it.
    held = _comparable().filter(pk__in=kept).order_by("pk").select_for_update(of=("self",))
    return [kept[pk] for pk in held.values_list("pk", flat=True)]


# Every face is looked at: a quarter of a second in a million, once a portrait, in the worker.
QUERY = """
    SELECT likeness.id FROM submissions_portraitlikeness likeness
    CROSS JOIN LATERAL (
        SELECT bit_count((likeness.bits[1] # %s)::bit(64)) + bit_count((likeness.bits[2] # %s)::bit(64))
             + bit_count((likeness.bits[3] # %s)::bit(64)) + bit_count((likeness.bits[4] # %s)::bit(64)) AS apart
    ) near
    WHERE likeness.key_id = %s AND likeness.customer_id <> %s AND near.apart <= %s
    ORDER BY near.apart LIMIT %s
"""


def _candidates(customer_id: UUID, bits: int) -> list[PortraitLikeness]:
    ids: list[UUID] = []
    with connection.cursor() as cursor:
        for key_id in reversed(digests.veil_keys()):  # a face that is veiled anew meanwhile is met under the newer key
            _key, veiled = digests.veil(bits, width=faces.BITS, key_id=key_id)
            cursor.execute(QUERY, [*parts(veiled, width=faces.BITS), key_id, customer_id, MOST_BITS, SETTLED])
            ids += [row[0] for row in cursor.fetchall()]
    return list(_comparable().filter(pk__in=ids))


def _comparable() -> QuerySet[PortraitLikeness]:
    """Those whose consent stands."""
    standing = Consent.objects.filter(_CONSENTS)
    return PortraitLikeness.objects.filter(reading__submission__consent__in=standing)


def _numbers(likeness: PortraitLikeness) -> faces.Numbers | None:
    """A face's numbers, opened; None where its customer was erased meanwhile. Raises SealError for all else."""
    try:
        return faces.unpacked(
            open_sealed(
                likeness.customer_id,
                table="portrait_likeness",
                column="numbers_sealed",
                row_id=likeness.pk,
                blob=bytes(likeness.numbers_sealed),
            )
        )
    except KeyDestroyedError:
        return None


def is_comparable(readings: Sequence[Reading]) -> bool:
    """Whether one of these answers left a face to compare."""
    return _comparable().filter(reading__in=readings).exists()


@dataclass(frozen=True, slots=True)
class Meeting:
    """A portrait of another customer that shows the face of one of ours: both answers, to be looked at side by side."""

    mine: Reading
    theirs: Reading


def elsewhere(readings: Sequence[Reading]) -> list[Meeting]:
    """Whom the faces of these answers of one customer meet, nearest first, whichever of the two came first."""
    comparable = _comparable().values("pk")
    met = (
        PortraitMeeting.objects.filter(Q(later__reading__in=readings) | Q(earlier__reading__in=readings))
        .filter(later__in=comparable, earlier__in=comparable)
        .select_related("later__reading", "earlier__reading")
        .order_by("apart", "pk")
    )
    own = {reading.pk for reading in readings}
    found = []
    for each in met[:SETTLED]:
        if each.earlier is not None:
            pair = each.later.reading, each.earlier.reading
            found.append(Meeting(*(pair if pair[0].pk in own else reversed(pair))))
    return found


def forget(customer_id: UUID) -> int:
    """Delete all by which a customer's portraits are known and whom they met; inside `acting`. How many there were."""
    return _forget(PortraitLikeness.objects.filter(customer_id=customer_id))


def forget_withdrawn(customer_id: UUID) -> int:
    """The same of those portraits alone for which no consent stands any more."""
    mine = PortraitLikeness.objects.filter(customer_id=customer_id)
    return _forget(mine.exclude(reading__submission__consent__in=Consent.objects.filter(_CONSENTS)))


def _forget(rows: QuerySet[PortraitLikeness]) -> int:
    """Delete likenesses and their meetings.

    That another customer's portrait once met somebody stays with that case, and does not say any more whom. While a
    legal hold is open the database keeps the rows, and nobody is met by them; its end calls this again.
    """
    keys = list(
        PortraitLikeness.objects.filter(pk__in=rows.values("pk"))
        .order_by("pk")
        .select_for_update()
        .values_list("pk", flat=True)
    )
    if not keys:
        return 0
    concerned = PortraitMeeting.objects.filter(Q(later__in=keys) | Q(earlier__in=keys)).order_by("pk")
    list(concerned.select_for_update().values_list("pk", flat=True))  # in one order, whoever else does the same
    try:
        with transaction.atomic():
            PortraitMeeting.objects.filter(later__in=keys).delete()
            PortraitMeeting.objects.filter(earlier__in=keys).update(earlier=None)
            return PortraitLikeness.objects.filter(pk__in=keys).delete()[0]
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", None) != _HELD:
            raise
        return 0


# restrict_violation: what the database says of a row that a legal hold keeps (audit.refuse_while_held).
_HELD = "23001"


def veil_anew(customer_id: UUID) -> int:
    """Veil a customer's faces under the newest key; how many there were to do. One whose key is gone is left."""
    old = PortraitLikeness.objects.filter(customer_id=customer_id, key_id__in=digests.veil_keys()[1:])
    many = 0
    for row in old:
        bare = digests.unveil(joined(row.bits), width=faces.BITS, key_id=row.key_id)
        key_id, veiled = digests.veil(bare, width=faces.BITS)
        same = PortraitLikeness.objects.filter(pk=row.pk, key_id=row.key_id)  # it may be gone with its consent
        many += same.update(key_id=key_id, bits=parts(veiled, width=faces.BITS))
    return many
