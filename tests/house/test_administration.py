"""The administrators' pages as they are used: exports behind a fresh sign-in, /admin/ to look at only."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.account.internal.flows.login import record_authentication
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from kyc_portal.accounts.models import Role, User
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]
PURPOSE = "Monthly report to the compliance officer"


def freshly_signed_in(client: Client, user: User, method: str = "mfa") -> Client:
    """The session as the sign-in library leaves it after a step of signing in."""
    request = RequestFactory().get("/")
    session = client.session
    request.session, request.user = session, user
    record_authentication(request, user, method=method)
    session.save()
    return client


def test_an_export_without_a_fresh_second_factor_asks_for_it(sign_in: Callable[[User], Client]) -> None:
    ada = cast.make_staff(Role.ADMINISTRATOR)
    client = freshly_signed_in(sign_in(ada), ada, method="password")
    answer = client.post(reverse("administration:exports"), {"purpose": PURPOSE})
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("mfa_reauthenticate"))


def test_the_file_leaves_with_its_hash_and_is_never_cached(sign_in: Callable[[User], Client], log) -> None:
    ada = cast.make_staff(Role.ADMINISTRATOR)
    cast.to_review(now=timezone.now())
    client = freshly_signed_in(sign_in(ada), ada)
    assert client.get(reverse("administration:exports")).status_code == 200
    answer = client.post(reverse("administration:exports"), {"purpose": PURPOSE, "state": ""})
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert log.entries(action="list.exported")[0].details["sha256"] == answer["X-Content-SHA256"]


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR])
def test_the_admin_lists_in_the_queues_order_and_writes_nothing(role: Role, sign_in: Callable[[User], Client]) -> None:
    clean = cast.to_review(now=timezone.now())
    edited = cast.to_review(warnings=(-9104,), now=timezone.now())
    client = sign_in(cast.make_staff(role))
    page = client.get(reverse("admin:submissions_submission_changelist")).content.decode()
    assert page.index(edited.reference) < page.index(clean.reference)
    assert reverse("console:case", args=[edited.pk]) in page
    change = reverse("admin:submissions_submission_change", args=[edited.pk])
    assert client.get(change).status_code == 200
    assert client.post(change, {"state": "approved"}).status_code == 403
    assert (
        client.post(reverse("admin:submissions_submission_delete", args=[edited.pk]), {"post": "yes"}).status_code
        == 403
    )
    assert client.get(reverse("admin:submissions_submission_add")).status_code == 403


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.REVIEWER, Role.SENIOR_REVIEWER])
def test_nobody_else_enters_the_admin(role: Role, sign_in: Callable[[User], Client]) -> None:
    client = sign_in(cast.make_staff(role))
    assert client.get(reverse("admin:index")).status_code == 302


def test_only_submissions_stand_in_the_admin() -> None:
    assert [model._meta.label for model in admin.site._registry] == ["submissions.Submission"]
    assert Group not in admin.site._registry
