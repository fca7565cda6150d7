"""Second looks: decided cases drawn at random, looked at again by a senior reviewer who does not know the outcome.

They measure how alike people decide; nothing follows for the case. The draw can be done again from its recorded seed.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from kyc_portal import audit
from kyc_portal.accounts.models import Role, User
from kyc_portal.audit import Actor
from kyc_portal.audit import queries as audit_queries
from kyc_portal.sealing.models import CustomerKey
from kyc_portal.sealing.values import open_json, seal_json
from kyc_portal.submissions import evidence, policies
from kyc_portal.submissions.deciding import four_eyes
from kyc_portal.submissions.errors import IncompleteError, NotAllowedError, TooLateError
from kyc_portal.submissions.models import Decision, ReviewSample, SampleStage, Submission
from kyc_portal.submissions.reasons import BY_CODE, Outcome

# Who took one and forgot it does not keep it from the others.
TAKEN_FOR = timedelta(days=1)
OPEN = (SampleStage.WAITING, SampleStage.TAKEN)


def draw(*, submission: Submission, decision: Decision, now: datetime) -> None:
    """Draw a case that has just ended, at the rate of who decided it; call it inside the writer's transaction."""
    percent = policies.of(submission).sample_rate(decision.decided_by_id)
    if not percent:
        return
    seed = secrets.token_hex(16)
    Decision.objects.filter(pk=decision.pk).update(sample_seed=seed)
    if four_eyes.is_drawn(seed, submission.reference, str(decision.pk), percent=percent):
        made = ReviewSample.objects.create(
            submission=submission, customer_id=submission.customer_id, decision=decision, drawn_at=now
        )
        _record("sample.drawn", made)


def void(submission: Submission) -> None:
    """A reopened case is looked at again anyway: what was drawn of it falls away. Inside the writer's transaction."""
    ReviewSample.objects.filter(submission=submission, stage__in=OPEN).update(stage=SampleStage.VOID)


def open_to(user: User, *, now: datetime) -> QuerySet[ReviewSample]:
    """What is free for this person or held by them, oldest first: never where they had a hand in a decision."""
    own = Decision.objects.filter(submission=OuterRef("submission")).filter(Q(decided_by=user) | Q(confirmed_by=user))
    key = CustomerKey.objects.filter(customer=OuterRef("customer_id"))
    free = Q(stage=SampleStage.WAITING) | Q(stage=SampleStage.TAKEN, taken_at__lt=now - TAKEN_FOR)
    mine = Q(stage=SampleStage.TAKEN, taken_by=user)
    return (
        ReviewSample.objects.filter(~Exists(own), Exists(key), free | mine)
        .select_related("submission", "decision")
        .order_by("drawn_at", "pk")
    )


def offered_to(user: User, *, now: datetime, limit: int = 50) -> list[ReviewSample]:
    """The head of what is open to this person, without what would not be blind any more; theirs first."""
    found = list(open_to(user, now=now)[: 2 * limit])
    openings = audit_queries.entries(
        actor=user.actor.name, action="case.opened", object_type="submissions.submission"
    ).filter(object_id__in=[str(each.submission_id) for each in found])
    last: dict[str, datetime] = {}
    for object_id, at in openings.values_list("object_id", "at"):
        last[object_id] = max(at, last.get(object_id, at))
    blind = [each for each in found if last.get(str(each.submission_id), _NEVER) < each.decision.decided_at]
    return sorted(blind[:limit], key=lambda each: (each.taken_by_id != user.pk, each.drawn_at))


_NEVER = datetime.min.replace(tzinfo=UTC)


def has_seen_outcome(sample: ReviewSample, user: User) -> bool:
    """Whether this person opened the case's own page after it was decided: a look of theirs would not be blind."""
    opened = audit_queries.entries(
        actor=user.actor.name,
        action="case.opened",
        object_type="submissions.submission",
        object_id=str(sample.submission_id),
        since=sample.decision.decided_at,
    )
    return opened.exists()


def held_by(user: User, submission: Submission) -> ReviewSample | None:
    """The second look this person has taken at this case and not answered yet."""
    return ReviewSample.objects.filter(submission=submission, taken_by=user, stage=SampleStage.TAKEN).first()


def take(*, sample: ReviewSample, by: User, actor: Actor, now: datetime) -> ReviewSample:
    """Take one to look at. Raises NotAllowedError (own decision, not a senior, outcome seen) or TooLateError."""
    _require_stranger(sample, by)
    free = Q(stage=SampleStage.WAITING) | Q(stage=SampleStage.TAKEN, taken_at__lt=now - TAKEN_FOR)
    with audit.acting(actor):
        taken = ReviewSample.objects.filter(free | Q(stage=SampleStage.TAKEN, taken_by=by), pk=sample.pk).update(
            stage=SampleStage.TAKEN, taken_by=by, taken_at=now
        )
        if not taken:
            raise TooLateError("somebody else looks at it, or it fell away")
        _record("sample.taken", sample)
    sample.refresh_from_db()
    return sample


def give_back(*, sample: ReviewSample, by: User, actor: Actor) -> None:
    """Let somebody else look; silent when it was not held."""
    with audit.acting(actor):
        changed = ReviewSample.objects.filter(pk=sample.pk, taken_by=by, stage=SampleStage.TAKEN).update(
            stage=SampleStage.WAITING, taken_by=None, taken_at=None
        )
        if changed:
            _record("sample.given_back", sample)


def answer(
    *, sample: ReviewSample, by: User, outcome: Outcome, reasons: Iterable[str], note: str, actor: Actor, now: datetime
) -> ReviewSample:
    """Say how one would have decided. Given once; the first outcome is shown after it.

    Raises NotAllowedError, IncompleteError (a picture not opened; no reason of that outcome, but for an approval) and
    TooLateError.
    """
    _require_stranger(sample, by)
    pictures = evidence.standing_scans(sample.submission).values()
    if not all(audit_queries.has_viewed(actor, picture.pk) for picture in pictures):
        raise IncompleteError("pictures_seen")
    given = list(reasons)
    known = [code for code in given if code in BY_CODE and BY_CODE[code].outcome == outcome]
    if len(known) != len(given) or (outcome is not Outcome.APPROVE and not known):
        raise IncompleteError("reason")
    with audit.acting(actor):
        sealed = None
        if note.strip():
            sealed = seal_json(
                sample.customer_id,
                table="review_sample",
                column="note_sealed",
                row_id=sample.pk,
                value={"note": note.strip()},
            )
        answered = ReviewSample.objects.filter(pk=sample.pk, taken_by=by, stage=SampleStage.TAKEN).update(
            stage=SampleStage.ANSWERED, outcome=outcome, reasons=known, note_sealed=sealed, answered_at=now
        )
        if not answered:
            raise TooLateError("it is answered, fell away, or was not taken")
        sample.refresh_from_db()
        _record("sample.answered", sample)
    return sample


def open_note(sample: ReviewSample) -> str:
    """The note of an answer, opened; empty where there is none."""
    if sample.note_sealed is None:
        return ""
    value: dict[str, str] = open_json(
        sample.customer_id,
        table="review_sample",
        column="note_sealed",
        row_id=sample.pk,
        blob=bytes(sample.note_sealed),
    )
    return value["note"]


def _require_stranger(sample: ReviewSample, user: User) -> None:
    """Seniors look, never at a case they had a hand in, nor at one whose outcome they have seen."""
    if user.role != Role.SENIOR_REVIEWER or not user.is_active:
        raise NotAllowedError("a second look is a senior reviewer's")
    own = Q(decided_by=user) | Q(confirmed_by=user)
    if Decision.objects.filter(own, submission=sample.submission_id).exists():
        raise NotAllowedError("nobody looks again at a case of their own")
    if has_seen_outcome(sample, user):
        raise NotAllowedError("this look would not be blind")


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often second looks came to the same outcome, for one reviewer or one reason of first decisions."""

    label: str
    drawn: int
    answered: int
    agreed: int

    @property
    def differed(self) -> int:
        return self.answered - self.agreed

    @property
    def differed_percent(self) -> int | None:
        """None where nothing was answered: no look is not agreement."""
        return round(100 * self.differed / self.answered) if self.answered else None


@dataclass(frozen=True, slots=True)
class Report:
    """Agreement over all, by who decided first, and by the reason given first (an approval stands for itself)."""

    whole: Agreement
    by_reviewer: tuple[Agreement, ...]
    by_reason: tuple[Agreement, ...]


def report(*, since: datetime) -> Report:
    """Everything drawn since an instant, but what fell away; most differing first."""
    rows = list(
        ReviewSample.objects.filter(drawn_at__gte=since)
        .exclude(stage=SampleStage.VOID)
        .values_list("decision__decided_by_id", "decision__decided_by__display_name", "decision__outcome",
                     "decision__reasons", "stage", "outcome")
    )  # fmt: skip
    people: dict[object, tuple[str, list[tuple[bool, bool]]]] = {}
    reasons: dict[str, list[tuple[bool, bool]]] = {}
    every: list[tuple[bool, bool]] = []
    for person, name, first, given, stage, second in rows:
        mark = (stage == SampleStage.ANSWERED, first == second)
        every.append(mark)
        people.setdefault(person, (name, []))[1].append(mark)
        for code in given or [first]:
            reasons.setdefault(code, []).append(mark)
    return Report(
        whole=_agreement("", every),
        by_reviewer=_sorted(_agreement(name, marks) for name, marks in people.values()),
        by_reason=_sorted(_agreement(_reason_words(code), marks) for code, marks in reasons.items()),
    )


def _agreement(label: str, marks: list[tuple[bool, bool]]) -> Agreement:
    answered = [same for is_answered, same in marks if is_answered]
    return Agreement(label, drawn=len(marks), answered=len(answered), agreed=sum(answered))


def _sorted(found: Iterable[Agreement]) -> tuple[Agreement, ...]:
    return tuple(sorted(found, key=lambda each: (-(each.differed_percent or 0), -each.answered, each.label)))


def _reason_words(code: str) -> str:
    return str(BY_CODE[code].label) if code in BY_CODE else str(Outcome(code).label)


def _record(action: str, sample: ReviewSample) -> None:
    audit.record(
        action,
        object_type="submissions.reviewsample",
        object_id=str(sample.pk),
        subject=sample.customer_id,
        details={"submission": str(sample.submission_id)},
    )
