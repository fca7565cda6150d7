"""Passkeys: another way in for customers, beside the mailed code. The ceremony is the sign-in library's.

A passkey never becomes a second step that a lost phone locks: the mailed code always works (accounts/adapters.py).
Staff have none; their second factor stays as it is.
"""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth, flows
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.accounts.passkey_forms import AddPasskeyForm
from kyc_portal.accounts.permissions import require_role, signed_in_lately, signed_in_user

# More than anybody's phones and computers; keeps a stolen session from filling the table.
MANY = 10


def _own(user: User) -> list[Authenticator]:
    return list(Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).order_by("created_at"))


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.CUSTOMER)
def passkeys(request: HttpRequest) -> HttpResponse:
    """The customer's passkeys, and a new one. Who signed in long ago signs in again before one is added."""
    user, own = signed_in_user(request), None
    form = AddPasskeyForm(request.POST or None, user=user)
    if request.method == "POST":
        if not signed_in_lately(request, user):
            return _sign_in_again(request)
        own = _own(user)
        if len(own) < MANY and form.is_valid():
            with audit.acting(user.actor):
                name, credential = form.cleaned_data["name"], form.cleaned_data["credential"]
                flows.signup_authenticator(request, user=user, name=name, credential=credential)
            return redirect("customer:passkeys")
    own = _own(user) if own is None else own
    is_recent, has_room = signed_in_lately(request, user), len(own) < MANY
    context: dict[str, Any] = {"form": form, "passkeys": own, "is_recent": is_recent, "has_room": has_room}
    if is_recent and has_room:
        # The device must know its owner, by finger, face or code: user verification and a resident key are asked for.
        context["options"] = {"creation_options": auth.begin_registration(user, True)}
    return render(request, "customer_site/passkeys.html", context, status=400 if form.is_bound else 200)


@require_POST
@require_role(Role.CUSTOMER)
def remove(request: HttpRequest, number: int) -> HttpResponse:
    """Take one passkey off; another person's is not found."""
    user = signed_in_user(request)
    passkey = get_object_or_404(Authenticator, pk=number, user=user, type=Authenticator.Type.WEBAUTHN)
    if not signed_in_lately(request, user):
        return _sign_in_again(request)
    with audit.acting(user.actor):
        passkey.delete()
        audit.record("passkey.removed", object_type="accounts.user", object_id=str(user.pk))
    return redirect("customer:passkeys")


def _sign_in_again(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect_to_login(reverse("customer:passkeys"), login_url=reverse("account_request_login_code"))
