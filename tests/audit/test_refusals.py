"""What the database refuses to the application's role, and to whoever owns the log."""

import os
from dataclasses import replace

import psycopg
import pytest
from django.db import connections
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from kyc_portal import audit
from kyc_portal.audit import AuditError
from kyc_portal.audit.models import Entry
from kyc_portal.audit.system_checks import may_write_the_log, the_application_does_not_own_the_log
from kyc_portal.sealing.models import SearchDigest
from kyc_portal.start import require_safe_start

pytestmark = [pytest.mark.db_bound, pytest.mark.django_db(transaction=True)]

ENTRY = (
    "INSERT INTO audit.entry (tx, at, kind, action, object_type, object_id, actor, actor_label, role, via, request,"
    " task, db_user) VALUES (1, now(), 'act', 'a.b', '', '', '', '', '', '', '', '', '')"
)
FORBIDDEN = {
    "write an entry": ENTRY,
    "change an entry": "UPDATE audit.entry SET actor = 'staff:1'",
    "delete entries": "DELETE FROM audit.entry",
    "empty the log": "TRUNCATE audit.entry",
    "lock the log": "LOCK TABLE audit.entry IN ACCESS EXCLUSIVE MODE",
    "put into the vault": "INSERT INTO audit.vault (digest, bytes) VALUES ('d', 'b')",
    "change the vault": "UPDATE audit.vault SET bytes = 'x'",
    "delete from the vault": "DELETE FROM audit.vault",
    "empty the vault": "TRUNCATE audit.vault",
    "empty a domain table": "TRUNCATE sealing_searchdigest",
    "make a table": "CREATE TABLE public.mine (id int)",
    "make a table in the log's schema": "CREATE TABLE audit.mine (id int)",
    "make a temporary table": "CREATE TEMP TABLE mine (id int)",
    "make a schema": "CREATE SCHEMA mine",
    "make a function": "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "replace the log's function": "CREATE OR REPLACE FUNCTION audit.refuse() RETURNS trigger LANGUAGE plpgsql"
    " AS 'BEGIN RETURN NULL; END'",
    "disable one trigger": "ALTER TABLE sealing_searchdigest DISABLE TRIGGER ALL",
    "disable the log's guard": "ALTER TABLE audit.entry DISABLE TRIGGER entry_only_grows",
    "drop the log's guard": "DROP TRIGGER entry_only_grows ON audit.entry",
    "drop the log": "DROP TABLE audit.entry",
    "act as a replica": "SET session_replication_role = replica",
    "become the owner": "SET ROLE kyc_test_owner",
    "call a guard": "SELECT audit.refuse()",
    "forget a migration": "DELETE FROM django_migrations",
}


@pytest.mark.parametrize("statement", FORBIDDEN.values(), ids=FORBIDDEN)
def test_the_application_may_not(app_role, statement):
    with pytest.raises(errors.InsufficientPrivilege), app_role.transaction():
        app_role.execute(statement)


def test_the_application_cannot_give_itself_rights(app_role):
    app_role.execute("GRANT ALL ON audit.entry TO kyc_test_app")  # a warning, and nothing granted
    with pytest.raises(errors.InsufficientPrivilege):
        app_role.execute(ENTRY)


def test_the_application_may_call_two_functions_of_the_log(app_role):
    callable_ones = app_role.execute(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'audit'::regnamespace"
        " AND has_function_privilege(oid, 'EXECUTE')"
    ).fetchall()
    assert sorted(callable_ones) == [("forget",), ("record",)], "forget empties the vault of one customer, for erasure"


GUARDED = {
    "entry": ["UPDATE audit.entry SET actor = 'x'", "DELETE FROM audit.entry", "TRUNCATE audit.entry"],
    "leaf": ["UPDATE audit.leaf SET position = 0", "DELETE FROM audit.leaf", "TRUNCATE audit.leaf"],
    "node": ["UPDATE audit.node SET index = 0", "DELETE FROM audit.node", "TRUNCATE audit.node"],
    "seal": ["UPDATE audit.seal SET size = 0", "DELETE FROM audit.seal", "TRUNCATE audit.seal"],
    "checkpoint": ["UPDATE audit.checkpoint SET size = 0", "DELETE FROM audit.checkpoint", "TRUNCATE audit.checkpoint"],
    "vault": ["UPDATE audit.vault SET bytes = 'x'", "TRUNCATE audit.vault"],
    "domain": ["TRUNCATE sealing_searchdigest", "TRUNCATE accounts_user CASCADE"],
}
STATEMENTS = [statement for each in GUARDED.values() for statement in each]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_owner_is_refused_too(owner, statement):
    with pytest.raises(errors.RaiseException, match="is refused"):
        owner.execute(statement)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_an_administrator_who_plays_the_replica_is_refused_too(statement):
    database = str(conninfo_to_dict(os.environ["DATABASE_URL"])["dbname"])
    url = make_conninfo(os.environ["ADMIN_DATABASE_URL"], dbname=database)
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("SET session_replication_role = replica")
        with pytest.raises(errors.RaiseException, match="is refused"):
            admin.execute(statement)


def test_an_administrator_who_plays_the_replica_still_leaves_entries(log):
    database = str(conninfo_to_dict(os.environ["DATABASE_URL"])["dbname"])
    url = make_conninfo(os.environ["ADMIN_DATABASE_URL"], dbname=database)
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute(
            "INSERT INTO sealing_searchdigest (id, customer, kind, key_id, digest)"
            " VALUES (gen_random_uuid(), gen_random_uuid(), 'number', 'k', 'd')"
        )
    (entry,) = log.entries()
    assert (entry.action, entry.actor) == ("insert", "(no context)")


def test_the_application_cannot_put_a_row_change_into_the_log(app_role, log):
    app_role.execute("SET audit.require_context = 'off'")
    with pytest.raises(errors.RaiseException, match=r"thing\.verb"):
        app_role.execute("SELECT audit.record('update', 'accounts.user', '1', NULL, NULL, NULL)")
    app_role.execute("SELECT audit.record('picture.viewed', 'submissions.scan', '1', NULL, NULL, NULL)")
    assert [entry.kind for entry in log.entries()] == ["act"]


def test_an_act_without_a_context_is_refused(app_role):
    with pytest.raises(errors.RaiseException, match="nobody was said to act"):
        app_role.execute("SELECT audit.record('picture.viewed', 'submissions.scan', '1', NULL, NULL, NULL)")


@pytest.mark.parametrize("details", ['{"count": 3}', '{"who": {"name": "x"}}', '{"list": ["a"]}'])
def test_details_are_text(app_role, details):
    app_role.execute("SET audit.require_context = 'off'")
    with pytest.raises(errors.RaiseException, match="details are text"):
        app_role.execute("SELECT audit.record('a.b', '', '', NULL, %s::jsonb, NULL)", [details])


def test_what_the_application_wrote_is_as_it_was_after_every_attempt(app_role, owner):
    with audit.acting(audit.system("sweep")):
        SearchDigest.objects.create(customer="00000000-0000-4000-8000-000000000001", kind="n", key_id="k", digest=b"d")
    before = list(Entry.objects.order_by("id").values())
    for statement in FORBIDDEN.values():
        with pytest.raises(psycopg.Error), app_role.transaction():
            app_role.execute(statement)
    for statement in STATEMENTS:
        with pytest.raises(psycopg.Error):
            owner.execute(statement)
    assert list(Entry.objects.order_by("id").values()) == before


class TestTheStart:
    """A production start on a role that could write the log is refused."""

    @pytest.fixture(autouse=True)
    def _production(self, settings):
        settings.ENV = replace(settings.ENV, kyc_env="production")

    def test_the_applications_role_passes(self):
        assert the_application_does_not_own_the_log(None, databases=["default"]) == []
        require_safe_start()

    @pytest.mark.django_db(transaction=True, databases=["default", "owner"])
    def test_the_owner_is_refused(self, monkeypatch):
        assert may_write_the_log("owner") is True
        monkeypatch.setattr(connections, "_settings", connections.settings)
        monkeypatch.setitem(connections.settings, "default", connections.settings["owner"])
        connections["default"].close()
        del connections["default"]
        try:
            (error,) = the_application_does_not_own_the_log(None, databases=["default"])
            assert error.id == "audit.E001"
            with pytest.raises(AuditError, match="may write the audit log"):
                require_safe_start()
        finally:
            connections["default"].close()
            del connections["default"]
