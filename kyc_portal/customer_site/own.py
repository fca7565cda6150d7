"""Who asks, and their application: a customer's pages find nobody else's."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from kyc_portal.accounts.models import Customer, Role
from kyc_portal.accounts.permissions import require_role, signed_in_user
from kyc_portal.submissions import queries
from kyc_portal.submissions.models import Submission
from kyc_portal.submissions.states import State

only_customers = require_role(Role.CUSTOMER)
# While photos are taken.
TAKING = (State.COLLECTING, State.ASKED_AGAIN)


def customer_of(request: HttpRequest) -> Customer:
    """The signed-in customer."""
    return get_object_or_404(Customer, user=signed_in_user(request))


def newest(request: HttpRequest) -> Submission | None:
    """The customer's newest submission, if there is one."""
    return queries.for_customer(customer_of(request)).first()


def current(request: HttpRequest) -> Submission:
    """The customer's newest submission; nobody else's can be named here."""
    found = newest(request)
    if found is None:
        raise Http404
    return found
