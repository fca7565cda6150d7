"""Reads of the log, each one indexed walk. Paged by id, newest first."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from django.db import connection
from django.db.models import Count, QuerySet

from kyc_portal.audit.context import Actor
from kyc_portal.audit.models import Entry


def entries(
    *,
    subject: UUID | None = None,
    actor: str = "",
    action: str = "",
    actions: Collection[str] = (),
    object_type: str = "",
    object_id: str = "",
    kind: Literal["", "row", "act"] = "",
    via: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    before_id: int | None = None,
) -> QuerySet[Entry]:
    """The log, newest first, filtered by customer, person, acts, object or time; `before_id` starts the next page.

    Ids rise nearly in the order of commits, so a page is a walk down the primary key: no offset, no count.
    """
    wanted = {
        "subject": subject,
        "actor": actor,
        "action": action,
        "action__in": sorted(actions),
        "object_type": object_type,
        "object_id": object_id,
        "kind": kind,
        "via": via,
        "at__gte": since,
        "at__lt": until,
        "id__lt": before_id,
    }
    return Entry.objects.filter(
        **{key: value for key, value in wanted.items() if value not in (None, "", [])}
    ).order_by("-id")


def timeline(*, object_type: str, object_id: str | int | UUID) -> QuerySet[Entry]:
    """Everything that happened to one object, acts and row changes, oldest first."""
    return Entry.objects.filter(object_type=object_type, object_id=str(object_id)).order_by("id")


def acts_about(subject: UUID, *, since: datetime | None = None) -> QuerySet[Entry]:
    """What was done about one customer, oldest first: the acts, without the row changes under them."""
    found = Entry.objects.filter(subject=subject, kind="act").order_by("id")
    return found.filter(at__gte=since) if since else found


# Acts that showed somebody something of a customer and changed nothing.
VIEWS = (
    "case.opened",
    "picture.viewed",
    "picture.fetched_ahead",
    "portrait.viewed",
    "sample.opened",
    "value.revealed",
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands in the tree, and the hash of its line."""

    position: int
    hash: bytes


def places(ids: Iterable[int]) -> dict[int, Place]:
    """The places of these entries; one that is not sealed yet has none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT entry_id, position, hash FROM audit.leaf WHERE entry_id = ANY(%s)", [list(ids)])
        return {entry: Place(position, bytes(leaf)) for entry, position, leaf in cursor.fetchall()}


def row_changes(transactions: Iterable[int]) -> dict[int, int]:
    """How many row changes the database recorded in each of these transactions."""
    found = Entry.objects.filter(tx__in=set(transactions), kind="row").order_by().values_list("tx")
    return dict(found.annotate(many=Count("id")))


def beside(entry: Entry) -> QuerySet[Entry]:
    """The other entries of one entry's transaction, acts first; a restored cluster may use its number again."""
    around = (entry.at - timedelta(minutes=10), entry.at + timedelta(minutes=10))
    return Entry.objects.filter(tx=entry.tx, at__range=around).exclude(pk=entry.pk).order_by("kind", "id")


def deeds_about(subject: UUID) -> QuerySet[Entry]:
    """The acts about one customer that did something, newest first: without those that only looked."""
    return acts_about(subject).exclude(action__in=VIEWS).order_by("-id")


def who_saw(scan_id: UUID) -> QuerySet[Entry]:
    """Every opening of one picture."""
    return Entry.objects.filter(
        object_type="submissions.scan", object_id=str(scan_id), action="picture.viewed"
    ).order_by("id")


def viewed_by(actor: Actor, scan_ids: Collection[UUID]) -> set[UUID]:
    """Which of these pictures this person has opened. What only waited in their browser was not opened."""
    return did_with(actor, "picture.viewed", scan_ids)


def did_with(actor: Actor, action: str, scan_ids: Collection[UUID]) -> set[UUID]:
    """With which of these pictures this person did so."""
    found = Entry.objects.filter(
        object_type="submissions.scan",
        object_id__in=[str(each) for each in scan_ids],
        action=action,
        actor=actor.name,
    )
    return {UUID(each) for each in found.values_list("object_id", flat=True)}


def has_viewed(actor: Actor, scan_id: UUID) -> bool:
    """Whether this person has opened this picture."""
    return scan_id in viewed_by(actor, [scan_id])
