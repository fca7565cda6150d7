"""The console's pages: figures, lanes, case, pictures, reasons, shortcuts. Each asks one query; GET changes nothing."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.middleware import HtmxDetails

from kyc_portal import audit
from kyc_portal.accounts.models import DECIDING, OVERSEEING, QUEUE_READING, STAFF_ROLES, Role, User
from kyc_portal.accounts.permissions import require_role, signed_in_user
from kyc_portal.audit import queries as audit_queries
from kyc_portal.audit.words import told
from kyc_portal.exports.case_pack.making import MAY_MAKE
from kyc_portal.review_console import charts, cursors, queue_menus
from kyc_portal.review_console.forms import SearchForm
from kyc_portal.review_console.shortcuts import SHORTCUTS
from kyc_portal.sealing import keys
from kyc_portal.sealing.errors import KeyDestroyedError
from kyc_portal.submissions import (
    claims,
    days,
    four_eyes,
    queries,
    queue,
    reasons,
    related,
    reopening,
    review,
    samples,
    scans,
)
from kyc_portal.submissions.checks.results import Result
from kyc_portal.submissions.checks.words import SENTENCES, TITLES
from kyc_portal.submissions.models import Check, Scan, Submission
from kyc_portal.submissions.queue_filters import Filters, Narrow
from kyc_portal.submissions.reasons import Outcome
from kyc_portal.submissions.states import State
from kyc_portal.submissions.warning_codes import MEANINGS, Severity

log = logging.getLogger(__name__)

readers = require_role(*STAFF_ROLES)
queue_readers = require_role(*QUEUE_READING)
reviewers = require_role(*DECIDING)

TIMELINE_SHOWN = 6
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
PREVIEW_LANGUAGES = (("zh-hant", "繁"), ("zh-hans", "简"), ("en", "EN"))


@dataclass(frozen=True, slots=True)
class ShownCheck:
    """A check in words."""

    result: str
    title: str
    label: str
    sentence: str
    points: int


def shown_check(check: Check) -> ShownCheck:
    return ShownCheck(
        check.result,
        str(TITLES[check.rule]),
        str(Result(check.result).label),
        str(SENTENCES[check.reason]),
        check.points,
    )


def shown_changes(changed: Sequence[tuple[Check | None, Check | None]]) -> list[tuple[str, str, str]]:
    """(what, what was seen, what stands now) of checks that answer anew."""
    return [(str(TITLES[known.rule]), _seen(old), _seen(new)) for old, new in changed if (known := new or old)]


def _seen(check: Check | None) -> str:
    return str(SENTENCES[check.reason]) if check else "–"


@require_GET
@readers
def dashboard(request: HttpRequest) -> HttpResponse:
    """What waits now, and what the last days brought."""
    now = timezone.now()
    asked = request.GET.get("days", "")
    span = int(asked) if asked in map(str, days.SPANS) else _SPAN
    figures, past = queries.figures(now), days.last(span, now=now)
    context = {
        "figures": figures,
        "bars": charts.by_severity(figures.by_severity),
        "columns": charts.by_age(figures.by_age, hours=int(queries.AGE_SPAN.total_seconds() // 3600)),
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
        "may_see_agreement": signed_in_user(request).role in OVERSEEING,
        "bound_hours": int(queue.bound().total_seconds() // 3600),
        "now": now,
        "undoable": review.undoable(signed_in_user(request), now=now),
    }
    return render(request, "review_console/dashboard.html", context)


def _tiers() -> list[tuple[Severity, str]]:
    """Gravest first, as charts and their legend have them; "No warnings" needs more than a tier to be said."""
    return [
        (tier, str(charts.NO_CODE if tier is Severity.NONE else MEANINGS[tier].label)) for tier in reversed(Severity)
    ]


def _severities(day: days.Day) -> list[tuple[str, int]]:
    return [(f"bar-{tier.value}", day.came.get(tier, 0)) for tier, _label in _tiers()]


def _short(on: date) -> str:
    return date_format(on, "j M")


@require_GET
@reviewers
def shortcuts(request: HttpRequest) -> HttpResponse:
    """Every key of the console and what it does."""
    return render(request, "review_console/shortcuts.html", {"groups": SHORTCUTS})


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
    return queue.as_rows(list(narrow(lanes[lane]()).select_related("claimed_by")[: queue.PAGE_SIZE]), now=now), ""


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
        "bound_hours": int(queue.bound().total_seconds() // 3600),
        "now": now,
        "undoable": review.undoable(user, now=now),
    }
    response = render(request, f"review_console/{'_rows' if is_poll else 'queue'}.html", context)
    response["ETag"] = etag
    return response


def _etag(rows: Sequence[queue.QueueRow], counts: queue.LaneCounts) -> str:
    """Changes with every row, holder and count a list shows."""
    shown = [(str(row.submission.pk), row.submission.version, row.holder and row.holder.pk) for row in rows]
    return f'"{hashlib.sha256(repr((shown, counts)).encode()).hexdigest()[:32]}"'


def _many(lane: str, counts: queue.LaneCounts) -> int:
    """How many stand in a lane."""
    names = {"next": "next_up", "rescue": "rescued", "second": "second_review", "asked": "asked_again"}
    return int(getattr(counts, names.get(lane, lane)))


def reviewable(submission_id: UUID) -> Submission:
    """A case the console may open, or 404."""
    return get_object_or_404(queries.reviewable(), pk=submission_id)


@require_GET
@readers
def case(request: HttpRequest, submission_id: UUID) -> HttpResponse:
    """The case. Values stand in clear here, so the opening is recorded before anything is opened."""
    submission, user = reviewable(submission_id), signed_in_user(request)
    blind = samples.held_by(user, submission)
    if blind is not None:  # the case's own page says how it was decided
        return redirect("console:sample", blind.pk)
    return open_case(request, submission, user)


def open_case(
    request: HttpRequest, submission: Submission, user: User, *, status: int = 200, **more: object
) -> HttpResponse:
    """The case page, after its opening is recorded; a refused press shows it again with `more` to say."""
    with audit.acting(user.actor):
        audit.record(
            "case.opened",
            object_type="submissions.submission",
            object_id=str(submission.pk),
            subject=submission.customer_id,
        )
    try:
        return render_case(request, submission, user, status=status, **more)
    except KeyDestroyedError:
        return render(request, "review_console/erased.html", {"submission": submission}, status=410)


def render_case(
    request: HttpRequest, submission: Submission, user: User, *, status: int = 200, **more: object
) -> HttpResponse:
    """The case page with what this person may press on it; `more` adds what a refused press has to say."""
    now = timezone.now()
    shown = queries.case(submission, now=now)
    is_mine = claims.holds(submission, user, now)
    own_proposal = bool(shown.proposal and shown.proposal.decided_by_id == user.pk)
    left = submission.claimed_until - now if is_mine and submission.claimed_until else timedelta(0)
    context = {
        "case": shown,
        "submission": submission,
        "checks": [shown_check(check) for check in shown.checks],
        "many": {
            result: sum(check.result == result for check in shown.checks) for result in ("fail", "not_checked", "pass")
        },
        "meaning": MEANINGS[_leading(shown)],
        "leading": _leading(shown),
        "position": queue.position(submission, now=now),
        "waiting": queue.counts(None, now=now).next_up,
        "bound_hours": int(queue.bound().total_seconds() // 3600),
        "is_mine": is_mine,
        "can_claim": user.role in DECIDING
        and not is_mine
        and submission.state in (State.TO_REVIEW, State.SECOND_REVIEW),
        "can_decide": is_mine and submission.state == State.TO_REVIEW,
        "can_confirm": is_mine and submission.state == State.SECOND_REVIEW and not own_proposal,
        "own_proposal": own_proposal,
        "proposal_because": four_eyes.in_words(shown.proposal.second_person_because) if shown.proposal else "",
        "can_reopen": reopening.can_reopen(submission, user),
        "unseen": review.unseen_scans(submission, user.actor),
        **_asked_of(submission),
        "minutes_left": max(0, int(left.total_seconds() // 60)),
        "is_lease_short": left < timedelta(minutes=2),
        "related": related.related(submission, now=now),
        "timeline": [told(entry) for entry in audit_queries.deeds_about(submission.customer_id)[:TIMELINE_SHOWN]],
        "may_make_pack": user.role in MAY_MAKE,
        "may_read_log": user.role != Role.REVIEWER,
        "undoable": review.undoable(user, now=now),
        **more,
    }
    return render(request, "review_console/case.html", context, status=status)


def _asked_of(submission: Submission) -> dict[str, Any]:
    """What the policy asks of a decision, in words."""
    asked = four_eyes.ruling(submission)
    because = four_eyes.two_people_because(submission, asked)
    return {
        "needs_second": bool(because),
        "second_because": four_eyes.in_words(because),
        "note_because": four_eyes.in_words(asked.note_because),
        "no_approval_because": four_eyes.in_words(asked.no_approval_because),
    }


def _leading(case: queries.Case) -> Severity:
    """What the bar over the case speaks of: the gravest code; without one, whether something was not checked."""
    severity = case.row.severity
    return Severity.NOT_CHECKED if severity is Severity.NONE and case.row.not_checked else severity


@require_GET
@readers
def picture(request: HttpRequest, submission_id: UUID, scan_id: UUID) -> HttpResponse:
    """A display copy of one picture; the view is in the log before a byte leaves."""
    scan = get_object_or_404(Scan, pk=scan_id, submission=reviewable(submission_id))
    try:
        data = scans.display_copy(scan, actor=signed_in_user(request).actor)
    except (KeyDestroyedError, OSError) as error:
        if keys.is_destroyed(scan.customer_id):
            return HttpResponse(status=410, headers={"Cache-Control": "no-store"})
        log.error("picture_not_shown", extra={"error": type(error).__name__})
        return HttpResponse(status=503, headers={"Cache-Control": "no-store", "Retry-After": "10"})
    return HttpResponse(
        data,
        content_type="image/jpeg",
        headers={
            "Cache-Control": "no-store",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Content-Disposition": "inline",
        },
    )


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
    context = {"form": form, "found": found, "problem": problem}
    return render(request, "review_console/search.html", context, status=400 if problem else 200)


@require_GET
@reviewers
def ask_reasons(request: HttpRequest, submission_id: UUID, outcome: str) -> HttpResponse:
    """The reasons of an outcome, with what the customer will read beside the note; approving has a note only."""
    if outcome not in Outcome.values:
        raise Http404
    seen = request.GET.get("version", "")
    if not seen.isdecimal():
        raise Http404  # a decision binds to the version its page showed, never to the newest
    return render_reasons(request, reviewable(submission_id), Outcome(outcome), version=int(seen))


def render_reasons(
    request: HttpRequest, submission: Submission, outcome: Outcome, *, status: int = 200, **more: object
) -> HttpResponse:
    """The dialog of one outcome, as a page of its own where scripts are off; `more` keeps what was typed."""
    offered = reasons.for_outcome(outcome)
    context: dict[str, Any] = {
        "submission": submission,
        "outcome": outcome,
        "reasons": offered,
        "sides": list(submission.needed_sides),
        "previews": [_preview(code, label, offered) for code, label in PREVIEW_LANGUAGES],
        **_asked_of(submission),
        "version": submission.version,
        **more,
    }
    return render(request, "review_console/reasons.html", context, status=status)


@dataclass(frozen=True, slots=True)
class Preview:
    """What the customer would read for each reason, in one language."""

    language: str
    label: str
    texts: list[tuple[str, str]]


def _preview(language: str, label: str, offered: list[reasons.Reason]) -> Preview:
    with translation.override(language):
        return Preview(language, label, [(reason.code, str(reason.customer_text)) for reason in offered])
