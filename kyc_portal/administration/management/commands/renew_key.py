"""Give a customer a new key, by the customer's or a case's reference: what is sealed from now on needs it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from kyc_portal import audit
from kyc_portal.accounts.models import Customer
from kyc_portal.sealing import rotation
from kyc_portal.sealing.errors import SealError


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reference")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = options["reference"].strip().upper()
        customer = Customer.objects.filter(Q(reference=wanted) | Q(submissions__reference=wanted)).first()
        if customer is None:
            raise CommandError(f"No customer or case has the reference {wanted}")
        try:
            version = rotation.renew(customer.pk, actor=audit.system("command_renew_key"))
        except SealError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{customer.reference} has key version {version}; older values open as before")
