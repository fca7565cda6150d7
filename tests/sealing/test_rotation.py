"""Master keys change under running customers; a customer's new key seals from then on; nothing sealed is lost."""

from __future__ import annotations

import base64
import threading
import uuid

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from kyc_portal import audit
from kyc_portal.sealing import rotation
from kyc_portal.sealing.errors import KeyDestroyedError, MasterKeyError
from kyc_portal.sealing.keys import ensure_key, held, require_known_master_keys
from kyc_portal.sealing.models import CustomerKey
from kyc_portal.sealing.values import open_sealed, seal
from tests import cast

pytestmark = [pytest.mark.db_bound]
OPERATOR = audit.system("command_rewrap")
PLACE = {"table": "t", "column": "c", "row_id": uuid.UUID(int=7)}
OLD = f"old:{base64.b64encode(bytes(32)).decode()}"
NEW = f"new:{base64.b64encode(bytes([1] * 32)).decode()}"


@pytest.fixture
def customers(settings) -> list[uuid.UUID]:
    settings.MASTER_KEY = OLD
    held.clear()
    made = [uuid.uuid4() for _each in range(3)]
    for customer in made:
        ensure_key(customer)
    return made


def opens(customer: uuid.UUID, blob: bytes) -> bytes:
    held.clear()  # as another process would
    return open_sealed(customer, blob=blob, **PLACE)


@pytest.mark.django_db
def test_the_old_master_key_leaves_and_everything_still_opens(customers, settings, capsys, log) -> None:
    blobs = {each: seal(each, plaintext=each.bytes, **PLACE) for each in customers}
    settings.MASTER_KEY = f"{NEW},{OLD}"
    assert all(opens(each, blob) == each.bytes for each, blob in blobs.items()), "before anything is wrapped again"
    log.start()
    call_command("rewrap")
    assert "'old' wraps 0 keys: it may leave" in capsys.readouterr().out
    settings.MASTER_KEY = NEW
    assert all(opens(each, blob) == each.bytes for each, blob in blobs.items())
    require_known_master_keys()
    (act,) = log.entries(action="key.rewrapped")
    assert act.details == {"from_old": str(CustomerKey.objects.count())}
    settings.MASTER_KEY = OLD
    with pytest.raises(MasterKeyError, match="'new', which is not in MASTER_KEY"):
        opens(*next(iter(blobs.items())))


@pytest.mark.django_db
def test_without_the_old_key_nothing_is_wrapped_and_it_says_which_is_missing(customers, settings) -> None:
    settings.MASTER_KEY = NEW
    before = list(CustomerKey.objects.order_by("pk").values())
    with pytest.raises(CommandError, match="master key 'old', which is not in MASTER_KEY"):
        call_command("rewrap")
    assert list(CustomerKey.objects.order_by("pk").values()) == before


@pytest.mark.django_db(transaction=True)
def test_a_key_in_use_is_left_to_the_next_batch(customers, settings) -> None:
    settings.MASTER_KEY = f"{NEW},{OLD}"
    sealing, done = threading.Event(), threading.Event()

    def seal_slowly() -> None:
        with audit.acting(OPERATOR):
            seal(customers[0], plaintext=b"x", **PLACE)
            sealing.set()
            done.wait(20)
        connection.close()

    writer = threading.Thread(target=seal_slowly)
    writer.start()
    assert sealing.wait(20)
    assert rotation.rewrap(actor=OPERATOR) == len(customers) - 1
    assert rotation.rewrap(actor=OPERATOR) == 0
    done.set()
    writer.join(20)
    assert rotation.rewrap(actor=OPERATOR) == 1
    assert set(rotation.wrapped_by()) == {"new"}


@pytest.mark.django_db
def test_a_new_key_seals_from_then_on_and_the_old_still_opens(customers) -> None:
    first, *_others = customers
    before = seal(first, plaintext=b"before", **PLACE)
    assert rotation.renew(first, actor=OPERATOR) == 2
    after = seal(first, plaintext=b"after", **PLACE)
    assert (before[1:3], after[1:3]) == (b"\x00\x01", b"\x00\x02")
    assert (opens(first, before), opens(first, after)) == (b"before", b"after")
    with pytest.raises(KeyDestroyedError):
        rotation.renew(uuid.uuid4(), actor=OPERATOR)


@pytest.mark.django_db
def test_a_customers_key_is_renewed_by_a_cases_reference(capsys) -> None:
    submission = cast.received()
    call_command("renew_key", submission.reference.lower())
    assert "key version 2" in capsys.readouterr().out
    with pytest.raises(CommandError, match="No customer or case"):
        call_command("renew_key", "S-NOBODY")


@pytest.mark.django_db
def test_a_backups_copy_of_an_erased_key_dies_with_its_master_key_and_the_living_open(customers, settings) -> None:
    """Docs/privacy.md, "Backups": until then it opens, which is why a restore erases again."""
    erased, living, *_others = customers
    blobs = {each: seal(each, plaintext=each.bytes, **PLACE) for each in (erased, living)}
    backup = {row.customer: (row.master_id, bytes(row.wrapped)) for row in CustomerKey.objects.all()}
    with audit.acting(OPERATOR):
        CustomerKey.objects.filter(customer=erased).delete()
    settings.MASTER_KEY = f"{NEW},{OLD}"
    call_command("rewrap")
    with audit.acting(OPERATOR):  # somebody brings the row back out of an old copy
        master_id, wrapped = backup[erased]
        CustomerKey.objects.create(customer=erased, master_id=master_id, wrapped=wrapped)
    assert opens(erased, blobs[erased]) == erased.bytes, "while the old master key is kept"
    settings.MASTER_KEY = NEW
    with pytest.raises(MasterKeyError, match="'old', which is not in MASTER_KEY"):
        opens(erased, blobs[erased])
    assert opens(living, blobs[living]) == living.bytes
