"""Where checkpoints are put: a folder, and a bucket of a real S3 server. Written once, in order, locked where asked."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from kyc_portal.audit.proof.places import Bucket, PlaceError, name_of, place
from tests.journeys.object_store import ObjectStore

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LOCKED = "checkpoints"


@pytest.fixture(scope="module")
def store() -> Iterator[ObjectStore]:
    folder = Path(tempfile.mkdtemp(prefix="kyc-s3-"))
    server = ObjectStore(folder)
    server.start()
    server.client().create_bucket(Bucket=LOCKED, ObjectLockEnabledForBucket=True)
    yield server
    server.kill()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["folder", "bucket"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "folder":
        return f"file://{tmp_path}/checkpoints"
    server: ObjectStore = request.getfixturevalue("store")
    return server.storage_url.replace("?", f"/{tmp_path.name}?")


def test_notes_come_back_in_the_order_of_size_and_time(url: str) -> None:
    outside = place(url)
    for size, minutes in ((1000, 2), (20, 1), (20, 0), (3, 5)):
        outside.put(name_of(size, NOW + timedelta(minutes=minutes)), f"size {size} at {minutes}\n")
    assert list(outside.notes()) == ["size 3 at 5\n", "size 20 at 0\n", "size 20 at 1\n", "size 1000 at 2\n"]
    assert list(outside.notes(size=20)) == ["size 20 at 0\n", "size 20 at 1\n", "size 1000 at 2\n"]
    assert list(outside.notes(size=1001)) == []
    assert list(outside.notes(upto=20)) == ["size 3 at 5\n", "size 20 at 0\n", "size 20 at 1\n"]
    assert list(outside.notes(size=4, upto=999)) == ["size 20 at 0\n", "size 20 at 1\n"]


def test_a_note_is_written_once(url: str) -> None:
    outside, name = place(url), name_of(7, NOW)
    outside.put(name, "the first\n")
    outside.put(name, "the first\n")  # the answer to the first was lost
    with pytest.raises(PlaceError):
        outside.put(name, "another\n")
    assert list(outside.notes()) == ["the first\n"]


def test_with_days_to_lock_a_note_cannot_be_deleted(store: ObjectStore) -> None:
    bucket = place(f"s3://{store.key_id}:{store.key}@{store.address}/{LOCKED}?tls=0&lock_days=2")
    assert isinstance(bucket, Bucket)
    name = name_of(9, NOW)
    bucket.put(name, "kept\n")
    version = store.client().list_object_versions(Bucket=LOCKED)["Versions"][0]
    with pytest.raises(ClientError, match="AccessDenied"):
        store.client().delete_object(Bucket=LOCKED, Key=version["Key"], VersionId=version["VersionId"])
    assert list(bucket.notes()) == ["kept\n"]


def test_a_place_that_is_away_says_so(store: ObjectStore, tmp_path: Path) -> None:
    gone = place(f"s3://{store.key_id}:{store.key}@{store.address}/no-such-bucket?tls=0")
    with pytest.raises(PlaceError, match="no-such-bucket"):
        gone.put(name_of(1, NOW), "note\n")
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(PlaceError, match="file"):
        place(f"file://{blocked}/checkpoints").put(name_of(1, NOW), "note\n")


@pytest.mark.parametrize("url", ["", "checkpoints", "file://", "s3://host", "https://host/folder"])
def test_another_form_is_refused_with_the_accepted_one(url: str) -> None:
    with pytest.raises(ValueError, match="CHECKPOINT_URL: file:///folder or s3://"):
        place(url)
