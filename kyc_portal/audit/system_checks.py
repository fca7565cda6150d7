"""Refuses a production start where the web's role could write or rewrite the log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

_QUESTION = """
SELECT pg_has_role(current_user, c.relowner, 'MEMBER')
    OR has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER')
FROM pg_class c WHERE c.oid = to_regclass('audit.entry')
"""


def may_write_the_log(alias: str = "default") -> bool:
    """Whether a connection's role owns the log or may write it other than through `audit.record`."""
    with connections[alias].cursor() as cursor:
        cursor.execute(_QUESTION)
        row = cursor.fetchone()
    return bool(row and row[0])


@register(Tags.database)
def the_application_does_not_own_the_log(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Runs with `check --database default`; a start asks the same by `kyc_portal.start`."""
    if not settings.ENV.is_production or not databases or "default" not in databases:
        return []
    if may_write_the_log():
        return [
            Error(
                "DATABASE_URL connects as a role that may write the audit log",
                hint="Give the application its own role with `manage.py prepare_database`.",
                id="audit.E001",
            )
        ]
    return []
