"""Makes the database and its roles on a server we administer. One SQL, used by `make run`, tests and compose.

Names and passwords come from the URLs the processes will use, so nothing is said twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

# One of ours: two starts at once must not both create a role.
_LOCK = 4_212_026_11


@dataclass(frozen=True, slots=True)
class Role:
    """A role to be: its name and password, as the URL says them."""

    name: str
    password: str


def role_of(url: str) -> Role:
    """The role a URL connects as."""
    parts = conninfo_to_dict(url)
    return Role(name=str(parts.get("user") or ""), password=str(parts.get("password") or ""))


def prepare(admin_url: str, *, database: str, owner: Role, app: Role, sealer: Role | None = None) -> None:
    """Create roles and the database where absent, and set what only an administrator may. Safe to repeat."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        for role in filter(None, (owner, app, sealer)):
            _ensure_role(connection, role)
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        if not found:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0").format(
                    sql.Identifier(database), sql.Identifier(owner.name)
                )
            )
        grant_database(connection, database=database, owner=owner, app=app)
    with psycopg.connect(make_conninfo(admin_url, dbname=database), autocommit=True) as connection:
        grant_schema(connection, owner=owner, app=app)


def _ensure_role(connection: psycopg.Connection, role: Role) -> None:
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role.name]).fetchone()
    verb = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}" if found else "CREATE ROLE {} LOGIN PASSWORD {}")
    connection.execute(verb.format(sql.Identifier(role.name), sql.Literal(role.password)))


def grant_database(connection: psycopg.Connection, *, database: str, owner: Role, app: Role) -> None:
    """Who may connect, and the settings the triggers ask for."""
    name, app_name, owner_name = sql.Identifier(database), sql.Identifier(app.name), sql.Identifier(owner.name)
    for statement in (
        sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name),
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, app_name),
        sql.SQL("GRANT ALL ON DATABASE {} TO {}").format(name, owner_name),
        sql.SQL("ALTER DATABASE {} SET audit.app_role = {}").format(name, sql.Literal(app.name)),
        sql.SQL("ALTER ROLE {} SET audit.require_context = 'on'").format(app_name),
        sql.SQL("ALTER ROLE {} SET idle_in_transaction_session_timeout = '60s'").format(app_name),
    ):
        connection.execute(statement)


def grant_schema(connection: psycopg.Connection, *, owner: Role, app: Role) -> None:
    """Tables belong to the owner; what the owner makes later may be used by the application."""
    owner_name, app_name = sql.Identifier(owner.name), sql.Identifier(app.name)
    for statement in (
        sql.SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC"),
        sql.SQL("GRANT ALL ON SCHEMA public TO {}").format(owner_name),
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(app_name),
        sql.SQL(
            "ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {}"
        ).format(owner_name, app_name),
        sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public GRANT USAGE ON SEQUENCES TO {}").format(
            owner_name, app_name
        ),
    ):
        connection.execute(statement)
