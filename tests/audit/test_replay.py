"""From the log alone every row can be told as it stands: nothing was written past it."""

import json
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models

from kyc_portal.accounts.models import Role
from kyc_portal.audit.models import Entry
from kyc_portal.audit.triggers import RowAudit
from tests import cast

pytestmark = [pytest.mark.db_bound, pytest.mark.django_db]


def watched() -> dict[Any, RowAudit]:
    """Every model with our trigger."""
    return {
        model: trigger
        for model in apps.get_models(include_auto_created=True)
        for trigger in getattr(model._meta, "triggers", [])
        if isinstance(trigger, RowAudit)
    }


def rows_of(model: type[models.Model]) -> dict[str, dict[str, object]]:
    """A table's rows as JSON in UTC, by key, without nulls."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL timezone = 'UTC'")
        cursor.execute(
            f'SELECT "{model._meta.pk.column}"::text, jsonb_strip_nulls(to_jsonb(t)) FROM "{model._meta.db_table}" t'
        )
        return {key: json.loads(row) for key, row in cursor.fetchall()}


def told_by(entries: list[Entry]) -> dict[str, dict[str, object]]:
    """The rows that the entries of one table leave standing."""
    standing: dict[str, dict[str, object]] = {}
    for entry in entries:
        before, after = entry.before or {}, entry.after or {}
        if entry.action == "delete":
            assert standing.pop(entry.object_id).keys() == before.keys()
        elif entry.action == "insert":
            assert entry.object_id not in standing
            standing[entry.object_id] = dict(after)
        else:
            row = standing[entry.object_id]
            assert {key: row.get(key) for key in before} == before
            row.update(after)
    return {key: {name: value for name, value in row.items() if value is not None} for key, row in standing.items()}


def test_the_log_of_a_whole_case_tells_every_row_of_every_table(log):
    planted = {model: rows_of(model) for model in watched()}  # by migrations, told before this test's entries
    rob = cast.make_staff(Role.REVIEWER, "Rob")
    submission = cast.to_review(warnings=(-9103,))
    cast.claimed(submission, rob)
    cast.looked_at(submission, rob)
    told_tables = 0
    for model, trigger in watched().items():
        label = (model._meta.concrete_model or model)._meta.label_lower
        told = told_by(log.entries(kind="row", object_type=label))
        there = {key: row for key, row in rows_of(model).items() if planted[model].get(key) != row}
        assert told.keys() == there.keys(), label
        for key, row in there.items():
            plain = {name for name, kind in trigger.classes.items() if kind == "plain"}
            assert {n: v for n, v in told[key].items() if n in plain} == {n: v for n, v in row.items() if n in plain}
            unquiet = {name for name in row if trigger.classes[name] != "quiet"}
            assert {name for name in told[key] if trigger.classes[name] != "quiet"} == unquiet
        told_tables += bool(there)
    assert told_tables >= 8


def test_every_entry_of_a_case_says_who_acted(log):
    cast.to_review()
    assert log.entries()
    assert all(entry.actor != "(no context)" for entry in log.entries())


def test_the_triggers_in_the_database_are_those_of_the_models():
    with connection.cursor() as cursor:
        for model, trigger in watched().items():
            cursor.execute(
                "SELECT obj_description(oid, 'pg_trigger') FROM pg_trigger WHERE tgname = %s AND tgrelid = %s::regclass",
                [trigger.get_pgid(model), f'"{model._meta.db_table}"'],
            )
            assert cursor.fetchone() == (trigger.compile(model).hash,), model._meta.label
