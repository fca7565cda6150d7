"""Signing in, failing to, signing out and a new way in are acts."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from kyc_portal import audit
from kyc_portal.accounts.models import User
from kyc_portal.audit import Actor


def _record(action: str, actor: Actor, object_id: str) -> None:
    """Inside the wrapped view's transaction where one is open, else in one of its own."""
    if audit.current_actor() is not None:
        audit.record(action, object_type="accounts.user", object_id=object_id)
        return
    with audit.acting(actor):
        audit.record(action, object_type="accounts.user", object_id=object_id)


@receiver(user_logged_in)
def signed_in(sender: type, user: User, **kwargs: Any) -> None:
    """From here on the visitor is this person, to the log as well."""
    acting = audit.current_actor()
    if acting is not None and acting.kind == "system":
        audit.identified(user.actor)
    _record("sign_in.succeeded", user.actor, str(user.pk))


@receiver(email_confirmed)
def address_proved(sender: type, request: HttpRequest, email_address: EmailAddress, **kwargs: Any) -> None:
    """Whoever signs up shows who they are by the mailed code, as at any later sign-in; the library notes only those."""
    if not request.user.is_authenticated:
        record_authentication(request, email_address.user, method="code")


@receiver(user_logged_out)
def signed_out(sender: type, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        _record("sign_in.ended", user.actor, str(user.pk))


@receiver(user_login_failed)
def failed(sender: type, credentials: dict[str, Any], **kwargs: Any) -> None:
    """The address tried is personal and is not kept; the request's id leads to the server's own log."""
    _record("sign_in.failed", audit.system("sign_in"), "")


@receiver(authenticator_added)
def factor_added(sender: type, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """A new way in is an act of its own; what it is made of stays with the row."""
    is_passkey = authenticator.type == Authenticator.Type.WEBAUTHN
    _record("passkey.added" if is_passkey else "factor.added", user.actor, str(user.pk))
