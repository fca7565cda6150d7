"""Erasing a customer: the key destroyed, digests and pictures removed, a receipt left. The log stays and verifies.

What was sealed for the customer is then unreadable everywhere in this system, in the log's vault too. In backups it
stays readable until they are deleted, or until the master key they need is destroyed: docs/privacy.md.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import connection, transaction

from kyc_portal import audit
from kyc_portal.accounts import sessions
from kyc_portal.accounts.models import Customer, Invitation, User
from kyc_portal.audit import Actor
from kyc_portal.exports import sweeps
from kyc_portal.privacy import holds, retention
from kyc_portal.privacy.models import SAID_BY_PEOPLE, Cause, Erasure
from kyc_portal.sealing import files
from kyc_portal.sealing.keys import held
from kyc_portal.sealing.models import CustomerKey, SearchDigest
from kyc_portal.submissions import intake
from kyc_portal.submissions.errors import TooLateError
from kyc_portal.submissions.models import Reading, RefusedPicture, Scan, ScanLikeness, Submission
from kyc_portal.submissions.pictures import portraits
from kyc_portal.submissions.rounds import Round
from kyc_portal.submissions.states import ENDS

log = logging.getLogger(__name__)


class NotErasedError(Exception):
    """Nothing was removed. `reason`: "held", "open" (a submission goes on), "duty" (a law says to keep it, until
    `until` if that is known), or "done" (it was erased before)."""

    def __init__(self, reason: str, until: date | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.until = until


def erase(*, customer: Customer, cause: Cause, actor: Actor, now: datetime) -> Erasure:
    """Erase for good, in one transaction; files go after it, and the sweep of orphans removes what a crash left.

    Raises NotErasedError, and ValueError for a cause that is no person's to say. Writers seal under a lock on the key
    row, so nothing is sealed after the receipt.
    """
    if cause not in SAID_BY_PEOPLE:
        raise ValueError(f"only a restore erases as {cause}")
    return _erase(customer=customer, cause=cause, actor=actor, now=now)


def _erase(*, customer: Customer, cause: Cause, actor: Actor, now: datetime) -> Erasure:
    with audit.acting(actor):
        locked = Customer.objects.select_for_update().select_related("user").get(pk=customer.pk)
        keys = CustomerKey.objects.select_for_update().filter(customer=customer.pk)
        versions = len(list(keys))
        _require_allowed(locked, cause, now)
        scans = list(Scan.objects.filter(customer=locked).values_list("pk", flat=True))
        cut_out = list(Reading.objects.filter(customer=locked).values_list("pk", flat=True))
        digests, _each = SearchDigest.objects.filter(customer=customer.pk).delete()
        Scan.objects.filter(customer=locked).update(picture_digest=None)
        ScanLikeness.objects.filter(customer=locked).delete()
        portraits.forget(locked.id)
        RefusedPicture.objects.filter(submission__customer=locked).delete()
        Invitation.objects.filter(used_by=locked).update(reference="")
        keys.delete()
        old_values = _empty_vault(locked)
        sweeps.recall(customer=locked, now=now)
        _forget_person(locked.user)
        receipt = Erasure.objects.create(
            customer=locked,
            cause=cause,
            key_versions=versions,
            pictures=len(scans),
            digests=digests,
            old_values=old_values,
            erased_at=now,
        )
        audit.record(
            "customer.erased",
            object_type="accounts.customer",
            object_id=str(locked.pk),
            subject=locked.id,
            details={"cause": cause.value, "pictures": str(len(scans)), "key_versions": str(versions)},
        )
        transaction.on_commit(lambda: _after(locked, [*scans, *cut_out]))
    return receipt


def repeat(customers: Collection[UUID], *, actor: Actor, now: datetime) -> Repeated:
    """Erase again who was erased after the backup that was restored, whatever their time to keep: it was over once.

    An application that the backup shows as open is withdrawn first. A legal hold wins, as on every path.
    """
    erased, left = 0, []
    for customer in Customer.objects.filter(pk__in=customers, erasure=None).order_by("pk"):
        try:
            for submission in Submission.objects.filter(customer=customer).exclude(state__in=sorted(ENDS)):
                intake.withdraw(submission=submission, actor=actor, now=now)
            _erase(customer=customer, cause=Cause.REPEATED, actor=actor, now=now)
        except (NotErasedError, TooLateError):
            left.append(customer.reference)
        else:
            erased += 1
    return Repeated(erased, left)


@dataclass(frozen=True, slots=True)
class Repeated:
    """How many were erased again, and the references of those that a person must look at."""

    erased: int
    left: list[str]


def never_started(customer: Customer) -> bool:
    """Whether the customer never started: nothing but the sign-in is there, and no rule asks to keep that."""
    return not Submission.objects.filter(customer=customer).exists()


def _require_allowed(customer: Customer, cause: Cause, now: datetime) -> None:
    if Erasure.objects.filter(customer=customer).exists():
        raise NotErasedError("done")
    if holds.is_held(customer):
        raise NotErasedError("held")
    if Submission.objects.filter(customer=customer).exclude(state__in=sorted(ENDS)).exists():
        raise NotErasedError("open")
    if cause is Cause.REPEATED or (cause is Cause.REQUEST and never_started(customer)):
        return
    clock = retention.clock(customer)
    if not clock.is_due(retention.today(now)):
        raise NotErasedError("duty", clock.due_on)


def _empty_vault(customer: Customer) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit.forget(%s)", [customer.id])
        return int(cursor.fetchone()[0])


def _forget_person(user: User) -> None:
    """The sign-in goes: no address, no password, no session; the account's number stays for the log."""
    sessions.end_all_of(user)
    EmailAddress.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    user.email, user.display_name, user.is_active = f"erased-{user.pk}@erased.invalid", "", False
    user.set_unusable_password()
    user.save(update_fields=["email", "display_name", "is_active", "password"])


def _after(customer: Customer, pictures: list[UUID]) -> None:
    held.forget(customer.id)
    for picture_id in pictures:
        try:
            files.delete(picture_id)
        except OSError as error:
            # Ciphertext without a key by now; the nightly sweep of orphans tries again.
            log.error("erased_picture_not_deleted", extra={"picture": str(picture_id), "error": type(error).__name__})


def run(*, actor: Actor, now: datetime, limit: int = 1000) -> dict[str, int]:
    """Erase everybody whose time is over and who is not held. Gives {"erased", "held", "refused", "failed"}.

    Somebody who cannot be erased keeps nobody else waiting: counted as failed, and named in the log by key.
    """
    this, counts = Round(), {"erased": 0, "held": 0, "refused": 0}
    for clock in retention.due(retention.today(now)):
        if counts["erased"] >= limit:
            break
        if clock.is_held:
            counts["held"] += 1
            continue
        with this.apart("retention", row=clock.customer.pk):
            try:
                erase(customer=clock.customer, cause=Cause.RETENTION, actor=actor, now=now)
            except NotErasedError:
                counts["refused"] += 1
            else:
                counts["erased"] += 1
    counts["failed"] = this.failures("retention")
    with audit.acting(actor):
        audit.record(
            "retention.run",
            object_type="privacy.retention",
            object_id=retention.preset().key,
            details={name: str(many) for name, many in counts.items()},
        )
    return counts
