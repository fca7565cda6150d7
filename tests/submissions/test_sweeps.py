"""A row the sweep cannot move keeps no other one waiting, and is said."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest

from kyc_portal.submissions import evidence, sweeps
from kyc_portal.submissions.models import Submission
from kyc_portal.submissions.rounds import RoundFailedError
from kyc_portal.submissions.states import State
from tests import cast
from tests.cast import NOW, READER

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Submission:
    """A silent case, first in its turn, that cannot be weighed."""
    case = cast.confirming(cast.make_customer())
    weigh = evidence.weigh

    def fails_for_one(submission: Submission, **arguments: Any) -> None:
        if submission.pk == case.pk:
            raise ValueError("Chan Tai Man")
        weigh(submission, **arguments)

    monkeypatch.setattr(evidence, "weigh", fails_for_one)
    return case


def test_a_case_that_fails_keeps_no_other_one_waiting(broken: Submission) -> None:
    silent = cast.confirming(cast.make_customer())
    idle = cast.collecting(cast.make_customer())
    with pytest.raises(RoundFailedError):
        sweeps.sweep(actor=READER, now=NOW + timedelta(days=40))
    for submission in (broken, silent, idle):
        submission.refresh_from_db()
    assert (silent.state, idle.state) == (State.TO_REVIEW, State.ABANDONED)
    assert broken.state == State.CONFIRMING


def test_a_failed_case_is_named_and_its_values_are_not(broken: Submission, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(RoundFailedError):
        sweeps.sweep(actor=READER, now=NOW + timedelta(days=40))
    said = [record for record in caplog.records if record.msg == "sweep_failed"]
    assert [(record.row, record.error) for record in said] == [(str(broken.pk), "ValueError")]  # type: ignore[attr-defined]
    assert "Chan" not in caplog.text


def test_a_part_that_fails_leaves_the_parts_after_it_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    idle = cast.collecting(cast.make_customer())

    def fails(**_arguments: Any) -> None:
        raise OSError("no broker")

    monkeypatch.setattr(sweeps, "wake_scans", fails)
    with pytest.raises(RoundFailedError, match="wake_scans"):
        sweeps.sweep(actor=READER, now=NOW + timedelta(days=40))
    idle.refresh_from_db()
    assert idle.state == State.ABANDONED
