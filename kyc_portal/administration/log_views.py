"""The audit log for people: its entries, one entry whole, how it stands, and what an outsider takes along."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from kombu.exceptions import OperationalError

from kyc_portal.accounts.models import KEEPING, OVERSEEING, Customer
from kyc_portal.accounts.permissions import require_fresh_factor, require_role, signed_in_user
from kyc_portal.administration.forms import LogFilterForm, LogPartForm
from kyc_portal.administration.log_lines import lines
from kyc_portal.audit import queries
from kyc_portal.audit.models import Entry
from kyc_portal.audit.proof import inclusion
from kyc_portal.audit.proof.standing import State, standing
from kyc_portal.audit.proof.verifier import UnsoundError
from kyc_portal.exports import log_bundle
from kyc_portal.exports.errors import RefusedError
from kyc_portal.exports.handing_out import pack_file
from kyc_portal.oversight import tasks
from kyc_portal.privacy import revealing
from kyc_portal.privacy.errors import NothingSealedError
from kyc_portal.sealing.errors import KeyDestroyedError, SealError
from kyc_portal.submissions.models import Submission

PAGE = 50
BESIDE = 20
# Revealed values leave the screen after so many seconds, by the browser's own clock; no script is needed.
SHOWN_SECONDS = 60
_NOT_TAKEN = {
    "nothing": _("No signature covers these positions yet, or they end before they begin."),
    "too_many": _("That is more than is handed out here. Take a part, or have an operator write it."),
}


@require_safe
@require_role(*OVERSEEING)
def audit_log(request: HttpRequest) -> HttpResponse:
    """Who did what, when, on what; newest first, narrowed by case, person, act, way and time."""
    form = LogFilterForm(request.GET)
    if not form.is_valid():
        raise Http404
    entries = list(_found(form.cleaned_data)[: PAGE + 1])
    stands = standing()
    context = {
        "form": form,
        "lines": lines(entries[:PAGE], signed_size=stands.signed_size),
        "older": _address(request.GET, before=str(entries[PAGE - 1].id)) if len(entries) > PAGE else "",
        "newest": _address(request.GET) if form.cleaned_data["before"] else "",
        "is_narrowed": any(value for name, value in form.cleaned_data.items() if name != "before"),
        **_standing(request, stands),
    }
    return render(request, "administration/audit_log.html", context)


def _found(wanted: dict[str, Any]) -> Any:
    subject = _subject(wanted["case"])
    if wanted["case"] and subject is None:
        return Entry.objects.none()
    return queries.entries(
        subject=subject,
        actor=wanted["person"],
        action=wanted["action"],
        kind="act" if wanted["show"] else "",
        actions=queries.VIEWS if wanted["show"] == "looks" else (),
        via=wanted["via"],
        since=wanted["since"],
        until=wanted["until"],
        before_id=wanted["before"],
    )


def _subject(reference: str) -> Any:
    """The customer whom a case's reference, or their own, names."""
    if reference.startswith("C-"):
        return Customer.objects.filter(reference=reference).values_list("pk", flat=True).first()
    return Submission.objects.filter(reference=reference).values_list("customer_id", flat=True).first()


def _address(query: QueryDict, **more: str) -> str:
    kept = query.copy()
    kept.pop("before", None)
    for name in [name for name, value in kept.items() if not value]:
        del kept[name]
    kept.update(more)
    return f"?{kept.urlencode()}"


def _standing(request: HttpRequest, stands: Any) -> dict[str, Any]:
    """What the banner says, and whether this reader may have the log verified."""
    return {
        "stands": stands,
        "is_sound": stands.state == State.SOUND,
        "may_verify": signed_in_user(request).role in KEEPING,
    }


@require_safe
@require_role(*OVERSEEING)
def entry_page(request: HttpRequest, entry_id: int) -> HttpResponse:
    """One entry whole: who, through what, before and after, its place in the tree, what else its transaction did."""
    return render(request, "administration/audit_entry.html", _entry(request, entry_id))


def _entry(request: HttpRequest, entry_id: int) -> dict[str, Any]:
    entry, stands = get_object_or_404(Entry, pk=entry_id), standing()
    signed = stands.signed_size
    return {
        "line": lines([entry], signed_size=signed)[0],
        "beside": lines(list(queries.beside(entry)[:BESIDE]), signed_size=signed),
        "sealed": revealing.columns(entry),
        "may_reveal": signed_in_user(request).role in KEEPING,
        "seconds": SHOWN_SECONDS,
        **_standing(request, stands),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(*KEEPING)
@require_fresh_factor
def reveal(request: HttpRequest, entry_id: int) -> HttpResponse:
    """The sealed values of an entry, for a minute. Showing the second factor again leads back to the entry."""
    if request.method != "POST":
        return redirect("administration:audit-entry", entry_id)
    context = _entry(request, entry_id)
    try:
        context["revealed"] = revealing.reveal(entry=context["line"].entry, by=signed_in_user(request))
    except NothingSealedError:
        raise Http404 from None
    except KeyDestroyedError:
        messages.error(request, _("This customer was erased: nothing can be opened any more."))
    except SealError:
        messages.error(request, _("A value does not open: it was changed, moved, or its key does not fit."))
    response = render(request, "administration/audit_entry.html", context)
    response["Refresh"] = f"{SHOWN_SECONDS}; url={request.path.removesuffix('reveal/')}"
    return response


@require_safe
@require_role(*OVERSEEING)
def proof(request: HttpRequest, entry_id: int) -> HttpResponseBase:
    """One entry with its way to the signed checkpoint, for somebody who holds the key and `verify.py`."""
    entry = get_object_or_404(Entry, pk=entry_id)
    connection.ensure_connection()
    try:
        found = inclusion.prove(connection.connection, [entry.id])
    except UnsoundError:
        messages.error(request, _("The tree has holes: nothing can be proven. Have the log verified."))
        return redirect("administration:audit-entry", entry_id)
    if found.entries[0].position is None:
        messages.info(request, _("No checkpoint covers this entry yet. The next one is due within a minute."))
        return redirect("administration:audit-entry", entry_id)
    return _file(json.dumps(found.as_record(), indent=1) + "\n", f"entry-{entry_id}.json", "application/json")


@require_safe
@require_role(*OVERSEEING)
def outside(request: HttpRequest) -> HttpResponse:
    """How somebody who does not trust us checks the log, and what to keep for that."""
    return _outside(request, LogPartForm())


def _outside(request: HttpRequest, form: LogPartForm, *, status: int = 200) -> HttpResponse:
    context = {
        "origin": settings.AUDIT_ORIGIN,
        "part_form": form,
        "entries_limit": log_bundle.ENTRIES_LIMIT,
        **_standing(request, standing()),
    }
    return render(request, "administration/audit_outside.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(*KEEPING)
@require_fresh_factor
def take(request: HttpRequest) -> HttpResponseBase:
    """The log, or positions of it, with its verifier. Showing the second factor again leads back to the page."""
    if request.method != "POST":
        return redirect("administration:audit-outside")
    form = LogPartForm(request.POST)
    if form.is_valid():
        last = form.cleaned_data["last"]
        try:
            return pack_file(
                log_bundle.make(
                    start=form.cleaned_data["first"] or 0,
                    end=None if last is None else last + 1,
                    by=signed_in_user(request),
                    now=timezone.now(),
                )
            )
        except RefusedError as error:
            form.add_error(None, _NOT_TAKEN[error.reason])
    return _outside(request, form, status=400)


@require_safe
@require_role(*OVERSEEING)
def checkpoint(request: HttpRequest) -> HttpResponseBase:
    """The newest checkpoint as it was signed, to be kept where we cannot reach it."""
    stands = standing()
    if not stands.note:
        messages.info(request, _("No checkpoint was ever signed."))
        return redirect("administration:audit-outside")
    return _file(stands.note, f"checkpoint-{stands.signed_size}.txt", "text/plain; charset=utf-8")


def _file(text: str, name: str, content_type: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(text, content_type=content_type, headers=headers)


@require_POST
@require_role(*KEEPING)
def verify_log(request: HttpRequest) -> HttpResponse:
    """Have the whole log verified by a worker; the result stands above the entries and is itself an act."""
    try:
        tasks.verify_audit.delay(since_last=False)
    except OperationalError:
        messages.warning(request, _("The workers cannot be reached now. Nothing was verified; try again in a minute."))
    else:
        messages.info(request, _("The whole log is being verified. The result will stand here; reload in a minute."))
    return redirect("administration:audit-log")
