"""The dialog of one outcome: its reasons, what the customer will read, the note. A page of its own without scripts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_GET

from kyc_portal.review_console.access import reviewable, reviewers, seen_version
from kyc_portal.review_console.asked import asked_of
from kyc_portal.submissions import reasons
from kyc_portal.submissions.models import Submission
from kyc_portal.submissions.reasons import Outcome

PREVIEW_LANGUAGES = (("zh-hant", "繁"), ("zh-hans", "简"), ("en", "EN"))


@require_GET
@reviewers
def ask_reasons(request: HttpRequest, submission_id: UUID, outcome: str) -> HttpResponse:
    """The reasons of an outcome, with what the customer will read beside the note; approving has a note only."""
    if outcome not in Outcome.values:
        raise Http404
    seen, is_otherwise = seen_version(request), "otherwise" in request.GET
    return render_reasons(request, reviewable(submission_id), Outcome(outcome), version=seen, is_otherwise=is_otherwise)


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
        **asked_of(submission),
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
