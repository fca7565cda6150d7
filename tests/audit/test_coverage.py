"""No table escapes the log unnoticed."""

import pytest
from django.apps import apps
from django.db import connection

from kyc_portal.audit.coverage import EXEMPT, unwatched_tables

pytestmark = [pytest.mark.db_bound, pytest.mark.django_db]


def test_every_table_is_watched_or_exempt_with_a_reason():
    assert unwatched_tables() == set()


def test_a_table_without_triggers_is_named(owner):
    owner.execute("CREATE TABLE public.forgotten (id int)")
    try:
        assert unwatched_tables() == {"forgotten"}
    finally:
        owner.execute("DROP TABLE public.forgotten")


def test_a_trigger_that_can_be_silenced_does_not_count(owner):
    owner.execute("CREATE TABLE public.forgotten (id int)")
    try:
        owner.execute(
            "CREATE TRIGGER t AFTER INSERT OR UPDATE OR DELETE ON public.forgotten"
            " FOR EACH ROW EXECUTE FUNCTION audit.refuse()"
        )
        owner.execute(
            "CREATE TRIGGER u BEFORE TRUNCATE ON public.forgotten FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse()"
        )
        assert unwatched_tables() == {"forgotten"}
        owner.execute("ALTER TABLE public.forgotten ENABLE ALWAYS TRIGGER t, ENABLE ALWAYS TRIGGER u")
        assert unwatched_tables() == set()
    finally:
        owner.execute("DROP TABLE public.forgotten")


def test_every_exempt_table_exists_and_is_a_librarys():
    tables = set(connection.introspection.table_names())
    ours = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model.__module__.startswith("kyc_portal.")
    }
    assert set(EXEMPT) <= tables
    assert not ours & set(EXEMPT)
