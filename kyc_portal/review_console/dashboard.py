"""The figures for who oversees: what waits now, and what the last days brought."""

from __future__ import annotations

import csv
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from kyc_portal.accounts.models import OVERSEEING
from kyc_portal.accounts.permissions import require_role, signed_in_user
from kyc_portal.review_console import charts
from kyc_portal.review_console.figure_rows import figure_rows
from kyc_portal.submissions import policies, queue
from kyc_portal.submissions.clocks import desk
from kyc_portal.submissions.counts import days, figures, forecast, speed
from kyc_portal.submissions.deciding import undoing
from kyc_portal.submissions.reasons import Outcome
from kyc_portal.submissions.warning_codes import MEANINGS, Severity

_SPAN = 14
# How calls to the service end, by who must act.
_CALL_ENDS = {
    "answered": _("Answered"),
    "customer": _("Customer: picture"),
    "retry": _("Retry: transient"),
    "throttle": _("Throttled"),
    "config": _("Config: us"),
    "defect": _("Defect: our bug"),
}


@require_GET
@require_role(*OVERSEEING)
def dashboard(request: HttpRequest) -> HttpResponse:
    """What waits now, and what the last days brought."""
    now = timezone.now()
    span = _span(request)
    waits, past = figures.waiting_now(now), days.last(span, now=now)
    context = {
        "figures": waits,
        "bars": charts.by_severity(waits.by_severity),
        "columns": charts.by_age(waits.by_age, hours=int(figures.AGE_SPAN.total_seconds() // 3600)),
        "past": past,
        "span": span,
        "spans": days.SPANS,
        "tiers": [(tier.value, label) for tier, label in _tiers()],
        "came": charts.by_day([(_short(day.on), _severities(day)) for day in past.days]),
        "came_rows": [(day.on, [day.came.get(tier, 0) for tier, _label in _tiers()]) for day in past.days],
        "in_time": charts.by_day(
            [
                (_short(day.on), [("age", day.in_time), ("age-late", day.late), ("untold", day.untold)])
                for day in past.days
            ]
        ),
        "reasons": charts.by_number(
            [(label, many, "age-late" if outcome is Outcome.REJECT else "age") for label, outcome, many in past.reasons]
        ),
        "calls": charts.by_number(
            [
                (str(_CALL_ENDS[name]), many, "age" if name == "answered" else "age-late")
                for name, many in past.calls.items()
            ]
        ),
        "agreement": charts.by_number(
            [
                (str(_("Confirmed")), past.confirmed, "age"),
                (str(_("Returned")), past.returned, "age-late"),
                (str(_("Looked again: same")), past.looks.agreed, "age"),
                (str(_("Looked again: other")), past.looks.differed, "age-late"),
            ]
        ),
        "chart": {"width": charts.DAYS_WIDTH, "height": charts.DAYS_HEIGHT, "row": charts.SHARE_ROW},
        "speed": speed.of_decisions(past.since, fast=policies.in_force().fast),
        "likely_late": forecast.likely_late(now),
        "oldest": queue.in_hours(desk.between(waits.oldest_since, now)) if waits.oldest_since else "",
        "fast_seconds": int(policies.in_force().fast.total_seconds()),
        "bound_hours": int(queue.bound().total_seconds() // 3600),
        "now": now,
        "undoable": undoing.undoable(signed_in_user(request), now=now),
    }
    return render(request, "review_console/dashboard.html", context)


def _span(request: HttpRequest) -> int:
    asked = request.GET.get("days", "")
    return int(asked) if asked in map(str, days.SPANS) else _SPAN


@require_GET
@require_role(*OVERSEEING)
def figures_file(request: HttpRequest) -> HttpResponse:
    """The dashboard's figures as CSV: counts only, of no customer and of no colleague."""
    now, span = timezone.now(), _span(request)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="figures-{now:%Y-%m-%d}-{span}-days.csv"'
    writer = csv.writer(response)
    writer.writerow(["table", "row", "column", "number"])
    past = days.last(span, now=now)
    took = speed.of_decisions(past.since, fast=policies.in_force().fast)
    writer.writerows(figure_rows(figures.waiting_now(now), past, took))
    return response


def _tiers() -> list[tuple[Severity, str]]:
    """Gravest first, as charts and their legend have them; "No warnings" needs more than a tier to be said."""
    return [
        (tier, str(charts.NO_CODE if tier is Severity.NONE else MEANINGS[tier].label)) for tier in reversed(Severity)
    ]


def _severities(day: days.Day) -> list[tuple[str, int]]:
    return [(f"bar-{tier.value}", day.came.get(tier, 0)) for tier, _label in _tiers()]


def _short(on: date) -> str:
    return date_format(on, "j M")
