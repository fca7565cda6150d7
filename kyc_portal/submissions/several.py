"""What a person does to several cases at once: offer them first to somebody, tag them, hand them to the seniors.

None of these decides, claims or moves a case, and no writer that does takes more than one. Each row is a guarded
UPDATE with an entry of its own; a row that is not as it must be is left and named, and keeps none of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Func, Q, QuerySet, TextChoices, Value
from django.utils.translation import gettext_lazy as _

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.audit import Actor
from kyc_portal.submissions import policies
from kyc_portal.submissions.clocks import desk
from kyc_portal.submissions.deciding import claims
from kyc_portal.submissions.deciding.held import FREED
from kyc_portal.submissions.errors import NotAllowedError
from kyc_portal.submissions.models import Submission
from kyc_portal.submissions.states import ENDS, State

# Working time for which "claim next" gives a case to the one it is offered to, and passes it over for the others.
OFFERED = timedelta(hours=4)
MOST = 50


class Left(TextChoices):
    """Why a chosen case was left as it is."""

    MOVED = "moved", _("not waiting for a reviewer any more")
    HELD = "held", _("a colleague holds it")
    SENIORS = "seniors", _("escalated, for a senior reviewer only")
    ALREADY = "already", _("it was so already")


@dataclass(frozen=True, slots=True)
class Done:
    """What became of the chosen cases, by reference."""

    done: Sequence[str]
    left: Sequence[tuple[str, Left]]


def offer(*, cases: Collection[UUID], to: User, by: User, actor: Actor, now: datetime) -> Done:
    """Offer cases to a reviewer, for some working hours: theirs come first to them and are passed over for others.

    A hint for "claim next" and nothing more: anybody may still claim such a case by name, and the rescue lane knows no
    offers, so that none of them waits longer. Raises NotAllowedError unless a senior offers to somebody who decides.
    """
    if by.role != Role.SENIOR_REVIEWER or not by.is_active:
        raise NotAllowedError("only a senior reviewer offers cases")
    claims.require_reviewer(to)
    until = desk.after(now, OFFERED)

    def act(row: Submission) -> Left | None:
        if not claims.is_for(row, to):
            return Left.SENIORS
        _waiting(row).update(offered_to=to, offered_until=until)
        _record("submission.offered", row, to=str(to.pk))
        return None

    return _each(cases, by, actor, lambda row: _left_waiting(row, by, now) or act(row))


def escalate(*, cases: Collection[UUID], by: User, actor: Actor, now: datetime) -> Done:
    """Hand waiting cases to the seniors: those nobody else holds. A flag, and what was offered to a reviewer is not."""

    def act(row: Submission) -> Left | None:
        if row.is_escalated:
            return Left.ALREADY
        _waiting(row).update(is_escalated=True, offered_to=None, offered_until=None, **FREED)
        _record("submission.escalated", row)
        return None

    return _each(cases, by, actor, lambda row: _left_waiting(row, by, now) or act(row))


def tag(*, cases: Collection[UUID], word: str, by: User, actor: Actor) -> Done:
    """Put a word of the policy on open cases, once. Raises NotAllowedError for a word it does not have."""
    if word not in policies.in_force().tags:
        raise NotAllowedError("the policy has no such tag")

    def act(row: Submission) -> Left | None:
        added = Func(F("tags"), Value(word), function="array_append")
        if not _open(row).exclude(tags__contains=[word]).update(tags=added):
            return Left.ALREADY
        _record("submission.tagged", row, tag=word)
        return None

    return _each(cases, by, actor, lambda row: Left.MOVED if row.state in ENDS else act(row))


def untag(*, cases: Collection[UUID], word: str, by: User, actor: Actor) -> Done:
    """Take a word off cases that carry it; one the policy has no more can be taken off too."""

    def act(row: Submission) -> Left | None:
        removed = Func(F("tags"), Value(word), function="array_remove")
        if not _open(row).filter(tags__contains=[word]).update(tags=removed):
            return Left.ALREADY
        _record("submission.untagged", row, tag=word)
        return None

    return _each(cases, by, actor, lambda row: Left.MOVED if row.state in ENDS else act(row))


def _each(cases: Collection[UUID], by: User, actor: Actor, act: Callable[[Submission], Left | None]) -> Done:
    """The act on each row, locked in one order so that two people who choose the same ones do not block each other."""
    claims.require_reviewer(by)
    done, left = [], []
    with audit.acting(actor):
        rows = Submission.objects.select_for_update().filter(pk__in=list(cases)[:MOST]).order_by("number")
        for row in rows:
            why = act(row)
            if why is None:
                done.append(row.reference)
            else:
                left.append((row.reference, why))
    return Done(done, left)


def _left_waiting(row: Submission, by: User, now: datetime) -> Left | None:
    """Why this row is not one that waits, held by nobody else."""
    if row.state != State.TO_REVIEW:
        return Left.MOVED
    is_held = row.claimed_until is not None and row.claimed_until > now and row.claimed_by_id != by.pk
    return Left.HELD if is_held else None


def _waiting(row: Submission) -> QuerySet[Submission]:
    return Submission.objects.filter(pk=row.pk, state=State.TO_REVIEW)


def _open(row: Submission) -> QuerySet[Submission]:
    return Submission.objects.filter(~Q(state__in=sorted(ENDS)), pk=row.pk)


def _record(action: str, row: Submission, **details: str) -> None:
    audit.record(
        action,
        object_type="submissions.submission",
        object_id=str(row.pk),
        subject=row.customer_id,
        details=details,
    )
