"""A picture that another customer sent: found byte for byte, resized, compressed and turned; and gone with the erasure."""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.db import connection
from PIL import Image

from kyc_portal import audit
from kyc_portal.audit.models import Entry
from kyc_portal.sealing import digests
from kyc_portal.submissions import intake, redigest, related
from kyc_portal.submissions.models import Scan, ScanLikeness, Submission
from kyc_portal.submissions.pictures import likeness, near_pictures
from kyc_portal.submissions.related import Tie
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]


def scene(seed: int, size: tuple[int, int] = (900, 600)) -> Image.Image:
    """A picture with light and dark places of its own, as no other seed has them."""
    spots = np.random.default_rng(seed).integers(30, 225, (40, 60, 3), dtype=np.uint8)
    return Image.fromarray(spots).resize(size, Image.Resampling.BICUBIC)


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


COPIES: dict[str, Callable[[Image.Image], bytes]] = {
    "smaller": lambda image: jpeg(image.resize((540, 360), Image.Resampling.LANCZOS)),
    "compressed": lambda image: jpeg(image, 30),
    "a quarter turned": lambda image: jpeg(image.transpose(Image.Transpose.ROTATE_90)),
    "upside down": lambda image: jpeg(image.transpose(Image.Transpose.ROTATE_180)),
    "three quarters turned": lambda image: jpeg(image.transpose(Image.Transpose.ROTATE_270)),
    "grey": lambda image: jpeg(image.convert("L")),
    "a png": lambda image: _png(image),
}


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()


def case(data: bytes, submission: Submission | None = None) -> Submission:
    """A case of a new customer with this picture, read."""
    submission = submission or cast.collecting(cast.make_customer())
    actor = submission.customer.actor
    intake.add_scan(submission=submission, side="FRONT", data=data, actor=actor, now=cast.NOW, insists=True)
    intake.submit(submission=submission, actor=actor, now=cast.NOW)
    cast.answer(submission, read=cast.TAIWAN_READING)
    submission.refresh_from_db()
    return submission


def verdict(submission: Submission) -> tuple[str, str]:
    check = submission.checks.filter(rule="picture_elsewhere").latest("version")
    return check.result, check.reason


def tie(one: Submission, other: Submission) -> set[Tie]:
    found = {each.row.submission.pk: set(each.ties) for each in related.related(one, now=cast.NOW)}
    return found.get(other.pk, set()) & {Tie.PICTURE, Tie.NEAR_PICTURE}


@pytest.mark.parametrize("copied", COPIES)
def test_a_copy_of_another_customers_picture_is_found(copied: str) -> None:
    first = case(jpeg(scene(1)))
    second = case(COPIES[copied](scene(1)))
    assert verdict(first) == ("pass", "picture_only_here")
    assert verdict(second) == ("fail", "near_same_on_another_customer")
    assert tie(second, first) == tie(first, second) == {Tie.NEAR_PICTURE}


def test_the_very_same_file_is_called_so() -> None:
    first, second = case(jpeg(scene(2))), case(jpeg(scene(2)))
    assert verdict(second) == ("fail", "picture_on_another_customer")
    assert tie(second, first) == {Tie.PICTURE}


def test_a_square_picture_is_found_whichever_way_it_lies() -> None:
    case(jpeg(scene(3, (820, 800))))
    assert verdict(case(jpeg(scene(3, (820, 800)).transpose(Image.Transpose.ROTATE_90))))[0] == "fail"


def test_another_picture_is_another() -> None:
    first, second = case(jpeg(scene(4))), case(jpeg(scene(5)))
    assert verdict(second) == ("pass", "picture_only_here")
    assert tie(second, first) == set()


def test_a_customers_own_picture_sent_again_is_no_fault() -> None:
    first = case(jpeg(scene(6)))
    intake.withdraw(submission=first, actor=first.customer.actor, now=cast.NOW)
    again = case(COPIES["smaller"](scene(6)), submission=cast.collecting(first.customer))
    assert verdict(again)[0] == "pass"


def test_a_picture_without_a_likeness_is_not_checked() -> None:
    submission = cast.collecting(cast.make_customer())
    actor = submission.customer.actor
    intake.add_scan(submission=submission, side="FRONT", data=jpeg(scene(7)), actor=actor, now=cast.NOW)
    with audit.acting(audit.system("setup")):
        ScanLikeness.objects.all().delete()
    intake.submit(submission=submission, actor=actor, now=cast.NOW)
    cast.answer(submission, read=cast.TAIWAN_READING)
    assert verdict(submission) == ("not_checked", "picture_not_compared")


def test_a_bare_surface_is_known_by_nothing() -> None:
    assert likeness.likenesses(Image.new("L", (900, 600), 128)) == []


def test_what_a_picture_looks_like_stands_neither_in_the_row_nor_in_the_log() -> None:
    submission = case(jpeg(scene(8)))
    row = ScanLikeness.objects.get(scan__submission=submission)
    bare = likeness.known_by(jpeg(scene(8)))[0]
    assert row.coarse % 2**64 != bare.coarse
    assert bytes(row.relief_sealed).find(bare.packed()[:40]) == -1
    entry = Entry.objects.get(object_type="submissions.scanlikeness", action="insert", object_id=str(row.pk))
    assert entry.after["coarse"] == entry.after["wide"] == {"hidden": True}


def test_a_veil_keeps_how_far_two_pictures_are_apart() -> None:
    one, other = secrets.randbits(64), secrets.randbits(64)
    veiled = [digests.veil(each, width=64)[1] for each in (one, other)]
    assert (veiled[0] ^ veiled[1]).bit_count() == (one ^ other).bit_count()
    assert digests.unveil(veiled[0], width=64, key_id=digests.newest()) == one


def test_pictures_are_found_over_a_change_of_keys_and_veiled_anew(settings: Any) -> None:
    first = case(jpeg(scene(9)))
    old = settings.DIGEST_KEY
    settings.DIGEST_KEY = f"later:{'B' * 43}=,{old}"
    second = case(COPIES["smaller"](scene(9)))
    assert verdict(second)[0] == "fail"
    assert redigest.redigest(first.customer_id, actor=audit.system("command_redigest"))
    settings.DIGEST_KEY = f"later:{'B' * 43}="
    assert tie(second, first) == {Tie.NEAR_PICTURE}


def test_the_indexed_query_finds_what_a_look_at_every_row_finds() -> None:
    """Rows around the one looked for, at every distance; the reliefs are none, as only the query is asked."""
    mine = case(jpeg(scene(10))).scans.get()
    theirs = case(jpeg(scene(11))).scans.get()
    bare = likeness.known_by(jpeg(scene(10)))[0]
    chance = np.random.default_rng(1)
    rows = []
    for at in range(600):
        flips = sum(1 << int(bit) for bit in chance.choice(64, at % 13, replace=False))
        near = likeness.Likeness(f"x{at}", bare.coarse ^ flips, bare.wide ^ flips, b"")
        rows.append(near_pictures._row(theirs, near))
    with audit.acting(audit.system("setup")):
        ScanLikeness.objects.bulk_create(rows)
    looked = near_pictures.looked_for([mine])
    want = {
        row.pk
        for row in rows
        if min((near_pictures._veiled(each.coarse, 64, row.key_id) ^ row.coarse % 2**64).bit_count() for each in looked)
        <= likeness.MOST_COARSE
    }
    assert len(want) > 300
    near_pictures.SETTLED, settled = 1000, near_pictures.SETTLED
    try:
        found = {row.pk for row in near_pictures._candidates([mine], looked)}
    finally:
        near_pictures.SETTLED = settled
    assert found == want


def test_the_query_walks_the_bands_indexes() -> None:
    scan = case(jpeg(scene(12))).scans.get()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        asked = near_pictures.asked(scan.customer_id, near_pictures.looked_for([scan]), digests.newest())
        cursor.execute("EXPLAIN " + near_pictures.QUERY, asked)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert all(f"likeness_band_{band}" in plan for band in range(4)), plan


def test_the_number_of_queries_does_not_grow_with_what_is_stored(django_assert_num_queries: Any) -> None:
    for seed in range(20, 26):
        case(jpeg(scene(seed)))
    scan = Scan.objects.latest("received_at")
    with django_assert_num_queries(3):
        near_pictures.elsewhere([scan])
