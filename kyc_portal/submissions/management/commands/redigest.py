"""Digest everything that can be found again by the newest key of DIGEST_KEY; the product may go on meanwhile."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from kyc_portal import audit
from kyc_portal.sealing import digests
from kyc_portal.sealing.errors import SealError
from kyc_portal.submissions import redigest

_TELL_EVERY = 500


class Command(BaseCommand):
    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        changed, failed = 0, 0
        for number, customer in enumerate(redigest.customers(), 1):
            try:
                changed += redigest.redigest(customer, actor=audit.system("command_redigest"))
            except (OSError, SealError) as error:
                failed += 1
                self.stderr.write(f"{customer}: left as it was ({type(error).__name__})")
            if number % _TELL_EVERY == 0:
                self.stdout.write(f"… {number} customers")
        self.stdout.write(f"Digested {changed} customers anew by digest key '{digests.newest()}'")
        for name, many in redigest.made_by().items():
            if name != digests.newest():
                self.stdout.write(f"Digest key '{name}' made {many} digests that are left")
        if failed:
            self.stderr.write(f"{failed} customers were left; keep the old key and run this again")
            raise SystemExit(1)
        self.stdout.write("Older keys may leave DIGEST_KEY now")
