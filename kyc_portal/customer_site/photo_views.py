"""Taking photos: the page of one side, its upload, and sending everything in."""

from __future__ import annotations

import logging

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_POST

from kyc_portal.customer_site import own, words
from kyc_portal.customer_site.uploads import MemoryOnlyUpload
from kyc_portal.submissions import customer_progress, evidence, intake, operators, policies, reasons
from kyc_portal.submissions.errors import IncompleteError, PictureRefusedError, TooLateError
from kyc_portal.submissions.models import Submission
from kyc_portal.submissions.states import State
from ocr_integration.images import MAX_BYTES, ImageFault

log = logging.getLogger(__name__)


@require_GET
@own.only_customers
def pictures(request: HttpRequest) -> HttpResponse:
    """The side to take next, or everything taken and ready to be sent in."""
    submission = own.current(request)
    if submission.state not in own.TAKING:
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
        "tries": words.tries_left(min(used + 1, held.failed_pictures_per_side), held.failed_pictures_per_side),
        "may_insist": intake.may_insist(submission, side),
        "tips": words.SEEN_AT_ONCE,
        "file_faults": words.told_by_the_browser(),
        "is_told_apart": intake.is_told_apart(submission),
        "until": submission.state_since + held.abandon_after,
    }


@csrf_exempt
@require_POST
@own.only_customers
def upload(request: HttpRequest, side: str) -> HttpResponse:
    """Set the memory-only handler before anything reads the body, then check the form's token as always."""
    request.upload_handlers = [MemoryOnlyUpload(request)]
    return _upload(request, side)


@csrf_protect
def _upload(request: HttpRequest, side: str) -> HttpResponse:
    customer, submission = own.customer_of(request), own.current(request)
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
        tries = _sides(own.current(request)).get("tries", "") if code else ""
        told = {"fault": fault, "code": code, "tries": tries, "next": reverse("customer:home")}
        return JsonResponse(told, status=status)
    if fault and (code not in words.TIPS or code == intake.SAME_AS_FAILED):
        messages.error(request, fault)
    return redirect("customer:home")


@require_POST
@own.only_customers
def submit(request: HttpRequest) -> HttpResponse:
    """Send in what was taken."""
    submission = own.current(request)
    try:
        intake.submit(submission=submission, actor=submission.customer.actor, now=timezone.now())
    except IncompleteError:
        messages.error(request, _("A side is still missing."))
    except TooLateError:
        messages.error(request, _("This application has ended."))
    return redirect("customer:home")
