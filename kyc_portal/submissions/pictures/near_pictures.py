"""The same picture on another customer: byte for byte, or near-same after it was resized, compressed or turned.

A likeness is kept with every picture (`remember`), and looked for by one indexed query a scan. What the query finds by
its veiled bits is settled by the sealed reliefs, opened for the nearest candidates only.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from kyc_portal.sealing import digests
from kyc_portal.sealing.errors import SealError
from kyc_portal.sealing.values import open_sealed, seal
from kyc_portal.submissions.models import Scan, ScanLikeness
from kyc_portal.submissions.pictures.kept_bits import joined, parts, signed
from kyc_portal.submissions.pictures.likeness import (
    ALIKE_FROM,
    COARSE_BITS,
    MOST_COARSE,
    MOST_WIDE,
    WIDE_BITS,
    Likeness,
    alike,
    upside_down,
)

# How many candidates of a scan are settled, the nearest first.
SETTLED = 20
_BANDS = COARSE_BITS // 16
_LOW = 0xFFFF


def remember(scan: Scan, likenesses: Iterable[Likeness]) -> None:
    """Keep what a scan's picture is known by; inside the transaction that makes the scan."""
    ScanLikeness.objects.bulk_create(_row(scan, each) for each in likenesses)


def _row(scan: Scan, likeness: Likeness) -> ScanLikeness:
    row_id = uuid.uuid4()
    key_id, coarse = digests.veil(likeness.coarse, width=COARSE_BITS)
    _key_id, wide = digests.veil(likeness.wide, width=WIDE_BITS)
    relief = seal(
        scan.customer_id, table="scan_likeness", column="relief_sealed", row_id=row_id, plaintext=likeness.packed()
    )
    return ScanLikeness(
        id=row_id,
        scan=scan,
        customer_id=scan.customer_id,
        view=likeness.view,
        key_id=key_id,
        coarse=signed(coarse),
        wide=parts(wide, width=WIDE_BITS),
        relief_sealed=relief,
    )


def veil_anew(customer_id: UUID) -> int:
    """Veil a customer's likenesses under the newest key; how many there were to do. One whose key is gone is left."""
    old = ScanLikeness.objects.filter(customer_id=customer_id, key_id__in=digests.veil_keys()[1:])
    for row in old:
        coarse, wide = _bare(row)
        row.key_id, veiled = digests.veil(coarse, width=COARSE_BITS)
        row.coarse, row.wide = signed(veiled), parts(digests.veil(wide, width=WIDE_BITS)[1], width=WIDE_BITS)
        row.save(update_fields=["key_id", "coarse", "wide"])
    return len(old)


def _bare(row: ScanLikeness) -> tuple[int, int]:
    """A view's bits without their veil. Raises KeyError where its key is not in the ring any more."""
    return (
        digests.unveil(row.coarse % 2**COARSE_BITS, width=COARSE_BITS, key_id=row.key_id),
        digests.unveil(joined(row.wide), width=WIDE_BITS, key_id=row.key_id),
    )


@dataclass(frozen=True, slots=True)
class Meeting:
    """A picture of another customer that is the one looked at; `is_exact` where it is so byte for byte."""

    submission_id: UUID
    customer_id: UUID
    is_exact: bool


def is_comparable(scans: Sequence[Scan]) -> bool:
    """Whether all of these pictures left a likeness; older ones and bare surfaces have none."""
    known = ScanLikeness.objects.filter(scan__in=scans).values_list("scan_id", flat=True)
    return bool(scans) and set(known) == {scan.pk for scan in scans}


def elsewhere(scans: Sequence[Scan]) -> list[Meeting]:
    """The pictures of other customers that are these of one customer, one meeting a submission, exact ones first."""
    found: dict[UUID, Meeting] = {}
    for meeting in (*_exact(scans), *_near(scans)):
        if meeting.is_exact or meeting.submission_id not in found:
            found[meeting.submission_id] = meeting
    return sorted(found.values(), key=lambda each: not each.is_exact)


def _exact(scans: Sequence[Scan]) -> list[Meeting]:
    digests_known = [scan.picture_digest for scan in scans if scan.picture_digest is not None]
    if not digests_known:
        return []
    same = Scan.objects.filter(picture_digest__in=digests_known).exclude(customer_id=scans[0].customer_id)
    return [Meeting(*row, is_exact=True) for row in same.values_list("submission_id", "customer_id")[:SETTLED]]


@dataclass(frozen=True, slots=True)
class _Looked:
    """One way up of one view that is looked for, its relief open."""

    coarse: int
    wide: int
    relief: bytes


def _near(scans: Sequence[Scan]) -> list[Meeting]:
    looked = looked_for(scans)
    found = []
    for likeness in _candidates(scans, looked):
        relief = _relief(likeness)
        wide = joined(likeness.wide)
        nearest = min(looked, key=lambda each: (_veiled(each.wide, WIDE_BITS, likeness.key_id) ^ wide).bit_count())
        if relief and alike(nearest.relief, relief) >= ALIKE_FROM:
            found.append(Meeting(likeness.scan.submission_id, likeness.customer_id, is_exact=False))
    return found


def looked_for(scans: Sequence[Scan]) -> list[_Looked]:
    """Each view of the scans, as it is and upside down."""
    looked = []
    # What was veiled under a key that is no more is found by nobody.
    for row in ScanLikeness.objects.filter(scan__in=scans, key_id__in=digests.veil_keys()):
        relief = _relief(row)
        coarse, wide = _bare(row)
        looked += [
            _Looked(coarse, wide, relief),
            _Looked(upside_down(coarse, COARSE_BITS), upside_down(wide, WIDE_BITS), relief[::-1]),
        ]
    return looked


def _candidates(scans: Sequence[Scan], looked: Sequence[_Looked]) -> list[ScanLikeness]:
    """The nearest views of other customers by their bits, under every key of the ring."""
    ids: list[UUID] = []
    # The newest last: what is veiled anew meanwhile is found under it.
    for key_id in reversed(digests.veil_keys()) if looked else ():
        with connection.cursor() as cursor:
            cursor.execute(QUERY, asked(scans[0].customer_id, looked, key_id, most=SETTLED * len(scans)))
            ids += [row[0] for row in cursor.fetchall()]
    return list(ScanLikeness.objects.filter(pk__in=ids).select_related("scan")) if ids else []


def asked(customer_id: UUID, looked: Sequence[_Looked], key_id: str, *, most: int = SETTLED) -> list[Any]:
    """What QUERY is asked for these views of a customer, under one key."""
    coarse = [signed(_veiled(each.coarse, COARSE_BITS, key_id)) for each in looked]
    wide = [parts(_veiled(each.wide, WIDE_BITS, key_id), width=WIDE_BITS) for each in looked]
    return [
        *(_probes(coarse, band) for band in range(_BANDS)),
        key_id,
        customer_id,
        coarse,
        *([each[part] for each in wide] for part in range(WIDE_BITS // 64)),
        MOST_COARSE,
        MOST_WIDE,
        most,
    ]


# One walk over each band's index; what it finds is put in order by the wide bits.
QUERY = """
    SELECT found.id FROM (
        SELECT id, customer_id, key_id, coarse, wide FROM submissions_scanlikeness
        WHERE (coarse & 65535) = ANY(%s::bigint[])
           OR ((coarse >> 16) & 65535) = ANY(%s::bigint[])
           OR ((coarse >> 32) & 65535) = ANY(%s::bigint[])
           OR ((coarse >> 48) & 65535) = ANY(%s::bigint[])
    ) found
    CROSS JOIN LATERAL (
        SELECT min(bit_count((found.wide[1] # w1)::bit(64)) + bit_count((found.wide[2] # w2)::bit(64))
                 + bit_count((found.wide[3] # w3)::bit(64)) + bit_count((found.wide[4] # w4)::bit(64))) AS apart
        FROM (SELECT %s::text AS key_id, %s::uuid AS own) asked,
             unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]) looked(c, w1, w2, w3, w4)
        WHERE found.key_id = asked.key_id AND found.customer_id <> asked.own
          AND bit_count((found.coarse # c)::bit(64)) <= %s
    ) near
    WHERE near.apart <= %s
    ORDER BY near.apart LIMIT %s
"""


def _probes(coarse: Iterable[int], band: int) -> list[int]:
    """The values of one band that differ in one bit at most from one of those looked for."""
    values = {each >> 16 * band & _LOW for each in coarse}
    return sorted({value ^ flip for value in values for flip in (0, *(1 << bit for bit in range(16)))})


def _relief(row: ScanLikeness) -> bytes:
    """A view's relief, opened; empty where its customer was erased meanwhile."""
    try:
        packed = open_sealed(
            row.customer_id,
            table="scan_likeness",
            column="relief_sealed",
            row_id=row.pk,
            blob=bytes(row.relief_sealed),
        )
    except SealError:
        return b""
    return Likeness.unpacked(packed)


def _veiled(bits: int, width: int, key_id: str) -> int:
    return digests.veil(bits, width=width, key_id=key_id)[1]
