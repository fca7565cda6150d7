"""Rows past the model layer, for who reads very many: in binary, so bytes need no decoding, and as plain tuples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connection


def binary_rows(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Every row of one statement on Django's connection, as the driver reads it."""
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection) as cursor:
        return cursor.execute(statement.encode(), values, binary=True).fetchall()
