"""A key is not destroyed under a writer's hands: who seals in a transaction holds the key's row."""

import uuid
from typing import Any

import psycopg
import pytest
from django.db import transaction

from kyc_portal.sealing import keys
from kyc_portal.sealing.errors import KeyDestroyedError
from kyc_portal.sealing.values import seal

pytestmark = [pytest.mark.db_bound, pytest.mark.django_db(transaction=True)]
ANN = uuid.UUID(int=1)
PLACE: dict[str, Any] = {"table": "reading", "column": "fields", "row_id": uuid.UUID(int=2)}
DESTROY = "DELETE FROM sealing_customerkey WHERE customer = %s"


def test_destroying_a_key_waits_for_the_writer_who_seals(owner):
    keys.ensure_key(ANN)
    owner.execute("SET lock_timeout = '200ms'")
    with transaction.atomic():
        seal(ANN, **PLACE, plaintext=b"x")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            owner.execute(DESTROY, [ANN])
    assert owner.execute(DESTROY, [ANN]).rowcount == 1


def test_two_writers_seal_for_one_customer_at_once(app_role):
    keys.ensure_key(ANN)
    app_role.execute("SET lock_timeout = '200ms'")
    with transaction.atomic():
        seal(ANN, **PLACE, plaintext=b"x")
        assert app_role.execute(keys._NEWEST_SHARED, [ANN]).rowcount == 1


def test_a_key_held_in_memory_does_not_seal_after_its_row_is_gone(owner):
    keys.ensure_key(ANN)
    seal(ANN, **PLACE, plaintext=b"x")
    owner.execute(DESTROY, [ANN])
    with pytest.raises(KeyDestroyedError):
        seal(ANN, **PLACE, plaintext=b"x")
