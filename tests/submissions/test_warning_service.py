"""-9109 on answer after answer: administrators are told once, and what is not tested is never clean."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache

from kyc_portal import audit
from kyc_portal.accounts.models import Role
from kyc_portal.submissions.models import Scan
from kyc_portal.submissions.reading_service import breaker, warning_service
from kyc_portal.submissions.warning_codes import NOT_ENABLED
from tests import cast
from tests.cast import NOW, READER

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]

SUBJECT = "The reading service does not test for forgery"


@pytest.fixture(autouse=True)
def _an_administrator_whom_nobody_told() -> None:
    cache.clear()
    cast.make_staff(Role.ADMINISTRATOR)


def answers(*codes: tuple[int, ...] | None, now=NOW) -> None:
    for at, warnings in enumerate(codes):
        cast.to_review(warnings=warnings, now=now + timedelta(seconds=at))


def look(now=NOW + timedelta(minutes=1)) -> None:
    warning_service.look(actor=READER, now=now)


def since():
    row = breaker.standing()
    return row and row.warnings_off_since


OFF = (NOT_ENABLED,)


def test_answer_after_answer_untested_is_told_once(log) -> None:
    answers(OFF, OFF, None)
    for _each in range(3):
        look()
    assert [message.subject for message in mail.outbox] == [SUBJECT]
    assert "none is shown as clean" in " ".join(mail.outbox[0].body.split())
    assert since() == NOW + timedelta(minutes=1)
    assert warning_service.told_at(since()) is not None
    assert log.acts().count("operator.told") == 1


@pytest.mark.parametrize("codes", [(OFF, OFF), (OFF, (), OFF), ((), (), ()), ((-9104,), OFF, OFF)])
def test_some_untested_pictures_are_not_a_service_that_is_off(codes: tuple[tuple[int, ...], ...]) -> None:
    answers(*codes)
    look()
    assert mail.outbox == []
    assert not since()


def test_another_code_beside_it_changes_nothing() -> None:
    answers((NOT_ENABLED, -9102), OFF, OFF)
    look()
    assert since()


def test_pictures_that_we_shrank_do_not_count() -> None:
    answers(OFF, OFF, OFF)
    with audit.acting(READER):
        Scan.objects.update(is_reencoded=True)
    look()
    assert mail.outbox == []


def test_it_ends_when_answers_are_tested_again_and_the_next_time_is_told_anew() -> None:
    answers(OFF, OFF, OFF)
    look()
    later = NOW + timedelta(minutes=5)
    answers((), (), (), now=later)
    look(later + timedelta(minutes=1))
    assert since() is None
    again = NOW + timedelta(minutes=10)
    answers(OFF, OFF, OFF, now=again)
    look(again + timedelta(minutes=1))
    assert len(mail.outbox) == 2


def test_a_few_answers_of_either_kind_do_not_move_it() -> None:
    answers(OFF, OFF, OFF)
    look()
    answers((), (), OFF, now=NOW + timedelta(minutes=5))
    look(NOW + timedelta(minutes=6))
    assert since()
    assert len(mail.outbox) == 1


def test_lately_counts_the_untested_among_the_newest_answers() -> None:
    answers(OFF, (), (-9102,), None)
    found = warning_service.lately(now=NOW + timedelta(minutes=1))
    assert (found.answers, found.untested) == (4, 2)
    assert warning_service.lately(now=NOW + timedelta(days=2)).answers == 0


def test_a_second_look_asks_little_and_writes_nothing(django_assert_max_num_queries, log) -> None:
    answers(OFF, OFF, OFF)
    look()
    log.start()
    with django_assert_max_num_queries(6):
        look()
    assert log.entries() == []
