"""The press on several chosen rows of the queue: offer, tag, escalate. It decides nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from kyc_portal.accounts.models import User
from kyc_portal.accounts.permissions import refuse, signed_in_user
from kyc_portal.review_console.access import reviewers
from kyc_portal.review_console.forms import SeveralForm
from kyc_portal.submissions import several
from kyc_portal.submissions.errors import NotAllowedError


@require_POST
@reviewers
def act(request: HttpRequest) -> HttpResponse:
    """Do one thing to every chosen case, and go back to the list they were chosen from."""
    user, form = signed_in_user(request), SeveralForm(request.POST)
    if not form.is_valid():
        raise Http404  # an act, a person or a case that no page of ours offers
    asked = form.cleaned_data
    if not asked["case"]:
        messages.error(request, _("Choose at least one case."))
    elif asked["act"] == "offer" and asked["to"] is None:
        messages.error(request, _("Choose whom to offer them to."))
    elif asked["act"] in ("tag", "untag") and not asked["tag"]:
        messages.error(request, _("Choose a tag."))
    else:
        try:
            _tell(request, asked["act"], _done(asked, user, timezone.now()))
        except NotAllowedError:
            refuse(request, user)
    return redirect(_back(request))


def _done(asked: dict[str, Any], user: User, now: datetime) -> several.Done:
    cases, actor = asked["case"], user.actor
    match asked["act"]:
        case "offer":
            return several.offer(cases=cases, to=asked["to"], by=user, actor=actor, now=now)
        case "escalate":
            return several.escalate(cases=cases, by=user, actor=actor, now=now)
        case "tag":
            return several.tag(cases=cases, word=asked["tag"], by=user, actor=actor)
        case _:
            return several.untag(cases=cases, word=asked["tag"], by=user, actor=actor)


def _tell(request: HttpRequest, act: str, outcome: several.Done) -> None:
    """What became of them; each that was left is named with the reason."""
    many = len(outcome.done)
    said = {
        "offer": ngettext("%d case offered.", "%d cases offered.", many),
        "escalate": ngettext("%d case escalated.", "%d cases escalated.", many),
        "tag": ngettext("%d case tagged.", "%d cases tagged.", many),
        "untag": ngettext("Tag taken off %d case.", "Tag taken off %d cases.", many),
    }
    sentences = [said[act] % many]
    if outcome.left:
        left = "; ".join(f"{reference} ({why.label})" for reference, why in outcome.left)
        sentences.append(_("Left as they are: %s.") % left)
    (messages.info if not outcome.left else messages.warning)(request, " ".join(sentences))


def _back(request: HttpRequest) -> str:
    """The list the rows were chosen from, where it is one of ours."""
    address = request.POST.get("from", "")
    queue = reverse("console:queue")
    return address if address.startswith(queue) and url_has_allowed_host_and_scheme(address, None) else queue
