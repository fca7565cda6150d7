"""The story over a real S3 server: sealed objects only, nothing in a local folder, and a clear word when the store is down."""

from __future__ import annotations

import io
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from kyc_portal.local.layout import free_port
from kyc_portal.local.stack import LocalStack
from ocr_integration.specimens import draw
from tests.faults.doors import Portal, post
from tests.journeys.object_store import BUCKET, ObjectStore

pytestmark = [pytest.mark.timeout(420), pytest.mark.long]

MAKER = b"Harbour Camera Works 7315"
# What a JPEG, a PNG, their metadata and this test's camera leave in clear bytes.
MARKS = {
    "jpeg": b"\xff\xd8\xff",
    "jfif": b"JFIF\x00",
    "png": b"\x89PNG\r\n\x1a\n",
    "exif": b"Exif\x00\x00",
    "maker": MAKER,
}


def photo(kind: str, seed: int) -> bytes:
    """A specimen saved again by a camera that names itself."""
    image = Image.open(io.BytesIO(draw(kind, seed=seed).image))
    exif, out = image.getexif(), io.BytesIO()
    exif[0x010F] = MAKER.decode()
    image.save(out, "JPEG", quality=95, exif=exif)
    return out.getvalue()


def marks_in(*blobs: bytes) -> set[str]:
    """Which marks of a clear picture stand at its head, or anywhere for those too long to come by chance."""
    return {
        name
        for name, mark in MARKS.items()
        for blob in blobs
        if blob.startswith(mark) or (len(mark) > 4 and mark in blob)
    }


@pytest.fixture(scope="module")
def store() -> Iterator[ObjectStore]:
    folder = Path(tempfile.mkdtemp(prefix="kyc-s3-"))
    server = ObjectStore(folder)
    server.start()
    yield server
    server.kill()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def portal(store: ObjectStore) -> Iterator[Portal]:
    """A whole copy, its own reading service included, that keeps pictures in the store."""
    folder = Path(tempfile.mkdtemp(prefix="kyc-over-s3-"))
    stack = LocalStack(folder, free_port(), extra={"STORAGE_URL": store.storage_url}, say=lambda text: None)
    try:
        stack.start()
        people = "from kyc_portal.accounts import demo\nfor number in range(1, 4):\n    demo.customer(number)"
        stack.manage("shell", "--no-imports", "-c", people)
        yield Portal(stack)
    finally:
        stack.stop()
        shutil.rmtree(folder, ignore_errors=True)


def test_the_search_finds_a_clear_picture() -> None:
    planted = photo("taiwan_front", 41)
    assert marks_in(planted) == {"jpeg", "jfif", "exif", "maker"}
    assert marks_in(b"\x89PNG\r\n\x1a\n") == {"png"}
    assert marks_in(b"sealed" * 100) == set()


def test_two_sides_go_all_the_way_through_the_store(portal: Portal, store: ObjectStore) -> None:
    front, back = photo("hk_macao_front", 4101), photo("hk_macao_back", 4101)
    page = portal.start(1, "hk_macao_resident")
    assert portal.upload(page, front, "FRONT").ok
    assert portal.upload(page, back, "BACK").ok

    objects = store.objects()
    assert len(objects) == 2
    assert all(name.startswith("scan/") for name in objects)
    assert sorted(map(len, objects.values())) == sorted(len(data) + 31 for data in (front, back))
    assert marks_in(*objects.values()) == set()
    on_disk = [path.read_bytes() for path in store.data.rglob("*") if path.is_file()]
    assert sum(map(len, on_disk)) > len(front) + len(back)
    assert not [blob for blob in on_disk if MAKER in blob]
    # The same search finds a clear picture that is really there.
    store.client().put_object(Bucket=BUCKET, Key="planted", Body=front)
    assert marks_in(*store.objects().values()) == {"jpeg", "jfif", "exif", "maker"}
    assert [path for path in store.data.rglob("*") if path.is_file() and MAKER in path.read_bytes()]
    store.client().delete_object(Bucket=BUCKET, Key="planted")
    assert not [path for path in (portal.layout.folder / "pictures").rglob("*") if path.is_file()]

    portal.submit(page)
    at = portal.layout.address
    portal.until(lambda: portal.row(1).state == "confirming", "both sides read by the worker")
    assert portal.row(1).readings == 2
    post(page, f"{at}/identity/details/", {})
    portal.until(lambda: portal.row(1).state == "to_review", "in the queue")

    rob = portal.page("rob@kyc.example")
    case = post(rob, f"{at}/console/claim-next/", {}, form_at=f"{at}/console/queue/")
    assert "/console/cases/" in case.url
    shown = set(re.findall(r'data-address="([^"]+)"', case.text))
    assert len(shown) == 2
    for source in shown:
        served = rob.get(at + source, timeout=20)
        assert served.headers["Content-Type"] == "image/jpeg"
        Image.open(io.BytesIO(served.content)).load()
        assert MAKER not in served.content  # a copy without metadata
    for told in re.findall(r'data-shown="([^"]+)"', case.text):
        post(rob, at + told, {}, form_at=case.url)

    version = re.search(r'name="version" value="(\d+)"', rob.get(case.url, timeout=20).text)
    assert version
    post(rob, f"{case.url}decide/", {"outcome": "approve", "version": version[1]}, form_at=case.url)
    portal.until(lambda: portal.row(1).state == "approved", "the decision took effect")
    assert "Your identity is confirmed" in portal.read(page, "/identity/progress/")


def test_with_the_store_down_the_customer_reads_why_and_nothing_is_half_saved(
    portal: Portal, store: ObjectStore
) -> None:
    page, data = portal.start(2), photo("taiwan_front", 4102)
    before = set(store.objects())
    store.kill()
    refused = portal.upload(page, data)
    assert refused.status_code == 503
    assert refused.json()["fault"] == (
        "We cannot store photos just now. It is not your photo. Please try again in a few minutes."
    )
    with portal.rows() as connection:
        kept = connection.execute(
            "SELECT count(*) FROM submissions_scan c JOIN submissions_submission s ON s.id = c.submission_id"
            " WHERE s.state = 'collecting'"
        ).fetchone()
    assert kept == (0,)
    portal.until(lambda: bool(portal.mails("Customers cannot send photos")), "a mail to the administrator")

    store.start()
    assert set(store.objects()) == before
    assert portal.upload(page, data).ok
    assert len(store.objects()) == len(before) + 1
    portal.submit(page)
    portal.until(lambda: portal.row(2).state == "confirming", "read once the store was back")


def test_with_the_store_down_a_card_already_sent_in_waits_and_is_read_later(portal: Portal, store: ObjectStore) -> None:
    page = portal.start(3)
    assert portal.upload(page, photo("taiwan_front", 4103)).ok
    store.kill()
    portal.submit(page)
    portal.until(lambda: portal.row(3).error_code == "Portal.PictureNotOpened", "put back")
    assert "It is our reading service, not your photos" in portal.read(page, "/identity/progress/")
    portal.until(lambda: bool(portal.mails("A stored picture could not be opened")), "a mail to the administrator")
    store.start()
    portal.let_time_pass(3)
    portal.until(lambda: portal.row(3).state == "confirming", "read once the store was back")
