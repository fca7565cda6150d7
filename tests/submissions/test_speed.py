"""How long decisions take, and runs of them too fast to have looked."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.urls import reverse

from kyc_portal.accounts.models import Role, User
from kyc_portal.submissions import review
from kyc_portal.submissions.counts import speed
from kyc_portal.submissions.deciding import taking_effect
from kyc_portal.submissions.deciding.verdicts import Verdict
from kyc_portal.submissions.models import Decision
from kyc_portal.submissions.reasons import Outcome
from tests import cast
from tests.cast import NOW, READER

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
FAST = 20 * SECOND
SINCE = NOW - timedelta(days=1)
ASK = Verdict(Outcome.ASK_AGAIN, reasons=("blurred",), sides=("FRONT",))


def took(person: User, seconds: int, *, at: datetime) -> Decision:
    """A decision that took effect, so many seconds after its claim."""
    case = cast.claimed(cast.to_review(now=at), person, now=at)
    pressed = at + seconds * SECOND
    decision = review.decide(
        submission=case, reviewer=person, verdict=ASK, version_seen=case.version, actor=person.actor, now=pressed
    )
    assert taking_effect.finish(decision=decision, actor=READER, now=pressed + 11 * SECOND)
    return decision


def sequence(person: User, *seconds: int) -> None:
    for at, each in enumerate(seconds):
        took(person, each, at=NOW + timedelta(minutes=at))


def test_the_median_and_the_share_of_fast_ones_are_of_timed_decisions() -> None:
    sequence(cast.make_staff(), 5, 30, 19, 90)
    found = speed.of_decisions(SINCE, fast=FAST)
    assert (found.timed, found.median_seconds, found.fast, found.fast_percent) == (4, 24.5, 2, 50)
    assert found.median_words == "24 s"
    assert speed.of_decisions(NOW + timedelta(days=1), fast=FAST) == speed.Speed(0, None, 0)
    assert speed.Speed(0, None, 0).median_words == "–"
    assert speed.Speed(1, 168.0, 0).median_words == "2 m 48 s"


def test_a_run_is_three_fast_ones_on_end_by_one_person() -> None:
    rob, tom = cast.make_staff(name="Rob"), cast.make_staff(name="Tom")
    sequence(rob, 5, 6, 60, 7, 8, 9, 19, 20, 5)
    sequence(tom, 5, 6)
    runs = speed.fast_runs(SINCE, fast=FAST)
    assert [(run.reviewer, run.many, run.shortest_seconds) for run in runs] == [("Rob", 4, 7.0)]
    assert runs[0].ended_at - runs[0].began_at == timedelta(minutes=3, seconds=12)


def test_fast_ones_of_others_in_between_end_no_run() -> None:
    rob, tom = cast.make_staff(name="Rob"), cast.make_staff(name="Tom")
    for at in range(3):
        took(rob, 5, at=NOW + timedelta(minutes=at))
        took(tom, 60, at=NOW + timedelta(minutes=at, seconds=20))
    assert [(run.reviewer, run.many) for run in speed.fast_runs(SINCE, fast=FAST)] == [("Rob", 3)]


def test_what_was_taken_back_is_timed_by_nobody() -> None:
    rob = cast.make_staff()
    case = cast.claimed(cast.to_review(), rob)
    review.decide(submission=case, reviewer=rob, verdict=ASK, version_seen=case.version, actor=rob.actor, now=NOW)
    assert speed.of_decisions(SINCE, fast=FAST).timed == 0


def test_the_page_of_agreement_reports_runs_to_who_oversees(sign_in) -> None:
    sequence(cast.make_staff(name="Rob Quick"), 5, 6, 7)
    page = sign_in(cast.make_staff(Role.AUDITOR)).get(reverse("console:agreement")).text
    assert "Rob Quick" in page.partition('id="fast"')[2]
    assert "each under 20 s" in page


def test_the_figures_leave_as_csv_and_hold_no_person(sign_in) -> None:
    sequence(cast.make_staff(name="Rob Quick"), 5, 6, 7)
    answer = sign_in(cast.make_staff(Role.SENIOR_REVIEWER)).get(reverse("console:figures-file"), {"days": "30"})
    assert answer["Content-Type"].startswith("text/csv")
    assert 'filename="figures-' in answer["Content-Disposition"]
    lines = answer.text.splitlines()
    assert lines[0] == "table,row,column,number"
    assert "Rob Quick" not in answer.text
    assert sum(line.startswith("came to review,") for line in lines) == 30 * 6
