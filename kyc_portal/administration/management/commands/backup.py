"""Copy the database and the sealed pictures into an empty folder, while the product goes on."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from kyc_portal import audit, backup


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        started, env = time.monotonic(), settings.ENV
        if not env.admin_database_url:
            raise CommandError("ADMIN_DATABASE_URL is not set: a backup reads what no other role may read alone")
        try:
            manifest = backup.take(
                options["folder"],
                database_url=env.database_url,
                admin_url=env.admin_database_url,
                now=timezone.now(),
                say=self.stdout.write,
            )
        except (backup.BackupError, OSError) as error:
            raise CommandError(str(error)) from error
        with audit.acting(audit.system("command_backup")):
            audit.record(
                "backup.taken",
                object_type="system.backup",
                object_id=manifest.database,
                details={"pictures": str(manifest.picture_count), "database_bytes": str(manifest.database_bytes)},
            )
        self.stdout.write(
            f"Taken in {time.monotonic() - started:.1f} s: {manifest.database_bytes} bytes of database,"
            f" {manifest.picture_count} pictures. The keys are not in it: keep them elsewhere."
        )
