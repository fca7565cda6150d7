"""Show whose data is due to be erased; with --run, erase it. Legal holds are always respected."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from kyc_portal import audit
from kyc_portal.privacy import erasure, retention


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--run", action="store_true", help="erase what is due; without it nothing is changed")
        parser.add_argument("--limit", type=int, default=1000, help="at most so many in one run")

    def handle(self, *args: Any, **options: Any) -> None:
        now, rules = timezone.now(), retention.preset()
        self.stdout.write(str(rules.source))
        if options["run"]:
            found = erasure.run(actor=audit.system("command_retention"), now=now, limit=options["limit"])
            self.stdout.write(", ".join(f"{name}: {many}" for name, many in found.items()))
            return
        many = 0
        for clock in retention.due(now.astimezone(retention.HONG_KONG).date()):
            many += 1
            held = "  HELD" if clock.is_held else ""
            self.stdout.write(f"{clock.customer.reference}  {clock.kind}  due {clock.due_on}{held}")
        self.stdout.write(f"{many} due; nothing was changed" if many else "Nothing is due")
