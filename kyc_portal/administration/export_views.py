"""The exports page: ask, watch, approve another's, call off, take one's own file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kyc_portal.accounts.models import Role
from kyc_portal.accounts.permissions import refuse, require_fresh_factor, require_role, signed_in_user
from kyc_portal.administration.forms import ExportForm
from kyc_portal.exports import asking, queries
from kyc_portal.exports.columns import CLEAR_FIELDS, COLUMNS, COLUMNS_VERSION
from kyc_portal.exports.errors import NotAllowedError, RefusedError, TooLateError
from kyc_portal.exports.formats import FORMATS
from kyc_portal.exports.models import Export
from kyc_portal.exports.wanted import Wanted
from kyc_portal.sealing.errors import SealError

_REFUSALS: dict[str, Promise] = {
    "purpose": _("Say what the file is for, in at least 20 characters."),
    "nothing": _("Nothing matches; no file is made."),
    "too_many": _("An Excel sheet holds a million rows, and more match. Choose CSV, or narrow the list."),
    "busy": _("Five of your exports are under way. Wait for one, or call one off."),
}
_FILTERS = frozenset({"state", "code", "permit_type", "received_from", "received_to"})
# What a column holds, with its mask, as the form says it.
_WORDS: dict[str, Promise] = {
    "reference": _("Case"),
    "customer_reference": _("Customer"),
    "state": _("State"),
    "attempt": _("Attempt"),
    "version": _("Version of the evidence"),
    "gravest_warning": _("Gravest warning"),
    "warning_codes": _("Warning codes"),
    "points": _("Points"),
    "permit_type": _("Permit type"),
    "name_masked": _("Name, masked: 颜••"),
    "number_ends": _("Number, its last four: 9911"),
    "expires_on": _("Permit runs out on"),
    "received_at": _("Received"),
    "waiting_since": _("Waiting since"),
    "decided_at": _("Decided"),
    "as_of": _("When the row was read"),
    "name": _("name"),
    "english_name": _("Latin name"),
    "birthday": _("date of birth"),
    "number": _("number"),
    "valid_date": _("validity"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.ADMINISTRATOR)
@require_fresh_factor
def exports(request: HttpRequest) -> HttpResponse:
    """Ask for a file with a purpose; below, what is under way and what was."""
    form = ExportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            asking.ask(
                purpose=form.cleaned_data["purpose"],
                wanted=form.wanted(),
                form=form.cleaned_data["form"] or "csv",
                in_clear=form.cleaned_data["values"] == "clear",
                by=signed_in_user(request),
                now=timezone.now(),
            )
        except RefusedError as error:
            form.add_error(None, str(_REFUSALS[error.reason]))
        else:
            return redirect("administration:exports")
    user, sought = signed_in_user(request), request.GET.get("sha256", "").strip().lower()
    context = {
        **_lines(request),
        "form": form,
        "rows_now": _rows_now(form),
        "version": COLUMNS_VERSION,
        "columns": [(name, _WORDS[name]) for name in COLUMNS],
        "clear_columns": [str(_WORDS[name]) for name in CLEAR_FIELDS],
        "others": queries.others_who_may_approve(user),
        "sought": sought,
        "known": queries.made_with(sought) if sought else None,
    }
    return render(request, "administration/exports.html", context, status=400 if form.errors else 200)


def _rows_now(form: ExportForm) -> int:
    """How many rows the filter takes at this moment; a filter that cannot be read takes them all."""
    wanted = form.wanted() if form.is_bound and not _FILTERS & set(form.errors) else Wanted()
    return wanted.rows().count()


def _lines(request: HttpRequest) -> dict[str, Any]:
    lines = queries.newest(signed_in_user(request), now=timezone.now())
    return {
        "under_way": [line for line in lines if line.is_under_way],
        "past": [line for line in lines if not line.is_under_way],
        "etag": queries.etag(lines, language=get_language() or ""),
    }


@require_safe
@require_role(Role.ADMINISTRATOR)
def count(request: HttpRequest) -> HttpResponse:
    """How many rows a filter takes now, for the form while it is filled in."""
    form = ExportForm(request.GET)
    form.is_valid()
    return render(request, "administration/_export_rows.html", {"rows_now": _rows_now(form)})


@require_safe
@require_role(Role.ADMINISTRATOR)
def listed(request: HttpRequest) -> HttpResponse:
    """The list alone, for the page that keeps it fresh: 304 while nothing has changed."""
    context = _lines(request)
    if request.headers.get("If-None-Match") == context["etag"]:
        return HttpResponseNotModified()
    response = render(request, "administration/_exports.html", context)
    response["ETag"] = context["etag"]
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.ADMINISTRATOR)
@require_fresh_factor
def approve(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Let another's export in clear be made. Showing the second factor again leads back here, to press once more."""
    if request.method != "POST":
        return redirect("administration:exports")
    return _act(request, export_id, asking.approve, _("Approved. A worker makes the file."))


@require_POST
@require_role(Role.ADMINISTRATOR)
def cancel(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Call an export off; it stops between two blocks, and its file is gone."""
    return _act(request, export_id, asking.cancel, _("Called off. No file is left."))


def _act(request: HttpRequest, export_id: UUID, act: Callable[..., None], done: Promise) -> HttpResponse:
    user = signed_in_user(request)
    try:
        act(export=get_object_or_404(Export, pk=export_id), by=user, now=timezone.now())
    except NotAllowedError:
        refuse(request, user)
    except TooLateError:
        messages.error(request, _("It has gone on meanwhile. Nothing was changed."))
    else:
        messages.info(request, str(done))
    return redirect("administration:exports")


@require_safe
@require_role(Role.ADMINISTRATOR)
@require_fresh_factor
def file(request: HttpRequest, export_id: UUID) -> HttpResponseBase:
    """The file, for the person who asked for it and nobody else, until its day is over."""
    user, export = signed_in_user(request), get_object_or_404(Export, pk=export_id)
    try:
        pieces = asking.take(export=export, by=user, now=timezone.now())
    except NotAllowedError:
        refuse(request, user)
        raise
    except TooLateError:
        messages.error(request, _("There is no file any more, or not yet."))
    except (OSError, SealError):
        messages.error(request, _("The store or a key does not answer now. The file is still there; try again."))
    else:
        return StreamingHttpResponse(
            pieces,
            content_type=FORMATS[export.format].content_type,
            headers={
                "Content-Disposition": f'attachment; filename="{export.file_name}"',
                "Content-Length": str(export.size_bytes),
                "Cache-Control": "no-store",
                "X-Content-SHA256": export.sha256,
            },
        )
    return redirect("administration:exports")
