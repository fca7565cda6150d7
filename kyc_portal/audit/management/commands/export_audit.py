"""Export the audit log, or positions of it, as a folder that a stranger verifies without this product. It is an act."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kyc_portal import audit
from kyc_portal.audit.proof import bundle


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="a new or empty folder")
        parser.add_argument("--from", type=int, default=0, dest="start", help="first position, counted from 0")
        parser.add_argument("--to", type=int, default=None, dest="end", help="position after the last")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with psycopg.connect(settings.ENV.database_url, autocommit=True) as connection:
                made = bundle.export(connection, options["folder"], start=options["start"], end=options["end"])
        except bundle.NothingSignedError as error:
            raise CommandError("no checkpoint covers these positions yet; is the sealer running?") from error
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        with audit.acting(audit.system("command_export_audit")):
            audit.record(
                "audit.exported",
                object_type="audit_log",
                object_id=str(made.covered),
                details={"from": str(made.start), "to": str(made.end), "sha256": made.sha256},
            )
        self.stdout.write(
            f"Positions {made.start} to {made.end} are in {options['folder']}. Verify them with the key you trust:\n"
            f"  python3 {options['folder']}/verify.py {options['folder']} --key 'name+id+base64'"
        )
