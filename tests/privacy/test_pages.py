"""The pages of retention as an administrator and an auditor use them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.audit.models import Entry
from kyc_portal.privacy.models import Erasure, Hold, RelationshipEnd
from kyc_portal.privacy.tasks import run_retention
from kyc_portal.submissions import intake
from kyc_portal.submissions.models import Submission
from tests import cast
from tests.signing_in import freshly_signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]


@pytest.fixture
def ended() -> Submission:
    """A case withdrawn two years ago."""
    submission = cast.to_review(now=timezone.now())
    intake.withdraw(submission=submission, actor=submission.customer.actor, now=timezone.now())
    with audit.acting(audit.system("command_test")):
        Submission.objects.filter(pk=submission.pk).update(state_since=timezone.now() - timedelta(days=800))
    return submission


@pytest.fixture
def desk(sign_in: Callable[[User], Client]) -> Client:
    ada = cast.make_staff(Role.ADMINISTRATOR, "Ada Chow")
    return freshly_signed_in(sign_in(ada), ada)


def press(client: Client, submission: Submission, act: str, **fields: str) -> str:
    address = reverse("administration:privacy-act", args=[submission.customer_id, act])
    return client.post(address, fields, follow=True).content.decode()


def test_a_customer_is_found_by_either_reference_and_who_is_due_is_listed(desk: Client, ended: Submission) -> None:
    address = reverse("administration:privacy")
    assert ended.customer.reference in desk.get(address).content.decode()
    for reference in (ended.customer.reference, ended.reference.lower()):
        assert desk.get(address, {"customer": reference})["Location"].endswith(f"{ended.customer_id}/")
    answer = desk.get(address, {"customer": "C-NOBODY"})
    assert (answer.status_code, "Nobody has the reference" in answer.content.decode()) == (404, True)


def test_a_hold_stops_the_erasure_until_it_is_lifted(desk: Client, ended: Submission) -> None:
    assert "at least 10 characters" in press(desk, ended, "hold", why="short")
    assert "while the hold is open" in press(desk, ended, "hold", why="Court order, file 17 of 2026")
    typed = {"cause": "request", "reference": ended.customer.reference}
    assert "A legal hold is open" in press(desk, ended, "erase", **typed)
    assert not Erasure.objects.exists()
    press(desk, ended, "lift", hold=str(Hold.objects.get().pk))
    assert "Receipt of the erasure" in press(desk, ended, "erase", **typed)
    assert "erased before" in press(desk, ended, "erase", **typed)


def test_what_the_runs_did_is_told(desk: Client, ended: Submission) -> None:
    address = reverse("administration:privacy")
    before = desk.get(address).content.decode()
    assert "Abandoned or withdrawn" in before
    run_retention()
    page = desk.get(address).content.decode()
    entry = reverse(
        "administration:audit-entry", args=[Entry.objects.filter(object_type="privacy.retention").latest("id").pk]
    )
    assert entry not in before
    row = page[page.index(entry) :].split("</tr>")[0]
    assert "1 erased, 0 held and left, 0 left by a rule" in row
    assert "failed" not in row


def test_an_erasure_asks_for_the_reference_again(desk: Client, ended: Submission) -> None:
    assert "not the customer" in press(desk, ended, "erase", cause="request", reference="C-222222")
    assert not Erasure.objects.exists()


def test_what_a_law_keeps_is_kept_and_said(desk: Client) -> None:
    submission = cast.to_review(now=timezone.now())
    typed = {"cause": "request", "reference": submission.customer.reference}
    assert "is not finished" in press(desk, submission, "erase", **typed)
    intake.withdraw(submission=submission, actor=submission.customer.actor, now=timezone.now())
    assert "is not over" in press(desk, submission, "erase", **typed)


def test_what_only_a_restore_may_say_is_no_way_around_the_law(desk: Client) -> None:
    submission = cast.to_review(now=timezone.now())
    intake.withdraw(submission=submission, actor=submission.customer.actor, now=timezone.now())
    press(desk, submission, "erase", cause="repeated", reference=submission.customer.reference)
    assert not Erasure.objects.exists()
    page = desk.get(reverse("administration:privacy-customer", args=[submission.customer_id])).content.decode()
    assert 'value="repeated"' not in page


def test_the_end_of_a_relationship_starts_the_clock(desk: Client, ended: Submission) -> None:
    with audit.acting(audit.system("command_test")):
        Submission.objects.filter(pk=ended.pk).update(state="approved")
    page = desk.get(reverse("administration:privacy-customer", args=[ended.customer_id])).content.decode()
    assert "Starts when the relationship ends" in page
    assert "valid date" in press(desk, ended, "end", ended_on="soon")
    assert "1 Mar 2031" in press(desk, ended, "end", ended_on="2026-03-01")
    assert RelationshipEnd.objects.get().ended_on == date(2026, 3, 1)


def test_an_auditor_looks_and_presses_nothing(sign_in: Callable[[User], Client], ended: Submission) -> None:
    client = sign_in(cast.make_staff(Role.AUDITOR))
    page = client.get(reverse("administration:privacy-customer", args=[ended.customer_id])).content.decode()
    assert ended.customer.reference in page
    assert "Erase for good" not in page


def test_a_strange_hold_is_not_found(desk: Client, ended: Submission) -> None:
    address = reverse("administration:privacy-act", args=[ended.customer_id, "lift"])
    for hold in ("", "nonsense", "00000000-0000-4000-8000-000000000000"):
        assert desk.post(address, {"hold": hold}).status_code == 404


def test_the_overview_asks_no_more_for_a_hundred_who_are_not_due(
    client: Client, sign_in: Callable[[User], Client], django_assert_max_num_queries
) -> None:
    ada = cast.make_staff(Role.ADMINISTRATOR)
    for _each in range(20):
        cast.make_customer()
    page = freshly_signed_in(sign_in(ada), ada)
    with django_assert_max_num_queries(20):
        assert page.get(reverse("administration:privacy")).status_code == 200


def test_an_end_before_the_beginning_is_said_beside_the_field(sign_in: Callable[[User], Client]) -> None:
    ada, rob = cast.make_staff(Role.ADMINISTRATOR), cast.make_staff()
    customer = cast.decided(rob).customer
    client = freshly_signed_in(sign_in(ada), ada)
    address = reverse("administration:privacy-act", args=[customer.pk, "end"])
    answer = client.post(address, {"ended_on": "2026-11-01"})
    assert answer.status_code == 400
    assert "It does not end before the newest approval." in answer.content.decode()
    assert client.post(address, {"ended_on": "2026-11-21"}).status_code == 302
