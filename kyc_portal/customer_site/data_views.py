"""The customer's page to take their own data away, behind a sign-in of the last few minutes."""

from __future__ import annotations

import logging

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kyc_portal.accounts.models import Customer, Role
from kyc_portal.accounts.permissions import require_role, signed_in_lately, signed_in_user
from kyc_portal.exports.errors import RefusedError
from kyc_portal.exports.handing_out import pack_file
from kyc_portal.privacy.subject_pack import making
from kyc_portal.sealing.errors import SealError

log = logging.getLogger(__name__)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.CUSTOMER)
def download(request: HttpRequest) -> HttpResponseBase:
    """One file with all we hold of the customer. Who signed in long ago signs in again, then presses once more."""
    user, status = signed_in_user(request), 200
    customer, is_recent = get_object_or_404(Customer, user=user), signed_in_lately(request, user)
    if request.method == "POST" and not is_recent:
        logout(request)
        return redirect_to_login(reverse("customer:download"), login_url=reverse("account_request_login_code"))
    if request.method == "POST":
        try:
            made = making.make_own(customer=customer, now=timezone.now())
        except RefusedError:
            return render(request, "429.html", status=429)
        except (OSError, SealError) as error:
            log.error("subject_pack_not_made", extra={"error": type(error).__name__})
            messages.error(request, _("We cannot put your file together just now. Please try again in a few minutes."))
            status = 503
        else:
            return pack_file(made)
    return render(request, "customer_site/download.html", {"is_recent": is_recent}, status=status)
