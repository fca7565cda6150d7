"""Restore a backup's folder to an empty database and store, then verify every picture. Overwrites nothing."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from kyc_portal import audit, backup


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        started, env = time.monotonic(), settings.ENV
        call_command("prepare_database", stdout=self.stdout)
        try:
            manifest = backup.give_back(
                options["folder"],
                database_url=env.database_url,
                admin_url=env.admin_database_url,
                say=self.stdout.write,
            )
        except (backup.BackupError, OSError) as error:
            raise CommandError(str(error)) from error
        call_command("prepare_database", stdout=self.stdout)  # rights on what has just come
        with audit.acting(audit.system("command_restore")):
            audit.record(
                "backup.restored",
                object_type="system.backup",
                object_id=manifest.database,
                details={"taken_at": manifest.taken_at, "pictures": str(manifest.picture_count)},
            )
        self.stdout.write(
            f"Restored in {time.monotonic() - started:.1f} s, to the state of {manifest.taken_at}. Now: verify_audit"
            " (an outside that knows a longer log says so, see docs/runbook.md), `retention --run`, and start."
        )
        call_command("verify_pictures", stdout=self.stdout, stderr=self.stderr)
