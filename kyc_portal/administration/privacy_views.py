"""The pages of retention: what is due, and for one customer the clock, legal holds, and erasure."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from kyc_portal.accounts.models import KEEPING, Customer, Role, User
from kyc_portal.accounts.permissions import require_fresh_factor, require_role, signed_in_user
from kyc_portal.administration.forms import ErasureForm, HoldForm, RelationshipForm
from kyc_portal.audit import queries
from kyc_portal.privacy import erasure, holds, retention
from kyc_portal.privacy.erasure import NotErasedError
from kyc_portal.privacy.models import Cause, DeletionRequest, Erasure, Hold
from kyc_portal.sealing.errors import KeyDestroyedError
from kyc_portal.submissions.models import Submission

SHOWN = 50
RUNS = 7
_REFUSALS: dict[str, Promise] = {
    "held": gettext_lazy("A legal hold is open. Nothing was removed."),
    "open": gettext_lazy("A submission of this customer is not finished. Nothing was removed."),
    "duty": gettext_lazy("The time to keep this is not over. Nothing was removed."),
    "done": gettext_lazy("This customer was erased before."),
}
_WAITS: dict[str, Promise] = {
    "open": gettext_lazy("A submission is not finished."),
    "relationship": gettext_lazy("Starts when the relationship ends."),
}


@require_safe
@require_role(*KEEPING)
def overview(request: HttpRequest) -> HttpResponse:
    """Who is due, what the last runs did, who is held, what was erased; and the way to one customer by reference."""
    found, wanted = None, request.GET.get("customer", "").strip().upper()
    if wanted:
        found = Customer.objects.filter(Q(reference=wanted) | Q(submissions__reference=wanted)).first()
        if found is not None:
            return redirect("administration:privacy-customer", found.pk)
    runs = queries.timeline(object_type="privacy.retention", object_id=retention.preset().key)
    due = list(islice(retention.due(retention.today(timezone.now())), SHOWN + 1))
    context = {
        "wanted": wanted,
        "preset": retention.preset(),
        "due": due[:SHOWN],
        "is_more_due": len(due) > SHOWN,
        "runs": runs.order_by("-id")[:RUNS],
        "holds": Hold.objects.filter(lifted_at__isnull=True).select_related("customer", "set_by").order_by("-set_at"),
        "requests": DeletionRequest.objects.filter(customer__erasure=None)
        .select_related("customer")
        .order_by("asked_at"),
        "erasures": Erasure.objects.select_related("customer").order_by("-erased_at")[:SHOWN],
    }
    return render(request, "administration/privacy.html", context, status=404 if wanted else 200)


@require_safe
@require_role(*KEEPING)
def customer_page(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """One customer's clock, holds and receipt. Nothing of the person stands here but the reference."""
    return _page(request, get_object_or_404(Customer, pk=customer_id))


@require_POST
@require_role(Role.ADMINISTRATOR)
@require_fresh_factor
def act(request: HttpRequest, customer_id: UUID, act: str) -> HttpResponse:
    """Set a hold, lift one, say that the relationship ended, or erase."""
    customer = get_object_or_404(Customer, pk=customer_id)
    if act not in _ACTS:
        raise Http404
    form = _ACTS[act](request, customer, signed_in_user(request))
    if form is not None:
        return _page(request, customer, form, status=400)
    return redirect("administration:privacy-customer", customer.pk)


def _set_hold(request: HttpRequest, customer: Customer, user: User) -> Form | None:
    form = HoldForm(request.POST)
    if not form.is_valid():
        return form
    try:
        holds.put_on(customer=customer, why=form.cleaned_data["why"], by=user, now=timezone.now())
    except KeyDestroyedError:
        messages.error(request, str(_REFUSALS["done"]))
    else:
        messages.info(request, _("Nothing of this customer is removed while the hold is open."))
    return None


def _lift_hold(request: HttpRequest, customer: Customer, user: User) -> Form | None:
    try:
        hold = get_object_or_404(Hold, customer=customer, pk=UUID(request.POST.get("hold", "")))
    except ValueError as error:
        raise Http404 from error
    holds.lift(hold=hold, by=user, now=timezone.now())
    messages.info(request, _("The hold is lifted."))
    return None


def _end_relationship(request: HttpRequest, customer: Customer, user: User) -> Form | None:
    form = RelationshipForm(request.POST)
    if not form.is_valid():
        return form
    day = form.cleaned_data["ended_on"]
    try:
        retention.end_relationship(customer=customer, ended_on=day, by=user, now=timezone.now())
    except retention.BeforeItBeganError:
        form.add_error("ended_on", _("It does not end before the newest approval."))
        return form
    messages.info(request, _("The clock starts on that day."))
    return None


def _erase(request: HttpRequest, customer: Customer, user: User) -> Form | None:
    form = ErasureForm(request.POST)
    if not form.is_valid():
        return form
    if form.cleaned_data["reference"].strip().upper() != customer.reference:
        form.add_error("reference", _("This is not the customer's reference. Nothing was removed."))
        return form
    try:
        erasure.erase(customer=customer, cause=Cause(form.cleaned_data["cause"]), actor=user.actor, now=timezone.now())
    except NotErasedError as error:
        messages.error(request, str(_REFUSALS[error.reason]))
    else:
        messages.info(request, _("Erased. The receipt stands below."))
    return None


_ACTS: dict[str, Callable[[HttpRequest, Customer, User], Form | None]] = {
    "hold": _set_hold,
    "lift": _lift_hold,
    "end": _end_relationship,
    "erase": _erase,
}


def _page(request: HttpRequest, customer: Customer, wrong: Form | None = None, *, status: int = 200) -> HttpResponse:
    clock = retention.clock(customer)

    def form(kind: type[Form]) -> Form:
        return wrong if isinstance(wrong, kind) else kind(prefix=None)

    context = {
        "customer": customer,
        "clock": clock,
        "waits": _WAITS.get(clock.waits_for, ""),
        "preset": retention.preset(),
        "holds": [(each, _reason(each)) for each in Hold.objects.filter(customer=customer).order_by("-set_at")],
        "receipt": Erasure.objects.filter(customer=customer).first(),
        "submissions": Submission.objects.filter(customer=customer).order_by("-number"),
        "may_act": signed_in_user(request).role == Role.ADMINISTRATOR,
        "hold_form": form(HoldForm),
        "end_form": form(RelationshipForm),
        "erase_form": form(ErasureForm),
    }
    return render(request, "administration/privacy_customer.html", context, status=status)


def _reason(hold: Hold) -> str:
    try:
        return holds.reason_of(hold)
    except KeyDestroyedError:
        return _("erased")
