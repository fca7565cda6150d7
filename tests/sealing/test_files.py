"""Pictures lie sealed in the store, once, under a name that says nothing."""

import hashlib
import os
import uuid

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from kyc_portal.sealing import files, keys
from kyc_portal.sealing.errors import SealBrokenError

pytestmark = [pytest.mark.db_bound, pytest.mark.django_db]
ANN, SCAN = uuid.UUID(int=1), uuid.UUID(int=5)
PICTURE = b"\xff\xd8 a picture of a permit" * 1000


@pytest.fixture(autouse=True)
def _key():
    keys.ensure_key(ANN)


def lying() -> bytes:
    with default_storage.open(f"scan/{SCAN}") as file:
        return file.read()


def test_what_was_stored_is_loaded():
    files.store(ANN, SCAN, PICTURE)
    assert files.load(ANN, SCAN) == PICTURE


def test_nothing_of_the_picture_lies_in_clear():
    files.store(ANN, SCAN, PICTURE)
    assert PICTURE[:16] not in lying()
    assert b"permit" not in lying()


def test_only_the_owner_of_the_folder_may_read_it():
    files.store(ANN, SCAN, PICTURE)
    assert os.stat(default_storage.path(f"scan/{SCAN}")).st_mode & 0o077 == 0


def test_the_commitment_is_salted_anew_each_time():
    first = files.store(ANN, SCAN, PICTURE)
    second = files.store(ANN, uuid.UUID(int=6), PICTURE)
    assert first.size == len(PICTURE)
    assert first.commitment == hashlib.sha256(first.salt + PICTURE).digest()
    assert first.commitment != second.commitment
    assert repr(first.salt) not in repr(first)


def test_a_second_picture_under_one_id_is_refused_and_the_first_kept():
    files.store(ANN, SCAN, PICTURE)
    with pytest.raises(FileExistsError):
        files.store(ANN, SCAN, b"another")
    assert files.load(ANN, SCAN) == PICTURE
    assert default_storage.listdir("scan")[1] == [str(SCAN)]


def test_a_picture_changed_in_the_store_does_not_open():
    files.store(ANN, SCAN, PICTURE)
    blob = bytearray(lying())
    blob[-1] ^= 1
    default_storage.delete(f"scan/{SCAN}")
    default_storage.save(f"scan/{SCAN}", ContentFile(bytes(blob)))
    with pytest.raises(SealBrokenError):
        files.load(ANN, SCAN)


def test_a_picture_swapped_with_another_scans_does_not_open():
    files.store(ANN, SCAN, PICTURE)
    files.store(ANN, uuid.UUID(int=6), b"another")
    blob = lying()
    default_storage.delete(f"scan/{uuid.UUID(int=6)}")
    default_storage.save(f"scan/{uuid.UUID(int=6)}", ContentFile(blob))
    with pytest.raises(SealBrokenError):
        files.load(ANN, uuid.UUID(int=6))


def test_removing_twice_is_silent_and_loading_then_says_it_is_gone():
    files.store(ANN, SCAN, PICTURE)
    files.delete(SCAN)
    files.delete(SCAN)
    with pytest.raises(FileNotFoundError):
        files.load(ANN, SCAN)
