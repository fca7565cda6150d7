"""The people of a local copy: a standing cast with known passwords and second factors. Never in production."""

from __future__ import annotations

import time
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP

from kyc_portal import audit
from kyc_portal.accounts.models import Customer, Role, User

PASSWORD = "permit-desk-demo"  # noqa: S105 - a local copy's, printed at its start; production has no demo people


@dataclass(frozen=True, slots=True)
class Person:
    """One of the cast. Staff have a fixed TOTP secret (base32), so that a code can be made from it."""

    name: str
    email: str
    role: Role
    totp_secret: str = ""


CAST: tuple[Person, ...] = (
    Person("Ann", "ann@kyc.example", Role.CUSTOMER),
    Person("Bea", "bea@kyc.example", Role.CUSTOMER),
    Person("Rob Lam", "rob@kyc.example", Role.REVIEWER, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"),
    Person("Sue Ho", "sue@kyc.example", Role.SENIOR_REVIEWER, "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU"),
    Person("Aud Mak", "aud@kyc.example", Role.AUDITOR, "MFZWIZTHNBVGW3DMMFZWIZTHNBVGW3DM"),
    Person("Ada Chow", "ada@kyc.example", Role.ADMINISTRATOR, "ONSWG4TFORZWKY3SONSWG4TFORZWKY3S"),
)


def make_people() -> None:
    """Make who is missing; safe to repeat."""
    for person in CAST:
        with audit.acting(audit.system("command_demo")):
            if User.objects.filter(email=person.email).exists():
                continue
            user = User.objects.create_user(person.email, PASSWORD, display_name=person.name, role=person.role)
            EmailAddress.objects.create(user=user, email=person.email, verified=True, primary=True)
            if person.role == Role.CUSTOMER:
                Customer.objects.create(user=user)
            else:
                TOTP.activate(user, person.totp_secret)
                RecoveryCodes.activate(user)


def customer(number: int) -> Customer:
    """A customer who owns the sample card of this number; made when missing."""
    email = f"sample{number}@kyc.example"
    with audit.acting(audit.system("command_demo")):
        user = User.objects.filter(email=email).first()
        if user is None:
            user = User.objects.create_user(email, PASSWORD, role=Role.CUSTOMER)
            EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        found, _made = Customer.objects.get_or_create(user=user)
    return found


def current_code(secret: str) -> str:
    """The code a phone would show now for a TOTP secret."""
    from allauth.mfa.app_settings import TOTP_PERIOD
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    return str(format_hotp_value(hotp_value(secret, int(time.time()) // TOTP_PERIOD)))
