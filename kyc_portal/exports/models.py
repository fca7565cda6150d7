"""Rows of an export: what was asked for by whom and why, how far it is, and the parts of its file.

The parts are the progress: a part's row is written after its bytes are stored, and says which key came last.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kyc_portal.audit.triggers import RowAudit


class ExportState(models.TextChoices):
    """Where an export is. It goes waiting, asked, running, ready; and ends expired, failed or cancelled."""

    WAITING = "waiting", _("Waits for a second person")
    ASKED = "asked", _("Waits for a worker")
    RUNNING = "running", _("Being made")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Run out")


# What can still be called off, and what nobody will ever read again.
OPEN = (ExportState.WAITING, ExportState.ASKED, ExportState.RUNNING, ExportState.READY)
ENDED = (ExportState.FAILED, ExportState.CANCELLED, ExportState.EXPIRED)


class Export(models.Model):
    """One file asked for. `wanted` is the filter; `top` the highest key there was when the work began.

    `token` names one worker's go at it: a late twin's part is refused. The file lies sealed under a key of the
    export's own (its id), which is destroyed when it ends; `cleared_at` says when its bytes went too.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    purpose = models.CharField(max_length=500)
    wanted = models.JSONField()
    columns_version = models.CharField(max_length=10)
    format = models.CharField(max_length=10)
    in_clear = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=ExportState)
    state_since = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    top = models.BigIntegerField(null=True)
    rows_expected = models.PositiveBigIntegerField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    fault = models.CharField(max_length=80, blank=True, default="")

    rows = models.PositiveBigIntegerField(null=True)
    size_bytes = models.PositiveBigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    made_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="export_state_is_known", condition=Q(state__in=ExportState.values)),
            models.CheckConstraint(
                name="nobody_approves_their_own_export",
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("asked_by")),
            ),
            models.CheckConstraint(
                name="an_export_in_clear_has_a_second_person",
                condition=Q(in_clear=False)
                | Q(approved_by__isnull=False)
                | Q(state__in=["waiting", "cancelled", "expired"]),
            ),
            models.CheckConstraint(
                name="a_running_export_has_a_lease", condition=~Q(state="running") | Q(lease_until__isnull=False)
            ),
            models.CheckConstraint(
                name="a_ready_export_has_its_hash_and_runs_out",
                condition=~Q(state="ready")
                | (Q(rows__isnull=False, size_bytes__isnull=False, expires_at__isnull=False) & ~Q(sha256="")),
            ),
        ]
        indexes = [
            models.Index("state", "lease_until", name="export_sweep", condition=Q(cleared_at__isnull=True)),
            models.Index("asked_at", name="export_newest"),
        ]
        triggers = [
            RowAudit(
                plain=[
                    "id", "asked_by_id", "asked_at", "purpose", "wanted", "columns_version", "format", "in_clear",
                    "state", "state_since", "approved_by_id", "approved_at", "ended_by_id", "top", "rows_expected",
                    "tries", "token", "fault", "rows", "size_bytes", "sha256", "made_at", "expires_at", "cleared_at",
                ],
                quiet="lease_until",
                subject=None,
            )
        ]  # fmt: skip

    @property
    def file_name(self) -> str:
        """How the file is called where it is saved."""
        return f"submissions-{self.asked_at:%Y%m%d-%H%M%S}{'-in-clear' if self.in_clear else ''}.{self.format}"


class ExportPart(models.Model):
    """A stored piece of an export: rows up to and with `last_key`, or, packed, a piece of the finished workbook.

    The sealed bytes lie in storage as `export/<export>/<id>`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    export = models.ForeignKey(Export, on_delete=models.PROTECT, related_name="parts")
    number = models.PositiveIntegerField()
    is_packed = models.BooleanField(default=False)
    last_key = models.BigIntegerField()
    rows = models.PositiveIntegerField()
    size_bytes = models.PositiveIntegerField()
    as_of = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="an_exports_part_is_written_once", fields=["export", "is_packed", "number"]),
        ]
        triggers = [
            RowAudit(
                plain=["id", "export_id", "number", "is_packed", "last_key", "rows", "size_bytes", "as_of"],
                subject=None,
            )
        ]
