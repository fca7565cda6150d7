"""The audit log page: parse, ask one query or writer, render."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe
from kombu.exceptions import OperationalError

from kyc_portal.accounts.models import KEEPING, OVERSEEING
from kyc_portal.accounts.permissions import require_role, signed_in_user
from kyc_portal.administration import tasks
from kyc_portal.administration.forms import LogFilterForm
from kyc_portal.audit import queries as audit_queries
from kyc_portal.audit.proof import checking
from kyc_portal.audit.words import told
from kyc_portal.submissions.models import Submission

PAGE = 50


@require_safe
@require_role(*OVERSEEING)
def audit_log(request: HttpRequest) -> HttpResponse:
    """Who did what, when, on what; newest first, narrowed by case, person and act."""
    form = LogFilterForm(request.GET)
    if not form.is_valid():
        raise Http404
    wanted = form.cleaned_data
    submission = Submission.objects.filter(reference=wanted["case"]).first() if wanted["case"] else None
    found = audit_queries.entries(
        subject=submission.customer_id if submission else None,
        actor=wanted["person"],
        action=wanted["action"],
        kind="act" if wanted["show"] else "",
        actions=audit_queries.VIEWS if wanted["show"] == "looks" else (),
        before_id=wanted["before"],
    )
    if wanted["case"] and submission is None:
        found = found.none()
    entries = list(found[: PAGE + 1])
    return render(
        request,
        "administration/audit_log.html",
        {
            "form": form,
            "entries": [told(entry) for entry in entries[:PAGE]],
            "may_verify": signed_in_user(request).role in KEEPING,
            "standing": checking.standing(),
            "next_before": entries[PAGE - 1].id if len(entries) > PAGE else None,
        },
    )


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
