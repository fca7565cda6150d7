"""Legal holds: set, lifted, and asked on every path that removes something."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from kyc_portal import audit
from kyc_portal.accounts.models import Customer, User
from kyc_portal.audit import Actor
from kyc_portal.privacy.models import Hold
from kyc_portal.sealing.values import open_sealed, seal
from kyc_portal.submissions.pictures import portraits

WHY_MIN = 10
_REPEATED = "Set after the backup that was restored here was taken. Why stands in the log of before."


class NoReasonError(Exception):
    """A hold without a reason that says something."""


def is_held(customer: Customer) -> bool:
    """Whether a hold is open."""
    return Hold.objects.filter(customer=customer, lifted_at__isnull=True).exists()


def put_on(*, customer: Customer, why: str, by: User, now: datetime) -> Hold:
    """Open a hold. Raises NoReasonError for a reason shorter than ten characters."""
    if len(why.strip()) < WHY_MIN:
        raise NoReasonError
    hold_id = uuid.uuid4()
    with audit.acting(by.actor):
        Customer.objects.select_for_update().get(pk=customer.pk)  # an erasure under way is waited for
        sealed = seal(customer.id, table="hold", column="why", row_id=hold_id, plaintext=why.strip().encode())
        made = Hold.objects.create(id=hold_id, customer=customer, why_sealed=sealed, set_by=by, set_at=now)
        audit.record("hold.set", object_type="privacy.hold", object_id=str(made.pk), subject=customer.id)
    return made


def repeat(found: Mapping[UUID, UUID], *, actor: Actor, now: datetime) -> int:
    """Open again, each under its own key, the holds a restored backup does not know; gives how many.

    Why they were set was sealed in the database that is lost. Customers the backup does not know, or knows as erased,
    have nothing here that could be removed.
    """
    many = 0
    for hold_id, customer_id in found.items():
        customer = Customer.objects.filter(pk=customer_id, erasure=None).first()
        if customer is None or Hold.objects.filter(pk=hold_id).exists():
            continue
        with audit.acting(actor):
            Customer.objects.select_for_update().get(pk=customer.pk)
            sealed = seal(customer.id, table="hold", column="why", row_id=hold_id, plaintext=_REPEATED.encode())
            Hold.objects.create(id=hold_id, customer=customer, why_sealed=sealed, set_by=None, set_at=now)
            audit.record("hold.set", object_type="privacy.hold", object_id=str(hold_id), subject=customer.id)
        many += 1
    return many


def lift(*, hold: Hold, by: User, now: datetime) -> bool:
    """Close a hold. False when somebody did."""
    with audit.acting(by.actor):
        done = Hold.objects.filter(pk=hold.pk, lifted_at__isnull=True).update(lifted_by=by, lifted_at=now)
        if done:
            audit.record("hold.lifted", object_type="privacy.hold", object_id=str(hold.pk), subject=hold.customer_id)
            portraits.forget_withdrawn(hold.customer_id)  # what the hold kept although its consent had gone
    return bool(done)


def reason_of(hold: Hold) -> str:
    """Why it was set. Raises KeyDestroyedError when the customer was erased since."""
    return open_sealed(
        hold.customer_id, table="hold", column="why", row_id=hold.id, blob=bytes(hold.why_sealed)
    ).decode()
