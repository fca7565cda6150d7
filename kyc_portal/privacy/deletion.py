"""A customer asks to be deleted: done at once where nothing stands against it, else kept as a request with the reason.

What is kept, until when and why is said by `standing`; a legal hold is never told to the customer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Exists, OuterRef

from kyc_portal import audit
from kyc_portal.accounts.models import Customer
from kyc_portal.privacy import erasure, retention
from kyc_portal.privacy.erasure import NotErasedError
from kyc_portal.privacy.models import Cause, DeletionRequest, Erasure
from kyc_portal.submissions.models import Submission
from kyc_portal.submissions.states import ENDS


@dataclass(frozen=True, slots=True)
class Standing:
    """What deleting would do now.

    `kind`: "now", "open" (an application goes on), "relationship" (the law counts from its end), "until" (kept until
    `until`; `is_law` where a law asks for it) or "later" (kept, the day is not said).
    """

    kind: str
    until: date | None = None
    is_law: bool = False
    asked_at: datetime | None = None


def standing(customer: Customer, *, now: datetime) -> Standing:
    """Where a customer's wish to be deleted stands."""
    request = DeletionRequest.objects.filter(customer=customer).first()
    asked_at = request.asked_at if request else None
    clock = retention.clock(customer)
    if clock.waits_for:
        return Standing(clock.waits_for, is_law=clock.kind == "approved", asked_at=asked_at)
    if clock.is_held:
        return Standing("later", asked_at=asked_at)
    if erasure.never_started(customer) or clock.is_due(retention.today(now)):
        return Standing("now", asked_at=asked_at)
    return Standing("until", clock.due_on, clock.kind == "approved", asked_at)


def is_restricted(submission_id: UUID) -> bool:
    """Whether a case rests: its customer asked to be deleted, a rule keeps the data, and no application goes on."""
    going_on = Submission.objects.filter(customer=OuterRef("customer")).exclude(state__in=sorted(ENDS))
    return DeletionRequest.objects.filter(~Exists(going_on), customer__submissions=submission_id).exists()


def ask(*, customer: Customer, now: datetime) -> Erasure | None:
    """Erase at once where it is allowed; else keep the request, once, and give None."""
    try:
        return erasure.erase(customer=customer, cause=Cause.REQUEST, actor=customer.actor, now=now)
    except NotErasedError as error:
        _keep(customer, reason=error.reason, now=now)
        return None


def _keep(customer: Customer, *, reason: str, now: datetime) -> None:
    with audit.acting(customer.actor):
        _request, is_new = DeletionRequest.objects.get_or_create(customer=customer, defaults={"asked_at": now})
        if is_new:
            audit.record(
                "customer.asked_deletion",
                object_type="accounts.customer",
                object_id=str(customer.pk),
                subject=customer.id,
                details={"refused": reason},
            )
