"""Readings that the service has not answered yet: since when, why, how often tried, when next. Codes, no person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Min, QuerySet

from kyc_portal.submissions.models import Scan, SideChoice, Submission
from kyc_portal.submissions.states import UNFINISHED_SCANS, ScanState, State

# Lines on one page; the rest are counted.
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One reading that waits. `code` is that of its last failed try, empty where none was made; `next_at` None: with
    the next call that is made at all."""

    scan_id: UUID
    submission_id: UUID
    reference: str
    side: str
    code: str
    since: datetime
    tries: int
    next_at: datetime | None
    is_being_read: bool
    is_stuck: bool


@dataclass(frozen=True, slots=True)
class Delayed:
    """All that waits: how many, since when the oldest, how many for each code, and the first lines, oldest first."""

    many: int
    oldest_since: datetime | None
    stuck: int
    by_code: Sequence[tuple[str, int]]
    lines: Sequence[Line]

    @property
    def unshown(self) -> int:
        return self.many - len(self.lines)


def waiting() -> QuerySet[Scan]:
    """Scans of open submissions that failed or were put off at least once and are not read yet."""
    return Scan.objects.filter(
        state__in=UNFINISHED_SCANS,
        delayed_since__isnull=False,
        submission__state__in=(State.RECEIVED, State.READING),
    )


def oldest_unread_since() -> datetime | None:
    """When the oldest submission that is not read yet was sent in, delayed or not."""
    unread = Submission.objects.filter(state__in=(State.RECEIVED, State.READING))
    found: datetime | None = unread.aggregate(since=Min("received_at"))["since"]
    return found


def delayed(*, shown: int = SHOWN) -> Delayed:
    """What waits now."""
    by_code = list(waiting().values_list("error_code").annotate(many=Count("pk")).order_by("-many", "error_code"))
    oldest = waiting().aggregate(since=Min("delayed_since"))["since"]
    first = waiting().select_related("submission").order_by("delayed_since", "pk")[:shown]
    return Delayed(
        many=sum(many for _code, many in by_code),
        oldest_since=oldest,
        stuck=waiting().filter(submission__is_stuck=True).count(),
        by_code=by_code,
        lines=[_line(scan) for scan in first],
    )


def _line(scan: Scan) -> Line:
    return Line(
        scan_id=scan.pk,
        submission_id=scan.submission_id,
        reference=scan.submission.reference,
        side=str(SideChoice(scan.side).label),
        code=scan.error_code,
        since=scan.delayed_since or scan.received_at,
        tries=scan.tries,
        next_at=scan.next_try_at,
        is_being_read=scan.state == ScanState.READING,
        is_stuck=scan.submission.is_stuck,
    )
