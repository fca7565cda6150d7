"""A case that needs two people where there is one: said on the dashboard, mailed once, never silent."""

from __future__ import annotations

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.mail.backends.locmem import EmailBackend

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.submissions import policies, policy_versions, review
from kyc_portal.submissions.deciding import second_person, verdicts
from kyc_portal.submissions.models import Submission
from kyc_portal.submissions.reasons import Outcome
from tests import cast
from tests.cast import NOW, READER

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]


@pytest.fixture(autouse=True)
def ada() -> User:
    cache.clear()
    return cast.make_staff(Role.ADMINISTRATOR)


def proposed_by(person: User) -> Submission:
    """An edited picture: whatever is decided is a proposal."""
    case = cast.looked_at(cast.claimed(cast.to_review(warnings=(-9104,)), person), person)
    verdict = verdicts.Verdict(Outcome.APPROVE)
    review.decide(
        submission=case, reviewer=person, verdict=verdict, version_seen=case.version, actor=person.actor, now=NOW
    )
    return case


def tell() -> list[str]:
    second_person.tell_operators(actor=READER)
    return [each.subject for each in mail.outbox]


def test_a_senior_alone_strands_their_own_proposal_and_administrators_are_told_once(ada) -> None:
    case = proposed_by(cast.make_staff(Role.SENIOR_REVIEWER))
    assert tell() == ["A case waits for a second person, and there is none"]
    assert tell() == ["A case waits for a second person, and there is none"]
    assert mail.outbox[0].to == [ada.email]
    assert case.reference not in mail.outbox[0].body


def test_where_another_senior_is_active_nothing_is_stranded() -> None:
    proposed_by(cast.make_staff(Role.SENIOR_REVIEWER))
    cast.make_staff(Role.SENIOR_REVIEWER)
    assert not second_person.stranded()
    assert not tell()


def test_a_senior_who_is_stopped_or_became_something_else_is_nobody() -> None:
    proposed_by(cast.make_staff())
    sue = cast.make_staff(Role.SENIOR_REVIEWER)
    for change in ({"is_active": False}, {"is_active": True, "role": Role.AUDITOR}):
        assert not second_person.stranded() or change["is_active"]
        with audit.acting(READER):
            User.objects.filter(pk=sue.pk).update(**change)
        assert second_person.stranded().count() == 1


def test_many_at_once_are_one_mail_and_a_later_one_is_another() -> None:
    rob = cast.make_staff()
    proposed_by(rob), proposed_by(rob)
    assert len(tell()) == 1
    proposed_by(rob)
    assert len(tell()) == 2


def test_a_mail_that_did_not_go_is_sent_later(monkeypatch) -> None:
    proposed_by(cast.make_staff())
    with monkeypatch.context() as broken:
        broken.setattr(EmailBackend, "send_messages", _no_server)
        assert not tell()
    assert not tell(), "not at once again"
    cache.clear()
    assert len(tell()) == 1


def _no_server(*_any: object) -> None:
    raise ConnectionRefusedError


def test_the_dashboard_says_it(sign_in) -> None:
    sue = cast.make_staff(Role.SENIOR_REVIEWER)
    words = "1 case waits for a second person, and nobody here may be it."
    assert words not in sign_in(sue).get("/console/").text
    proposed_by(sue)
    assert words in sign_in(sue).get("/console/").text


def test_a_proposed_policy_is_mailed_once_without_saying_who_or_what(ada) -> None:
    sue = cast.make_staff(Role.SENIOR_REVIEWER, "Sue Ho")
    policy_versions.propose(
        content=cast.policy_content(claim_minutes=17),
        why="A quarter of an hour is short",
        based_on=policies.standing(),
        by=sue,
        actor=sue.actor,
        now=NOW,
    )
    for _each in range(2):
        policy_versions.tell_administrators(actor=READER)
    (message,) = mail.outbox
    assert message.to == [ada.email]
    text = message.subject + message.body
    assert not any(word in text for word in ("Sue", sue.email, "17", "quarter"))


def test_a_policy_withdrawn_before_anybody_was_told_is_not_mailed() -> None:
    sue = cast.make_staff(Role.SENIOR_REVIEWER)
    made = policy_versions.propose(
        content=cast.policy_content(claim_minutes=17),
        why="A quarter of an hour is short",
        based_on=policies.standing(),
        by=sue,
        actor=sue.actor,
        now=NOW,
    )
    policy_versions.withdraw(version=made, by=sue, actor=sue.actor)
    policy_versions.tell_administrators(actor=READER)
    assert not mail.outbox
