"""The customers' pages. Each fetches the customer's own submission, asks one writer, and answers."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.i18n import set_language
from django_htmx.middleware import HtmxDetails

from kyc_portal.accounts import invitations
from kyc_portal.accounts.models import Invitation, Role, User
from kyc_portal.accounts.templatetags.business import business
from kyc_portal.customer_site import details_lines, own, steps, words
from kyc_portal.customer_site.forms import ConsentForm, DetailsForm
from kyc_portal.privacy import deletion, retention
from kyc_portal.submissions import card_fields, customer_progress, intake, policies, queue, reasons
from kyc_portal.submissions.errors import StaleError, TooLateError
from kyc_portal.submissions.models import Submission
from kyc_portal.submissions.states import State

log = logging.getLogger(__name__)

# Where a session keeps the invitation it came by.
_INVITATION = "invitation"
# How long a customer has to object, as the texts of a refusal say.
_CONTACT_WITHIN = timedelta(days=30)


def welcome(request: HttpRequest) -> HttpResponse:
    """The first page: what this is, sign in or sign up."""
    if request.user.is_authenticated:
        return redirect("accounts-home")
    context = {"compares_portraits": policies.in_force().compares_portraits}
    return render(request, "customer_site/welcome.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invited(request: HttpRequest, token: str) -> HttpResponse:
    """The business's link. Opening it changes nothing; starting remembers it until the consent, where it is used up."""
    found = invitations.of_token(token, now=timezone.now())
    if request.method != "POST":
        return render(
            request, "customer_site/invited.html", {"is_open": found is not None}, status=200 if found else 404
        )
    if found is not None:
        request.session[_INVITATION] = str(found.pk)
    return redirect("accounts-home" if request.user.is_authenticated else "account_signup")


def _invitation(request: HttpRequest) -> Invitation | None:
    """The invitation this customer came by, while it can be used."""
    wanted = request.session.get(_INVITATION)
    return invitations.open_ones(timezone.now()).filter(pk=wanted).first() if wanted else None


@require_GET
def help_page(request: HttpRequest) -> HttpResponse:
    """Other ways to prove it, and how to reach a person."""
    return render(request, "customer_site/help.html", {"contact": settings.SUPPORT_EMAIL})


@require_GET
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept, for how long, what is sent to whom: what both consents link to. A customer's own choices."""
    user, newest = request.user, None
    if isinstance(user, User) and user.role == Role.CUSTOMER:
        newest = own.newest(request)
    may_withdraw = newest is not None and (intake.can_withdraw(newest) or intake.can_take_consent_back(newest))
    compares = newest is not None and intake.stands_for_portraits(newest.customer).exists()
    context = {
        **_reader_of_pictures(),
        "may_withdraw": may_withdraw,
        "compares_mine": compares,
        "compares_portraits": compares or policies.in_force().compares_portraits,
    }
    return render(request, "customer_site/privacy.html", context)


@require_POST
@own.only_customers
def portraits(request: HttpRequest) -> HttpResponse:
    """Take back that portraits are compared; the application goes on."""
    customer = own.customer_of(request)
    if intake.take_portraits_back(customer=customer, actor=customer.actor, now=timezone.now()):
        messages.success(request, _("Your portrait is not compared any more."))
    return redirect("customer:privacy")


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Switch the language and stay on the page; a customer's choice is remembered with the account."""
    chosen = request.POST.get("language", "")
    user = request.user
    if isinstance(user, User) and user.role == Role.CUSTOMER and chosen in dict(settings.LANGUAGES):
        customer = own.customer_of(request)
        intake.choose_language(customer=customer, language=chosen, actor=customer.actor)
    return set_language(request)


@require_GET
@own.only_customers
def home(request: HttpRequest) -> HttpResponse:
    """Send the customer to what there is to do now."""
    submission = own.newest(request)
    if submission is None:
        return redirect("customer:start")
    if submission.state in own.TAKING:
        return redirect("customer:pictures")
    if submission.state == State.CONFIRMING:
        return redirect("customer:details")
    return redirect("customer:progress")


@require_http_methods(["GET", "HEAD", "POST"])
@own.only_customers
def start(request: HttpRequest) -> HttpResponse:
    """Consent first; no picture can be sent without it."""
    customer = own.customer_of(request)
    if intake.open_submission(customer):
        return redirect("customer:home")
    held = policies.in_force()
    form, text_version = ConsentForm(request.POST or None), intake.consent_text(held)
    status = 400 if form.is_bound else 200
    if form.is_valid() and form.cleaned_data["text_version"] not in ("", text_version):
        form.add_error(None, _("What you agree to has changed since you opened this page. Please read it once more."))
        status = 409
    if request.method == "POST" and form.is_valid():
        if wanted := request.session.pop(_INVITATION, None):
            invitations.use(invitation_id=UUID(wanted), customer=customer, now=timezone.now())
        intake.start(
            customer=customer,
            declared_type=form.cleaned_data["declared_type"],
            language=get_language() or "en",
            actor=customer.actor,
            now=timezone.now(),
            agrees_to_portraits=form.cleaned_data["portraits"],
        )
        return redirect("customer:pictures")
    context = {
        "form": form,
        "invitation": _invitation(request),
        "compares_portraits": held.compares_portraits,
        "text_version": text_version,
        **_reader_of_pictures(),
    }
    return render(request, "customer_site/start.html", context, status=status)


def _reader_of_pictures() -> dict[str, object]:
    """Who reads the pictures and where, in the customer's language where the name is ours to translate."""
    ourselves = settings.BUSINESS_NAMES["en"] == settings.OCR_PROVIDER
    return {
        "provider": business() if ourselves else words.PLACES.get(settings.OCR_PROVIDER, settings.OCR_PROVIDER),
        "region": words.PLACES.get(settings.OCR_REGION_NAME, settings.OCR_REGION_NAME),
    }


@require_GET
@own.only_customers
def progress(request: HttpRequest) -> HttpResponse:
    """Where it stands. Polls ask with the ETag they know and get 304 while nothing has changed."""
    submission = own.current(request)
    now = timezone.now()
    shown = customer_progress.of(submission, now=now)
    is_poll = bool(HtmxDetails(request))
    if is_poll and request.headers.get("If-None-Match") == shown.etag:
        return HttpResponseNotModified()
    if submission.state in (*own.TAKING, State.CONFIRMING):
        home_page = reverse("customer:home")
        return HttpResponse(headers={"HX-Redirect": home_page}) if is_poll else redirect(home_page)
    template = "customer_site/_progress.html" if is_poll else "customer_site/progress.html"
    context = {
        "submission": submission,
        "progress": shown,
        "texts": reasons.customer_texts(list(shown.reasons)) if shown.state == State.REJECTED else [],
        "ends": queue.masked(submission)[1] if shown.state == State.APPROVED else "",
        "steps": [] if shown.is_ended else steps.steps(shown, now=now),
        "contact_by": submission.decided_at + _CONTACT_WITHIN if submission.decided_at else None,
        "can_withdraw": intake.can_withdraw(submission),
        "now": now,
        "is_poll": is_poll,
        # Only where the reader asked for it: a page that reloads by itself takes a screen reader's place away.
        "reloads": "reload" in request.GET and not shown.is_ended,
    }
    response = render(request, template, context)
    response["ETag"] = shown.etag
    if context["reloads"]:
        response["Refresh"] = "15"
    return response


@require_GET
@own.only_customers
def closed(request: HttpRequest) -> HttpResponse:
    """A page to leave: everything goes on without the customer."""
    return render(request, "customer_site/closed.html")


@require_http_methods(["GET", "HEAD", "POST"])
@own.only_customers
def details(request: HttpRequest) -> HttpResponse:
    """Is this what your permit says? What is called wrong stands beside what was read."""
    submission = own.current(request)
    if submission.state != State.CONFIRMING:
        return redirect("customer:progress")
    found = {each.name: each for each in card_fields.fields_of(submission)}
    fields = [found[name] for name in words.FIELDS if name in found]
    is_correcting = "wrong" in request.GET
    form = DetailsForm(request.POST or None, fields=fields)
    problem = ""
    if request.method == "POST" and form.is_valid():
        differences = form.differences()
        if is_correcting and not differences:
            problem = _("Correct at least one line, or go back.")
        else:
            return _confirm(request, submission, differences)
    context = {
        "submission": submission,
        "lines": details_lines.lines(form, fields, is_correcting=is_correcting, shows_all="show" in request.GET),
        "is_correcting": is_correcting,
        "problem": problem,
        "can_take_again": is_correcting and intake.can_take_again(submission),
        "can_withdraw": True,
    }
    return render(request, "customer_site/details.html", context, status=400 if problem else 200)


def _confirm(request: HttpRequest, submission: Submission, differences: dict[str, dict[str, str]]) -> HttpResponse:
    try:
        intake.confirm(
            submission=submission,
            differences=differences,
            actor=submission.customer.actor,
            now=timezone.now(),
            seen_version=int(seen) if (seen := request.POST.get("version", "")).isdecimal() else None,
        )
    except StaleError:
        messages.warning(request, _("Your photos changed in another window. Please compare again."))
        return redirect("customer:details")
    except TooLateError:
        messages.info(request, _("Your details went to review in the meantime."))
    return redirect("customer:progress")


@require_POST
@own.only_customers
def again(request: HttpRequest) -> HttpResponse:
    """Take the photos again instead of correcting line by line."""
    submission = own.current(request)
    try:
        intake.take_again(
            submission=submission,
            sides=list(submission.needed_sides),
            actor=submission.customer.actor,
            now=timezone.now(),
        )
    except TooLateError:
        messages.info(request, _("The photos cannot be taken again. Correct the lines, and a person will look."))
    return redirect("customer:home")


@require_http_methods(["GET", "HEAD", "POST"])
@own.only_customers
def withdraw(request: HttpRequest) -> HttpResponse:
    """Walk away from this application, with or without taking the consent back; after its end, the consent alone.

    Asked once more before.
    """
    submission = own.current(request)
    can_withdraw, only_consent = intake.can_withdraw(submission), intake.can_take_consent_back(submission)
    if request.method != "POST":
        if not can_withdraw and not only_consent:
            return redirect("customer:progress")
        return render(request, "customer_site/withdraw.html", {"only_consent": only_consent})
    wants_consent_back = request.POST.get("what") == "consent"
    actor, now = submission.customer.actor, timezone.now()
    try:
        if only_consent and wants_consent_back:
            intake.take_consent_back(submission=submission, actor=actor, now=now)
            messages.success(
                request, _("You have withdrawn your consent. Your photos are never sent for reading again.")
            )
            return redirect("customer:privacy")
        intake.withdraw(submission=submission, actor=actor, now=now, with_consent=wants_consent_back)
    except TooLateError:
        messages.error(request, _("A decision is being made; it can no longer be withdrawn."))
    return redirect("customer:progress")


@require_http_methods(["GET", "HEAD", "POST"])
@own.only_customers
def delete(request: HttpRequest) -> HttpResponse:
    """Delete the account: at once where nothing stands against it; else what is kept, until when and why."""
    customer = own.customer_of(request)
    if request.method == "POST":
        if deletion.ask(customer=customer, now=timezone.now()):
            logout(request)
            messages.info(request, _("Your account is deleted, and the key to everything in it is destroyed."))
            return redirect("customer:welcome")
        return redirect("customer:delete")
    context = {
        "standing": deletion.standing(customer, now=timezone.now()),
        "law": retention.preset().key,
        "can_withdraw": (submission := own.newest(request)) is not None and intake.can_withdraw(submission),
    }
    return render(request, "customer_site/delete.html", context)
