"""Claims: a lease on a submission for one reviewer. Claim, renew, release, take over.

`claim_next` walks the queue's own indexes and skips rows others are taking, so many callers get different cases. It
gives the rescue lane first, which knows no offers, then what is offered to this person, then what is offered to nobody.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from kyc_portal import audit
from kyc_portal.accounts.models import DECIDING, Role, User
from kyc_portal.audit import Actor
from kyc_portal.submissions import policies
from kyc_portal.submissions.deciding import looks
from kyc_portal.submissions.deciding.proposals import require_another
from kyc_portal.submissions.errors import NotAllowedError, TooLateError
from kyc_portal.submissions.models import Submission
from kyc_portal.submissions.queue import cutoff
from kyc_portal.submissions.states import State

# How long a case stays with the person who left its page.
LEFT = timedelta(seconds=30)

_FREE = """state = 'to_review' AND NOT (is_escalated AND NOT %(senior)s)
   AND (claimed_until IS NULL OR claimed_until < %(now)s)"""
_HEAD = f"""SELECT coalesce(
  (SELECT id FROM submissions_submission WHERE {_FREE} AND waiting_since < %(cutoff)s
   ORDER BY waiting_since, number LIMIT 1 {{locking}}),
  (SELECT id FROM submissions_submission WHERE {_FREE} AND offered_to_id = %(me)s AND offered_until > %(now)s
   ORDER BY rank, waiting_since, number LIMIT 1 {{locking}}),
  (SELECT id FROM submissions_submission WHERE {_FREE} AND waiting_since >= %(cutoff)s
   AND (offered_until IS NULL OR offered_until <= %(now)s OR offered_to_id = %(me)s)
   ORDER BY rank, waiting_since, number LIMIT 1 {{locking}})) AS id"""  # noqa: S608 - constants; values are parameters
_PEEK = _HEAD.format(locking="")
_CLAIM_NEXT = f"""
WITH pick AS MATERIALIZED ({_HEAD.format(locking="FOR UPDATE SKIP LOCKED")})
UPDATE submissions_submission s SET claimed_by_id = %(me)s, claimed_at = %(now)s, claimed_until = %(until)s
FROM pick WHERE s.id = pick.id RETURNING s.*
"""  # noqa: S608 - the pieces are constants of this module; every value is a parameter


def require_reviewer(reviewer: User) -> None:
    """Only reviewers and senior reviewers hold cases, on every route."""
    if reviewer.role not in DECIDING or not reviewer.is_active:
        raise NotAllowedError("only reviewers hold cases")


def is_for(submission: Submission, reviewer: User) -> bool:
    """Whether a case like this is for somebody of this role: escalated ones and second reviews are for seniors."""
    is_seniors = submission.is_escalated or submission.state == State.SECOND_REVIEW
    return reviewer.role in DECIDING and (reviewer.role == Role.SENIOR_REVIEWER or not is_seniors)


def holds(submission: Submission, reviewer: User, now: datetime) -> bool:
    """Whether this person's lease on this submission is running."""
    return bool(submission.claimed_by_id == reviewer.pk and submission.claimed_until and submission.claimed_until > now)


def claim_next(*, reviewer: User, actor: Actor, now: datetime, and_open: bool = False) -> Submission | None:
    """Claim the head of the queue that nobody holds; None when nothing is free. `and_open` records its opening too."""
    require_reviewer(reviewer)
    asked = {**_asked(reviewer, now), "until": now + policies.in_force().claim}
    with audit.acting(actor):
        submission = next(iter(Submission.objects.raw(_CLAIM_NEXT, asked)), None)
        if submission is None:
            return None
        submission.claimed_by = reviewer
        _record("claim.taken", submission)
        if and_open:
            looks.record_opening(submission)
    return submission


def ahead(*, reviewer: User, now: datetime) -> UUID | None:
    """The case `claim_next` would take for this person now. Takes nothing: another may be first."""
    with connection.cursor() as cursor:
        cursor.execute(_PEEK, _asked(reviewer, now))
        row = cursor.fetchone()
    return row[0] if row else None


def _asked(reviewer: User, now: datetime) -> dict[str, Any]:
    return {"now": now, "cutoff": cutoff(now), "senior": reviewer.role == Role.SENIOR_REVIEWER, "me": reviewer.pk}


def claim(*, submission: Submission, reviewer: User, actor: Actor, now: datetime) -> Submission:
    """Claim this one; the holder's own call renews. Raises TooLateError when another holds it or it moved on.

    Raises NotAllowedError to who proposed what waits for a second person: holding it would keep the others from it.
    """
    require_reviewer(reviewer)
    if not is_for(submission, reviewer):
        raise NotAllowedError("an escalated case and a second review are for a senior reviewer")
    require_another(submission, reviewer)
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=now) | Q(claimed_by=reviewer)
    with audit.acting(actor):
        taken = Submission.objects.filter(
            free, pk=submission.pk, state__in=[State.TO_REVIEW, State.SECOND_REVIEW]
        ).update(claimed_by=reviewer, claimed_at=now, claimed_until=now + policies.in_force().claim)
        if not taken:
            raise TooLateError("held by another or not waiting any more")
        _record("claim.taken", submission)
    submission.refresh_from_db()
    return submission


def renew(*, submission: Submission, reviewer: User, actor: Actor, now: datetime) -> datetime | None:
    """The page is still open: push the lease on, and say until when; None when it is not this person's any more."""
    until = now + policies.in_force().claim
    with audit.acting(actor):
        held = Submission.objects.filter(pk=submission.pk, claimed_by=reviewer, claimed_until__gt=now)
        return until if held.update(claimed_until=until) else None


def leave(*, submission: Submission, reviewer: User, known_until: datetime, actor: Actor, now: datetime) -> bool:
    """The page was left: the lease runs out soon, so that a reload or a look at the queue keeps it and nothing else.

    `known_until` is the lease as the page knew it: one that another page of this person renewed since is left alone.
    """
    until = now + LEFT
    with audit.acting(actor):
        held = Submission.objects.filter(pk=submission.pk, claimed_by=reviewer, claimed_until=known_until)
        return bool(held.filter(claimed_until__gt=until).update(claimed_until=until))


def release(*, submission: Submission, reviewer: User, actor: Actor, now: datetime) -> None:
    """Give the case back; silent when it was not held."""
    with audit.acting(actor):
        changed = (
            Submission.objects.filter(pk=submission.pk, claimed_by=reviewer)
            .exclude(state=State.DECIDING)
            .update(claimed_by=None, claimed_at=None, claimed_until=None)
        )
        if changed:
            _record("claim.released", submission)


def take_over(*, submission: Submission, reviewer: User, actor: Actor, now: datetime) -> Submission:
    """A senior takes a case from its holder; the entry names both."""
    if reviewer.role != Role.SENIOR_REVIEWER:
        raise NotAllowedError("only a senior reviewer takes a case over")
    require_another(submission, reviewer)
    with audit.acting(actor):
        locked = Submission.objects.select_for_update().get(pk=submission.pk)
        if locked.state not in (State.TO_REVIEW, State.SECOND_REVIEW):
            raise TooLateError("not waiting any more")
        held_by = str(locked.claimed_by_id or "")
        Submission.objects.filter(pk=locked.pk).update(
            claimed_by=reviewer, claimed_at=now, claimed_until=now + policies.in_force().claim
        )
        _record("claim.taken_over", submission, held_by=held_by)
    submission.refresh_from_db()
    return submission


def _record(action: str, submission: Submission, **details: str) -> None:
    audit.record(
        action,
        object_type="submissions.submission",
        object_id=str(submission.pk),
        subject=submission.customer_id,
        details=details,
    )
