"""Signing in by the library's own pages writes, and says who."""

import pytest
from allauth.account.models import EmailAddress

from kyc_portal import audit
from kyc_portal.accounts.models import Customer, Role, User

pytestmark = [pytest.mark.db_bound, pytest.mark.django_db]


def test_a_customer_signs_in_and_out_and_both_are_acts(client, log):
    with audit.acting(audit.system("setup")):
        user = User.objects.create_user("ann.signs@example.com", "a long passphrase", role=Role.CUSTOMER)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        customer = Customer.objects.create(user=user)
    log.start()
    response = client.post("/accounts/login/", {"login": user.email, "password": "a long passphrase"})
    assert response.status_code == 302
    client.post("/accounts/logout/")
    assert log.acts() == ["sign_in.succeeded", "sign_in.ended"]
    assert {entry.request for entry in log.entries()} != {""}
    assert log.entries(kind="act")[1].actor == f"customer:{customer.id}"


def test_a_wrong_password_is_an_act_without_the_address(client, log):
    response = client.post("/accounts/login/", {"login": "nobody@example.com", "password": "a wrong passphrase"})
    assert response.status_code == 200
    (entry,) = log.entries(kind="act")
    assert entry.action == "sign_in.failed"
    assert "nobody" not in str(entry.details)


def test_a_reviewer_signed_in_for_a_test_is_signed_in(sign_in, log):
    with audit.acting(audit.system("setup")):
        rob = User.objects.create_user("rob.signs@example.com", role=Role.REVIEWER, display_name="Rob")
    client = sign_in(rob)
    assert client.session["_auth_user_id"] == str(rob.pk)
    assert log.acts() == ["sign_in.succeeded"]
