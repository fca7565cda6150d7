"""The same number, holder or picture is met again by digest; the digest tells nothing without the key."""

import base64
import hashlib
import uuid

import pytest

from kyc_portal import audit
from kyc_portal.sealing.digests import KINDS, customers_sharing, digest, picture_digest, put_digests
from kyc_portal.sealing.models import SearchDigest

ANN, BEA = uuid.UUID(int=1), uuid.UUID(int=2)
OTHER = base64.b64encode(b"9" * 32).decode()


def put(customer: uuid.UUID, **texts: str) -> None:
    with audit.acting(audit.system("setup")):
        put_digests(customer, texts)


def test_a_digest_is_not_a_plain_hash_and_differs_by_kind():
    assert digest("number", "H01234567") != hashlib.sha256(b"H01234567").digest()
    assert len({digest(kind, "H01234567|x") for kind in KINDS}) == len(KINDS)


def test_another_key_gives_another_digest(settings):
    before = digest("number", "H01234567")
    settings.DIGEST_KEY = f"other:{OTHER}"
    assert digest("number", "H01234567") != before


@pytest.mark.parametrize("written", ["h01234567", " H0123 4567 ", "Ｈ０１２３４５６７"])
def test_a_number_is_met_however_it_is_written(written):
    assert digest("number", written) == digest("number", "H01234567")


@pytest.mark.parametrize(("one", "other"), [("陳大文|1980-01-02", "陈大文|1980-01-02"), ("陳 大文|x", "陳大文|x")])
def test_a_holder_is_met_in_either_script(one, other):
    assert digest("name_born", one) == digest("name_born", other)


def test_a_name_is_bound_to_the_birth_date():
    assert digest("name_born", "陳大文|1980-01-02") != digest("name_born", "陳大文|1980-01-03")


def test_a_picture_is_met_by_its_bytes():
    assert picture_digest(b"a") == picture_digest(b"a") != picture_digest(b"b")


def test_a_kind_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="no such kind"):
        digest("address", "x")


@pytest.mark.db_bound
@pytest.mark.django_db
class TestMeeting:
    def test_the_customers_who_share_a_number_are_found(self):
        put(ANN, number="H01234567")
        put(BEA, number="H01234567")
        put(uuid.UUID(int=3), number="H7654321")
        assert set(customers_sharing("number", "H01234567")) == {ANN, BEA}

    def test_remembering_twice_keeps_one(self):
        put(ANN, number="H01234567")
        put(ANN, number="H01234567")
        assert SearchDigest.objects.count() == 1

    def test_a_value_is_met_under_the_old_key_while_two_are_in_the_ring(self, settings):
        put(ANN, number="H01234567")
        settings.DIGEST_KEY = f"new:{OTHER},{settings.DIGEST_KEY}"
        put(BEA, number="H01234567")
        assert set(customers_sharing("number", "H01234567")) == {ANN, BEA}

    def test_the_log_does_not_hold_the_digest(self, log):
        put(ANN, number="H01234567")
        (entry,) = log.entries()
        assert entry.after["digest"] == {"hidden": True}
