"""Makes the database and its roles on a server we administer: roles.sql, used by `make run`, tests and compose.

Names and passwords come from the URLs the processes will use, so nothing is said twice. A password is sent as its
SCRAM verifier only, so it stands in no server log.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

ROLES_SQL = Path(__file__).with_name("roles.sql")
# One of ours: two starts at once must not both create a role.
_LOCK = 4_212_026_11


@dataclass(frozen=True, slots=True)
class Role:
    """A role to be: its name and password, as the URL says them. An empty name stands for none."""

    name: str
    password: str = field(default="", repr=False)


NO_ROLE = Role(name="")
AUDITOR = Role(name="kyc_auditor")


def role_of(url: str) -> Role:
    """The role a URL connects as."""
    parts = conninfo_to_dict(url)
    return Role(name=str(parts.get("user") or ""), password=str(parts.get("password") or ""))


def prepare(
    admin_url: str, *, database: str, owner: Role, app: Role, sealer: Role | None = None, auditor: Role = AUDITOR
) -> None:
    """Create roles and the database where absent, and set what only an administrator may. Safe to repeat.

    `auditor` cannot sign in; an administrator grants it to people who look with their own tools.
    """
    roles = {"owner": owner, "app": app, "sealer": sealer or NO_ROLE, "auditor": auditor}
    with psycopg.connect(admin_url, autocommit=True) as admin:
        # Held to the end: advisory locks belong to one database, roles to the whole server.
        admin.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            admin.execute(
                sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(sql.Identifier(database))
            )
        with psycopg.connect(make_conninfo(admin_url, dbname=database)) as connection:
            for kind, role in roles.items():
                verifier = _verifier(connection, role)
                connection.execute("SELECT set_config(%s, %s, true)", [f"setup.{kind}", role.name])
                connection.execute("SELECT set_config(%s, %s, true)", [f"setup.{kind}_password", verifier])
            connection.execute(ROLES_SQL.read_bytes())


def _verifier(connection: psycopg.Connection, role: Role) -> str:
    if not role.password:
        return ""
    made = connection.pgconn.encrypt_password(role.password.encode(), role.name.encode(), b"scram-sha-256")
    return made.decode()
