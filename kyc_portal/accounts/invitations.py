"""Links by which the business asks a customer to start: made by an administrator, used once, run out by themselves.

The link holds a random token and nothing else; only its digest is kept. Opening it changes nothing, so a mail scanner
that looks ahead does not use it up: it counts as used when the customer gives consent.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from kyc_portal import audit
from kyc_portal.accounts.models import Customer, Invitation, User


def make(*, reference: str, lives: timedelta, by: User, now: datetime) -> str:
    """A new invitation; gives its token, which is kept nowhere."""
    token = secrets.token_urlsafe(24)
    with audit.acting(by.actor):
        made = Invitation.objects.create(
            token_digest=_digest(token), reference=reference.strip(), made_by=by, made_at=now, expires_at=now + lives
        )
        audit.record("customer.invited", object_type="accounts.invitation", object_id=str(made.pk))
    return token


def open_ones(now: datetime) -> QuerySet[Invitation]:
    """What can still be used."""
    return Invitation.objects.filter(used_at=None, expires_at__gt=now)


def of_token(token: str, *, now: datetime) -> Invitation | None:
    """The invitation of a link, while it can be used."""
    return open_ones(now).filter(token_digest=_digest(token)).first()


def use(*, invitation_id: UUID, customer: Customer, now: datetime) -> bool:
    """Spend an invitation for this customer. True again for the same one; False when it is used or has run out."""
    with audit.acting(customer.actor):
        if Invitation.objects.filter(pk=invitation_id, used_by=customer).exists():
            return True
        mine = Q(pk=invitation_id) & Q(used_at=None) & Q(expires_at__gt=now)
        if not Invitation.objects.filter(mine).update(used_by=customer, used_at=now):
            return False
        audit.record(
            "invitation.used",
            object_type="accounts.invitation",
            object_id=str(invitation_id),
            subject=customer.id,
        )
    return True


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
