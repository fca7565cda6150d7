"""The claim while its page is open, when the page is left, and when it comes back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.submissions.deciding import claims
from kyc_portal.submissions.models import Submission
from tests import cast
from tests.review_console.test_presses import held_by, press

pytestmark = pytest.mark.django_db


def until(case: Submission) -> datetime:
    case.refresh_from_db()
    assert case.claimed_until is not None
    return case.claimed_until


def test_an_open_page_renews_its_claim_and_is_told_until_when(sign_in) -> None:
    rob = cast.make_staff()
    case = held_by(rob)
    with audit.acting(rob.actor):
        Submission.objects.filter(pk=case.pk).update(claimed_until=timezone.now() + timedelta(minutes=1))
    told = press(sign_in(rob), "renew", case).json()
    assert datetime.fromisoformat(told["until"]) == until(case)
    assert until(case) > timezone.now() + timedelta(minutes=9)


def test_a_page_that_is_left_lets_its_claim_run_out_soon(sign_in) -> None:
    rob, tom = cast.make_staff(), cast.make_staff()
    case = held_by(rob)
    press(sign_in(rob), "leave", case, until=until(case).isoformat())
    assert until(case) < timezone.now() + timedelta(seconds=31)
    later = timezone.now() + timedelta(seconds=31)
    assert claims.claim_next(reviewer=tom, actor=tom.actor, now=later) == case


def test_a_page_that_comes_back_in_time_keeps_its_claim(sign_in) -> None:
    rob = cast.make_staff()
    case, client = held_by(rob), sign_in(rob)
    press(client, "leave", case, until=until(case).isoformat())
    assert press(client, "renew", case).status_code == 200
    assert until(case) > timezone.now() + timedelta(minutes=9)


def test_a_farewell_that_comes_late_ends_nothing_that_another_page_renewed(sign_in) -> None:
    rob = cast.make_staff()
    case, client = held_by(rob), sign_in(rob)
    known = until(case)
    press(client, "renew", case)
    press(client, "leave", case, until=known.isoformat())
    assert until(case) > timezone.now() + timedelta(minutes=9)


def test_nobody_else_can_end_a_claim_by_leaving(sign_in) -> None:
    rob, tom = cast.make_staff(), cast.make_staff()
    case = held_by(rob)
    client = sign_in(tom)
    for known in (until(case).isoformat(), "tomorrow", ""):
        assert press(client, "leave", case, until=known).status_code == 204
    assert until(case) > timezone.now() + timedelta(minutes=9)
    assert reverse("console:leave", args=[case.pk])
