"""Library views that write are wrapped in a context; staff without a second factor see only its enrolment."""

from __future__ import annotations

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from kyc_portal import audit
from kyc_portal.accounts.models import User
from kyc_portal.audit import Actor

_OPEN_PATHS = ("/accounts/", "/static/", "/health/", "/i18n/")


class RequireSecondFactor:
    """Staff enrol before anything else. Everybody's library pages run inside one audited transaction."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

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
        """Library views write by themselves: the body is read first, then the transaction is opened around the view."""
        if not view.__module__.startswith("allauth.") or request.method not in ("POST", "PUT", "DELETE"):
            return None
        actor = request.user.actor if isinstance(request.user, User) else Actor(kind="system", id="sign_in")
        _ = request.POST
        with audit.acting(actor):
            response = view(request, *args, **kwargs)
            if hasattr(response, "render") and callable(response.render):
                response = response.render()
            return response
