"""/admin/ lists and shows; it writes nothing, and holds nothing but submissions."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kyc_portal.accounts.models import Role, User
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]


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
