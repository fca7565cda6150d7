"""Starting without a password: an address and a code are enough."""

from __future__ import annotations

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from kyc_portal.accounts.models import Customer, User

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]


def test_an_address_and_a_code_are_enough_and_the_language_is_kept(client: Client) -> None:
    client.post(reverse("customer:language"), {"language": "zh-hant", "next": "/"})
    answer = client.post(reverse("account_signup"), {"email": "dora@customer.example"})
    assert answer["Location"] == reverse("account_email_verification_sent")
    user = User.objects.get(email="dora@customer.example")
    assert not user.has_usable_password()
    assert Customer.objects.get(user=user).language == "zh-hant"
    assert "驗證碼" in mail.outbox[0].subject


def test_the_sign_in_page_still_takes_a_password(client: Client) -> None:
    assert 'name="password"' in client.get(reverse("account_login")).content.decode()
