"""No table escapes the log unnoticed."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from django.apps import apps
from django.db import connection

from kyc_portal.audit.coverage import EXEMPT
from kyc_portal.audit.definitions import ours
from kyc_portal.audit.proof import guards

pytestmark = [pytest.mark.db_bound, pytest.mark.django_db]


@pytest.fixture
def forgotten(owner: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """A table that nobody thought of."""
    owner.execute("CREATE TABLE public.forgotten (id int)")
    yield owner
    owner.execute("DROP TABLE public.forgotten")


def test_every_table_is_watched_or_exempt_with_a_reason(owner: psycopg.Connection) -> None:
    assert list(guards.findings(owner, ours())) == []
    assert list(guards.rights(owner)) == []


def test_a_table_without_triggers_is_named(forgotten: psycopg.Connection) -> None:
    assert list(guards.findings(forgotten, ours())) == [
        "the table forgotten has no audit trigger, or it is switched off or not ours",
        "the table forgotten may be emptied unseen: what refuses TRUNCATE is gone or switched off",
    ]


def test_a_trigger_that_can_be_silenced_does_not_count(forgotten: psycopg.Connection) -> None:
    forgotten.execute(
        "CREATE TRIGGER u BEFORE TRUNCATE ON public.forgotten FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse()"
    )
    assert len(list(guards.findings(forgotten, ours()))) == 2
    forgotten.execute("ALTER TABLE public.forgotten ENABLE ALWAYS TRIGGER u")
    assert len(list(guards.findings(forgotten, ours()))) == 1


def test_a_trigger_that_calls_another_function_of_ours_does_not_count(forgotten: psycopg.Connection) -> None:
    forgotten.execute(
        "CREATE TRIGGER t AFTER INSERT OR UPDATE OR DELETE ON public.forgotten FOR EACH ROW"
        " EXECUTE FUNCTION audit.refuse()"
    )
    forgotten.execute("ALTER TABLE public.forgotten ENABLE ALWAYS TRIGGER t")
    assert any("forgotten has no audit trigger" in each for each in guards.findings(forgotten, ours()))


def test_every_exempt_table_exists_and_is_written_by_a_library() -> None:
    tables = set(connection.introspection.table_names())
    of_ours = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model.__module__.startswith("kyc_portal.")
    }
    assert set(EXEMPT) <= tables
    assert of_ours & set(EXEMPT) == {"accounts_session"}, "the library's own rows, with whose they are"
