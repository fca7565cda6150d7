"""The outside knows who was erased; only notes that a believed key has signed are read."""

from __future__ import annotations

import base64
import uuid

import pytest
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.audit.proof import erasures, signing
from kyc_portal.audit.proof.erasures import Told
from kyc_portal.audit.proof.places import Folder
from tests.audit.proof.conftest import ORIGIN, seal_all

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_bound]


def erase() -> uuid.UUID:
    customer = uuid.uuid4()
    with audit.acting(audit.system("test")):
        audit.record(erasures.ACTION, object_type="accounts.customer", object_id=str(customer), subject=customer)
    return customer


def test_each_erasure_is_told_once_and_a_new_process_repeats_none(sealing, signers, outside: Folder) -> None:
    told = Told()
    seal_all(sealing)
    erasures.tell(sealing, signer=signers[0], outside=outside, told=told)
    first = erase()
    seal_all(sealing)
    assert erasures.tell(sealing, signer=signers[0], outside=outside, told=told) == 1
    assert erasures.tell(sealing, signer=signers[0], outside=outside, told=told) == 0
    second = erase()
    seal_all(sealing)
    erasures.tell(sealing, signer=signers[0], outside=outside, told=Told())
    known = erasures.read(outside, keys=[signers[0].key])
    assert {first, second} <= set(known.customers)
    assert known.unbelieved == 0
    assert not list(outside.notes()), "checkpoints lie apart"


def test_an_erasure_that_is_not_sealed_yet_is_told_later(sealing, signers, outside: Folder) -> None:
    told = Told()
    seal_all(sealing)
    erasures.tell(sealing, signer=signers[0], outside=outside, told=told)
    customer = erase()
    assert erasures.tell(sealing, signer=signers[0], outside=outside, told=told) == 0
    seal_all(sealing)
    erasures.tell(sealing, signer=signers[0], outside=outside, told=told)
    assert customer in erasures.read(outside, keys=[signers[0].key]).customers


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
    good = erasures.note(uuid.uuid4(), at=timezone.now(), by=signers[0])
    outside.put("erased/1.txt", spoil(good))
    assert erasures.read(outside, keys=[signers[0].key]) == erasures.Known([], 1)


def test_a_strangers_note_and_another_logs_note_are_not_used(signers, outside: Folder) -> None:
    secret = f"x:{base64.b64encode(b'x' * 32).decode()}"
    stranger = signing.signers(secret, origin=ORIGIN)[0]
    elsewhere = signing.signers(f"k:{base64.b64encode(b'k' * 32).decode()}", origin="other.example/audit")[0]
    for number, by in enumerate((stranger, elsewhere)):
        outside.put(f"erased/{number}.txt", erasures.note(uuid.uuid4(), at=timezone.now(), by=by))
    assert erasures.read(outside, keys=[signers[0].key]) == erasures.Known([], 2)
