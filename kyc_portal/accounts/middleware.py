"""Library views that write are wrapped in a context; staff without a second factor see only its enrolment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.middleware import AccountMiddleware
from allauth.mfa.utils import is_mfa_enabled
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from kyc_portal import audit
from kyc_portal.accounts.models import User
from kyc_portal.accounts.permissions import fresh_factor_missing
from kyc_portal.audit import Actor

_OPEN_PATHS = ("/accounts/", "/static/", "/health/", "/i18n/")

# What would let somebody with the password alone take a colleague's account over.
_NEED_A_FRESH_FACTOR = frozenset(
    {"mfa_deactivate_totp", "mfa_generate_recovery_codes", "mfa_view_recovery_codes", "account_email"}
)

# For a person with a password and a second factor. Customers have neither, and pages of their own.
_FOR_STAFF = frozenset({"account_email", "account_change_password", "account_set_password", "account_reauthenticate"})


class RequireSecondFactor:
    """Staff enrol before anything else. Everybody's library pages run inside one audited transaction."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._library: Any = AccountMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if (
            isinstance(user, User)
            and user.works_here
            and not request.path.startswith(_OPEN_PATHS)
            and not is_mfa_enabled(user)
        ):
            return redirect(reverse("mfa_activate_totp"))
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponse],
        args: list[object],
        kwargs: dict[str, object],
    ) -> HttpResponse | None:
        """Library views write by themselves, some on GET: the body is read first, then the transaction is opened."""
        if not view.__module__.startswith("allauth."):
            return None
        user = request.user
        match = request.resolver_match
        if isinstance(user, User) and not user.works_here and match and _is_for_staff(match.url_name or ""):
            raise Http404
        if isinstance(user, User) and user.works_here and match and match.url_name in _NEED_A_FRESH_FACTOR:
            stale = fresh_factor_missing(request, user)
            if stale is not None:
                return stale
        actor = request.user.actor if isinstance(request.user, User) else audit.system("sign_in")
        _ = request.POST
        try:
            return self._audited(request, view, actor, args, kwargs)
        except IntegrityError:
            # Two sign-ups of one address at once: the other was first, and this one is told to sign in.
            if request.method != "POST" or match is None or match.url_name != "account_signup":
                raise
            return redirect(reverse("account_request_login_code"))

    def _audited(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponse],
        actor: Actor,
        args: list[object],
        kwargs: dict[str, object],
    ) -> HttpResponse:
        with audit.acting(actor):
            try:
                response = view(request, *args, **kwargs)
            except Exception as raised:
                # Django asks middlewares only about a view it called itself; what the view wrote before it stands.
                response = self._library.process_exception(request, raised)
                if response is None:
                    raise
            if hasattr(response, "render") and callable(response.render):
                response = response.render()
            return response


def _is_for_staff(name: str) -> bool:
    return name in _FOR_STAFF or (name.startswith("mfa_") and name != "mfa_login_webauthn")
