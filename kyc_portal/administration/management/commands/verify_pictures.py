"""Open every stored picture and compare it with what was committed to at receipt. Exit status 1 when one differs."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from kyc_portal import audit
from kyc_portal.submissions.pictures.verification import verify_pictures


class Command(BaseCommand):
    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        found = verify_pictures(lambda done: self.stdout.write(f"… {done}"))
        for name, which in (("missing", found.missing), ("broken", found.broken)):
            for scan_id in which:
                self.stderr.write(f"{name}: {scan_id}")
        with audit.acting(audit.system("command_verify_pictures")):
            audit.record(
                "picture.all_verified",
                object_type="submissions.store",
                object_id="pictures",
                details={
                    "sound": str(found.sound),
                    "missing": str(len(found.missing)),
                    "broken": str(len(found.broken)),
                },
            )
        self.stdout.write(
            f"{'Sound' if found.is_sound else 'Not sound'}: {found.sound} pictures are what was received,"
            f" {len(found.missing)} missing, {len(found.broken)} broken"
        )
        if not found.is_sound:
            sys.exit(1)
