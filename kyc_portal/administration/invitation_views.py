"""The page where an administrator makes links that ask customers to start, and sees what became of them."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from kyc_portal.accounts import invitations
from kyc_portal.accounts.models import KEEPING, Invitation, Role
from kyc_portal.accounts.permissions import require_fresh_factor, require_role, signed_in_user
from kyc_portal.administration.forms import InvitationForm

SHOWN = 50


@require_safe
@require_role(*KEEPING)
def overview(request: HttpRequest) -> HttpResponse:
    """The newest links by reference; for administrators the form to make one."""
    return _page(request, InvitationForm())


@require_POST
@require_role(Role.ADMINISTRATOR)
@require_fresh_factor
def make(request: HttpRequest) -> HttpResponse:
    """Make a link and show it: this once, since only its digest is kept."""
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=400)
    token = invitations.make(
        reference=form.cleaned_data["reference"],
        lives=timedelta(days=form.cleaned_data["days"]),
        by=signed_in_user(request),
        now=timezone.now(),
    )
    return _page(request, InvitationForm(), link=request.build_absolute_uri(reverse("customer:invited", args=[token])))


def _page(request: HttpRequest, form: InvitationForm, *, link: str = "", status: int = 200) -> HttpResponse:
    context = {
        "form": form if signed_in_user(request).role == Role.ADMINISTRATOR else None,
        "link": link,
        "invitations": Invitation.objects.select_related("made_by", "used_by").order_by("-made_at")[:SHOWN],
        "now": timezone.now(),
    }
    return render(request, "administration/invitations.html", context, status=status)
