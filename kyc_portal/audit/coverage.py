"""Which tables the log watches: every one, but for those named here with their reason. A test walks them all."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection

EXEMPT: Mapping[str, str] = {
    "django_migrations": "written by the owner alone, in releases; the application may only read it",
    "django_session": "opaque and short-lived; signing in and out are acts",
    "django_content_type": "names of models, made by migrations",
    "auth_permission": "names of rights, made by migrations; rights here come from the role",
    "django_admin_log": "the library's own journal of the admin, where nothing is writable",
}

_WATCHED = """
SELECT c.relname,
    count(*) FILTER (WHERE t.tgtype & 1 = 1 AND t.tgtype & 28 = 28 AND t.tgenabled = 'A') AS rows,
    count(*) FILTER (WHERE t.tgtype & 1 = 0 AND t.tgtype & 34 = 34 AND t.tgenabled = 'A') AS keeps
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
LEFT JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal
    AND t.tgfoid IN (SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'audit'::regnamespace)
WHERE c.relkind IN ('r', 'p')
GROUP BY c.relname
"""


def unwatched_tables() -> set[str]:
    """Tables that are not exempt and lack the row trigger or the refusal of TRUNCATE, both always enabled."""
    with connection.cursor() as cursor:
        cursor.execute(_WATCHED)
        return {name for name, rows, keeps in cursor.fetchall() if name not in EXEMPT and not (rows and keeps)}
