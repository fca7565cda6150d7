"""Walking away, and taking the consent back: with an open application, and after its end."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from kyc_portal.accounts.models import User
from kyc_portal.submissions import intake
from kyc_portal.submissions.errors import TooLateError
from kyc_portal.submissions.states import State
from tests import cast
from tests.conftest import Bookmark

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]
PAGE = "/identity/withdraw/"


@pytest.mark.parametrize(("what", "takes_back"), [("application", False), ("consent", True)])
def test_an_open_application_ends_and_its_consent_only_where_that_was_asked(
    what: str, takes_back: bool, sign_in: Callable[[User], Client], log: Bookmark
) -> None:
    submission = cast.to_review()
    client = sign_in(submission.customer.user)
    log.start()
    client.post(PAGE, {"what": what})
    submission.refresh_from_db()
    assert submission.state == State.WITHDRAWN
    assert (submission.consent.withdrawn_at is not None) == takes_back
    assert ("consent.withdrawn" in log.acts()) == takes_back
    assert "You have withdrawn" in client.get(reverse("customer:progress")).content.decode()


def test_after_a_decision_the_consent_is_taken_back_and_what_was_decided_stands(
    sign_in: Callable[[User], Client], log: Bookmark
) -> None:
    submission = cast.decided(cast.make_staff())
    client = sign_in(submission.customer.user)
    assert reverse("customer:withdraw") in client.get(reverse("customer:privacy")).content.decode()
    assert "What was decided stands." in client.get(PAGE).content.decode()
    log.start()
    for _twice in range(2):
        client.post(PAGE, {"what": "consent"})
    submission.refresh_from_db()
    assert submission.state == State.APPROVED
    assert submission.consent.withdrawn_at is not None
    assert log.acts() == ["consent.withdrawn"]
    assert reverse("customer:withdraw") not in client.get(reverse("customer:privacy")).content.decode()
    assert client.get(PAGE)["Location"] == reverse("customer:progress")


def test_a_forged_press_withdraws_no_decided_application(sign_in: Callable[[User], Client]) -> None:
    submission = cast.decided(cast.make_staff())
    answer = sign_in(submission.customer.user).post(PAGE, {"what": "application"}, follow=True)
    submission.refresh_from_db()
    assert (submission.state, submission.consent.withdrawn_at) == (State.APPROVED, None)
    assert "can no longer be withdrawn" in answer.content.decode()


def test_the_consent_of_an_open_application_is_not_taken_back_alone() -> None:
    submission = cast.to_review()
    with pytest.raises(TooLateError):
        intake.take_consent_back(submission=submission, actor=submission.customer.actor, now=cast.NOW)
