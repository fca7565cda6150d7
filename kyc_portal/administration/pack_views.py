"""The packs of one case and of one customer: ask for one with a purpose, and take it away at once."""

from __future__ import annotations

import logging
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kyc_portal.accounts.models import KEEPING, Customer, Role
from kyc_portal.accounts.permissions import require_fresh_factor, require_role, signed_in_user
from kyc_portal.administration.forms import CasePackForm, PurposeForm
from kyc_portal.audit.proof.verifier import UnsoundError
from kyc_portal.exports.case_pack import making
from kyc_portal.exports.handing_out import pack_file
from kyc_portal.privacy.subject_pack import making as subject_making
from kyc_portal.sealing.errors import KeyDestroyedError, SealError
from kyc_portal.submissions import queries

log = logging.getLogger(__name__)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(*KEEPING)
@require_fresh_factor
def case_pack(request: HttpRequest, submission_id: UUID) -> HttpResponseBase:
    """An examiner's pack of one case: evidence, decisions, timeline with proofs, and what verifies them."""
    submission = get_object_or_404(queries.reviewable(), pk=submission_id)
    form = CasePackForm(request.POST or None)
    status = 400 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            made = making.make(
                submission=submission,
                purpose=form.cleaned_data["purpose"],
                with_notes=form.cleaned_data["with_notes"],
                by=signed_in_user(request),
                now=timezone.now(),
            )
        except KeyDestroyedError:
            return render(request, "review_console/erased.html", {"submission": submission}, status=410)
        except (OSError, SealError, UnsoundError) as error:
            log.error("case_pack_not_made", extra={"error": type(error).__name__})
            messages.error(request, _("The store, a key or the audit log does not answer as it should. Try again."))
            status = 503
        else:
            return pack_file(made)
    context = {"submission": submission, "form": form}
    return render(request, "administration/case_pack.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.ADMINISTRATOR)
@require_fresh_factor
def subject_pack(request: HttpRequest, customer_id: UUID) -> HttpResponseBase:
    """All that may be told to a customer about themself, to be sent to them. Looking at this address shows the form."""
    customer, form = get_object_or_404(Customer, pk=customer_id), PurposeForm(request.POST or None)
    status = 400 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            made = subject_making.make_for(
                customer=customer,
                purpose=form.cleaned_data["purpose"],
                by=signed_in_user(request),
                now=timezone.now(),
            )
        except KeyDestroyedError:
            messages.error(request, _("This customer was erased: nothing can be opened any more."))
            return redirect("administration:privacy-customer", customer.pk)
        except (OSError, SealError) as error:
            log.error("subject_pack_not_made", extra={"error": type(error).__name__})
            messages.error(request, _("The store or a key does not answer now. Try again."))
            status = 503
        else:
            return pack_file(made)
    return render(request, "administration/subject_pack.html", {"customer": customer, "form": form}, status=status)
