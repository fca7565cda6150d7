"""The masked list as CSV: what it holds, what it never holds, and what stands in the log about it."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import replace

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from kyc_portal.accounts.models import Role
from kyc_portal.exports import submission_list
from kyc_portal.exports.formula_guard import guarded
from tests import cast

PURPOSE = "Monthly report to the compliance officer"


@pytest.mark.django_db
@pytest.mark.db_bound
def test_the_file_is_masked_and_the_log_knows_its_hash(log) -> None:
    ada = cast.make_staff(Role.ADMINISTRATOR)
    submission = cast.to_review(warnings=(-9103,), read=replace(cast.TAIWAN_READING, name="=HYPERLINK(1)"))
    made = submission_list.make(purpose=PURPOSE, state="", actor=ada.actor, now=timezone.now())
    row = next(csv.DictReader(io.StringIO(made.content.decode("utf-8-sig"))))
    assert list(row) == list(submission_list.COLUMNS)
    assert (row["reference"], row["gravest_warning"], row["warning_codes"]) == (
        submission.reference,
        "recapture",
        "'-9103",
    )
    assert row["name_masked"].startswith("'=")
    assert "HYPERLINK" not in made.content.decode()
    entry = log.entries(action="list.exported")[0]
    assert entry.details["sha256"] == hashlib.sha256(made.content).hexdigest()
    assert (entry.details["purpose"], entry.details["rows"]) == (PURPOSE, "1")


@pytest.mark.django_db
@pytest.mark.db_bound
@pytest.mark.parametrize(
    ("purpose", "state", "reason"), [("short", "", "purpose"), (PURPOSE, "", "nothing"), (PURPOSE, "x", "nothing")]
)
def test_a_refused_export_makes_no_file_and_no_entry(purpose: str, state: str, reason: str, log) -> None:
    ada = cast.make_staff(Role.ADMINISTRATOR)
    with pytest.raises(submission_list.ExportRefusedError) as caught:
        submission_list.make(purpose=purpose, state=state, actor=ada.actor, now=timezone.now())
    assert caught.value.reason == reason
    assert not log.entries(action="list.exported")


@given(st.text())
def test_no_cell_starts_as_a_formula(text: str) -> None:
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r", "\0"))
