"""Rows past the model layer: read while the body works, and errors that are Django's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError

from kyc_portal.rows import Row, binary_rows, rows_ahead

pytestmark = [pytest.mark.django_db, pytest.mark.db_bound]


def test_rows_come_when_the_body_ends_and_the_connection_goes_on() -> None:
    with rows_ahead("SELECT %s::int + generate_series(1, 3)", [10]) as found:
        assert found == []
    assert found == [(11,), (12,), (13,)]
    assert binary_rows("SELECT %s::int", [1]) == [(1,)]


def test_a_body_that_fails_leaves_a_connection_that_goes_on() -> None:
    with pytest.raises(KeyError), rows_ahead("SELECT generate_series(1, 10000)", []):
        raise KeyError
    assert binary_rows("SELECT 1", []) == [(1,)]


def read_ahead(statement: str, values: list[object]) -> list[Row]:
    """What comes ahead, with nothing done meanwhile."""
    with rows_ahead(statement, values) as found:
        pass
    return found


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("read", [binary_rows, read_ahead])
def test_errors_are_django_s(read: Callable[[str, list[object]], list[Row]]) -> None:
    with pytest.raises(DatabaseError):
        read("SELECT 1 / generate_series(1, -1, -1)", [])
    assert binary_rows("SELECT 1", []) == [(1,)]
