"""Where a person lands after signing in, and what of the sign-in library nobody enters."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from kyc_portal.accounts.models import Role
from kyc_portal.accounts.permissions import signed_in_user

_LANDING = {
    Role.CUSTOMER: "customer:home",
    Role.REVIEWER: "console:queue",
    Role.SENIOR_REVIEWER: "console:dashboard",
    Role.AUDITOR: "administration:audit-log",
    Role.ADMINISTRATOR: "administration:exports",
}


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Send each role to its own face."""
    return redirect(_LANDING[Role(signed_in_user(request).role)])


def not_here(request: HttpRequest) -> HttpResponse:
    """The library's own pages for security keys, which know no roles: ours are the customer's passkeys."""
    raise Http404
