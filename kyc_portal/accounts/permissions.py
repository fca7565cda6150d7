"""The one place that says who may open what. A refusal is recorded; another person's object is not found."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django_htmx.middleware import HtmxDetails

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def signed_in_user(request: HttpRequest) -> User:
    """The person behind a request that `require_role` let through."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def require_role(*roles: Role) -> Callable[[View[P]], View[P]]:
    """Let only these roles through: sign-in for a stranger, 403 and an entry for anybody else."""

    def decorate(view: View[P]) -> View[P]:
        @never_cache
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            user: Any = request.user
            if not user.is_authenticated:
                return _sign_in_first(request, is_customers=roles == (Role.CUSTOMER,))
            if user.role not in roles:
                refuse(request, user)
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def _sign_in_first(request: HttpRequest, *, is_customers: bool) -> HttpResponse:
    """To the mailed code for customers, who have no password; a page that asks for a part of itself goes there whole.

    A module that sends a photo is told in its own form, so that it can keep the photo and say what to do.
    """
    page = "account_request_login_code" if is_customers else "account_login"
    htmx = HtmxDetails(request)
    here = htmx.current_url_abs_path if htmx else request.get_full_path()
    answer = redirect_to_login(here or request.get_full_path(), login_url=reverse(page))
    if htmx:
        return HttpResponse(status=401, headers={"HX-Redirect": answer["Location"]})
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"signed_out": reverse(page)}, status=401)
    return answer


def refuse(request: HttpRequest, user: User) -> None:
    """Record a refusal in a transaction of its own, then answer 403."""
    match = request.resolver_match
    with audit.acting(user.actor):
        audit.record(
            "permission.refused",
            object_type="page",
            object_id=match.view_name if match else "",
            details={"method": request.method or ""},
        )
    raise PermissionDenied


def require_fresh_factor(view: View[P]) -> View[P]:
    """Let through whoever showed the second factor in the last five minutes; others show it again first.

    A password alone does not count, on whichever page it was given.
    """

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        return fresh_factor_missing(request, signed_in_user(request)) or view(request, *args, **kwargs)

    return guarded


def signed_in_lately(request: HttpRequest, user: User) -> bool:
    """Whether this person signed in, by password or mailed code, in the last five minutes of this session."""
    oldest = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    return any(each["at"] > oldest for each in get_authentication_records(request, user))


def fresh_factor_missing(request: HttpRequest, user: User) -> HttpResponse | None:
    """The way to show the second factor again, or None for whoever did in the last five minutes."""
    oldest = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    shown = get_authentication_records(request, user)
    if any(each["method"] == "mfa" and each["at"] > oldest for each in shown):
        return None
    return redirect_to_login(request.get_full_path(), login_url=reverse("mfa_reauthenticate"))
