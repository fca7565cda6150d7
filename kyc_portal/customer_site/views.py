"""The customers' pages. Each fetches the customer's own submission, asks one writer, and answers."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.i18n import set_language
from django_htmx.middleware import HtmxDetails

from kyc_portal.accounts import invitations
from kyc_portal.accounts.models import Customer, Invitation, Role, User
from kyc_portal.accounts.permissions import require_role, signed_in_user
from kyc_portal.accounts.templatetags.business import business
from kyc_portal.customer_site import details_lines, words
from kyc_portal.customer_site.forms import ConsentForm, DetailsForm
from kyc_portal.customer_site.uploads import MemoryOnlyUpload
from kyc_portal.privacy import deletion, retention
from kyc_portal.submissions import (
    card_fields,
    customer_progress,
    evidence,
    intake,
    operators,
    policies,
    queries,
    queue,
    reasons,
)
from kyc_portal.submissions.errors import IncompleteError, PictureRefusedError, StaleError, TooLateError
from kyc_portal.submissions.models import Submission
from kyc_portal.submissions.states import State
from ocr_integration.images import MAX_BYTES, ImageFault

log = logging.getLogger(__name__)

only_customers = require_role(Role.CUSTOMER)
# Where a session keeps the invitation it came by.
_INVITATION = "invitation"
_TAKING = (State.COLLECTING, State.ASKED_AGAIN)
# How long a customer has to object, as the texts of a refusal say.
_CONTACT_WITHIN = timedelta(days=30)


def _customer(request: HttpRequest) -> Customer:
    return get_object_or_404(Customer, user=signed_in_user(request))


def _newest(request: HttpRequest) -> Submission | None:
    return queries.for_customer(_customer(request)).first()


def _current(request: HttpRequest) -> Submission:
    """The customer's newest submission; nobody else's can be named here."""
    found = _newest(request)
    if found is None:
        raise Http404
    return found


def welcome(request: HttpRequest) -> HttpResponse:
    """The first page: what this is, sign in or sign up."""
    if request.user.is_authenticated:
        return redirect("accounts-home")
    return render(request, "customer_site/welcome.html")


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
    """What is kept, for how long, what is sent to whom: what both consents link to."""
    return render(request, "customer_site/privacy.html", _reader_of_pictures())


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Switch the language and stay on the page; a customer's choice is remembered with the account."""
    chosen = request.POST.get("language", "")
    user = request.user
    if isinstance(user, User) and user.role == Role.CUSTOMER and chosen in dict(settings.LANGUAGES):
        customer = _customer(request)
        intake.choose_language(customer=customer, language=chosen, actor=customer.actor)
    return set_language(request)


@require_GET
@only_customers
def home(request: HttpRequest) -> HttpResponse:
    """Send the customer to what there is to do now."""
    submission = _newest(request)
    if submission is None:
        return redirect("customer:start")
    if submission.state in _TAKING:
        return redirect("customer:pictures")
    if submission.state == State.CONFIRMING:
        return redirect("customer:details")
    return redirect("customer:progress")


@require_http_methods(["GET", "HEAD", "POST"])
@only_customers
def start(request: HttpRequest) -> HttpResponse:
    """Consent first; no picture can be sent without it."""
    customer = _customer(request)
    if intake.open_submission(customer):
        return redirect("customer:home")
    form = ConsentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if wanted := request.session.pop(_INVITATION, None):
            invitations.use(invitation_id=UUID(wanted), customer=customer, now=timezone.now())
        intake.start(
            customer=customer,
            declared_type=form.cleaned_data["declared_type"],
            language=get_language() or "en",
            actor=customer.actor,
            now=timezone.now(),
        )
        return redirect("customer:pictures")
    context = {"form": form, "invitation": _invitation(request), **_reader_of_pictures()}
    return render(request, "customer_site/start.html", context, status=400 if form.is_bound else 200)


def _reader_of_pictures() -> dict[str, object]:
    """Who reads the pictures and where, in the customer's language where the name is ours to translate."""
    ourselves = settings.BUSINESS_NAMES["en"] == settings.OCR_PROVIDER
    return {
        "provider": business() if ourselves else words.PLACES.get(settings.OCR_PROVIDER, settings.OCR_PROVIDER),
        "region": words.PLACES.get(settings.OCR_REGION_NAME, settings.OCR_REGION_NAME),
    }


@require_GET
@only_customers
def pictures(request: HttpRequest) -> HttpResponse:
    """The side to take next, or everything taken and ready to be sent in."""
    submission = _current(request)
    if submission.state not in _TAKING:
        return redirect("customer:home")
    context: dict[str, object] = {"submission": submission, "can_withdraw": True, **_sides(submission)}
    return render(request, "customer_site/pictures.html", context)


def _sides(submission: Submission) -> dict[str, object]:
    """The side to take next with all that is said about it, and how the other sides stand."""
    is_asked_again = submission.state == State.ASKED_AGAIN
    missing = intake.missing_sides(submission)
    wanted = submission.sides_asked if is_asked_again else submission.needed_sides
    context: dict[str, object] = {
        "taken": [words.SIDES[side] for side in submission.needed_sides if side in wanted and side not in missing],
        "kept": [words.SIDES[side] for side in submission.needed_sides if side not in wanted],
    }
    if not missing:
        return context
    side = missing[0]
    shown = customer_progress.of(submission, now=timezone.now())
    code = shown.fault_codes.get(side, "")
    asked = list(shown.reasons) if is_asked_again and not code else []
    refused = intake.refused_pictures(submission, side)
    # Photos refused at once and photos the reading found faulty are counted apart; the nearer end is the one to tell.
    held = policies.of(submission)
    used = max(len(refused), evidence.failed_tries(submission, side))
    return {
        **context,
        "side": side,
        "words": words.SIDES[side],
        "faults": [words.picture_fault(code)] if code else reasons.customer_texts(asked),
        "tip": next(filter(None, map(words.tip_of, [code, *asked])), None),
        "refused": words.TIPS.get(refused[-1].fault) if refused else None,
        "photo": min(used + 1, held.failed_pictures_per_side),
        "limit": held.failed_pictures_per_side,
        "may_insist": intake.may_insist(submission, side),
        "tips": words.TIPS.values(),
        "until": submission.state_since + held.abandon_after,
    }


@csrf_exempt
@require_POST
@only_customers
def upload(request: HttpRequest, side: str) -> HttpResponse:
    """Set the memory-only handler before anything reads the body, then check the form's token as always."""
    request.upload_handlers = [MemoryOnlyUpload(request)]
    return _upload(request, side)


@csrf_protect
def _upload(request: HttpRequest, side: str) -> HttpResponse:
    customer, submission = _customer(request), _current(request)
    picture = request.FILES.get("picture")
    if picture is None and int(request.headers.get("Content-Length") or 0) > MAX_BYTES:
        # Its connection was cut in the middle: what was too large must not be told to be missing.
        too_large = ImageFault.TOO_LARGE.value
        return _answer_upload(request, str(words.fault(too_large)), code=too_large, status=400)
    try:
        intake.add_scan(
            submission=submission,
            side=side,
            data=picture.read() if picture else b"",
            actor=customer.actor,
            now=timezone.now(),
            insists=bool(request.POST.get("insist")),
        )
    except PictureRefusedError as error:
        return _answer_upload(request, str(words.fault(error.fault)), code=error.fault, status=400)
    except TooLateError:
        return _answer_upload(request, _("Your photos were already sent in."), status=409)
    except OSError as error:
        log.error("picture_not_stored", extra={"error": type(error).__name__})
        operators.tell_hourly(
            "picture_not_stored",
            "Customers cannot send photos",
            f"The store of pictures did not take one ({type(error).__name__}); the customer was asked to try again.\n"
            "Check STORAGE_URL, the store's own health and its free space.",
        )
        return _answer_upload(request, str(words.NOT_STORED), status=503)
    return _answer_upload(request, "", status=200)


def _answer_upload(request: HttpRequest, fault: str, *, status: int, code: str = "") -> HttpResponse:
    """JSON for our module, which shows progress; a plain page for a browser without scripts.

    `code` is the fault's; the page holds a tip for those measured on the photo, and shows the last one by itself.
    """
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"fault": fault, "code": code, "next": reverse("customer:home")}, status=status)
    if fault and (code not in words.TIPS or code == intake.SAME_AS_FAILED):
        messages.error(request, fault)
    return redirect("customer:home")


@require_POST
@only_customers
def submit(request: HttpRequest) -> HttpResponse:
    """Send in what was taken."""
    submission = _current(request)
    try:
        intake.submit(submission=submission, actor=submission.customer.actor, now=timezone.now())
    except IncompleteError:
        messages.error(request, _("A side is still missing."))
    except TooLateError:
        messages.error(request, _("This application has ended."))
    return redirect("customer:home")


@require_GET
@only_customers
def progress(request: HttpRequest) -> HttpResponse:
    """Where it stands. Polls ask with the ETag they know and get 304 while nothing has changed."""
    submission = _current(request)
    now = timezone.now()
    shown = customer_progress.of(submission, now=now)
    is_poll = bool(HtmxDetails(request))
    if is_poll and request.headers.get("If-None-Match") == shown.etag:
        return HttpResponseNotModified()
    if submission.state in (*_TAKING, State.CONFIRMING):
        home_page = reverse("customer:home")
        return HttpResponse(headers={"HX-Redirect": home_page}) if is_poll else redirect(home_page)
    template = "customer_site/_progress.html" if is_poll else "customer_site/progress.html"
    context = {
        "submission": submission,
        "progress": shown,
        "texts": reasons.customer_texts(list(shown.reasons)) if shown.state == State.REJECTED else [],
        "ends": queue.masked(submission)[1] if shown.state == State.APPROVED else "",
        "photos": words.photos(submission.needed_sides),
        "tried": words.tried(shown.tries, shown.next_try_at),
        "contact_by": submission.decided_at + _CONTACT_WITHIN if submission.decided_at else None,
        "can_withdraw": intake.can_withdraw(submission),
        "now": now,
    }
    response = render(request, template, context)
    response["ETag"] = shown.etag
    return response


@require_GET
@only_customers
def closed(request: HttpRequest) -> HttpResponse:
    """A page to leave: everything goes on without the customer."""
    return render(request, "customer_site/closed.html")


@require_http_methods(["GET", "HEAD", "POST"])
@only_customers
def details(request: HttpRequest) -> HttpResponse:
    """Is this what your permit says? What is called wrong stands beside what was read."""
    submission = _current(request)
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
@only_customers
def again(request: HttpRequest) -> HttpResponse:
    """Take the photos again instead of correcting line by line."""
    submission = _current(request)
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
@only_customers
def withdraw(request: HttpRequest) -> HttpResponse:
    """Walk away from this application, with or without taking the consent back. Asked once more before."""
    submission = _current(request)
    if request.method != "POST":
        if not intake.can_withdraw(submission):
            return redirect("customer:progress")
        return render(request, "customer_site/withdraw.html")
    try:
        intake.withdraw(
            submission=submission,
            actor=submission.customer.actor,
            now=timezone.now(),
            with_consent=request.POST.get("what") == "consent",
        )
    except TooLateError:
        messages.error(request, _("A decision is being made; it can no longer be withdrawn."))
    return redirect("customer:progress")


@require_http_methods(["GET", "HEAD", "POST"])
@only_customers
def delete(request: HttpRequest) -> HttpResponse:
    """Delete the account: at once where nothing stands against it; else what is kept, until when and why."""
    customer = _customer(request)
    if request.method == "POST":
        if deletion.ask(customer=customer, now=timezone.now()):
            logout(request)
            messages.info(request, _("Your account is deleted, and the key to everything in it is destroyed."))
            return redirect("customer:welcome")
        return redirect("customer:delete")
    context = {
        "standing": deletion.standing(customer, now=timezone.now()),
        "law": retention.preset().key,
        "can_withdraw": (submission := _newest(request)) is not None and intake.can_withdraw(submission),
    }
    return render(request, "customer_site/delete.html", context)
