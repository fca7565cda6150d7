"""Rings of keys: what is accepted, and what the operator is told when they do not fit."""

import base64
import uuid

import pytest

from kyc_portal import audit
from kyc_portal.sealing import keys
from kyc_portal.sealing.errors import MasterKeyError
from kyc_portal.sealing.models import MasterKeyCheck
from kyc_portal.sealing.rings import MasterKeys, derive, parse

OLD, NEW = (base64.b64encode(bytes([number] * 32)).decode() for number in (1, 2))
CONTEXT = b"key and customer"


def ring(text: str) -> MasterKeys:
    return MasterKeys(parse(text, name="MASTER_KEY"))


def test_the_first_key_wraps_and_all_unwrap():
    key_id, blob = ring(f"old:{OLD}").wrap(b"k" * 32, context=CONTEXT)
    both = ring(f"new:{NEW},old:{OLD}")
    assert both.unwrap(key_id, blob, context=CONTEXT) == b"k" * 32
    assert both.wrap(b"k", context=CONTEXT)[0] == "new"


def test_another_key_under_the_same_id_is_named():
    key_id, blob = ring(f"a:{OLD}").wrap(b"k", context=CONTEXT)
    with pytest.raises(MasterKeyError, match="master key 'a' is not the one that wrapped this key"):
        ring(f"a:{NEW}").unwrap(key_id, blob, context=CONTEXT)


def test_a_key_that_is_gone_is_named_with_those_that_are_there():
    key_id, blob = ring(f"2026a:{OLD}").wrap(b"k", context=CONTEXT)
    with pytest.raises(MasterKeyError, match=r"master key '2026a', which is not in MASTER_KEY \(has: 2027\)"):
        ring(f"2027:{NEW}").unwrap(key_id, blob, context=CONTEXT)


def test_a_missing_ring_says_what_to_give():
    with pytest.raises(MasterKeyError, match="MASTER_KEY is not set: give 'id:base64 of 32 bytes'"):
        parse("", name="MASTER_KEY")


@pytest.mark.parametrize(
    "text", ["abc", "a:", ":" + OLD, "a:AAAA", "a:not base64!", f"a:{OLD},a:{NEW}", f"a:{OLD},", "a:陳"]
)
def test_a_ring_that_cannot_be_read_names_the_variable_and_the_form_and_no_key(text):
    with pytest.raises(MasterKeyError, match="DIGEST_KEY: give 'id:base64 of 32 bytes'") as caught:
        parse(text, name="DIGEST_KEY")
    assert OLD not in str(caught.value)


def test_a_ring_does_not_show_its_keys():
    assert OLD not in repr(ring(f"a:{OLD}"))
    assert repr(bytes([1] * 32)) not in repr(ring(f"a:{OLD}"))


def test_derived_keys_differ_by_purpose():
    assert derive(b"k" * 32, "a") != derive(b"k" * 32, "b")


@pytest.mark.db_bound
@pytest.mark.django_db
class TestAtTheStart:
    """The process does not start on keys that do not fit what is stored."""

    @pytest.fixture(autouse=True)
    def _first_start(self, settings):
        settings.MASTER_KEY, settings.DIGEST_KEY = f"m:{OLD}", f"d:{OLD}"
        keys.require_known_master_keys()

    def test_the_same_keys_start_again_and_nothing_more_is_stored(self):
        keys.require_known_master_keys()
        assert {row.master_id for row in MasterKeyCheck.objects.all()} == {"m", "digest:d"}

    def test_a_new_key_in_front_is_taken_in(self, settings):
        settings.MASTER_KEY = f"n:{NEW},m:{OLD}"
        keys.require_known_master_keys()
        assert MasterKeyCheck.objects.filter(master_id="n").exists()

    def test_another_master_key_under_a_known_id_is_refused(self, settings):
        settings.MASTER_KEY = f"m:{NEW}"
        with pytest.raises(MasterKeyError, match="master key 'm' is not the one"):
            keys.require_known_master_keys()

    def test_another_digest_key_under_a_known_id_is_refused(self, settings):
        settings.DIGEST_KEY = f"d:{NEW}"
        with pytest.raises(MasterKeyError, match="digest key 'd' is not the one"):
            keys.require_known_master_keys()

    def test_a_master_key_that_customers_still_need_may_not_be_gone(self, settings):
        with audit.acting(audit.system("setup")):
            keys.create_key(uuid.uuid4())
        settings.MASTER_KEY = f"n:{NEW}"
        with pytest.raises(MasterKeyError, match=r"master key 'm', which is not in MASTER_KEY \(has: n\)"):
            keys.require_known_master_keys()

    def test_a_master_key_nobody_needs_may_go(self, settings):
        settings.MASTER_KEY = f"n:{NEW}"
        keys.require_known_master_keys()

    @pytest.mark.parametrize("name", ["MASTER_KEY", "DIGEST_KEY"])
    def test_a_missing_ring_is_refused(self, settings, name):
        setattr(settings, name, "")
        with pytest.raises(MasterKeyError, match=f"{name} is not set"):
            keys.require_known_master_keys()
