"""The register of consents: look at it, narrow it, and, for an administrator with a purpose, take it as a file."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from kyc_portal.accounts.models import KEEPING, Role
from kyc_portal.accounts.permissions import require_fresh_factor, require_role, signed_in_user
from kyc_portal.administration.forms import ConsentFilterForm, PurposeForm
from kyc_portal.privacy import consents

PAGE = 50


@require_safe
@require_role(*KEEPING)
def register(request: HttpRequest) -> HttpResponse:
    """Who agreed to which text, newest first; how many a version above."""
    return _page(request, PurposeForm())


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.ADMINISTRATOR)
@require_fresh_factor
def file(request: HttpRequest) -> HttpResponseBase:
    """What matches, as CSV. Showing the second factor again leads back here, to press once more."""
    if request.method != "POST":
        return _page(request, PurposeForm())
    form, sought = PurposeForm(request.POST), _sought(request)
    if not form.is_valid():
        return _page(request, form, status=400)
    taken = consents.take(sought=sought.sought(), purpose=form.cleaned_data["purpose"], by=signed_in_user(request))
    return FileResponse(
        taken.file,
        as_attachment=True,
        filename=f"consents-{timezone.now():%Y%m%d-%H%M%S}.csv",
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Length": str(taken.size_bytes),
            "Cache-Control": "no-store",
            "X-Content-SHA256": taken.sha256,
        },
    )


def _sought(request: HttpRequest) -> ConsentFilterForm:
    form = ConsentFilterForm(request.GET)
    if not form.is_valid():
        raise Http404
    return form


def _page(request: HttpRequest, purpose: PurposeForm, *, status: int = 200) -> HttpResponse:
    form = _sought(request)
    found, last = form.sought().rows(), form.cleaned_data["after"]
    rows = list((consents.after(found, last) if last else found)[: PAGE + 1])
    narrowed = {name: value for name, value in form.cleaned_data.items() if value and name != "after"}
    context = {
        "form": form,
        "purpose": purpose if signed_in_user(request).role == Role.ADMINISTRATOR else None,
        "versions": consents.by_version(),
        "consents": rows[:PAGE],
        "narrowed": urlencode(narrowed),
        "next_after": rows[PAGE - 1].pk if len(rows) > PAGE else None,
    }
    return render(request, "administration/consents.html", context, status=status)
