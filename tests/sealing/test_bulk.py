"""Values of many opened at once are what opening one by one gives, and as careful."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import pytest

from kyc_portal import audit
from kyc_portal.sealing import keys, rotation
from kyc_portal.sealing.bulk import KeysOfMany, key_beside, open_beside
from kyc_portal.sealing.errors import MasterKeyError, SealBrokenError, SealError
from kyc_portal.sealing.models import CustomerKey
from kyc_portal.sealing.values import seal, seal_json
from kyc_portal.submissions.models import Submission
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]
PLACE = {"table": "reading", "column": "fields_sealed"}
VALUE = {"name": "陳大文", "note": 'a\nb"c'}


@pytest.fixture
def customers() -> list[UUID]:
    made = [uuid4(), uuid4(), uuid4()]
    for each in made:
        keys.ensure_key(each)
    return made


def opened(customers: list[UUID], row_ids: list[UUID], blobs: list[bytes | None]) -> list[object]:
    found = KeysOfMany([each.bytes for each in customers])
    return list(
        found.open_json(
            **PLACE,
            customers=[each.bytes for each in customers],
            row_ids=[each.bytes for each in row_ids],
            blobs=blobs,
        )
    )


def test_each_opens_under_the_key_and_version_it_was_sealed_with(customers: list[UUID]) -> None:
    rows = [uuid4(), uuid4(), uuid4()]
    first = seal_json(customers[0], **PLACE, row_id=rows[0], value=VALUE)
    rotation.renew(customers[0], actor=audit.system("command_test"))
    second = seal_json(customers[0], **PLACE, row_id=rows[1], value={})
    other = seal_json(customers[1], **PLACE, row_id=rows[2], value=VALUE)
    assert opened([customers[0], customers[0], customers[1]], rows, [first, second, other]) == [VALUE, {}, VALUE]


def test_nothing_sealed_is_an_empty_record_and_a_destroyed_key_none(customers: list[UUID]) -> None:
    row = uuid4()
    blob = seal_json(customers[0], **PLACE, row_id=row, value=VALUE)
    with audit.acting(audit.system("command_test")):
        CustomerKey.objects.filter(customer=customers[0]).delete()
    assert opened([customers[0], customers[1], customers[0]], [row, row, row], [blob, None, None]) == [None, {}, {}]


@pytest.mark.parametrize("what", ["row", "customer", "byte", "cut", "cut short"])
def test_what_was_moved_or_changed_does_not_open(customers: list[UUID], what: str) -> None:
    row = uuid4()
    blob = seal_json(customers[0], **PLACE, row_id=row, value=VALUE)
    changed = {"byte": blob[:-1] + bytes([blob[-1] ^ 1]), "cut": blob[:20], "cut short": blob[:5]}.get(what, blob)
    whose = customers[1] if what == "customer" else customers[0]
    with pytest.raises(SealBrokenError):
        opened([whose], [uuid4() if what == "row" else row], [changed])


@pytest.mark.parametrize("blob", [b"", b"\x02\x00\x01" + bytes(40), json.dumps(VALUE).encode()])
def test_what_is_no_sealed_value_is_broken_and_never_called_erased(customers: list[UUID], blob: bytes) -> None:
    with pytest.raises(SealBrokenError):
        opened([customers[0]], [uuid4()], [blob])


def test_a_master_key_that_does_not_fit_is_told(customers: list[UUID], settings) -> None:
    settings.MASTER_KEY = settings.MASTER_KEY.replace("test:", "other:")
    with pytest.raises(MasterKeyError, match="which is not in MASTER_KEY"):
        KeysOfMany([customers[0].bytes])


def test_a_key_comes_beside_what_it_sealed_and_opens_it() -> None:
    first, renewed, gone, unread = cast.to_review(), cast.to_review(), cast.to_review(), cast.received()
    rotation.renew(renewed.customer_id, actor=audit.system("command_test"))  # what it sealed stays under version 1
    with audit.acting(audit.system("command_test")):
        CustomerKey.objects.filter(customer=gone.customer_id).delete()
    found = dict(zip(*beside(), strict=True))
    assert found[first.pk]["name"] == found[renewed.pk]["name"] == "李••"
    assert (found[gone.pk], found[unread.pk]) == (None, {})


def beside() -> tuple[list[UUID], list[dict[str, str] | None]]:
    """(submissions, what each sealed in its summary)."""
    place = {"table": "submission", "column": "summary_sealed"}
    key = key_beside(**place, customer="customer_id", row_id="id", sealed="summary_sealed")
    found = list(Submission.objects.annotate(key=key).values_list("pk", "summary_sealed", "key"))
    pks, blobs, keys = (list(each) for each in zip(*found, strict=True))
    return pks, open_beside(
        **place, blobs=[each and bytes(each) for each in blobs], keys=[each and bytes(each) for each in keys]
    )


@pytest.mark.parametrize("blob", [b"", b"\x01", b"\x01\x00\x01" + bytes(40), b"\x02\x00\x01" + bytes(40)])
def test_what_is_no_sealed_value_is_broken_beside_its_key_too(blob: bytes) -> None:
    submission = cast.to_review()
    with audit.acting(audit.system("command_test")):
        Submission.objects.filter(pk=submission.pk).update(summary_sealed=blob)
    with pytest.raises(SealBrokenError):
        beside()


def test_another_customer_s_value_does_not_open_beside_a_key() -> None:
    one, other = cast.to_review(), cast.to_review()
    with audit.acting(audit.system("command_test")):
        Submission.objects.filter(pk=one.pk).update(summary_sealed=other.summary_sealed)
    with pytest.raises(SealBrokenError):
        beside()


def test_a_value_does_not_open_beside_the_key_in_another_row_of_its_customer() -> None:
    one = cast.to_review()
    moved = seal_json(one.customer_id, table="submission", column="summary_sealed", row_id=uuid4(), value=VALUE)
    with audit.acting(audit.system("command_test")):
        Submission.objects.filter(pk=one.pk).update(summary_sealed=moved)
    with pytest.raises(SealBrokenError):
        beside()


@pytest.mark.parametrize("left", [0, 20, 59])
def test_a_wrapped_key_that_was_cut_short_opens_nothing(left: int) -> None:
    submission = cast.to_review()
    with audit.acting(audit.system("command_test")):
        CustomerKey.objects.filter(customer=submission.customer_id).update(wrapped=bytes(left))
    with pytest.raises(SealError):
        beside()


def test_a_master_key_that_does_not_fit_is_told_beside_a_value_too(settings) -> None:
    cast.to_review()
    settings.MASTER_KEY = settings.MASTER_KEY.replace("test:", "other:")
    with pytest.raises(MasterKeyError, match="which is not in MASTER_KEY"):
        beside()


def test_what_opens_but_is_no_json_is_broken(customers: list[UUID]) -> None:
    row = uuid4()
    blob = seal(customers[0], **PLACE, row_id=row, plaintext=b'{"name": ')
    with pytest.raises(SealBrokenError):
        opened([customers[0]], [row], [blob])
