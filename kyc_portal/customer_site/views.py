"""The customers' pages. Each fetches the customer's own submission, asks one writer, and answers."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kyc_portal.accounts.models import Customer, Role
from kyc_portal.accounts.permissions import require_role, signed_in_user
from kyc_portal.customer_site import words
from kyc_portal.customer_site.forms import ConsentForm, DetailsForm
from kyc_portal.customer_site.uploads import MemoryOnlyUpload
from kyc_portal.submissions import intake, queries, reasons
from kyc_portal.submissions.errors import IncompleteError, PictureRefusedError, TooLateError
from kyc_portal.submissions.models import SideChoice, Submission
from kyc_portal.submissions.states import WITHDRAWABLE, State

only_customers = require_role(Role.CUSTOMER)
_TAKING = (State.COLLECTING, State.ASKED_AGAIN)
# Compared with the card; the type was chosen, and the rest is not on every card.
_CONFIRMED = ("name", "english_name", "birthday", "sex", "number", "valid_date", "back_id_number")


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
    return render(request, "customer_site/welcome.html", {"business": settings.BUSINESS_NAME})


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
        intake.start(
            customer=customer,
            declared_type=form.cleaned_data["declared_type"],
            language=get_language() or "en",
            actor=customer.actor,
            now=timezone.now(),
        )
        return redirect("customer:pictures")
    context = {
        "form": form,
        "business": settings.BUSINESS_NAME,
        "provider": settings.OCR_PROVIDER,
        "region": settings.OCR_REGION_NAME,
    }
    return render(request, "customer_site/start.html", context, status=400 if form.is_bound else 200)


@require_GET
@only_customers
def pictures(request: HttpRequest) -> HttpResponse:
    """The side to take next, or everything taken and ready to be sent in."""
    submission = _current(request)
    if submission.state not in _TAKING:
        return redirect("customer:home")
    missing = intake.missing_sides(submission)
    progress = queries.progress(submission)
    wanted = submission.sides_asked if submission.state == State.ASKED_AGAIN else submission.needed_sides
    faults = {side: words.picture_fault(code) for side, code in progress.fault_codes.items() if side in wanted}
    asked = reasons.customer_texts(list(progress.reasons)) if submission.state == State.ASKED_AGAIN else []
    context = {
        "submission": submission,
        "side": missing[0] if missing else "",
        "side_label": SideChoice(missing[0]).label if missing else "",
        "taken": [SideChoice(side).label for side in submission.needed_sides if side in wanted and side not in missing],
        "kept": [SideChoice(side).label for side in submission.needed_sides if side not in wanted],
        "faults": [text for side, text in faults.items() if side in missing] or asked,
    }
    return render(request, "customer_site/pictures.html", context)


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
    try:
        intake.add_scan(
            submission=submission,
            side=side,
            data=picture.read() if picture else b"",
            actor=customer.actor,
            now=timezone.now(),
        )
    except PictureRefusedError as error:
        return _answer_upload(request, str(words.fault(error.fault)), status=400)
    except TooLateError:
        return _answer_upload(request, _("Your pictures were already sent in."), status=409)
    return _answer_upload(request, "", status=200)


def _answer_upload(request: HttpRequest, fault: str, *, status: int) -> HttpResponse:
    """JSON for our module, which shows progress; a plain page for a browser without scripts."""
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"fault": fault, "next": reverse("customer:home")}, status=status)
    if fault:
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
    shown = queries.progress(submission)
    is_poll = request.headers.get("HX-Request") == "true"
    if is_poll and request.headers.get("If-None-Match") == shown.etag:
        return HttpResponseNotModified()
    if is_poll and submission.state in (*_TAKING, State.CONFIRMING):
        return HttpResponse(headers={"HX-Redirect": reverse("customer:home")})
    template = "customer_site/_progress.html" if is_poll else "customer_site/progress.html"
    context = {
        "submission": submission,
        "progress": shown,
        "texts": reasons.customer_texts(list(shown.reasons)) if submission.state == State.REJECTED else [],
        "can_withdraw": submission.state in WITHDRAWABLE,
        "business": settings.BUSINESS_NAME,
    }
    response = render(request, template, context)
    response["ETag"] = shown.etag
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@only_customers
def details(request: HttpRequest) -> HttpResponse:
    """Is this what your permit says? What is called wrong stands beside what was read."""
    submission = _current(request)
    if submission.state != State.CONFIRMING:
        return redirect("customer:progress")
    fields = [each for each in queries.fields_of(submission) if each.name in _CONFIRMED]
    form = DetailsForm(request.POST or None, fields=fields)
    if request.method == "POST" and form.is_valid():
        try:
            intake.confirm(
                submission=submission,
                differences=form.differences(),
                actor=submission.customer.actor,
                now=timezone.now(),
            )
        except TooLateError:
            messages.info(request, _("Your details went to review in the meantime."))
        return redirect("customer:progress")
    rows = [
        (each, form[f"wrong_{each.name}"], form[f"value_{each.name}"], form[f"note_{each.name}"]) for each in fields
    ]
    return render(request, "customer_site/details.html", {"submission": submission, "rows": rows})


@require_POST
@only_customers
def withdraw(request: HttpRequest) -> HttpResponse:
    """Walk away from this application."""
    submission = _current(request)
    try:
        intake.withdraw(submission=submission, actor=submission.customer.actor, now=timezone.now())
    except TooLateError:
        messages.error(request, _("A decision is being made; it can no longer be withdrawn."))
    return redirect("customer:progress")
