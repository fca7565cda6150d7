"""Print what verifies the sealer's signatures, for AUDIT_SIGNING_KEY or, with --new, for a key just made.

A new key goes before the old one in AUDIT_SIGNING_KEY; the next checkpoint is signed by both and hands over. When that
checkpoint stands outside, the old key can be taken away.
"""

from __future__ import annotations

import base64
import secrets
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kyc_portal import audit
from kyc_portal.audit.proof import signing


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--new", action="store_true", help="make a key; what verifies it is recorded as an act")

    def handle(self, *args: Any, **options: Any) -> None:
        text = settings.ENV.audit_signing_key
        if options["new"]:
            text = f"{datetime.now(UTC):%Y%m%d}:{base64.b64encode(secrets.token_bytes(32)).decode()}"
        try:
            signers = signing.signers(text, origin=settings.AUDIT_ORIGIN)
        except signing.SigningKeyError as error:
            raise CommandError(str(error)) from error
        if options["new"]:
            with audit.acting(audit.system("command_audit_key")):
                audit.record(
                    "audit.key_made",
                    object_type="audit_log",
                    object_id=signers[0].key.id.hex(),
                    details={"key": str(signers[0].key)},
                )
            self.stdout.write(f"AUDIT_SIGNING_KEY, put first: {text}")
        for each in signers:
            self.stdout.write(f"AUDIT_VERIFY_KEY: {each.key}")
