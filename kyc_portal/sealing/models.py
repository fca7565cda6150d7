"""Wrapped keys, the check values of master keys, and the keyed digests by which things are found again."""

from __future__ import annotations

import uuid

from django.db import models

from kyc_portal.audit.triggers import RowAudit


class CustomerKey(models.Model):
    """A customer's data key at one version, wrapped by the master key `master_id`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.UUIDField()
    version = models.PositiveSmallIntegerField(default=1)
    master_id = models.CharField(max_length=40)
    wrapped = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="a_customer_has_one_key_a_version", fields=["customer", "version"]),
        ]
        triggers = [
            RowAudit(plain=["id", "customer", "version", "master_id"], hidden=["wrapped"], subject="customer"),
        ]


class MasterKeyCheck(models.Model):
    """Eight bytes derived from a master key, so that another key under the same id is found at the start."""

    master_id = models.CharField(max_length=40, primary_key=True)
    value = models.BinaryField()

    class Meta:
        triggers = [RowAudit(plain=["master_id"], hidden=["value"], subject=None)]


class SearchDigest(models.Model):
    """HMAC of a normalised value; equality only, and only with the digest key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.UUIDField()
    kind = models.CharField(max_length=20)
    key_id = models.CharField(max_length=40)
    digest = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="a_customer_has_a_digest_once", fields=["customer", "kind", "key_id", "digest"]
            ),
        ]
        indexes = [models.Index(fields=["kind", "digest"], name="digest_look_up")]
        triggers = [
            RowAudit(plain=["id", "customer", "kind", "key_id"], hidden=["digest"], subject="customer"),
        ]
