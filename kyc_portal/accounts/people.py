"""Who works here: the writers of staff accounts. Asking in, giving roles, stopping, letting back."""

from __future__ import annotations

import logging

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from kyc_portal import audit
from kyc_portal.accounts.models import DECIDING, STAFF_ROLES, Role, User
from kyc_portal.audit import Actor

log = logging.getLogger(__name__)


class PersonRefusedError(Exception):
    """An act on a colleague that was not done.

    `reason`: "customer" (the address signs a customer in), "taken" (a colleague has it), "oneself" (nobody changes
    their own account), "last_administrator" (nobody could run the place), "changed" (another did something first),
    "not_staff" (the role is not one of the staff's).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def staff() -> QuerySet[User]:
    """Everybody who works here or did, the active first."""
    return User.objects.filter(role__in=STAFF_ROLES).order_by("-is_active", "role", "display_name", "pk")


def reviewers() -> QuerySet[User]:
    """Who decides cases today."""
    return User.objects.filter(role__in=DECIDING, is_active=True).order_by("display_name", "pk")


def invite(*, email: str, name: str, role: Role, actor: Actor) -> User:
    """Make an account without a password: they sign in by a mailed code and enrol a second factor before anything else.

    The address counts as theirs, since only somebody who reads its mail can sign in with it.
    Raises `PersonRefusedError` for an address that somebody already has.
    """
    _require_staff_role(role)
    email = email.strip().lower()
    with audit.acting(actor):
        standing = User.objects.filter(email=email).first()
        if standing is not None:
            raise PersonRefusedError("taken" if standing.works_here else "customer")
        made = User.objects.create_user(email, display_name=name, role=role)
        EmailAddress.objects.create(user=made, email=email, verified=True, primary=True)
        audit.record("person.invited", object_type="accounts.user", object_id=made.pk, details={"role": role.value})
    return made


def send_invitation(person: User, *, invited_by: str) -> bool:
    """Tell a new colleague where to sign in. False when the mail server does not take it; their account stands."""
    address = settings.SITE_URL + reverse("account_request_login_code")
    body = _(
        "Good day, %(name)s,\n\n%(by)s has made you an account of Permit Desk, as: %(role)s.\n\n"
        "Sign in with this e-mail address; a code is sent to it:\n%(address)s\n\n"
        "Have a phone with an authenticator app beside you: it is your second factor.\n"
    ) % {"name": person.display_name, "by": invited_by, "role": person.get_role_display(), "address": address}
    try:
        EmailMessage(_("Your account of Permit Desk"), body, to=[person.email]).send()
    except OSError as error:
        log.warning("invitation_not_sent", extra={"person": person.pk, "error": type(error).__name__})
        return False
    return True


def change_role(*, person_id: int, seen: Role, role: Role, actor: Actor) -> None:
    """Give another role, if it is still the one seen. One role a person, so nobody decides, sets policy and exports."""
    _require_staff_role(role)
    with audit.acting(actor):
        _guard(person_id, actor, leaves_administrators=role != Role.ADMINISTRATOR)
        if not User.objects.filter(pk=person_id, role=seen).update(role=role):
            raise PersonRefusedError("changed")
        audit.record(
            "person.role_changed",
            object_type="accounts.user",
            object_id=person_id,
            details={"from": seen.value, "to": role.value},
        )


def stop(*, person_id: int, actor: Actor) -> None:
    """Close an account: the next request of theirs is a stranger's. The account itself stays, as the log names it."""
    with audit.acting(actor):
        _guard(person_id, actor, leaves_administrators=True)
        if not staff().filter(pk=person_id, is_active=True).update(is_active=False):
            raise PersonRefusedError("changed")
        audit.record("person.stopped", object_type="accounts.user", object_id=person_id)


def readmit(*, person_id: int, actor: Actor) -> None:
    """Open a stopped account again. The second factor is enrolled anew: the old one may be why it was stopped."""
    with audit.acting(actor):
        _guard(person_id, actor, leaves_administrators=False)
        if not staff().filter(pk=person_id, is_active=False).update(is_active=True):
            raise PersonRefusedError("changed")
        Authenticator.objects.filter(user_id=person_id).delete()
        audit.record("person.readmitted", object_type="accounts.user", object_id=person_id)


def forget_factor(*, person_id: int, actor: Actor) -> None:
    """Take a lost second factor off: they sign in by a mailed code and enrol a new one before anything else."""
    with audit.acting(actor):
        _guard(person_id, actor, leaves_administrators=False)
        gone, _each = Authenticator.objects.filter(user_id=person_id, user__role__in=STAFF_ROLES).delete()
        if not gone:
            raise PersonRefusedError("changed")
        audit.record("person.factor_forgotten", object_type="accounts.user", object_id=person_id)


def _require_staff_role(role: Role) -> None:
    if role not in STAFF_ROLES:
        raise PersonRefusedError("not_staff")


def _guard(person_id: int, actor: Actor, *, leaves_administrators: bool) -> None:
    """Refuse what one does to oneself, and what would leave no administrator; two who stop each other queue here."""
    if actor.kind == "staff" and actor.id == str(person_id):
        raise PersonRefusedError("oneself")
    administrators = User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).order_by("pk")
    standing = set(administrators.select_for_update().values_list("pk", flat=True))
    if actor.kind == "staff" and int(actor.id) not in standing:
        raise PersonRefusedError("changed")
    if leaves_administrators and standing == {person_id}:
        raise PersonRefusedError("last_administrator")
