"""The pages of the policy: what is in force, a version and what it changes, proposing, publishing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kyc_portal.accounts import people
from kyc_portal.accounts.models import OVERSEEING, Role
from kyc_portal.accounts.permissions import refuse, require_fresh_factor, require_role, signed_in_user
from kyc_portal.administration.policy_forms import PolicyForm, check_rows
from kyc_portal.submissions import policies, policy, policy_trial, policy_versions
from kyc_portal.submissions.errors import IncompleteError, NotAllowedError, TooLateError
from kyc_portal.submissions.models import PolicyStage, PolicyVersion
from kyc_portal.submissions.policy import CODE_SIGNALS, NUMBERS, Handling
from kyc_portal.submissions.policy_versions import PolicyRefusedError

readers = require_role(*OVERSEEING)


@require_safe
@readers
def overview(request: HttpRequest) -> HttpResponse:
    """The version in force and every other one."""
    standing = policies.standing()
    versions = PolicyVersion.objects.select_related("proposed_by", "published_by").order_by("-pk")
    context = {"standing": standing, "versions": versions, **_shown(standing.content)}
    context["may_propose"] = signed_in_user(request).role == Role.SENIOR_REVIEWER
    return render(request, "administration/policy.html", context)


@require_safe
@readers
def version_page(request: HttpRequest, number: int) -> HttpResponse:
    """One version: what it changes, by whom and why, and for a proposal what it would do to past cases."""
    return _page(request, get_object_or_404(PolicyVersion, pk=number))


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.SENIOR_REVIEWER)
def propose(request: HttpRequest) -> HttpResponse:
    """Change what is in force into a proposal, or try the change on past cases first."""
    standing = policies.standing()
    form = PolicyForm(request.POST or None, standing=standing.content, initial={"based_on": standing.pk})
    trial = None
    if request.method == "POST" and form.is_valid():
        wrong = policy.problems(form.content())
        form.refuse(wrong)
        if not wrong and request.POST.get("act") == "try":
            trial = policy_trial.run(policy.read("0", form.content()), against=policies.in_force())
        elif not wrong:
            made = _propose(request, form)
            if made is not None:
                messages.info(request, _("Proposed. An administrator publishes it, or refuses it."))
                return redirect("administration:policy-version", made.pk)
    context = {"form": form, "standing": standing, "trial": trial}
    status = 400 if form.is_bound and form.errors else 200
    return render(request, "administration/policy_propose.html", context, status=status)


def _propose(request: HttpRequest, form: PolicyForm) -> PolicyVersion | None:
    user = signed_in_user(request)
    based_on = get_object_or_404(PolicyVersion, pk=form.cleaned_data["based_on"])
    try:
        return policy_versions.propose(
            content=form.content(),
            why=form.cleaned_data["why"],
            based_on=based_on,
            by=user,
            actor=user.actor,
            now=timezone.now(),
        )
    except IncompleteError:
        form.add_error(None, _("Nothing is changed."))
    except TooLateError:
        form.add_error(None, _("Another version was published meanwhile. Start again from the one in force."))
    except PolicyRefusedError as error:
        form.refuse(list(error.problems))
    return None


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.ADMINISTRATOR)
@require_fresh_factor
def publish(request: HttpRequest, number: int) -> HttpResponse:
    """Put a proposal in force. Showing the second factor again leads back here, to press once more."""
    user, version = signed_in_user(request), get_object_or_404(PolicyVersion, pk=number)
    if request.method != "POST":
        return _page(request, version)
    try:
        policy_versions.publish(version=version, by=user, actor=user.actor, now=timezone.now())
    except NotAllowedError:
        refuse(request, user)
    except TooLateError:
        messages.error(request, _("Not published: another version is in force by now, or this proposal is closed."))
    else:
        messages.info(request, _("Published. New cases open under it; open ones keep theirs."))
    return redirect("administration:policy-version", version.pk)


@require_POST
@require_role(Role.SENIOR_REVIEWER, Role.ADMINISTRATOR)
def withdraw(request: HttpRequest, number: int) -> HttpResponse:
    """Close a proposal: its proposer takes it back, or an administrator refuses it."""
    user, version = signed_in_user(request), get_object_or_404(PolicyVersion, pk=number)
    try:
        policy_versions.withdraw(version=version, by=user, actor=user.actor)
    except NotAllowedError:
        refuse(request, user)
    except TooLateError:
        messages.error(request, _("This version is no open proposal any more."))
    else:
        messages.info(request, _("The proposal is closed."))
    return redirect("administration:policy-version", version.pk)


def _page(request: HttpRequest, version: PolicyVersion) -> HttpResponse:
    user, standing = signed_in_user(request), policies.standing()
    is_open = version.stage == PolicyStage.PROPOSED
    is_current = is_open and version.based_on_id == standing.pk
    context: dict[str, Any] = {
        "version": version,
        "standing": standing,
        "is_in_force": version == standing,
        "is_overtaken": is_open and not is_current,
        "changes": _changes(version),
        "may_publish": is_current and user.role == Role.ADMINISTRATOR and version.proposed_by_id != user.pk,
        "may_withdraw": is_open and (version.proposed_by_id == user.pk or user.role == Role.ADMINISTRATOR),
        **_shown(version.content),
    }
    if is_open:
        context["trial"] = policy_trial.run(policy.read(str(version.pk), version.content), against=policies.in_force())
    return render(request, "administration/policy_version.html", context)


def _changes(version: PolicyVersion) -> list[policy.Change]:
    if version.based_on is None:
        return []
    return policy.changes(version.based_on.content, version.content, names=_names())


def _names() -> dict[str, str]:
    return {str(person.pk): person.display_name for person in people.staff()}


def _shown(content: Mapping[str, Any]) -> dict[str, Any]:
    """A content in words, as the tables show it."""
    handlings = {signal: Handling(handling).label for signal, handling in content["signals"].items()}
    mildest, names, rates = Handling.APPROVE.label, _names(), content.get("sample_percent_of", {})
    return {
        "codes": [(policy.words(signal), handlings.get(signal, mildest)) for signal in CODE_SIGNALS],
        "checks": check_rows(handlings),
        "numbers": [(number.label, policy.number_words(content, number)) for number in NUMBERS],
        "rates": [(names.get(person, person), percent) for person, percent in rates.items()],
        "closed_days": policy.day_words(content),
        "tags": policy.tag_words(content),
        "asks_for_portrait": policy.yes_no(content, "asks_for_portrait"),
        "compares_portraits": policy.yes_no(content, "compares_portraits"),
        "permits": [policy.PERMIT_WORDS[name] for name in content["allowed_types"]],
    }
