"""Print the current second-factor code of a demo person. Refuses in production."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kyc_portal.accounts import demo


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ENV.is_production:
            raise CommandError("codes of real people are on their own phones")
        secrets = {person.email: person.totp_secret for person in demo.CAST if person.totp_secret}
        if options["email"] not in secrets:
            raise CommandError(f"one of {', '.join(secrets)} is needed")
        self.stdout.write(demo.current_code(secrets[options["email"]]))
