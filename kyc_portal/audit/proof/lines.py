"""The canonical line of an entry: the bytes that are hashed, exported and verified. One line, whatever asks for it.

JSON with sorted keys and no spaces, ASCII, every number written as text, no nulls at the top, time in UTC with
microseconds. On these values it equals RFC 8785, so the verifier needs no rules of its own: it hashes what it reads.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

VERSION = "1"
# In the order of COLUMNS; the three JSON columns come as text, so that no number passes through a float.
COLUMNS = (
    "id", "tx", "at", "kind", "action", "object_type", "object_id", "subject", "before", "after", "details",
    "actor", "actor_label", "role", "via", "request", "task", "db_user",
)  # fmt: skip
_JSON = frozenset({"before", "after", "details"})
_SPELT = {
    "id": "e.id::text",
    "tx": "e.tx::text",
    "at": """to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
    "subject": "e.subject::text",
    **{name: f"e.{name}::text" for name in _JSON},
}
# Made once: a million lines are written and read with them.
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode
_decode = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str).decode
# What a SELECT from `audit.entry e` lists for `of_row`.
SELECTED = ", ".join(_SPELT.get(name, f"e.{name}") for name in COLUMNS)


def of_row(row: tuple[str | None, ...]) -> bytes:
    """The line of one row of SELECTED, without a newline."""
    values: dict[str, Any] = {
        name: _decode(value) if name in _JSON else value
        for name, value in zip(COLUMNS, row, strict=True)
        if value is not None
    }
    return of_values(values)


def of_values(values: Mapping[str, Any]) -> bytes:
    """The line of an entry's values as they are written: texts, and JSON whose numbers are texts."""
    return _encode({**values, "v": VERSION}).encode("ascii")
