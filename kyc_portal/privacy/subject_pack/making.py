"""Asking for the pack and handing it out: to the customer themself, or to an administrator who sends it to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from kyc_portal import audit
from kyc_portal.accounts.models import Customer, Role, User
from kyc_portal.audit import Actor
from kyc_portal.audit.queries import acts_about
from kyc_portal.exports import archive
from kyc_portal.exports.archive import Content, Made
from kyc_portal.exports.asking import PURPOSE_MIN
from kyc_portal.exports.errors import NotAllowedError, RefusedError
from kyc_portal.privacy.subject_pack import contents, page
from kyc_portal.privacy.subject_pack.subject_file import SubjectFile
from kyc_portal.submissions import scans
from kyc_portal.submissions.models import Scan

# Each pack opens every photo: one customer does not keep a server busy.
_OFTEN, _SPAN = 5, timedelta(minutes=10)


def make_own(*, customer: Customer, now: datetime) -> Made:
    """The pack for the customer who asks.

    Raises RefusedError("busy") for the sixth in ten minutes, KeyDestroyedError, and OSError when the store does not
    answer.
    """
    lately = acts_about(customer.id, since=now - _SPAN).filter(action="subject_pack.asked", actor=customer.actor.name)
    if lately.count() >= _OFTEN:
        raise RefusedError("busy")
    with audit.acting(customer.actor):
        _record("subject_pack.asked", customer, {})
    return _made(customer, customer.actor, {}, now)


def make_for(*, customer: Customer, purpose: str, by: User, now: datetime) -> Made:
    """The pack of a customer by an administrator with a purpose; it counts as a look at every photo.

    Raises NotAllowedError, RefusedError("purpose"), and as `make_own` does.
    """
    if by.role != Role.ADMINISTRATOR or not by.is_active:
        raise NotAllowedError("an administrator does this")
    if len(purpose.strip()) < PURPOSE_MIN:
        raise RefusedError("purpose")
    asked = {"purpose": purpose.strip()}
    with audit.acting(by.actor):
        _record("subject_pack.asked", customer, asked)
        for scan in Scan.objects.filter(customer=customer):
            scans.record_view(
                scan_id=scan.pk, submission_id=scan.submission_id, customer_id=customer.pk, side=scan.side
            )
    return _made(customer, by.actor, asked, now)


def _made(customer: Customer, actor: Actor, asked: Mapping[str, str], now: datetime) -> Made:
    held = contents.gather(customer, now=now)
    name = f"your-data-{customer.reference}-{now:%Y%m%d-%H%M%S}"
    pack = archive.made(name, files_of(held), at=now)
    with audit.acting(actor):
        _record("subject_pack.made", customer, {**asked, "sha256": pack.sha256, "bytes": str(pack.size_bytes)})
    return pack


def files_of(held: SubjectFile) -> Mapping[str, Content]:
    """Every file of the pack by its path."""
    return {
        "index.html": page.render(held),
        "data.json": held.as_json(),
        **{photo.file: photo.original for photo in held.photos},
    }


def _record(action: str, customer: Customer, details: Mapping[str, str]) -> None:
    audit.record(
        action,
        object_type="accounts.customer",
        object_id=str(customer.pk),
        subject=customer.id,
        details=details,
    )
