"""How a colleague likes the console: kept on the account, told to the page, and no matter of the log."""

from __future__ import annotations

import pytest
from django.urls import reverse

from kyc_portal.accounts import preferences
from tests import cast

pytestmark = pytest.mark.django_db
PREFER = reverse("console:prefer")


def test_a_choice_is_kept_on_the_account_and_leaves_no_entry(sign_in, log) -> None:
    rob, tom = cast.make_staff(), cast.make_staff()
    client = sign_in(rob)
    log.start()
    assert client.post(PREFER, {"name": "contrast", "on": "1"}).status_code == 204
    assert client.post(PREFER, {"name": "single_keys"}).status_code == 204
    assert log.entries() == []
    for person in (rob, tom):
        person.refresh_from_db()
    assert preferences.of(rob) == {**preferences.DEFAULTS, "contrast": True, "single_keys": False}
    assert preferences.of(tom) == dict(preferences.DEFAULTS)
    assert 'data-single-keys="off"' in client.get(reverse("console:queue")).text


def test_what_nobody_can_choose_is_not_kept(sign_in) -> None:
    rob = cast.make_staff()
    assert sign_in(rob).post(PREFER, {"name": "role", "on": "1"}).status_code == 404
    rob.refresh_from_db()
    assert rob.preferences == {}
