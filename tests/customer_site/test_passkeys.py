"""Passkeys are the customer's own, never a second factor, and need a sign-in of the last minutes."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.test import Client
from django.urls import reverse

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from tests import cast
from tests.signing_in import freshly_signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]


def passkey_of(user: User) -> Authenticator:
    with audit.acting(user.actor):
        return Authenticator.objects.create(
            user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "phone", "credential": {}}
        )


def test_a_customers_passkey_is_no_second_factor_that_locks_out(client: Client) -> None:
    user = cast.make_customer().user
    passkey_of(user)
    assert not is_mfa_enabled(user)
    assert not is_mfa_enabled(user, [Authenticator.Type.WEBAUTHN])


def test_a_passkey_never_counts_as_a_colleagues_second_factor(sign_in: Callable[[User], Client]) -> None:
    rob = cast.make_staff()
    passkey_of(rob)
    assert not is_mfa_enabled(rob)
    sign_in(rob)
    assert is_mfa_enabled(rob)


def test_another_customers_passkey_is_not_found(sign_in: Callable[[User], Client]) -> None:
    ann, bea = cast.make_customer("ann").user, cast.make_customer("bea").user
    passkey = passkey_of(ann)
    client = freshly_signed_in(sign_in(bea), bea)
    assert client.post(reverse("customer:passkey-remove", args=[passkey.pk])).status_code == 404
    assert Authenticator.objects.filter(pk=passkey.pk).exists()


def test_an_old_sign_in_changes_no_passkey(sign_in: Callable[[User], Client]) -> None:
    ann = cast.make_customer("ann").user
    passkey = passkey_of(ann)
    client = freshly_signed_in(sign_in(ann), ann)
    session = client.session
    session["account_authentication_methods"][0]["at"] = time.time() - 3600
    session.save()
    answer = client.post(reverse("customer:passkey-remove", args=[passkey.pk]))
    assert answer["Location"].startswith(reverse("account_request_login_code"))
    assert Authenticator.objects.filter(pk=passkey.pk).exists()
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("role", [None, Role.CUSTOMER, Role.REVIEWER])
@pytest.mark.parametrize("name", ["mfa_add_webauthn", "mfa_list_webauthn", "mfa_reauthenticate_webauthn"])
def test_the_librarys_own_pages_for_keys_are_not_there(
    name: str, role: Role | None, client: Client, sign_in: Callable[[User], Client]
) -> None:
    if role is not None:
        person = cast.make_customer().user if role == Role.CUSTOMER else cast.make_staff(role)
        client = freshly_signed_in(sign_in(person), person)
    assert client.get(reverse(name)).status_code == 404
    assert client.post(reverse(name)).status_code == 404


@pytest.mark.parametrize("credential", ["", "{}", "[]", "null", '{"id": "x"}', "x" * 100_000])
def test_what_is_no_answer_of_a_device_adds_nothing(credential: str, sign_in: Callable[[User], Client]) -> None:
    ann = cast.make_customer("ann").user
    client = freshly_signed_in(sign_in(ann), ann)
    page = reverse("customer:passkeys")
    client.get(page)
    assert client.post(page, {"name": "x", "credential": credential}).status_code == 400
    assert not Authenticator.objects.filter(user=ann).exists()


@pytest.mark.parametrize("credential", ["", "{}", "[]", '{"id": "x"}'])
def test_what_is_no_answer_of_a_device_signs_nobody_in(credential: str, client: Client) -> None:
    answer = client.post(reverse("mfa_login_webauthn"), {"credential": credential})
    assert answer.status_code == 302
    assert "_auth_user_id" not in client.session
