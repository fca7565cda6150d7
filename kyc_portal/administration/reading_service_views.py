"""The page of the reading service: what it is doing, what waits for it, and what an administrator may press."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kyc_portal.accounts.models import OVERSEEING, Role, User
from kyc_portal.accounts.permissions import require_role, signed_in_user
from kyc_portal.administration import reading_service_page
from kyc_portal.administration.forms import CallsReasonForm, ReleaseForm
from kyc_portal.submissions import reading
from kyc_portal.submissions.errors import CallsStoppedError, ProbeRefusedError, TooLateError
from kyc_portal.submissions.models import Scan, Submission
from kyc_portal.submissions.reading_service import breaker, call_counts, call_hold, probing, trying_again

readers = require_role(*OVERSEEING)
administrators = require_role(Role.ADMINISTRATOR)

PAGE = "administration:reading-service"
_NO_PROBE: dict[str, Promise] = {
    "made": gettext_lazy("No probe was sent: calls are made, so none is needed."),
    "held": gettext_lazy("No probe was sent: all calls are held. Let them go on first."),
    "under_way": gettext_lazy("No probe was sent: one is on its way already."),
}


@require_safe
@readers
def overview(request: HttpRequest) -> HttpResponse:
    """The whole page."""
    return render(request, "administration/reading_service.html", _shown(request))


@require_safe
@readers
def state(request: HttpRequest) -> HttpResponse:
    """What changes, alone, for the page that keeps it fresh: 304 while nothing has changed."""
    context = _shown(request)
    if request.headers.get("If-None-Match") == context["etag"]:
        return HttpResponseNotModified()
    response = render(request, "administration/_reading_service.html", context)
    response["ETag"] = context["etag"]
    return response


def _shown(request: HttpRequest) -> dict[str, Any]:
    may_act = signed_in_user(request).role == Role.ADMINISTRATOR
    asked = request.GET.get("span", "")
    span = asked if asked in call_counts.SPANS else next(iter(call_counts.SPANS))
    context = reading_service_page.gather(now=timezone.now(), may_act=may_act, span=span)
    return {**context, "etag": reading_service_page.etag(context, language=get_language() or "")}


# ----- with a reason


@dataclass(frozen=True, slots=True)
class _Press:
    """A press that asks for a reason first: its words, its form, and what is done and said when it is given."""

    title: Promise
    sentences: Promise
    button: Promise
    form: type[Form]
    do: Callable[[HttpRequest, Form, User, datetime], None]
    is_grave: bool = False


@require_http_methods(["GET", "HEAD", "POST"])
@administrators
def hold(request: HttpRequest) -> HttpResponse:
    """Hold all calls."""
    return _with_reason(request, _HOLD)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators
def release(request: HttpRequest) -> HttpResponse:
    """Let calls go on."""
    return _with_reason(request, _RELEASE)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators
def probe(request: HttpRequest) -> HttpResponse:
    """Send one probe."""
    return _with_reason(request, _PROBE)


def _with_reason(request: HttpRequest, press: _Press) -> HttpResponse:
    form = press.form(request.POST or None, initial=_seen())
    if request.method == "POST" and form.is_valid():
        press.do(request, form, signed_in_user(request), timezone.now())
        return redirect(PAGE)
    status = 400 if form.errors else 200
    return render(request, "administration/reading_service_press.html", {"press": press, "form": form}, status=status)


def _seen() -> dict[str, str]:
    """The hold that stands while the form is shown: the press is about this one and no other."""
    row = breaker.standing()
    return {"since": row.held_since.isoformat(timespec="microseconds")} if row and row.held_since else {}


def _hold(request: HttpRequest, form: Form, by: User, now: datetime) -> None:
    try:
        call_hold.hold(why=form.cleaned_data["why"], by=by, now=now)
    except TooLateError:
        messages.warning(request, _was_held_by())
    else:
        messages.success(request, _("All calls are held. Nothing is lost; it lasts until somebody lets them go on."))


def _was_held_by() -> str:
    row = breaker.standing()
    if row is None or row.held_since is None or row.held_by is None:
        return _("Somebody held all calls at the same moment, and let them go on again.")
    return _("Nothing was changed: %(name)s holds all calls since %(at)s. Reason: %(why)s") % {
        "name": row.held_by.display_name,
        "at": date_format(timezone.localtime(row.held_since), "j M, H:i"),
        "why": row.held_why,
    }


def _release(request: HttpRequest, form: Form, by: User, now: datetime) -> None:
    try:
        call_hold.release(since_seen=form.cleaned_data["since"], why=form.cleaned_data["why"], by=by)
    except TooLateError:
        messages.warning(request, _("Nothing was changed: somebody ended that hold before. See how it stands now."))
    else:
        go_on = _("Calls go on. What waited for it is read first, at the rate of the account.")
        probe_first = _("The hold is over. Calls were stopped as well: one probe comes first.")
        messages.success(request, go_on if breaker.stopped() is None else probe_first)


def _probe(request: HttpRequest, form: Form, by: User, now: datetime) -> None:
    try:
        is_carried = probing.send(why=form.cleaned_data["why"], by=by, now=now)
    except ProbeRefusedError as error:
        messages.warning(request, str(_NO_PROBE[error.reason]))
    else:
        sent = _("A probe is on its way: one reading that waits carries it.")
        none = _("No reading waits. The next one that comes is the probe.")
        messages.success(request, sent if is_carried else none)


_HOLD = _Press(
    gettext_lazy("Hold all calls"),
    gettext_lazy(
        "No call to the reading service is made until an administrator lets them go on. What customers send meanwhile"
        " waits, is shown as a delay of ours, and none of it is lost. Calls under way are not cut off."
    ),
    gettext_lazy("Hold all calls"),
    CallsReasonForm,
    _hold,
    is_grave=True,
)
_RELEASE = _Press(
    gettext_lazy("Let calls go on"),
    gettext_lazy(
        "What waited is read at the rate of the account. Where the breaker stopped calls as well, one probe comes"
        " first."
    ),
    gettext_lazy("Let calls go on"),
    ReleaseForm,
    _release,
)
_PROBE = _Press(
    gettext_lazy("Send one probe"),
    gettext_lazy(
        "The reading that waits longest is tried now instead of after the pause, under the same limits as any other."
        " When it is answered, calls go on; when it fails, the next pause begins."
    ),
    gettext_lazy("Send one probe"),
    CallsReasonForm,
    _probe,
)


# ----- what waits


@require_POST
@administrators
def try_now(request: HttpRequest, scan_id: UUID) -> HttpResponse:
    """Try one reading now."""
    scan = get_object_or_404(Scan, pk=scan_id)
    try:
        trying_again.try_now(scan=scan, by=signed_in_user(request), now=timezone.now())
    except TooLateError:
        messages.warning(request, _("It is being read already, or waits no more."))
    except CallsStoppedError:
        messages.warning(request, _no_calls())
    else:
        messages.success(request, _("%(case)s is tried now.") % {"case": scan.submission.reference})
    return redirect(PAGE)


@require_POST
@administrators
def try_all(request: HttpRequest) -> HttpResponse:
    """Try all that wait long."""
    try:
        many = trying_again.try_all(by=signed_in_user(request), now=timezone.now())
    except CallsStoppedError:
        messages.warning(request, _no_calls())
        return redirect(PAGE)
    if many:
        said = ngettext("%(many)d reading is tried now.", "%(many)d readings are tried, one after the other.", many)
        messages.success(request, said % {"many": many})
    else:
        messages.info(request, _("Nothing waits for long: what is delayed comes within a minute by itself."))
    return redirect(PAGE)


@require_POST
@administrators
def hand_over(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """Give a stuck submission to a reviewer, unread."""
    submission = get_object_or_404(Submission, pk=submission_id)
    try:
        reading.hand_over(submission=submission, by=signed_in_user(request), now=timezone.now())
    except TooLateError:
        messages.warning(request, _("It is not stuck any more, or is being read at this moment."))
    else:
        said = _("%(case)s went to the reviewers. What was not read stands there as not checked.")
        messages.success(request, said % {"case": submission.reference})
    return redirect(PAGE)


def _no_calls() -> str:
    return _("Nothing was tried: no calls are made now. What waits is tried when they go on.")
