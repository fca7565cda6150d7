"""Make a colleague's account, such as the first administrator's; they sign in by a mailed code."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.forms import ValidationError

from kyc_portal import audit
from kyc_portal.accounts import people
from kyc_portal.accounts.models import STAFF_ROLES, Role


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", required=True, help="as colleagues and the audit log will read it")
        parser.add_argument("--role", required=True, choices=sorted(STAFF_ROLES))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            validate_email(options["email"])
        except ValidationError as error:
            raise CommandError("that is not an e-mail address") from error
        try:
            made = people.invite(
                email=options["email"],
                name=options["name"],
                role=Role(options["role"]),
                actor=audit.system("command_add_person"),
            )
        except people.PersonRefusedError as error:
            raise CommandError(f"not made: the address is {error.reason}") from error
        self.stdout.write(f"{made.email} is {made.get_role_display()}; they sign in by a mailed code")
        if not people.send_invitation(made, invited_by="Permit Desk"):
            self.stderr.write("the mail server did not take the invitation: tell them where to sign in")
