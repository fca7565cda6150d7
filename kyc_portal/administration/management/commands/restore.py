"""Restore a backup's folder to an empty host, repeat holds and erasures made since, and verify every picture."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from kyc_portal import audit, backup
from kyc_portal.audit.proof import afterwards, places
from kyc_portal.audit.proof.verifier import Key
from kyc_portal.privacy import erasure, holds


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
        self._repeat()
        self.stdout.write(
            f"Restored in {time.monotonic() - started:.1f} s, to the state of {manifest.taken_at}. Now: verify_audit"
            " (an outside that knows a longer log says so, see docs/runbook.md), `retention --run`, and start."
        )
        call_command("verify_pictures", stdout=self.stdout, stderr=self.stderr)

    def _repeat(self) -> None:
        """Who was put under a hold after the backup was taken is so again, who was erased is erased again, in this
        order and before anybody looks or the night's retention comes by."""
        env = settings.ENV
        if not env.checkpoint_url:
            self.stderr.write("CHECKPOINT_URL is not set: holds and erasures since the backup were not repeated")
            return
        try:
            keys = [Key.parse(each) for each in env.audit_verify_key.split(",") if each.strip()]
            known = afterwards.read(places.place(env.checkpoint_url), keys=keys)
        except (ValueError, places.PlaceError) as error:
            self.stderr.write(f"Holds and erasures since the backup were not repeated: {error}")
            return
        now, actor = timezone.now(), audit.system("command_restore")
        self.stdout.write(f"{holds.repeat(known.holds, actor=actor, now=now)} legal holds set since are open again")
        done = erasure.repeat(known.customers, actor=actor, now=now)
        self.stdout.write(f"{done.erased} customers who had been erased since are erased again")
        if done.left:
            self.stderr.write(f"Held, or under a decision, so a person must look: {', '.join(done.left)}")
        if known.unbelieved:
            self.stderr.write(
                f"{known.unbelieved} notes of holds or erasures are not signed by a key of AUDIT_VERIFY_KEY: not used"
            )
