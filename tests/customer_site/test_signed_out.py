"""A sign-in that ended in the middle: nobody is asked for a password they do not have, and nothing is half-shown."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from kyc_portal.accounts.models import Role, User
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]
CODE_PAGE = "/accounts/login/code/"


def signed_up(client: Client, address: str) -> Client:
    """A new customer, by the code that was mailed."""
    client.post(reverse("account_signup"), {"email": address})
    code = re.search(r"^([A-Z0-9]{3,4}-[A-Z0-9]{3,4})$", mail.outbox[-1].body, re.MULTILINE)
    assert code
    client.post(reverse("account_email_verification_sent"), {"code": code[1]})
    return client


def test_a_page_that_asks_for_its_own_part_goes_to_the_sign_in_as_a_whole(client: Client) -> None:
    page = reverse("customer:progress")
    here = f"http://testserver{page}"
    answer = client.get(page, headers={"HX-Request": "true", "HX-Current-URL": here})
    assert answer.status_code == 401
    assert answer.content == b""
    assert answer["HX-Redirect"] == f"{CODE_PAGE}?next={page}"


def test_a_queue_that_refreshes_itself_shows_nothing_more_either(client: Client) -> None:
    answer = client.get(reverse("console:queue"), headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer["HX-Redirect"].startswith(reverse("account_login"))


def test_the_module_that_sends_a_photo_is_told_where_to_sign_in(client: Client) -> None:
    file = io.BytesIO(cast.picture())
    file.name = "photo.jpg"
    answer = client.post(
        reverse("customer:upload", args=["FRONT"]), {"picture": file}, headers={"Accept": "application/json"}
    )
    assert (answer.status_code, answer.json()) == (401, {"signed_out": CODE_PAGE})


@pytest.mark.parametrize(
    ("role", "page"), [(Role.CUSTOMER, "account_request_login_code"), (Role.REVIEWER, "account_login")]
)
def test_signing_out_leads_to_ones_own_way_in(role: Role, page: str, sign_in: Callable[[User], Client]) -> None:
    person = cast.make_customer().user if role == Role.CUSTOMER else cast.make_staff(role)
    assert sign_in(person).post(reverse("account_logout"))["Location"] == reverse(page)


@pytest.mark.parametrize(
    ("language", "said"), [("en", "This page was too old"), ("zh-hant", "此頁面已過時"), ("zh-hans", "页面已失效")]
)
def test_a_form_of_before_another_sign_in_is_refused_in_the_readers_words(language: str, said: str) -> None:
    client = Client(enforce_csrf_checks=True, headers={"accept-language": language})
    answer = client.post(reverse("account_signup"), {"email": "flora@customer.example"})
    page = answer.content.decode()
    assert answer.status_code == 403
    assert said in page
    assert "CSRF" not in page


def test_who_has_just_signed_up_need_not_sign_in_again(client: Client) -> None:
    signed_up(client, "flora@customer.example")
    page = client.get(reverse("customer:download")).content.decode()
    assert "You signed in some time ago" not in page
    assert "Add a passkey" in client.get(reverse("customer:passkeys")).content.decode()


def test_nothing_of_the_library_is_said_above_the_first_page(client: Client) -> None:
    page = signed_up(client, "eve@customer.example").get(reverse("customer:start")).content.decode()
    assert 'class="banner' not in page
    assert "eve@customer.example" not in page


@pytest.mark.parametrize(
    "name",
    ["account_email", "account_change_password", "account_set_password", "account_reauthenticate", "mfa_index"]
    + ["mfa_activate_totp", "mfa_view_recovery_codes"],
)
def test_pages_for_passwords_and_second_factors_are_not_for_customers(
    name: str, sign_in: Callable[[User], Client]
) -> None:
    client = sign_in(cast.make_customer().user)
    assert client.get(reverse(name)).status_code == 404
    assert client.post(reverse(name)).status_code == 404


def test_a_page_that_is_not_there_keeps_the_customers_frame(client: Client) -> None:
    page = client.get("/nothing/", headers={"accept-language": "zh-hant"}).content.decode()
    assert "找不到頁面" in page
    assert 'class="languages"' in page


def test_the_language_a_visitor_chose_outlives_the_browser(client: Client) -> None:
    client.post(reverse("customer:language"), {"language": "zh-hans", "next": "/"})
    assert int(client.cookies["django_language"]["max-age"]) > 30 * 24 * 3600
