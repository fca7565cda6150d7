"""The canonical line, through the database: whatever goes into an entry stands in its line, and no number as one."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from psycopg.types.json import Jsonb

from kyc_portal.audit.proof import lines

TEXT = some.text(some.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
JSON = some.recursive(
    TEXT | some.booleans() | some.integers(-(10**30), 10**30) | some.floats(allow_nan=False, allow_infinity=False),
    lambda each: some.lists(each, max_size=3) | some.dictionaries(TEXT, each, max_size=3),
    max_leaves=6,
)
INSERT = (
    "INSERT INTO audit.entry AS e (tx, at, kind, action, object_type, object_id, after, actor, actor_label, role, via,"
    " request, task, db_user) VALUES (1, '2026-11-20 04:00:00.000001+00', 'row', 'update', 'a.b', %s, %s, 'x', %s, %s,"
    f" '', '', '', '') RETURNING {lines.SELECTED}"
)


@pytest.mark.django_db(transaction=True)
@pytest.mark.db_bound
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=some.lists(TEXT, min_size=3, max_size=3), after=some.dictionaries(TEXT, JSON, max_size=4))
def test_a_line_says_what_went_in(texts: list[str], after: dict[str, Any], owner: psycopg.Connection) -> None:
    """jsonb orders keys, spells numbers anew and escapes what it likes: none of that may show, or be lost."""
    with owner.transaction(force_rollback=True):
        row: Any = owner.execute(INSERT.encode(), [texts[0], Jsonb(after), texts[1], texts[2]]).fetchone()
    line = lines.of_row(row)
    told = json.loads(line)
    assert line.isascii()
    assert [told["object_id"], told["actor_label"], told["role"]] == texts
    assert told["at"] == "2026-11-20T04:00:00.000001Z"
    outside_of_texts = re.sub(rb'"(\\.|[^"\\])*"', b'""', line)
    assert not re.search(rb"[0-9]", outside_of_texts), "no number stands as one"
    assert same(told["after"], after)


def same(told: Any, given: Any) -> bool:
    """Whether a line's value is what was given; numbers are texts there, with every digit they had."""
    if isinstance(given, dict):
        return told.keys() == given.keys() and all(same(told[name], given[name]) for name in given)
    if isinstance(given, list):
        return len(told) == len(given) and all(map(same, told, given))
    if isinstance(given, bool | str):
        return bool(told == given)
    return isinstance(told, str) and Decimal(told) == Decimal(repr(given))
