"""The queue: gravest warning first, and it says why. Two index walks, never a sort.

The order is a pure function of stored facts and of one cutoff: cases that waited past the bound in working hours
stand in the rescue lane at the head, oldest first; the others by rank, then by longest waiting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

from django.db import connection
from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan  # type: ignore[attr-defined]
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kyc_portal.accounts.models import User
from kyc_portal.sealing.errors import KeyDestroyedError
from kyc_portal.sealing.values import open_json
from kyc_portal.submissions import evidence, policies, policy
from kyc_portal.submissions.checks.results import Result
from kyc_portal.submissions.checks.words import SENTENCES
from kyc_portal.submissions.clocks import desk
from kyc_portal.submissions.models import Check, DeclaredType, Submission
from kyc_portal.submissions.queue_filters import Narrow, everything
from kyc_portal.submissions.states import State
from kyc_portal.submissions.warning_codes import MEANINGS, Severity

_CHECK_FAILED = _("Check failed, no code")
_CAPPED = _("checks together count at most 999")
_ERASED = _("erased")
_NOT_READ = _("name not read")

# The declared permits, in short.
PERMITS: dict[str, Promise] = {
    DeclaredType.HK_MACAO_RESIDENT: _("HK/Macao"),
    DeclaredType.TAIWAN_RESIDENT: _("Taiwan"),
    DeclaredType.EXIT_ENTRY: _("Exit-entry"),
}

PAGE_SIZE = 50
COUNT_LIMIT = 1000


def bound() -> timedelta:
    """How long a case waits, in working time, before it is rescued; the same for all, by the policy in force."""
    return timedelta(hours=policies.in_force().rescue_after_working_hours)


def cutoff(now: datetime) -> datetime:
    """The latest `waiting_since` that is past the bound; computed once a request."""
    return desk.before(now, bound())


def in_hours(working: timedelta) -> str:
    """Working time as lists show it: 3 h 12 m."""
    hours, minutes = divmod(int(working.total_seconds() // 60), 60)
    return f"{hours} h {minutes:02} m"


@dataclass(frozen=True, slots=True)
class Part:
    """One summand of a row's points, with the words beside it."""

    label: str
    points: int


@dataclass(frozen=True)
class QueueRow:
    """One case as lists show it: masked, with the reasons of its place. `parts` add up to `total`, always.

    `waiting` is working time since `since`; `waited_share` of the policy's bound, at most 1.
    """

    submission: Submission
    position: int
    is_rescued: bool
    masked_name: str
    number_ending: str
    failed: Sequence[Check]
    not_checked: Sequence[Check]
    since: datetime
    waiting: timedelta
    waited_share: float
    holder: User | None
    offered_to: User | None = None
    is_likely_late: bool = False
    rescued_ahead: int = 0

    @property
    def severity(self) -> Severity:
        return Severity(self.submission.severity)

    @property
    def is_clean(self) -> bool:
        """Every check ran and passed, and the service found nothing: only then "No warnings" is said."""
        return self.severity is Severity.NONE and not self.failed and not self.not_checked

    @property
    def label(self) -> str:
        if self.severity is Severity.NONE and not self.is_clean:
            return str(_CHECK_FAILED if self.failed else MEANINGS[Severity.NOT_CHECKED].label)
        return str(MEANINGS[self.severity].label)

    @property
    def icon(self) -> str:
        """The shape beside the label."""
        if self.severity is Severity.NONE and not self.is_clean:
            return "severity-failed" if self.failed else f"severity-{Severity.NOT_CHECKED.value}"
        return f"severity-{self.severity.value}"

    @property
    def permit(self) -> str:
        """The permit the customer declared, as short as a list's column says it."""
        return str(PERMITS[self.submission.declared_type])

    @property
    def waiting_words(self) -> str:
        """How long it waits, in working time: 3 h 12 m."""
        return in_hours(self.waiting)

    @property
    def ahead(self) -> int:
        """How many stand before it in the list."""
        return self.position - 1

    @property
    def ahead_of_rank(self) -> int:
        """How many of those before it stand there by rank."""
        return max(0, self.ahead - self.rescued_ahead)

    @property
    def due_at(self) -> datetime:
        """When the bound will have passed, by the desk's calendar."""
        return desk.after(self.since, bound())

    @property
    def needs_second_person(self) -> bool:
        """Whether two people decide this case, as far as it is known before a draw."""
        checks = [(check.rule, check.result) for check in (*self.failed, *self.not_checked)]
        asked = policies.of(self.submission).rule(policy.signals_of(self.submission.codes, checks))
        return self.submission.reopened_decision_id is not None or bool(asked.two_people_because)

    @property
    def waited_percent(self) -> int:
        return round(100 * self.waited_share)

    @property
    def total(self) -> int:
        return self.severity.points + self.submission.points

    @cached_property
    def parts(self) -> list[Part]:
        """Tier first, then each failed check; a capped sum says so as its own part."""
        parts = [Part(self.label, self.severity.points)] if self.severity or self.is_clean else []
        parts += [Part(str(SENTENCES[check.reason]), check.points) for check in self.failed if check.points]
        over = sum(part.points for part in parts) - self.total
        if over:
            parts.append(Part(str(_CAPPED), -over))
        return parts


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended. The cutoff is fixed in it, or rows would change lane between pages."""

    cutoff: datetime
    is_rescued: bool
    rank: int
    waiting_since: datetime
    number: int


@dataclass(frozen=True, slots=True)
class QueuePage:
    rows: list[QueueRow]
    next_cursor: Cursor | None
    cutoff: datetime


def waiting() -> QuerySet[Submission]:
    """Everything that waits for a reviewer."""
    return Submission.objects.filter(state=State.TO_REVIEW)


def rescued(at: datetime) -> QuerySet[Submission]:
    """The rescue lane, oldest first."""
    return waiting().filter(waiting_since__lt=at).order_by("waiting_since", "number")


def ranked(at: datetime) -> QuerySet[Submission]:
    """The rest: by rank, then longest waiting."""
    return waiting().filter(waiting_since__gte=at).order_by("rank", "waiting_since", "number")


def next_up(
    now: datetime, *, after: Cursor | None = None, narrow: Narrow = everything, size: int = PAGE_SIZE
) -> QueuePage:
    """One page of the whole order; `narrow` hides rows and never changes the order."""
    at = after.cutoff if after else cutoff(now)
    first, second = narrow(rescued(at)), narrow(ranked(at))
    if after and after.is_rescued:
        first = first.filter(_behind(["waiting_since", "number"], [after.waiting_since, after.number]))
    elif after:
        first = first.none()
        second = second.filter(
            _behind(["rank", "waiting_since", "number"], [after.rank, after.waiting_since, after.number])
        )
    found = list(first.select_related("claimed_by", "offered_to")[: size + 1])
    if len(found) <= size:
        found += list(second.select_related("claimed_by", "offered_to")[: size + 1 - len(found)])
    shown = found[:size]
    return QueuePage(
        rows=as_rows(shown, now=now, at=at),
        next_cursor=_cursor(shown[-1], at) if len(found) > size else None,
        cutoff=at,
    )


def _behind(columns: list[str], values: list[object]) -> TupleGreaterThan:
    """A row comparison, which the index serves; Django keeps it in an undocumented module, so it stands here once."""
    return TupleGreaterThan(Tuple(*map(F, columns)), tuple(values))


def _cursor(last: Submission, at: datetime) -> Cursor:
    assert last.waiting_since is not None  # noqa: S101 - the database's constraint says so
    return Cursor(at, last.waiting_since < at, last.rank, last.waiting_since, last.number)


def as_rows(
    submissions: Sequence[Submission],
    *,
    now: datetime,
    at: datetime | None = None,
    first_position: int = 1,
    checks: Mapping[UUID, list[Check]] | None = None,
) -> list[QueueRow]:
    """Rows for any list of submissions; one query however many they are, none where their checks are given."""
    at = at or cutoff(now)
    checks, longest = checks or evidence.current_checks(submissions, only_open=True), bound()
    rows = []
    for position, submission in enumerate(submissions, first_position):
        name, ending = masked(submission)
        since = submission.waiting_since or submission.state_since
        mine = checks.get(submission.pk, [])
        waited = desk.between(since, now)
        rows.append(
            QueueRow(
                submission=submission,
                position=position,
                is_rescued=submission.state == State.TO_REVIEW and since < at,
                masked_name=name,
                number_ending=ending,
                failed=[check for check in mine if check.result == Result.FAIL],
                not_checked=[check for check in mine if check.result == Result.NOT_CHECKED],
                since=since,
                waiting=waited,
                waited_share=min(1.0, waited / longest),
                offered_to=_offered(submission, now),
                holder=submission.claimed_by if submission.claimed_until and submission.claimed_until > now else None,
            )
        )
    return rows


def _offered(submission: Submission, now: datetime) -> User | None:
    """Who "claim next" gives it to first, as long as that lasts."""
    lasts = submission.offered_until is not None and submission.offered_until > now
    return submission.offered_to if lasts and submission.state == State.TO_REVIEW else None


def masked(submission: Submission) -> tuple[str, str]:
    """The masked name and the number's ending of one submission; "erased" where the key is gone."""
    if submission.summary_sealed is None:
        return "", ""
    try:
        summary = open_json(
            submission.customer_id,
            table="submission",
            column="summary_sealed",
            row_id=submission.pk,
            blob=bytes(submission.summary_sealed),
        )
    except KeyDestroyedError:
        return str(_ERASED), ""
    return summary["name"] or str(_NOT_READ), summary["number"]


@dataclass(frozen=True, slots=True)
class LaneCounts:
    """How many stand in each lane; capped, so that counting never costs more than a thousand index entries."""

    next_up: int
    rescued: int
    mine: int
    second_review: int
    asked_again: int
    delayed: int
    parked: int

    @property
    def ranked(self) -> int:
        """What waits behind the rescue lane."""
        return self.next_up - self.rescued


def counts(reviewer: User | None, *, now: datetime, narrow: Narrow = everything) -> LaneCounts:
    """What each lane would show through the filter, in one query; 1000 means "a thousand or more"."""
    lanes = [
        waiting(),
        waiting().filter(waiting_since__lt=cutoff(now)),
        second_review(),
        asked_again(),
        delayed(),
        parked(),
    ]
    own = [mine(reviewer, now)] if reviewer else []
    found = _capped(map(narrow, [*lanes, *own]))
    return LaneCounts(
        next_up=found[0],
        rescued=found[1],
        second_review=found[2],
        asked_again=found[3],
        delayed=found[4],
        parked=found[5],
        mine=found[6] if own else 0,
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case stands among how many that wait, from 1; `position` is None past a thousand, or elsewhere."""

    position: int | None
    waiting: int


def place(submission: Submission, *, now: datetime) -> Place:
    """The place of a case in the whole order, in one query."""
    if submission.state != State.TO_REVIEW or submission.waiting_since is None:
        return Place(None, *_capped([waiting()]))
    at = cutoff(now)
    rescue = waiting().filter(waiting_since__lt=at)
    if submission.waiting_since < at:
        own = [submission.waiting_since, submission.number]
        ahead = [rescue.filter(~_behind(["waiting_since", "number"], own))]
    else:
        own = [submission.rank, submission.waiting_since, submission.number]
        ahead = [
            rescue,
            waiting().filter(~_behind(["rank", "waiting_since", "number"], own), waiting_since__gte=at),
        ]
    found = _capped([*ahead, waiting()])
    position = sum(found[:-1])
    return Place(position if position < COUNT_LIMIT else None, found[-1])


def _capped(lanes: Iterable[QuerySet[Submission]]) -> list[int]:
    """How many rows each has, counted to a thousand at most; one statement for all."""
    statements: list[str] = []
    parameters: list[object] = []
    for lane in lanes:
        sql, asked = lane.order_by().values("pk")[:COUNT_LIMIT].query.sql_with_params()
        statements.append(f"(SELECT count(*) FROM ({sql}) AS counted)")  # noqa: S608 - Django's own SQL, values apart
        parameters += asked
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(statements)}", tuple(parameters))  # type: ignore[arg-type]
        found: tuple[int, ...] = cursor.fetchone()
    return list(found)


def mine(reviewer: User, now: datetime) -> QuerySet[Submission]:
    """What this person holds."""
    return Submission.objects.filter(
        claimed_by=reviewer, claimed_until__gt=now, state__in=[State.TO_REVIEW, State.SECOND_REVIEW]
    ).order_by("claimed_at")


def second_review() -> QuerySet[Submission]:
    """Proposals that wait for a second person, longest waiting first."""
    return Submission.objects.filter(state=State.SECOND_REVIEW).order_by("waiting_since", "number")


def asked_again() -> QuerySet[Submission]:
    """Cases that wait for the customer."""
    return Submission.objects.filter(state=State.ASKED_AGAIN).order_by("state_since", "number")


def delayed() -> QuerySet[Submission]:
    """Cases the reading service has not answered: our delay, shown as such."""
    return Submission.objects.filter(state__in=[State.RECEIVED, State.READING], delayed_since__isnull=False).order_by(
        "delayed_since", "number"
    )


def parked() -> QuerySet[Submission]:
    """Cases put aside until an instant."""
    return Submission.objects.filter(state=State.PARKED).order_by("parked_until", "number")
