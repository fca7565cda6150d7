"""Verify the audit log: guards, entries against the tree, the tree against signed checkpoints here and outside.

Exit status 0: sound; 1: not sound, each finding in a sentence; 2: it could not be verified. The result is an act.
"""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kyc_portal import audit
from kyc_portal.audit.proof import checking


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since-last", action="store_true", help="read only entries after the last sound result")
        parser.add_argument("--key", action="append", default=[], help="name+id+base64; default AUDIT_VERIFY_KEY")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        try:
            report = checking.run(
                actor=audit.system("command_verify_audit"),
                keys=options["key"] or settings.ENV.audit_verify_key.split(","),
                since_last=options["since_last"],
                progress=self._progress,
            )
        except ValueError as error:
            raise CommandError(str(error), returncode=2) from error
        for sentence in report.findings:
            self.stderr.write(f"NOT SOUND: {sentence}")
        for sentence in report.not_checked:
            self.stderr.write(f"Not checked: {sentence}")
        self.stdout.write(
            f"{'Sound' if report.is_sound else 'Not sound'}: {report.size} entries in the tree"
            f" ({report.size - report.since} read), {report.unsealed} younger, {report.late} late,"
            f" in {time.monotonic() - started:.1f} s"
        )
        if not report.is_sound:
            sys.exit(1)

    def _progress(self, done: int, total: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{done} of {total}", ending="")
