"""The audit log page and the exports page: parse, ask one query or writer, render."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from kyc_portal.accounts.models import Role
from kyc_portal.accounts.permissions import require_fresh_factor, require_role, signed_in_user
from kyc_portal.administration.forms import ExportForm, LogFilterForm
from kyc_portal.audit import queries as audit_queries
from kyc_portal.exports import submission_list
from kyc_portal.submissions.models import Submission

PAGE = 50


@require_safe
@require_role(Role.AUDITOR, Role.ADMINISTRATOR, Role.SENIOR_REVIEWER)
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
            "entries": entries[:PAGE],
            "next_before": entries[PAGE - 1].id if len(entries) > PAGE else None,
        },
    )


_REFUSALS = {
    "purpose": _("Say what the file is for, in at least 20 characters."),
    "nothing": _("Nothing matches; no file is made."),
    "too_many": _("More than 100,000 rows match. Choose a state, so that the file stays within the limit."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.ADMINISTRATOR)
@require_fresh_factor
def exports(request: HttpRequest) -> HttpResponse:
    """Ask for a purpose, hand out the masked list."""
    user = signed_in_user(request)
    form = ExportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = submission_list.make(
                purpose=form.cleaned_data["purpose"],
                state=form.cleaned_data["state"],
                actor=user.actor,
                now=timezone.now(),
            )
        except submission_list.ExportRefusedError as error:
            form.add_error(None, _REFUSALS[error.reason])
        else:
            return HttpResponse(
                made.content,
                content_type="text/csv; charset=utf-8",
                headers={
                    "Content-Disposition": f'attachment; filename="{made.name}"',
                    "Cache-Control": "no-store",
                    "X-Content-SHA256": made.sha256,
                },
            )
    status = 400 if form.is_bound and form.errors else 200
    history = audit_queries.entries(action="list.exported")[:20]
    return render(
        request,
        "administration/exports.html",
        {"form": form, "rows_now": submission_list.count(), "history": history, "columns": submission_list.COLUMNS},
        status=status,
    )
