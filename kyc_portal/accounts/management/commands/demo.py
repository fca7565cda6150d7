"""Make the people of a local copy and print how to sign in. Refuses in production."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kyc_portal.accounts import demo


class Command(BaseCommand):
    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ENV.is_production:
            raise CommandError("demo people are never made in production")
        demo.make_people()
        for person in demo.CAST:
            factor = f"  TOTP secret {person.totp_secret}" if person.totp_secret else ""
            self.stdout.write(f"{person.role.label!s:16} {person.email:18} {demo.PASSWORD}{factor}")
