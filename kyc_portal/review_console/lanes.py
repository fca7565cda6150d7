"""The queue's lanes with their filters, the search, and the keys."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.middleware import HtmxDetails

from kyc_portal.accounts import people, preferences
from kyc_portal.accounts.models import DECIDING, Role
from kyc_portal.accounts.permissions import signed_in_user
from kyc_portal.review_console import cursors, queue_menus
from kyc_portal.review_console.access import queue_readers, readers, reviewers
from kyc_portal.review_console.forms import SearchForm
from kyc_portal.review_console.shortcuts import columns_of
from kyc_portal.submissions import policies, queries, queue, related
from kyc_portal.submissions.counts import forecast
from kyc_portal.submissions.deciding import undoing
from kyc_portal.submissions.queue_filters import Filters, Narrow


def _lane_rows(request: HttpRequest, lane: str, narrow: Narrow) -> tuple[list[queue.QueueRow], str]:
    """The rows of a lane, and the next page's cursor where there is one."""
    now, user = timezone.now(), signed_in_user(request)
    if lane == "next":
        page = queue.next_up(now, after=cursors.from_text(request.GET.get("after", "")), narrow=narrow)
        return page.rows, cursors.to_text(page.next_cursor) if page.next_cursor else ""
    lanes = {
        "rescue": lambda: queue.rescued(queue.cutoff(now)),
        "mine": lambda: queue.mine(user, now),
        "second": queue.second_review,
        "asked": queue.asked_again,
        "delayed": queue.delayed,
        "parked": queue.parked,
    }
    if lane not in lanes:
        raise Http404
    found = narrow(lanes[lane]()).select_related("claimed_by", "offered_to")[: queue.PAGE_SIZE]
    return queue.as_rows(list(found), now=now), ""


@require_GET
@queue_readers
def lane(request: HttpRequest, lane: str = "next") -> HttpResponse:
    """A lane of the queue, through the filters of its address. Polls get 304 while its rows and counts are the same."""
    user, now = signed_in_user(request), timezone.now()
    find = re.sub(r"[^0-9A-Z-]", "", request.GET.get("find", "").upper())[:20]
    filters = Filters() if find else queue_menus.from_query(request.GET)
    narrow = filters.narrow(reader=user, now=now)
    if find:
        found = queries.reviewable().filter(reference=find if find.startswith("S-") else f"S-{find}")
        rows, after = queue.as_rows(list(found[:1]), now=now), ""
    else:
        rows, after = _lane_rows(request, lane, narrow)
    counts = queue.counts(user, now=now, narrow=narrow)
    if lane == "next" and not find and not request.GET.get("after") and filters == Filters():
        rows = _with_forecast(rows, counts.rescued, now)  # only there is a row's number its place
    etag = _etag(rows, counts)
    is_poll = bool(HtmxDetails(request))
    if is_poll and request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified()
    is_filtered = filters != Filters()
    address = reverse("console:queue") if lane == "next" else reverse("console:lane", args=[lane])
    context = {
        "rows": rows,
        "etag": etag,
        "after": after,
        "is_further_down": bool(request.GET.get("after")),
        "lane": lane,
        "address": address,
        "find": find,
        "counts": counts,
        "is_filtered": is_filtered,
        "filters": queue_menus.to_query(filters),
        "menus": [] if find else queue_menus.menus(filters, address=address),
        "hidden": _many(lane, queue.counts(user, now=now)) if is_filtered and not rows else 0,
        "can_claim": user.role in DECIDING,
        "tags": policies.in_force().tags,
        "colleagues": people.reviewers() if user.role == Role.SENIOR_REVIEWER and not is_poll else [],
        "bound_hours": int(queue.bound().total_seconds() // 3600),
        "now": now,
        "undoable": undoing.undoable(user, now=now),
    }
    response = render(request, f"review_console/{'_rows' if is_poll else 'queue'}.html", context)
    response["ETag"] = etag
    return response


def _with_forecast(rows: list[queue.QueueRow], rescued: int, now: datetime) -> list[queue.QueueRow]:
    pace = forecast.pace(now) if rows else None
    return [
        replace(
            row,
            is_likely_late=forecast.is_likely_late(row.waiting, row.position, pace) and not row.is_rescued,
            rescued_ahead=rescued,
        )
        for row in rows
    ]


def _etag(rows: Sequence[queue.QueueRow], counts: queue.LaneCounts) -> str:
    """Changes with every row, holder, offer, tag and count a list shows."""
    shown = [
        (
            str(row.submission.pk),
            row.submission.version,
            row.holder and row.holder.pk,
            row.offered_to and row.offered_to.pk,
            row.submission.is_escalated,
            row.submission.tags,
        )
        for row in rows
    ]
    return f'"{hashlib.sha256(repr((shown, counts)).encode()).hexdigest()[:32]}"'


def _many(lane: str, counts: queue.LaneCounts) -> int:
    """How many stand in a lane."""
    names = {"next": "next_up", "rescue": "rescued", "second": "second_review", "asked": "asked_again"}
    return int(getattr(counts, names.get(lane, lane)))


_SEARCH_PROBLEMS = {
    "empty": _("Type a case's reference, a permit number, or a name with its date of birth."),
    "no_number": _("This is neither a case's reference nor a permit number as any permit prints it."),
    "no_birthday": _("A name is found with its date of birth: add it as 1986-03-02."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@queue_readers
def search(request: HttpRequest) -> HttpResponse:
    """Cases by reference, number, or name with birth date. Posted, so that nothing personal stands in an address."""
    form, found, problem = SearchForm(request.POST or None), None, ""
    if request.method == "POST":
        sought = related.understand(form["what"].value() or "", form["born"].value() or "")
        if sought.problem:
            problem = str(_SEARCH_PROBLEMS[sought.problem])
        else:
            found = related.search(sought, actor=signed_in_user(request).actor, now=timezone.now())
            if sought.reference and found:
                return redirect(f"{reverse('console:queue')}?find={sought.reference}")
    context = {"form": form, "found": found, "problem": problem}
    return render(request, "review_console/search.html", context, status=400 if problem else 200)


@require_POST
@readers
def prefer(request: HttpRequest) -> HttpResponse:
    """Keep one choice of this person on their account."""
    try:
        preferences.put(user=signed_in_user(request), name=request.POST.get("name", ""), is_on="on" in request.POST)
    except KeyError:
        raise Http404 from None
    return HttpResponse(status=204)


@require_GET
@reviewers
def shortcuts(request: HttpRequest) -> HttpResponse:
    """Every key of the console and what it does."""
    columns = columns_of(Role(signed_in_user(request).role))
    return render(request, "review_console/shortcuts.html", {"columns": columns})
