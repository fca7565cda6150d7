"""Whether what records and what refuses still stands in the database as it was installed.

Somebody who owns the database may replace the text of a function, hang a trigger of their own on the log, put a view in
a table's place, or give the application a right. Each would make the log incomplete without breaking its tree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import psycopg

from kyc_portal.audit.definitions import GUARDED, Definitions, body

# Bits of pg_trigger.tgtype.
_ROW, _BEFORE = 1, 2
_EVENTS = {"INSERT": 4, "DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}
_PINNED = "search_path=pg_catalog, pg_temp"
_TABLES = """
SELECT c.relname, c.relkind IN ('r', 'p') AND NOT c.relrowsecurity,
    EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = c.oid)
FROM pg_class c WHERE c.relnamespace = 'audit'::regnamespace AND c.relname = ANY(%s)
"""
# Every trigger that people made, with the function it calls. One with a condition, or of some columns, is none of ours.
_TRIGGERS = """
SELECT n.nspname, c.relname, t.tgname, t.tgtype::int, p.pronamespace = 'audit'::regnamespace, p.proname,
    t.tgenabled = 'A' AND t.tgqual IS NULL AND cardinality(t.tgattr::int2[]) = 0,
    encode(t.tgargs, 'escape')
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal AND n.nspname IN ('audit', 'public')
"""
_DOMAIN = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
_FUNCTIONS = """
SELECT proname, prosrc, coalesce(proconfig, '{}'), has_function_privilege('public', oid, 'EXECUTE')
FROM pg_proc WHERE pronamespace = 'audit'::regnamespace
"""
# What each role may do to the log's tables, and which functions it may call; the sealer never takes anything back.
_WRITES: Mapping[str, Mapping[str, frozenset[str]]] = {
    "app": {},
    "auditor": {},
    "sealer": dict.fromkeys(("leaf", "node", "seal", "checkpoint"), frozenset({"INSERT"})),
}
_CALLS: Mapping[str, frozenset[str]] = {"app": frozenset({"record", "forget"})}
_MAY_WRITE = """
SELECT t.name, k.kind FROM unnest(%s::text[]) t(name),
    unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) k(kind)
WHERE has_table_privilege(%s, 'audit.' || t.name, k.kind)
"""
_MAY_CALL = """
SELECT proname FROM pg_proc WHERE pronamespace = 'audit'::regnamespace AND has_function_privilege(%s, oid, 'EXECUTE')
"""


def findings(connection: psycopg.Connection, ours: Definitions) -> Iterator[str]:
    """Each thing that does not stand as it was installed, as a sentence."""
    yield from _log_tables(connection)
    yield from _triggers(connection, ours)
    yield from _functions(connection, ours)


def _log_tables(connection: psycopg.Connection) -> Iterator[str]:
    found = {row[0]: row[1:] for row in connection.execute(_TABLES, [list(GUARDED)])}
    for name in GUARDED:
        is_table, has_rule = found.get(name, (False, False))
        if not is_table:
            yield f"audit.{name} is not the table it was"
        elif has_rule:
            yield f"audit.{name} has a rule that is not ours"


def _triggers(connection: psycopg.Connection, ours: Definitions) -> Iterator[str]:
    refused: dict[tuple[str, str], int] = {}
    watched: set[str] = set()
    keeping: set[tuple[str, str, str]] = set()
    for schema, table, trigger, kind, is_audit, function, always, given in connection.execute(_TRIGGERS):
        is_guard = is_audit and function == "refuse"
        if is_guard and always and kind & _BEFORE and not kind & _ROW:
            refused[schema, table] = refused.get((schema, table), 0) | kind
        elif is_audit and function == "refuse_while_held" and always and kind == _ROW | _BEFORE | _EVENTS["DELETE"]:
            keeping.add((schema, table, given.removesuffix("\\000")))
        elif schema == "audit" and not is_guard:
            yield f"audit.{table} has a trigger that is not ours: {trigger}"
        elif is_audit and always and function == ours.row_functions.get(table) and _is_of_every_row(kind):
            watched.add(table)
    for name, kinds in GUARDED.items():
        if any(not refused.get(("audit", name), 0) & _EVENTS[each] for each in kinds):
            yield f"the guard of audit.{name} is gone or switched off"
    domain = {row[0] for row in connection.execute(_DOMAIN)} - ours.exempt
    for name in sorted(domain - watched):
        yield f"the table {name} has no audit trigger, or it is switched off or not ours"
    for name in sorted(each for each in domain if not refused.get(("public", each), 0) & _EVENTS["TRUNCATE"]):
        yield f"the table {name} may be emptied unseen: what refuses TRUNCATE is gone or switched off"
    held = {("audit", "vault", "subject"), *(("public", table, column) for table, column in ours.held.items())}
    for _schema, name, _column in sorted(held - keeping):
        yield f"a legal hold does not keep the rows of {name}: its guard is gone or switched off"


def _is_of_every_row(kind: int) -> bool:
    """After every insert, update and delete, for each row."""
    every = _EVENTS["INSERT"] | _EVENTS["UPDATE"] | _EVENTS["DELETE"]
    return bool(kind & _ROW) and not kind & _BEFORE and kind & every == every


def _functions(connection: psycopg.Connection, ours: Definitions) -> Iterator[str]:
    found = {row[0]: row[1:] for row in connection.execute(_FUNCTIONS)}
    for name, text in sorted(ours.bodies.items()):
        if name not in found:
            yield f"the function audit.{name} is gone"
            continue
        source, settings, is_open = found[name]
        if body(source) != text or _PINNED not in settings:
            yield f"the function audit.{name} is not the one that was installed"
        if is_open:
            yield f"anybody may call audit.{name}"


def rights(connection: psycopg.Connection) -> Iterator[str]:
    """Each right of a role on the log that it should not have, as a sentence; roles are those that set-up named."""
    for kind, allowed in _WRITES.items():
        row = connection.execute("SELECT coalesce(current_setting(%s, true), '')", [f"audit.{kind}_role"]).fetchone()
        name = row[0] if row else ""
        if not name:
            continue
        for table, right in connection.execute(_MAY_WRITE, [list(GUARDED), name]):
            if right not in allowed.get(table, frozenset()):
                yield f"the role {name} may {right} on audit.{table}"
        for (function,) in connection.execute(_MAY_CALL, [name]):
            if function not in _CALLS.get(kind, frozenset()):
                yield f"the role {name} may call audit.{function}"
