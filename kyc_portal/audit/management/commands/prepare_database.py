"""Make the database and its roles on the server of ADMIN_DATABASE_URL. Safe to repeat; prints no secret."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from psycopg.conninfo import conninfo_to_dict

from kyc_portal.audit.database import prepare, role_of


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        env = settings.ENV
        missing = [
            name
            for name in ("ADMIN_DATABASE_URL", "MIGRATION_DATABASE_URL", "DATABASE_URL")
            if not getattr(env, name.lower())
        ]
        if missing:
            raise CommandError(f"not set: {', '.join(missing)}")
        database = str(conninfo_to_dict(env.database_url)["dbname"])
        prepare(
            env.admin_database_url,
            database=database,
            owner=role_of(env.migration_database_url),
            app=role_of(env.database_url),
            sealer=role_of(env.sealer_database_url) if env.sealer_database_url else None,
        )
        self.stdout.write(f"Database {database} and its roles are there.")
