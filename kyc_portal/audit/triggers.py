"""The row triggers: one generated function a table, written from the model's columns.

Every column stands in exactly one class: plain (the value), sealed (digest and length of the ciphertext), hidden
(only that it is there or changed), quiet (an update of it alone leaves no entry). A forgotten column fails the
compilation by name. The stock template of the trigger library is not used: it carries a bypass any SQL can set.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pgtrigger
from django.db.models import BinaryField, Model
from pgtrigger import compiler


class AuditSqlV1(compiler.UpsertTriggerSql):
    """The installed SQL. Migrations name this class: never edit it, add a V2.

    `func` is the body; the function belongs to schema audit, runs as its owner with pinned settings, and both
    triggers are ENABLE ALWAYS. A statement trigger refuses TRUNCATE, which fires no row trigger.
    """

    def get_template(self) -> str:
        return """
            CREATE OR REPLACE FUNCTION audit.{pgid}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
            SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET bytea_output = 'hex'
            SET extra_float_digits = 1 SET datestyle = 'ISO, YMD'
            AS $audit$ {func} $audit$;
            REVOKE ALL ON FUNCTION audit.{pgid}() FROM PUBLIC;
            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE TRIGGER {pgid} AFTER INSERT OR UPDATE OR DELETE ON {table}
                FOR EACH ROW EXECUTE FUNCTION audit.{pgid}();
            ALTER TABLE {table} ENABLE ALWAYS TRIGGER {pgid};
            DROP TRIGGER IF EXISTS {pgid}_keep ON {table};
            CREATE TRIGGER {pgid}_keep BEFORE TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
            ALTER TABLE {table} ENABLE ALWAYS TRIGGER {pgid}_keep;
            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class RowAudit(pgtrigger.Trigger):
    """Record every insert, update and delete of a model's rows.

    Columns are named by their database column. `subject` is the column that holds the customer's uuid, or SQL that
    finds it with `{row}` for the row and schemas spelled out, or None. Works on proxies (library tables, join tables).
    The first migration that installs one must list `("audit", "0001_the_log")` among its dependencies.
    """

    when = pgtrigger.After
    operation = pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete

    def __init__(
        self,
        *,
        plain: Iterable[str],
        subject: str | None,
        sealed: Iterable[str] = (),
        hidden: Iterable[str] = (),
        quiet: str | None = None,
    ) -> None:
        super().__init__(name="row_audit")
        self.classes: dict[str, str] = {}
        for kind, columns in (
            ("plain", plain),
            ("sealed", sealed),
            ("hidden", hidden),
            ("quiet", [quiet] if quiet else []),
        ):
            for column in columns:
                if column in self.classes:
                    raise ValueError(f"column {column} stands in two classes")
                self.classes[column] = kind
        self.subject = subject

    def columns(self, model: type[Model]) -> list[tuple[str, str]]:
        """(column, class) of every column of the table, in the model's order; complains about a missing one."""
        fields = model._meta.local_concrete_fields or model._meta.concrete_fields
        names = [str(field.column) for field in fields]
        missing = [name for name in names if name not in self.classes]
        unknown = [name for name in self.classes if name not in names]
        if missing or unknown:
            raise ValueError(
                f"{model._meta.label}: columns without a class {missing}, classes without a column {unknown}"
            )
        for field in fields:
            if self.classes[str(field.column)] == "sealed" and not isinstance(field, BinaryField):
                raise ValueError(f"{model._meta.label}: {field.column} is no ciphertext; only bytes can be sealed")
        return [(name, self.classes[name]) for name in names]

    def get_func(self, model: Any) -> str:
        columns = self.columns(model._meta.concrete_model if model._meta.proxy else model)
        body = _body(
            columns,
            table=model._meta.db_table,
            key=model._meta.pk.column,
            subject=self.subject,
            object_type=model._meta.concrete_model._meta.label_lower,
        )
        return self.format_sql(body)

    def compile(self, model: Any) -> compiler.Trigger:
        return compiler.Trigger(
            name=self.name,
            sql=AuditSqlV1(
                pgid=self.get_pgid(model),
                func=self.render_func(model),
                table=model._meta.db_table,
                when=self.when,
                operation=self.operation,
            ),
        )


def _recorded(row: str, column: str, kind: str) -> str:
    """What an entry shows of one column of OLD or NEW."""
    quoted = f'{row}."{column}"'
    if kind == "sealed":
        return (
            f"jsonb_build_object('sealed', 'sha256:' || encode(sha256({quoted}), 'hex'),"
            f" 'bytes', length({quoted})::text)"
        )
    if kind == "hidden":
        return "jsonb_build_object('hidden', true)"
    return f"to_jsonb({quoted})"


def _one_sided(row: str, target: str, columns: list[tuple[str, str]]) -> str:
    """A whole row without its nulls."""
    return " ".join(
        f"IF {row}.\"{column}\" IS NOT NULL THEN {target} := {target} || jsonb_build_object('{column}',"
        f" {_recorded(row, column, kind)}); END IF;"
        for column, kind in columns
    )


def _changed(columns: list[tuple[str, str]], kinds: tuple[str, ...] = ("plain", "sealed", "hidden")) -> str:
    """The changed columns on both sides; an overwritten sealed value goes to the vault once."""
    lines = []
    for column, kind in columns:
        if kind not in kinds:
            continue
        old, new = f'OLD."{column}"', f'NEW."{column}"'
        shown_old = f"CASE WHEN {old} IS NULL THEN 'null'::jsonb ELSE {_recorded('OLD', column, kind)} END"
        shown_new = f"CASE WHEN {new} IS NULL THEN 'null'::jsonb ELSE {_recorded('NEW', column, kind)} END"
        lines.append(
            f"IF {old} IS DISTINCT FROM {new} THEN"
            f" b := b || jsonb_build_object('{column}', {shown_old});"
            f" a := a || jsonb_build_object('{column}', {shown_new}); {_keep(old, kind)} END IF;"
        )
    return " ".join(lines)


def _keep(old: str, kind: str) -> str:
    if kind != "sealed":
        return ""
    return (
        f"IF {old} IS NOT NULL THEN INSERT INTO audit.vault(digest, subject, bytes)"  # noqa: S608
        f" VALUES (sha256({old}), s, {old}) ON CONFLICT DO NOTHING; END IF;"
    )


def _subject(row: str, subject: str | None, columns: set[str]) -> str:
    """SQL for the customer a row is about."""
    if subject is None:
        return "NULL"
    return f'{row}."{subject}"' if subject in columns else f"({subject.replace('{row}', row)})"


def _body(columns: list[tuple[str, str]], *, table: str, key: str, subject: str | None, object_type: str) -> str:
    """The function's text. `{{`-free on purpose: the template is formatted once, with this as a value."""
    subject_of = {row: _subject(row, subject, {column for column, _kind in columns}) for row in ("OLD", "NEW")}
    vaulted = " ".join(_keep(f'OLD."{column}"', kind) for column, kind in columns if kind == "sealed")
    return f"""
        DECLARE b jsonb := '{{}}'; a jsonb := '{{}}'; s uuid; k text; t text; c jsonb;
        BEGIN
            t := nullif(current_setting('audit.context', true), '');
            IF t IS NULL AND current_setting('audit.require_context', true) = 'on' THEN
                RAISE EXCEPTION 'audit: nobody was said to act on {table}';
            END IF;
            IF TG_OP = 'INSERT' THEN s := {subject_of["NEW"]}; k := NEW."{key}"::text;
                {_one_sided("NEW", "a", columns)} b := NULL;
            ELSIF TG_OP = 'DELETE' THEN s := {subject_of["OLD"]}; k := OLD."{key}"::text;
                {_one_sided("OLD", "b", columns)} a := NULL; {vaulted}
            ELSE s := {subject_of["NEW"]}; k := NEW."{key}"::text;
                {_changed(columns)}
                IF a = '{{}}'::jsonb THEN RETURN NULL; END IF;
                {_changed(columns, ("quiet",))}
            END IF;
            c := coalesce(t::jsonb, '{{}}'::jsonb);
            INSERT INTO audit.entry(tx, at, kind, action, object_type, object_id, subject, before, after,
                actor, actor_label, role, via, request, task, db_user)
            VALUES (pg_current_xact_id()::text::bigint, clock_timestamp(), 'row', lower(TG_OP),
                '{object_type}', k, s, b, a,
                coalesce(c->>'actor', '(no context)'), coalesce(c->>'label', ''), coalesce(c->>'role', ''),
                coalesce(c->>'via', 'sql'), coalesce(c->>'request', ''), coalesce(c->>'task', ''), session_user);
            RETURN NULL;
        END;
    """  # noqa: S608
