"""What a press is answered with: the next case, the dialog again with what is missing, or why nothing was saved.

A refusal is said in its own words, keeps what was typed, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kyc_portal.accounts.models import User
from kyc_portal.accounts.permissions import refuse
from kyc_portal.review_console.case_page import open_case, opened_case
from kyc_portal.review_console.forms import DecisionForm
from kyc_portal.review_console.reason_dialog import render_reasons
from kyc_portal.review_console.shown_checks import shown_changes
from kyc_portal.submissions import queries
from kyc_portal.submissions.deciding import claims
from kyc_portal.submissions.errors import IncompleteError, NotHeldError, StaleError, TooLateError
from kyc_portal.submissions.models import Submission
from kyc_portal.submissions.reasons import Outcome

MISSING = {
    "reason": gettext_lazy("Choose at least one reason."),
    "side": gettext_lazy("Choose the side to take again."),
    "note": gettext_lazy("Say in the note why this can be approved: the policy asks for it."),
    "approvable": gettext_lazy("The policy allows no approval here: ask again, or reject."),
    "pictures_seen": gettext_lazy("Open every picture first: approving is off until each was shown."),
    "otherwise": gettext_lazy("This is what was proposed. Confirm it, or choose another outcome or reason."),
    "why": gettext_lazy("Say why."),
    "until": gettext_lazy("Choose until when."),
}


def open_next(request: HttpRequest, user: User) -> HttpResponse:
    """Claim the head of the queue and open it; the queue itself when nothing is free."""
    is_in_place = "X-In-Place" in request.headers
    following = claims.claim_next(reviewer=user, actor=user.actor, now=timezone.now(), and_open=is_in_place)
    if following is None:
        messages.info(request, _("All done. Nothing waits that is free."))
        return there(request, reverse("console:queue"))
    address = reverse("console:case", args=[following.pk])
    return there(request, address, lambda: opened_case(request, following, user))


def there(request: HttpRequest, address: str, page: Callable[[], HttpResponse] | None = None) -> HttpResponse:
    """The way to an address. A page that puts the next one in its own place (next.js) gets it with this very answer."""
    if "X-In-Place" not in request.headers:
        return redirect(address)
    response = page() if page else HttpResponse(status=204)
    response["Content-Location"] = address
    return response


def ask_completed(
    request: HttpRequest, submission: Submission, form: DecisionForm, error: IncompleteError, **more: object
) -> HttpResponse:
    """The dialog again with what was typed and what is missing."""
    typed = form.cleaned_data
    return render_reasons(
        request,
        submission,
        Outcome(typed["outcome"]),
        status=400,
        missing=error.missing,
        missing_sentence=MISSING[error.missing],
        chosen=typed["reasons"],
        chosen_sides=typed["sides"],
        note=typed["note"],
        version=typed["version"],
        **more,
    )


def refused(request: HttpRequest, submission: Submission, user: User, error: Exception) -> HttpResponse:
    """Each refusal in its own words: stale evidence is shown again with the note kept, another's case is kept."""
    submission.refresh_from_db()
    kept = {"kept_note": request.POST.get("note", "").strip()}
    if isinstance(error, StaleError):
        changed = queries.checks_changed_since(submission, error.seen)
        return open_case(request, submission, user, status=409, stale=error, changed=shown_changes(changed), **kept)
    if isinstance(error, NotHeldError):
        return open_case(request, submission, user, status=409, not_held=True, **kept)
    if isinstance(error, IncompleteError):
        messages.error(request, str(MISSING[error.missing]))
    elif isinstance(error, TooLateError):
        messages.error(request, _("This case was decided or moved on in the meantime. Nothing was saved."))
    else:
        refuse(request, user)
    return redirect("console:case", submission.pk)
