"""A customer deletes the account: at once where nothing stands against it; else what is kept, until when and why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.accounts.models import Customer, Role, User
from kyc_portal.privacy import deletion, holds, retention
from kyc_portal.privacy.models import Cause, DeletionRequest, Erasure
from kyc_portal.review_console import urls as console
from kyc_portal.sealing import keys
from kyc_portal.submissions import intake
from kyc_portal.submissions.models import Submission
from kyc_portal.submissions.states import State
from tests import cast
from tests.conftest import Bookmark

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]
PAGE = "customer:delete"


def withdrawn() -> Customer:
    submission = cast.to_review()
    intake.withdraw(submission=submission, actor=submission.customer.actor, now=cast.NOW)
    return submission.customer


def approved() -> Customer:
    submission = cast.to_review()
    with audit.acting(cast.READER):
        Submission.objects.filter(pk=submission.pk).update(state=State.APPROVED)
    return submission.customer


def test_who_never_started_is_deleted_at_once_and_signed_out(sign_in: Callable[[User], Client]) -> None:
    ann = cast.make_customer()
    client = sign_in(ann.user)
    assert "Delete everything now" in client.get(reverse(PAGE)).content.decode()
    answer = client.post(reverse(PAGE), follow=True)
    assert "Your account is deleted" in answer.content.decode()
    assert Erasure.objects.get(customer=ann).cause == Cause.REQUEST
    assert client.get(reverse("customer:home")).status_code == 302
    ann.user.refresh_from_db()
    assert (ann.user.is_active, ann.user.email) == (False, f"erased-{ann.user.pk}@erased.invalid")


def test_an_open_application_is_withdrawn_first(sign_in: Callable[[User], Client]) -> None:
    ann = cast.make_customer()
    cast.collecting(ann)
    page = sign_in(ann.user).get(reverse(PAGE)).content.decode()
    assert "still under way" in page
    assert reverse("customer:withdraw") in page


def test_what_is_kept_is_said_with_its_day_and_the_request_stays_once(
    sign_in: Callable[[User], Client], log: Bookmark
) -> None:
    ann = withdrawn()
    client = sign_in(ann.user)
    log.start()
    for _twice in range(2):
        client.post(reverse(PAGE))
    assert log.acts().count("customer.asked_deletion") == 1
    page = client.get(reverse(PAGE)).content.decode()
    assert "You asked for this" in page
    assert "our own rule" in page
    assert DeletionRequest.objects.filter(customer=ann).count() == 1
    assert not Erasure.objects.filter(customer=ann).exists()


def test_the_day_is_the_clocks_and_after_it_everything_goes() -> None:
    ann = withdrawn()
    due = retention.clock(ann).due_on
    assert deletion.standing(ann, now=cast.NOW) == deletion.Standing("until", due)
    later = cast.NOW + timedelta(days=366)
    assert deletion.standing(ann, now=later).kind == "now"
    assert deletion.ask(customer=ann, now=later) is not None


def test_a_confirmed_customer_reads_the_law_that_keeps_it(sign_in: Callable[[User], Client]) -> None:
    ann = approved()
    client = sign_in(ann.user)
    client.post(reverse(PAGE))
    page = client.get(reverse(PAGE)).content.decode()
    assert "Cap. 615" in page
    assert not Erasure.objects.filter(customer=ann).exists()
    ada = cast.make_staff(Role.ADMINISTRATOR)
    retention.end_relationship(customer=ann, ended_on=cast.NOW.date(), by=ada, now=cast.NOW)
    found = deletion.standing(ann, now=cast.NOW)
    assert (found.kind, found.is_law, found.until) == ("until", True, retention.clock(ann).due_on)


@pytest.mark.parametrize("make", [withdrawn, cast.make_customer])
def test_a_legal_hold_stops_it_and_is_not_told(sign_in: Callable[[User], Client], make: Callable[[], Customer]) -> None:
    ann = make()
    keys.ensure_key(ann.id)
    holds.put_on(customer=ann, why="Court order 17 of 2026", by=cast.make_staff(Role.ADMINISTRATOR), now=timezone.now())
    client = sign_in(ann.user)
    client.post(reverse(PAGE))
    page = client.get(reverse(PAGE)).content.decode()
    assert "We have to keep your data for now" in page
    assert "hold" not in page[page.find("<main") : page.find("</main>")].lower()
    assert not Erasure.objects.filter(customer=ann).exists()


def test_what_is_kept_of_them_rests(sign_in: Callable[[User], Client], log) -> None:
    """No reviewer opens it any more, by any address of the case; who answers for it does."""
    ann, other = approved(), approved()
    deletion.ask(customer=ann, now=timezone.now())
    case = ann.submissions.get()
    scan, reading = case.scans.get(), case.readings.get()
    rob = sign_in(cast.make_staff(Role.REVIEWER))
    log.start()
    given = {
        "submission_id": case.pk, "scan_id": scan.pk, "reading_id": reading.pk, "decision_id": case.pk,
        "outcome": "reject",
    }  # fmt: skip
    of_cases = [each for each in console.urlpatterns if "<uuid:submission_id>" in str(each.pattern)]
    assert len(of_cases) > 20
    for each in of_cases:
        kwargs = {name: value for name, value in given.items() if f":{name}>" in str(each.pattern)}
        address = reverse(f"console:{each.name}", kwargs=kwargs)
        assert {rob.get(address).status_code, rob.post(address).status_code} <= {403, 405}, each.name
    assert "The customer asked to be deleted" in rob.get(reverse("console:case", args=[case.pk])).content.decode()
    assert not [act for act in log.acts() if act != "permission.refused"]
    assert rob.get(reverse("console:case", args=[other.submissions.get().pk])).status_code == 200
    for role in (Role.SENIOR_REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR):
        assert sign_in(cast.make_staff(role)).get(reverse("console:case", args=[case.pk])).status_code == 200


def test_who_comes_back_is_worked_with_again() -> None:
    ann = approved()
    before = ann.submissions.get()
    deletion.ask(customer=ann, now=timezone.now())
    assert deletion.is_restricted(before.pk)
    cast.to_review(ann)
    assert not deletion.is_restricted(before.pk)


def test_administrators_see_who_asked(sign_in: Callable[[User], Client]) -> None:
    ann = withdrawn()
    deletion.ask(customer=ann, now=cast.NOW)
    page = sign_in(cast.make_staff(Role.ADMINISTRATOR)).get(reverse("administration:privacy")).content.decode()
    assert "Asked to be deleted" in page
    assert ann.reference in page
