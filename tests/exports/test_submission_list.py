"""The list itself: which rows a filter takes, what a masked row never holds, what one in clear adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from kyc_portal import audit
from kyc_portal.exports import blocks as block_reader
from kyc_portal.exports.blocks import blocks
from kyc_portal.exports.columns import COLUMNS_VERSION, columns
from kyc_portal.exports.formula_guard import guarded
from kyc_portal.exports.parting import PARTED, cells_of
from kyc_portal.exports.wanted import Wanted, newest_key
from kyc_portal.rows import binary_rows, rows_ahead
from kyc_portal.sealing import bulk
from kyc_portal.sealing.keys import held
from kyc_portal.sealing.models import CustomerKey
from kyc_portal.submissions.deciding import corrections
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]


def rows(wanted: Wanted | None = None, *, in_clear: bool = False) -> list[dict[str, str]]:
    """Every row by column."""
    top = newest_key()
    found = blocks(wanted or Wanted(), in_clear=in_clear, after=0, top=top)
    header = columns(in_clear=in_clear)
    return [dict(zip(header, row, strict=True)) for block in found for row in cells_of(block.rows)]


def test_the_columns_of_version_2_are_a_contract() -> None:
    assert COLUMNS_VERSION == "2"
    assert " ".join(columns(in_clear=True)) == (
        "reference customer_reference state attempt version gravest_warning warning_codes points permit_type"
        " name_masked number_ends expires_on received_at waiting_since decided_at as_of"
        " name english_name birthday number valid_date"
        " name_as_read english_name_as_read birthday_as_read number_as_read valid_date_as_read"
    ), "other columns are another version"


def test_a_masked_row_says_its_version_and_when_it_was_read_and_no_value() -> None:
    submission = cast.to_review(warnings=(-9103,))
    submission.refresh_from_db()
    (row,) = rows()
    assert (row["reference"], row["version"]) == (submission.reference, str(submission.version))
    assert (row["gravest_warning"], row["warning_codes"], row["name_masked"]) == ("recapture", "-9103", "李••")
    assert row["as_of"].endswith("+00:00")
    assert not {"李優圖", "LI,YOU-TU", "1986.03.02"} & set(row.values())


def test_a_row_in_clear_holds_the_corrected_value_beside_the_read_one() -> None:
    rob, submission = cast.make_staff(), cast.to_review()
    cast.claimed(submission, rob)
    corrections.correct(
        submission=submission,
        reading=submission.readings.get(),
        field_name="name",
        value="李优图",
        reason="simplified on the card",
        version_seen=submission.version,
        reviewer=rob,
        actor=rob.actor,
        now=cast.NOW,
    )
    (row,) = rows(in_clear=True)
    assert (row["name"], row["name_as_read"], row["birthday"]) == ("李优图", "李優圖", "1986.03.02")


def test_an_erased_customer_s_row_says_so_and_the_others_stand() -> None:
    gone, stays = cast.to_review(), cast.to_review()
    with audit.acting(audit.system("command_test")):
        CustomerKey.objects.filter(customer=gone.customer_id).delete()
    held.clear()
    first, second = rows(in_clear=True)
    assert (first["reference"], first["name_masked"], first["name"]) == (gone.reference, "(erased)", "(erased)")
    assert (second["reference"], second["name"]) == (stays.reference, "李優圖")


def test_each_filter_takes_what_it_says() -> None:
    clean = cast.to_review()
    edited = cast.to_review(warnings=(-9104,), now=cast.NOW - timedelta(days=3))
    waiting = cast.received(now=cast.NOW)
    everything = {clean.reference, edited.reference, waiting.reference}

    def found(**wanted: object) -> set[str]:
        return {row["reference"] for row in rows(Wanted(**wanted))}  # type: ignore[arg-type]

    assert found() == everything
    assert found(code=-9104) == {edited.reference}
    assert found(state="received") == {waiting.reference}
    assert found(permit_type="taiwan_resident") == {clean.reference, edited.reference}
    assert found(permit_type="hk_macao_resident") == set()
    assert found(received_to="2026-11-17") == {edited.reference}
    assert found(received_from="2026-11-18", received_to="2026-11-20") == everything - {edited.reference}


@pytest.mark.parametrize("in_clear", [False, True])
def test_a_block_is_one_statement_with_its_keys_and_in_clear_one_more(
    monkeypatch: pytest.MonkeyPatch, in_clear: bool
) -> None:
    monkeypatch.setattr(block_reader, "READ", 2)
    for _each in range(3):
        cast.to_review()
    held.clear()
    asked: list[str] = []

    def noted(statement: str, values: Sequence[Any]) -> Any:
        asked.append("keys" if statement.startswith("SELECT uuid_send(customer)") else "rows")
        return binary_rows(statement, values)

    def noted_ahead(statement: str, values: Sequence[Any]) -> Any:
        asked.append("ahead")
        return rows_ahead(statement, values)

    for module in (block_reader, bulk):
        monkeypatch.setattr(module, "binary_rows", noted)
    monkeypatch.setattr(block_reader, "rows_ahead", noted_ahead)
    with CaptureQueriesContext(connection) as others:
        sizes = [len(block.rows) for block in blocks(Wanted(), in_clear=in_clear, after=0, top=1 << 60)]
    assert sizes == [2, 1]
    assert asked == (["rows", "keys", "ahead", "keys", "ahead"] if in_clear else ["rows", "ahead", "ahead"])
    assert not others.captured_queries


def test_what_is_not_there_is_an_empty_cell_and_moves_no_other() -> None:
    cast.received()  # no permit, no expiry, no decision, no codes yet
    (row,) = rows()
    assert (row["state"], row["attempt"]) == ("received", "1")
    empty = {name for name, cell in row.items() if not cell}
    assert empty == {
        "warning_codes", "permit_type", "name_masked", "number_ends", "expires_on", "waiting_since", "decided_at"
    }  # fmt: skip


def test_instants_are_universal_and_whole_seconds_whatever_the_session_s_zone() -> None:
    submission = cast.to_review()
    submission.refresh_from_db()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'Asia/Hong_Kong'")
        cursor.execute("SET LOCAL DateStyle = 'German'")
        (row,) = rows()
    assert row["received_at"] == submission.received_at.astimezone(UTC).isoformat("T", "seconds")
    assert row["as_of"].endswith("+00:00")
    assert submission.expires_on is not None
    assert row["expires_on"] == submission.expires_on.isoformat()


def test_what_comes_after_the_start_is_left_out() -> None:
    first = cast.to_review()
    top = newest_key()
    cast.to_review()
    found = [row.split(PARTED)[0] for block in blocks(Wanted(), in_clear=False, after=0, top=top) for row in block.rows]
    assert found == [first.reference]


def test_a_name_that_is_a_formula_stays_text() -> None:
    cast.to_review(read=replace(cast.TAIWAN_READING, name="=HYPERLINK(1)"))
    (row,) = rows(in_clear=True)
    assert guarded(row["name"]) == "'=HYPERLINK(1)"


@given(st.text())
def test_no_cell_starts_as_a_formula(text: str) -> None:
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r", "\0"))
