"""The page of colleagues: who works here in which role, and an administrator's acts on them."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from kyc_portal.accounts import people
from kyc_portal.accounts.models import KEEPING, STAFF_ROLES, Role, User
from kyc_portal.accounts.permissions import require_fresh_factor, require_role, signed_in_user
from kyc_portal.administration.forms import InviteForm, staff_roles
from kyc_portal.audit import Actor

_REFUSALS: dict[str, Promise] = {
    "taken": gettext_lazy("A colleague already has this address."),
    "customer": gettext_lazy("A customer signs in with this address. Colleagues need one of their own."),
    "oneself": gettext_lazy("Nobody changes their own account. Ask another administrator."),
    "last_administrator": gettext_lazy("They are the last administrator. Make another first."),
    "changed": gettext_lazy("Nothing was done: somebody changed this account first. It stands below as it is now."),
    "not_staff": gettext_lazy("That is not a role of the staff."),
}


@require_safe
@require_role(*KEEPING)
def people_page(request: HttpRequest) -> HttpResponse:
    """Everybody who works here or did, and for administrators the form to ask somebody in."""
    return _page(request, InviteForm())


@require_POST
@require_role(Role.ADMINISTRATOR)
@require_fresh_factor
def invite(request: HttpRequest) -> HttpResponse:
    """Make a colleague's account and mail them where to sign in."""
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=400)
    user = signed_in_user(request)
    wanted = form.cleaned_data
    try:
        made = people.invite(email=wanted["email"], name=wanted["name"], role=Role(wanted["role"]), actor=user.actor)
    except people.PersonRefusedError as error:
        form.add_error("email", str(_REFUSALS[error.reason]))
        return _page(request, form, status=409)
    if people.send_invitation(made, invited_by=user.display_name):
        messages.info(request, _("%(name)s can sign in; a mail says where.") % {"name": made.display_name})
    else:
        messages.warning(
            request,
            _("%(name)s can sign in, but the mail server did not take the mail. Send them this address: %(address)s")
            % {"name": made.display_name, "address": request.build_absolute_uri(reverse("account_request_login_code"))},
        )
    return redirect("administration:people")


@require_POST
@require_role(Role.ADMINISTRATOR)
@require_fresh_factor
def act(request: HttpRequest, person_id: int, act: str) -> HttpResponse:
    """One act on one colleague: another role, stop, readmit, or take off a lost second factor."""
    user = signed_in_user(request)
    if act not in _ACTS or not people.staff().filter(pk=person_id).exists():
        raise Http404
    try:
        _ACTS[act](request, person_id, user.actor)
    except people.PersonRefusedError as error:
        messages.error(request, str(_REFUSALS[error.reason]))
    else:
        messages.info(request, _("Done. It stands in the audit log."))
    return redirect("administration:people")


def _role(request: HttpRequest, person_id: int, actor: Actor) -> None:
    given = {name: request.POST.get(name, "") for name in ("seen", "role")}
    if not STAFF_ROLES.issuperset(given.values()):
        raise people.PersonRefusedError("not_staff")
    people.change_role(person_id=person_id, seen=Role(given["seen"]), role=Role(given["role"]), actor=actor)


def _stop(request: HttpRequest, person_id: int, actor: Actor) -> None:
    people.stop(person_id=person_id, actor=actor)


def _readmit(request: HttpRequest, person_id: int, actor: Actor) -> None:
    people.readmit(person_id=person_id, actor=actor)


def _forget(request: HttpRequest, person_id: int, actor: Actor) -> None:
    people.forget_factor(person_id=person_id, actor=actor)


_ACTS: dict[str, Callable[[HttpRequest, int, Actor], None]] = {
    "role": _role,
    "stop": _stop,
    "readmit": _readmit,
    "forget-factor": _forget,
}


def _page(request: HttpRequest, form: InviteForm, *, status: int = 200) -> HttpResponse:
    user = signed_in_user(request)
    enrolled = Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP)
    colleagues = people.staff().annotate(enrolled=Exists(enrolled))
    return render(
        request,
        "administration/people.html",
        {
            "form": form if user.role == Role.ADMINISTRATOR else None,
            "people": [(each, _log_address(each)) for each in colleagues],
            "roles": staff_roles(),
            "me": user.pk,
        },
        status=status,
    )


def _log_address(person: User) -> str:
    return f"{reverse('administration:audit-log')}?person={quote(person.actor.name)}"
