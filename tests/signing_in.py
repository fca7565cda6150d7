"""How old the last step of a sign-in is: pages that ask for a fresh one are tested with it."""

from __future__ import annotations

from allauth.account.internal.flows.login import record_authentication
from django.test import Client, RequestFactory

from kyc_portal.accounts.models import User


def freshly_signed_in(client: Client, user: User, method: str = "mfa") -> Client:
    """The session as the sign-in library leaves it after a step of signing in."""
    request = RequestFactory().get("/")
    session = client.session
    request.session, request.user = session, user
    record_authentication(request, user, method=method)
    session.save()
    return client
