"""A sealed value opens in its own place, unchanged, under its own customer's key; and nowhere else."""

import uuid
from typing import Any

import pytest

from kyc_portal import audit
from kyc_portal.sealing import keys
from kyc_portal.sealing.errors import KeyDestroyedError, MasterKeyError, SealBrokenError
from kyc_portal.sealing.models import CustomerKey
from kyc_portal.sealing.values import open_json, open_sealed, seal, seal_json

pytestmark = [pytest.mark.db_bound, pytest.mark.django_db]
ANN, BEA, ROW = (uuid.UUID(int=number) for number in (1, 2, 3))
PLACE: dict[str, Any] = {"table": "reading", "column": "fields", "row_id": ROW}
FIELDS = {f"field{number}": "陳大文" * 3 for number in range(14)}


@pytest.fixture(autouse=True)
def _keys():
    keys.ensure_key(ANN)
    keys.ensure_key(BEA)


def test_a_value_opens_where_it_was_sealed():
    blob = seal_json(ANN, **PLACE, value=FIELDS)
    assert open_json(ANN, **PLACE, blob=blob) == FIELDS
    assert "陳".encode() not in blob


def test_the_same_value_sealed_twice_looks_different():
    assert seal(ANN, **PLACE, plaintext=b"x") != seal(ANN, **PLACE, plaintext=b"x")


@pytest.mark.parametrize(
    "elsewhere", [{"table": "scan"}, {"column": "name"}, {"row_id": uuid.UUID(int=4)}, {"table": "readingf"}]
)
def test_moved_to_another_table_column_or_row_it_does_not_open(elsewhere):
    blob = seal(ANN, **PLACE, plaintext=b"x")
    with pytest.raises(SealBrokenError):
        open_sealed(ANN, **(PLACE | elsewhere), blob=blob)


def test_the_border_between_table_and_column_counts():
    blob = seal(ANN, table="ab", column="c", row_id=ROW, plaintext=b"x")
    with pytest.raises(SealBrokenError):
        open_sealed(ANN, table="a", column="bc", row_id=ROW, blob=blob)


def test_given_to_another_customer_it_does_not_open():
    blob = seal(ANN, **PLACE, plaintext=b"x")
    with pytest.raises(SealBrokenError):
        open_sealed(BEA, **PLACE, blob=blob)


def test_one_bit_flipped_anywhere_is_refused():
    blob = seal(ANN, **PLACE, plaintext=b"a value of some length")
    for at in range(len(blob)):
        changed = bytearray(blob)
        changed[at] ^= 1
        # In the version's two bytes the changed value names a key that never was.
        expected = KeyDestroyedError if at in (1, 2) else SealBrokenError
        with pytest.raises(expected):
            open_sealed(ANN, **PLACE, blob=bytes(changed))


@pytest.mark.parametrize("length", [0, 1, 2, 3, 14, 30])
def test_a_value_cut_short_is_refused(length):
    blob = seal(ANN, **PLACE, plaintext=b"x")[:length]
    with pytest.raises(SealBrokenError):
        open_sealed(ANN, **PLACE, blob=blob)


def test_after_the_key_is_destroyed_nothing_opens_and_nothing_can_be_sealed():
    blob = seal(ANN, **PLACE, plaintext=b"x")
    with audit.acting(audit.system("setup")):
        CustomerKey.objects.filter(customer=ANN).delete()
    keys.held.forget(ANN)
    with pytest.raises(KeyDestroyedError, match="was destroyed"):
        open_sealed(ANN, **PLACE, blob=blob)
    with pytest.raises(KeyDestroyedError):
        seal(ANN, **PLACE, plaintext=b"x")


def test_the_key_in_the_row_is_not_the_key_itself():
    row = CustomerKey.objects.get(customer=ANN)
    _version, key = keys.newest_for_sealing(ANN)
    assert key not in bytes(row.wrapped)
    assert len(bytes(row.wrapped)) == 12 + 32 + 16


def test_a_wrapped_key_does_not_unwrap_for_another_customer():
    with audit.acting(audit.system("setup")):
        wrapped = CustomerKey.objects.get(customer=ANN).wrapped
        CustomerKey.objects.filter(customer=BEA).update(wrapped=wrapped)
    keys.held.clear()
    with pytest.raises(MasterKeyError, match="is not the one that wrapped"):
        keys.newest_for_sealing(BEA)


def test_making_a_key_twice_keeps_the_first():
    before = bytes(CustomerKey.objects.get(customer=ANN).wrapped)
    keys.ensure_key(ANN)
    assert bytes(CustomerKey.objects.get(customer=ANN).wrapped) == before


def test_unwrapped_keys_are_held_for_a_minute_and_at_most_a_thousand():
    clock = iter([0.0] * 1003 + [61.0])
    held = keys.HeldKeys(now=lambda: next(clock))
    for number in range(1001):
        held.put((uuid.UUID(int=number), 1), b"key")
    assert held.get((uuid.UUID(int=0), 1)) is None
    assert held.get((uuid.UUID(int=1), 1)) == b"key"
    assert held.get((uuid.UUID(int=1000), 1)) == b"key"
    assert held.get((uuid.UUID(int=1000), 1)) is None


def test_the_log_of_a_new_key_does_not_hold_it(log):
    keys.ensure_key(uuid.UUID(int=9))
    (entry,) = log.entries(object_type="sealing.customerkey")
    assert entry.after["wrapped"] == {"hidden": True}
    assert entry.subject == uuid.UUID(int=9)
