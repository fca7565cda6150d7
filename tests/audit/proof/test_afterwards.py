"""The outside knows who was erased and who is under a hold; only notes that a believed key has signed are read."""

from __future__ import annotations

import base64
import uuid
from datetime import datetime

import pytest
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.audit.proof import afterwards, signing
from kyc_portal.audit.proof.afterwards import Told
from kyc_portal.audit.proof.places import Folder
from tests.audit.proof.conftest import ORIGIN, seal_all

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_bound]


def erase() -> uuid.UUID:
    customer = uuid.uuid4()
    with audit.acting(audit.system("test")):
        audit.record("customer.erased", object_type="accounts.customer", object_id=str(customer), subject=customer)
    return customer


def some_note(*, at: datetime, by: signing.Signer) -> str:
    customer = uuid.uuid4()
    return afterwards.note("erased", customer, customer, at=at, by=by)


def test_a_hold_is_known_until_it_is_lifted(sealing, signers, outside: Folder) -> None:
    customer, open_hold, lifted = (uuid.uuid4() for _each in range(3))
    with audit.acting(audit.system("test")):
        for hold in (open_hold, lifted):
            audit.record("hold.set", object_type="privacy.hold", object_id=str(hold), subject=customer)
        audit.record("hold.lifted", object_type="privacy.hold", object_id=str(lifted), subject=customer)
    seal_all(sealing)
    afterwards.tell(sealing, signer=signers[0], outside=outside, told=Told())
    known = afterwards.read(outside, keys=[signers[0].key])
    assert known.holds[open_hold] == customer
    assert lifted not in known.holds


def test_a_note_does_not_count_as_another_kind(signers, outside: Folder) -> None:
    """Whoever moves a signed note of a hold among the erasures erases nobody."""
    outside.put("erased/1.txt", afterwards.note("held", uuid.uuid4(), uuid.uuid4(), at=timezone.now(), by=signers[0]))
    assert afterwards.read(outside, keys=[signers[0].key]) == afterwards.Known([], 1)


def test_each_erasure_is_told_once_and_a_new_process_repeats_none(sealing, signers, outside: Folder) -> None:
    told = Told()
    seal_all(sealing)
    afterwards.tell(sealing, signer=signers[0], outside=outside, told=told)
    first = erase()
    seal_all(sealing)
    assert afterwards.tell(sealing, signer=signers[0], outside=outside, told=told) == 1
    assert afterwards.tell(sealing, signer=signers[0], outside=outside, told=told) == 0
    second = erase()
    seal_all(sealing)
    afterwards.tell(sealing, signer=signers[0], outside=outside, told=Told())
    known = afterwards.read(outside, keys=[signers[0].key])
    assert {first, second} <= set(known.customers)
    assert known.unbelieved == 0
    assert not list(outside.notes()), "checkpoints lie apart"


def test_an_erasure_that_is_not_sealed_yet_is_told_later(sealing, signers, outside: Folder) -> None:
    told = Told()
    seal_all(sealing)
    afterwards.tell(sealing, signer=signers[0], outside=outside, told=told)
    customer = erase()
    assert afterwards.tell(sealing, signer=signers[0], outside=outside, told=told) == 0
    seal_all(sealing)
    afterwards.tell(sealing, signer=signers[0], outside=outside, told=told)
    assert customer in afterwards.read(outside, keys=[signers[0].key]).customers


@pytest.mark.parametrize(
    "spoil",
    [
        lambda note: note.replace("erased ", "erased 1", 1),
        lambda note: note.replace("time 20", "time 19", 1),
        lambda note: note[:-20],
        lambda note: note.split("\n\n")[0] + "\n",
        lambda note: "",
        lambda note: "no note at all\n\n— x y\n",
    ],
)
def test_a_note_that_was_changed_is_not_used(spoil, signers, outside: Folder) -> None:
    good = some_note(at=timezone.now(), by=signers[0])
    outside.put("erased/1.txt", spoil(good))
    assert afterwards.read(outside, keys=[signers[0].key]) == afterwards.Known([], 1)


def test_a_strangers_note_and_another_logs_note_are_not_used(signers, outside: Folder) -> None:
    secret = f"x:{base64.b64encode(b'x' * 32).decode()}"
    stranger = signing.signers(secret, origin=ORIGIN)[0]
    elsewhere = signing.signers(f"k:{base64.b64encode(b'k' * 32).decode()}", origin="other.example/audit")[0]
    for number, by in enumerate((stranger, elsewhere)):
        outside.put(f"erased/{number}.txt", some_note(at=timezone.now(), by=by))
    assert afterwards.read(outside, keys=[signers[0].key]) == afterwards.Known([], 2)
