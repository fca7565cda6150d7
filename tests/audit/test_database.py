"""Set-up makes roles and database, twice the same, also at once, and says no password to the server."""

import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from psycopg import sql
from psycopg.conninfo import make_conninfo

from kyc_portal import env
from kyc_portal.audit.database import Role, prepare, role_of

pytestmark = pytest.mark.db_bound
ADMIN = "ADMIN_DATABASE_URL"


@pytest.fixture
def names():
    """A database and roles nobody else has; gone afterwards."""
    tail = secrets.token_hex(4)
    made: dict[str, Any] = {
        "database": f"kyc_setup_{tail}",
        "owner": Role(f"owner_{tail}", "o'p\"w"),
        "app": Role(f"app_{tail}", "app-pw"),
        "sealer": Role(f"sealer_{tail}", "s"),
        "auditor": Role(f"auditor_{tail}"),
    }
    yield made
    with psycopg.connect(os.environ[ADMIN], autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(made["database"])))
        for role in ("owner", "app", "sealer", "auditor"):
            admin.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(made[role].name)))


def state(names) -> list[tuple]:
    """Roles, settings and rights as the server's catalogue tells them, without the salted passwords."""
    url = make_conninfo(os.environ[ADMIN], dbname=names["database"])
    roles = [names[kind].name for kind in ("owner", "app", "sealer", "auditor")]
    with psycopg.connect(url) as admin:
        return [
            *admin.execute(
                "SELECT rolname, rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolconfig FROM pg_roles"
                " WHERE rolname = ANY(%s) ORDER BY 1",
                [roles],
            ),
            *admin.execute(
                "SELECT datdba::regrole::text, datacl::text FROM pg_database WHERE datname = current_database()"
            ),
            *admin.execute("SELECT nspacl::text FROM pg_namespace WHERE nspname = 'public'"),
            *admin.execute("SELECT defaclrole::regrole::text, defaclobjtype, defaclacl::text FROM pg_default_acl"),
            *admin.execute(
                "SELECT setconfig FROM pg_db_role_setting s JOIN pg_database d ON d.oid = setdatabase"
                " WHERE datname = current_database()"
            ),
        ]


def test_preparing_twice_changes_nothing(names):
    prepare(os.environ[ADMIN], **names)
    once = state(names)
    prepare(os.environ[ADMIN], **names)
    assert state(names) == once


def test_two_starts_at_once_both_end_well(names):
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(prepare, os.environ[ADMIN], **names) for _each in range(4)]:
            done.result(60)
    assert len(state(names)) > 4


def test_the_roles_may_do_what_they_are_for_and_no_more(names):
    prepare(os.environ[ADMIN], **names)
    found = {row[0]: row[1:] for row in state(names)[:4]}
    app, auditor = found[names["app"].name], found[names["auditor"].name]
    assert app[:4] == (True, False, False, False)
    assert "audit.require_context=on" in app[4]
    assert auditor[:4] == (False, False, False, False)
    assert found[names["owner"].name][1:4] == (False, False, False)


def test_no_password_reaches_the_server_in_clear(names):
    prepare(os.environ[ADMIN], **names)
    with psycopg.connect(os.environ[ADMIN]) as admin:
        stored = admin.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [names["app"].name]).fetchone()
    assert stored is not None
    assert stored[0].startswith("SCRAM-SHA-256$")


def test_a_stranger_may_not_even_connect(names):
    prepare(os.environ[ADMIN], **names)
    with psycopg.connect(os.environ[ADMIN]) as admin:
        allowed = admin.execute(
            "SELECT acl.grantee FROM pg_database d, aclexplode(d.datacl) acl WHERE datname = %s AND acl.grantee = 0",
            [names["database"]],
        ).fetchall()
    assert allowed == []


TREE = ("audit.leaf", "audit.node", "audit.seal", "audit.checkpoint")
READ, WRITE = {"SELECT"}, {"SELECT", "INSERT", "UPDATE", "DELETE"}
PRIVILEGES = """
SELECT n.nspname || '.' || c.relname, coalesce(array_agg(p) FILTER (WHERE has_table_privilege(%s, c.oid, p)), '{}')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p
WHERE n.nspname IN ('public', 'audit') AND c.relkind IN ('r', 'p') GROUP BY 1
"""


@pytest.mark.django_db
class TestPrivileges:
    """What each role may do with each table, as the server says it."""

    def may(self, owner, role: str) -> dict[str, set[str]]:
        return {table: set(rights) for table, rights in owner.execute(PRIVILEGES, [role]).fetchall()}

    def test_the_application_reads_the_log_and_writes_the_domain(self, owner):
        found = self.may(owner, "kyc_test_app")
        readable = {"audit.entry", "audit.vault", *TREE, "public.django_migrations"}
        assert {table for table, rights in found.items() if rights == READ} == readable
        assert {table for table, rights in found.items() if rights == WRITE} == found.keys() - readable
        assert len(found) > 20

    @pytest.mark.parametrize(("role", "tree"), [("kyc_test_sealer", {"SELECT", "INSERT"}), ("kyc_auditor", READ)])
    def test_sealer_and_auditor_read_the_log_and_see_nothing_else(self, owner, role, tree):
        found = self.may(owner, role)
        assert {table: rights for table, rights in found.items() if rights} == {
            "audit.entry": READ,
            "audit.vault": READ,
            **dict.fromkeys(TREE, tree),
        }

    def test_a_role_that_came_later_is_given_its_rights_by_preparing_again(self, owner):
        owner.execute("REVOKE ALL ON audit.entry, audit.vault FROM kyc_test_sealer")
        try:
            assert self.may(owner, "kyc_test_sealer")["audit.entry"] == set()
        finally:
            call_command("prepare_database", verbosity=0)
        assert self.may(owner, "kyc_test_sealer")["audit.entry"] == READ

    def test_everything_belongs_to_the_owner(self, owner):
        others = owner.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname IN ('public', 'audit') AND c.relowner <> 'kyc_test_owner'::regrole"
            " UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'audit'::regnamespace"
            " AND proowner <> 'kyc_test_owner'::regrole"
        ).fetchall()
        assert others == []


def test_the_command_says_which_address_is_missing(settings):
    settings.ENV = env.read({"KYC_ENV": "test"})
    with pytest.raises(CommandError, match="ADMIN_DATABASE_URL, MIGRATION_DATABASE_URL, DATABASE_URL"):
        call_command("prepare_database")


def test_a_role_is_read_from_the_address_and_does_not_show_its_password():
    role = role_of("postgresql://kyc_app:s%40cret@db/kyc")
    assert (role.name, role.password) == ("kyc_app", "s@cret")
    assert "cret" not in repr(role)
