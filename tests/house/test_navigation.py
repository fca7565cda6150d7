"""The navigation shows each role only what it may open, and marks where it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from kyc_portal.accounts.models import Role, User
from kyc_portal.accounts.navigation import pages_of
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.SENIOR_REVIEWER, Role.AUDITOR])
def test_every_page_of_a_role_opens_for_it(role: Role, sign_in: Callable[[User], Client], log) -> None:
    client = sign_in(cast.make_staff(role))
    log.start()
    for _label, pages in pages_of(role):
        for page in pages:
            answer = client.get(reverse(page.view, args=page.arguments))
            assert answer.status_code == 200, page.view
            if not page.view.startswith("admin:"):
                assert b'aria-current="page"' in answer.content, page.view
    assert "permission.refused" not in log.acts()


def test_an_administrator_sees_no_queue_and_a_reviewer_no_export() -> None:
    views = {role: {page.view for _label, pages in pages_of(role) for page in pages} for role in Role}
    assert "console:queue" not in views[Role.ADMINISTRATOR]
    assert "administration:exports" in views[Role.ADMINISTRATOR]
    assert "administration:exports" not in views[Role.REVIEWER]
    assert views[Role.CUSTOMER] == set()
