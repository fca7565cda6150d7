"""Rows past the model layer, for who reads very many: in binary, so bytes need no decoding, and as plain tuples.

Errors of the database are Django's, as from any query.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection

Row = tuple[Any, ...]


def binary_rows(statement: str, values: Sequence[Any]) -> list[Row]:
    """Every row of one statement on Django's connection, as the driver reads it."""
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        return cursor.execute(statement.encode(), values, binary=True).fetchall()


@contextmanager
def rows_ahead(statement: str, values: Sequence[Any]) -> Iterator[list[Row]]:
    """The same, but the database works on it while the body runs; the list is filled when the body ends.

    The body asks the database nothing: its answer would come second.
    """
    found: list[Row] = []
    connection.ensure_connection()
    driver = connection.connection
    with connection.wrap_database_errors, driver.pipeline(), psycopg.Cursor(driver) as cursor:
        cursor.execute(statement.encode(), values, binary=True)
        yield found
        found += cursor.fetchall()
