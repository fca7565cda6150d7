"""Every model × every way to write: one entry a row, with who, before and after. A model that cannot be told fails.

Rows are made from what a model says of itself, so a new model is walked without anybody thinking of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import IntegrityError, InternalError, ProgrammingError, connection, models, transaction

from kyc_portal import audit
from kyc_portal.audit import Actor
from kyc_portal.audit.triggers import RowAudit

pytestmark = [pytest.mark.db_bound, pytest.mark.django_db]
ROB = Actor(kind="staff", id="7", label="Rob Lam", role="reviewer")
NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
# What a row is given that the table would else not let go again: an open hold stands.
GIVEN: dict[str, dict[str, object]] = {"privacy.hold": {"lifted_at": NOW}}
_numbers = count(1)
# Tables of links: another link is another row.
NEVER_CHANGED = {"auth.group_permissions"}
# Tables whose rows another guard keeps as they were written, whichever columns an UPDATE names.
STANDS = {"submissions.policyversion"}


def watched() -> dict[str, Any]:
    """Every model with our trigger, by the name that its entries carry."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        if any(isinstance(each, RowAudit) for each in getattr(model._meta, "triggers", [])):
            concrete: Any = model._meta.concrete_model or model
            found[concrete._meta.label_lower] = concrete
    return found


MODELS = watched()


def value_for(field: Any) -> Any:
    """Something a field takes."""
    number = next(_numbers)
    if field.choices:
        return field.choices[0][0]
    if isinstance(field, models.ForeignKey):
        return existing(field.related_model)
    if isinstance(field, models.EmailField):
        return f"every{number}@kyc.example"
    if isinstance(field, models.CharField | models.TextField):
        return f"e{number}"[: field.max_length or 20]
    for kind, value in (
        (models.UUIDField, uuid.uuid4()),
        (models.BooleanField, False),
        (models.DateTimeField, NOW),
        (models.DateField, date(2026, 11, 20)),
        (models.BinaryField, b"bytes %d" % number),
        (models.JSONField, {}),
        (ArrayField, []),
        (models.IntegerField, number),
    ):
        if isinstance(field, kind):
            return value
    raise AssertionError(f"{field} is of a kind this test cannot fill")


def existing(model: Any) -> Any:
    """A row of a model to refer to, made where there is none."""
    found = model._default_manager.first()
    if found is None:
        found = filled(model)
        found.save(force_insert=True)
    return found


def filled(model: Any) -> Any:
    """A row that is not stored yet: what its fields do not make themselves is given."""
    given = {
        field.name: value_for(field)
        for field in model._meta.concrete_fields
        if not (field.has_default() or field.has_db_default() or field.generated or field.null or is_counted(field))
    }
    return model(**given, **GIVEN.get(model._meta.label_lower, {}))


def is_counted(field: Any) -> bool:
    return isinstance(field, models.AutoField)


def stored(model: Any) -> Any:
    """A row as the database holds it."""
    with audit.acting(audit.system("setup")):
        row = filled(model)
        row.save(force_insert=True)
    return model._base_manager.get(pk=row.pk)


def run(statement: str, *values: object) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def at(row: Any) -> Any:
    return type(row)._base_manager.filter(pk=row.pk)


def named(row: Any) -> str:
    """The columns that an INSERT may name."""
    return ", ".join(f'"{field.column}"' for field in row._meta.concrete_fields if not field.generated)


def by_save(row: Any) -> None:
    row.save(force_insert=True)


def by_bulk_create(row: Any) -> None:
    type(row)._base_manager.bulk_create([row])


def by_sql(row: Any) -> None:
    table, columns = row._meta.db_table, named(row)
    run(
        f"INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_record(NULL::{table}, %s::jsonb)",
        row.as_json,
    )


def by_copy(row: Any) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {row._meta.db_table} ({named(row)}) FROM STDIN") as into:
        into.write(row.as_text)


def remembered(row: Any) -> Any:
    """The row with its own text, as JSON and as COPY has it."""
    ((row.as_json,),) = run(f"SELECT to_jsonb(t)::text FROM {row._meta.db_table} t WHERE {key(row)} = %s", row.pk)
    query = f"COPY (SELECT {named(row)} FROM {row._meta.db_table} WHERE {key(row)} = %s) TO STDOUT"
    with connection.cursor() as cursor, cursor.copy(query, [row.pk]) as out:
        row.as_text = b"".join(bytes(each) for each in out).decode()
    return row


def key(row: Any) -> str:
    return f'"{row._meta.pk.column}"'


def about(log: Any, model: Any) -> list[Any]:
    return [each for each in log.entries(kind="row") if each.object_type == model._meta.label_lower]


@pytest.mark.parametrize("name", sorted(MODELS))
def test_every_insert_leaves_one_entry(name: str, log) -> None:
    row = remembered(stored(MODELS[name]))
    there = {field.column for field in row._meta.concrete_fields if getattr(row, field.attname) is not None}
    for write in (by_save, by_bulk_create, by_sql, by_copy):
        with audit.acting(ROB):
            at(row)._raw_delete("default")
            log.start()
            write(row)
        (entry,) = about(log, MODELS[name])
        assert (entry.action, entry.object_id, entry.before) == ("insert", str(row.pk), None), write
        assert (entry.actor, entry.actor_label, entry.role) == (ROB.name, ROB.label, ROB.role)
        assert set(entry.after) == there, write


def by_queryset(row: Any, field: Any, value: object) -> None:
    at(row).update(**{field.attname: value})


def by_saving(row: Any, field: Any, value: object) -> None:
    setattr(row, field.attname, value)
    row.save()


def by_bulk_update(row: Any, field: Any, value: object) -> None:
    setattr(row, field.attname, value)
    type(row)._base_manager.bulk_update([row], [field.name])


def by_update(row: Any, field: Any, value: object) -> None:
    run(
        f'UPDATE {row._meta.db_table} SET "{field.column}" = %s WHERE {key(row)} = %s',
        field.get_db_prep_save(value, connection),
        row.pk,
    )


def changes(row: Any) -> Iterator[tuple[Any, object]]:
    """Fields with another value each might take; the first that its table accepts is used."""
    (trigger,) = [each for each in triggers(type(row)) if isinstance(each, RowAudit)]
    for field in row._meta.concrete_fields:
        if field.primary_key or field.generated or trigger.classes[field.column] == "quiet" or field.remote_field:
            continue
        value = getattr(row, field.attname)
        if field.choices or isinstance(field, ArrayField | models.JSONField | models.UUIDField):
            continue
        if isinstance(field, models.BooleanField):
            yield field, not value
        elif isinstance(field, models.DateTimeField | models.DateField):
            yield field, (value or (NOW if isinstance(field, models.DateTimeField) else NOW.date())) + timedelta(days=1)
        elif isinstance(field, models.BinaryField):
            yield field, bytes(value or b"") + b"x"
        elif isinstance(field, models.IntegerField):
            yield field, (value or 0) + 1
        else:
            yield field, f"z{value}"[: field.max_length or 20]


def triggers(model: Any) -> list[Any]:
    """A library's table has its trigger on a proxy of ours."""
    found = [each for each in apps.get_models(include_auto_created=True) if each._meta.concrete_model is model]
    return [trigger for each in (model, *found) for trigger in getattr(each._meta, "triggers", [])][:1]


def changed(row: Any, write: Callable[..., None]) -> str:
    """The column that was changed in this way; empty where the table takes no other value."""
    for field, value in changes(row):
        try:
            with audit.acting(ROB), transaction.atomic():
                write(type(row)._base_manager.get(pk=row.pk), field, value)
        except (IntegrityError, InternalError, ProgrammingError):
            continue
        return str(field.column)
    return ""


@pytest.mark.parametrize("name", sorted(set(MODELS) - NEVER_CHANGED))
def test_every_update_leaves_one_entry_with_both_sides(name: str, log) -> None:
    row = stored(MODELS[name])
    for write in (by_queryset, by_saving, by_bulk_update, by_update):
        log.start()
        column = changed(type(row)._base_manager.get(pk=row.pk), write)
        if not column:
            assert name in STANDS, (write, "no column of this table could be changed")
            continue
        (entry,) = about(log, MODELS[name])
        assert (entry.action, entry.object_id, entry.actor) == ("update", str(row.pk), ROB.name), write
        assert set(entry.before) == set(entry.after) >= {column}, write


def by_deleting(row: Any) -> None:
    at(row).delete()


def by_raw_delete(row: Any) -> None:
    at(row)._raw_delete("default")


def by_delete(row: Any) -> None:
    run(f"DELETE FROM {row._meta.db_table} WHERE {key(row)} = %s", row.pk)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_every_delete_leaves_one_entry_with_what_was_there(name: str, log) -> None:
    for write in (by_deleting, by_raw_delete, by_delete):
        row = stored(MODELS[name])
        log.start()
        with audit.acting(ROB):
            write(row)
        (entry,) = about(log, MODELS[name])
        assert (entry.action, entry.object_id, entry.actor, entry.after) == ("delete", str(row.pk), ROB.name, None)
        there = {field.column for field in row._meta.concrete_fields if getattr(row, field.attname) is not None}
        assert set(entry.before) == there, write
