"""Reads of the log, each one indexed walk. Paged by id, newest first."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from kyc_portal.audit.context import Actor
from kyc_portal.audit.models import Entry


def entries(
    *,
    subject: UUID | None = None,
    actor: str = "",
    action: str = "",
    object_id: str = "",
    before_id: int | None = None,
) -> QuerySet[Entry]:
    """The log, newest first, filtered by customer, person, act or object; `before_id` starts the next page."""
    found = Entry.objects.order_by("-id")
    if subject is not None:
        found = found.filter(subject=subject)
    if actor:
        found = found.filter(actor=actor)
    if action:
        found = found.filter(action=action)
    if object_id:
        found = found.filter(object_id=object_id)
    if before_id is not None:
        found = found.filter(id__lt=before_id)
    return found


def acts_about(subject: UUID, *, since: datetime | None = None) -> QuerySet[Entry]:
    """What was done about one customer, oldest first: the acts, without the row changes under them."""
    found = Entry.objects.filter(subject=subject, kind="act").order_by("id")
    return found.filter(at__gte=since) if since else found


def who_saw(scan_id: UUID) -> QuerySet[Entry]:
    """Every opening of one picture."""
    return Entry.objects.filter(
        object_type="submissions.scan", object_id=str(scan_id), action="picture.viewed"
    ).order_by("id")


def has_viewed(actor: Actor, scan_id: UUID) -> bool:
    """Whether this person has opened this picture."""
    return who_saw(scan_id).filter(actor=actor.name).exists()
