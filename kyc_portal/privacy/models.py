"""Legal holds, the end of a relationship, and what was erased."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kyc_portal.accounts.models import Customer, User
from kyc_portal.audit.triggers import RowAudit


class Hold(models.Model):
    """A legal hold: while one is open, nothing of the customer is removed on any path.

    `why_sealed` opens with the customer's key: a hold's reason is often about a person. `set_by` names nobody where a
    restore repeated a hold that its backup did not know.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="holds")
    why_sealed = models.BinaryField()
    set_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    set_at = models.DateTimeField()
    lifted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index("customer", condition=Q(lifted_at__isnull=True), name="hold_open")]
        triggers = [
            RowAudit(
                plain=["id", "customer_id", "set_by_id", "set_at", "lifted_by_id", "lifted_at"],
                sealed=["why_sealed"],
                subject="customer_id",
            )
        ]


class RelationshipEnd(models.Model):
    """When the business ended its relationship with an approved customer: the clock of retention starts there."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.OneToOneField(Customer, on_delete=models.PROTECT, related_name="relationship_end")
    ended_on = models.DateField()
    said_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    said_at = models.DateTimeField()

    class Meta:
        triggers = [
            RowAudit(plain=["id", "customer_id", "ended_on", "said_by_id", "said_at"], subject="customer_id"),
        ]


class DeletionRequest(models.Model):
    """A customer asked to be deleted before the time to keep was over. It stays until the erasure, and after it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.OneToOneField(Customer, on_delete=models.PROTECT, related_name="deletion_request")
    asked_at = models.DateTimeField()

    class Meta:
        ordering = ["asked_at"]
        triggers = [RowAudit(plain=["id", "customer_id", "asked_at"], subject="customer_id")]


class Cause(models.TextChoices):
    """Why a customer was erased."""

    RETENTION = "retention", _("The time to keep it was over")
    REQUEST = "request", _("The customer asked")
    REPEATED = "repeated", _("Erased before; a restored backup did not know it")


# What a person may say; the other is a restore's word, and asks no duty: that was over once.
SAID_BY_PEOPLE = (Cause.RETENTION, Cause.REQUEST)


class Erasure(models.Model):
    """The receipt of an erasure: that it was done, never what was there."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.OneToOneField(Customer, on_delete=models.PROTECT, related_name="erasure")
    cause = models.CharField(max_length=20, choices=Cause)
    key_versions = models.PositiveSmallIntegerField()
    pictures = models.PositiveIntegerField()
    digests = models.PositiveIntegerField()
    old_values = models.PositiveIntegerField()
    erased_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(name="an_erasures_cause_is_known", condition=Q(cause__in=Cause.values))]
        triggers = [
            RowAudit(
                plain=[
                    "id", "customer_id", "cause", "key_versions", "pictures", "digests", "old_values", "erased_at",
                ],
                subject="customer_id",
            )
        ]  # fmt: skip
