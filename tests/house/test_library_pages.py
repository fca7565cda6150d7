"""The libraries' own pages: each opens for each role without a fault, in our frame; none writes around the writers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse

from kyc_portal.accounts.models import Role, User
from tests import cast
from tests.house.test_routes import LIBRARY_PREFIXES, _names
from tests.signing_in import freshly_signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]


def addresses() -> Iterator[str]:
    """Library addresses that need no argument, without the exit."""
    for name in sorted(set(_names(get_resolver().url_patterns))):
        if name.startswith(LIBRARY_PREFIXES) and not name.startswith("admin:logout"):
            try:
                yield reverse(name)
            except NoReverseMatch:
                continue


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("role", [None, *Role])
def test_each_page_of_a_library_answers_without_a_fault(
    role: Role | None, method: str, client: Client, sign_in: Callable[[User], Client]
) -> None:
    if role is not None:
        person = cast.make_customer().user if role == Role.CUSTOMER else cast.make_staff(role)
        client = freshly_signed_in(sign_in(person), person)
    found = [address for address in addresses() if method == "get" or "logout" not in address]
    assert len(found) > 20
    for address in found:
        status = getattr(client, method)(address).status_code
        assert status in (200, 302, 400, 403, 404, 405, 409, 429), (role, address, status)
