"""The log's tables as Django reads them. Their SQL lives in the first migration; nothing here writes.

And the join table of Django's groups, which no model of ours stands beside: watched like any other.
"""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db import models

from kyc_portal.audit.triggers import RowAudit


class Entry(models.Model):
    """One line of the log: a row change the database saw, or an act."""

    id = models.BigIntegerField(primary_key=True)
    tx = models.BigIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=3)
    action = models.TextField()
    object_type = models.TextField()
    object_id = models.TextField()
    subject = models.UUIDField(null=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    details = models.JSONField(null=True)
    actor = models.TextField()
    actor_label = models.TextField()
    role = models.TextField()
    via = models.TextField()
    request = models.TextField()
    task = models.TextField()
    db_user = models.TextField()

    class Meta:
        managed = False
        db_table = 'audit"."entry'
        ordering = ["-id"]


class Vault(models.Model):
    """Ciphertexts that a row no longer holds, found by their digest; only erasure deletes here."""

    digest = models.BinaryField(primary_key=True)
    subject = models.UUIDField(null=True)
    bytes = models.BinaryField()
    put_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = 'audit"."vault'


class WatchedGroupPermission(Group.permissions.through):  # type: ignore[misc,name-defined]
    """What a group may do. Nobody belongs to a group here; a change still leaves an entry."""

    class Meta:
        proxy = True
        triggers = [RowAudit(plain=["id", "group_id", "permission_id"], subject=None)]
