"""Reads of whole cases: a customer's own submissions, and a case for a reviewer.

Returns rows narrowed to the reader, or frozen records; changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Prefetch, QuerySet, prefetch_related_objects

from kyc_portal.accounts.models import Customer
from kyc_portal.submissions import evidence, queue
from kyc_portal.submissions.card_fields import SideFields, sides_of
from kyc_portal.submissions.checks.results import Result
from kyc_portal.submissions.deciding import reopening
from kyc_portal.submissions.models import Check, Decision, DecisionStage, Reading, Scan, SideChoice, Submission
from kyc_portal.submissions.warning_codes import MEANINGS, Meaning, Severity, severity_of


@dataclass(frozen=True, slots=True)
class CaseWarning:
    """One code with its meaning, and the side and request it came from."""

    code: int
    severity: Severity
    meaning: Meaning
    side: str
    request_id: str

    @property
    def side_label(self) -> str:
        return str(SideChoice(self.side).label)


@dataclass(frozen=True, slots=True)
class Case:
    """All a reviewer looks at. Values stand in clear here, as the picture does; opening it leaves an entry."""

    submission: Submission
    row: queue.QueueRow
    scans: Sequence[Scan]
    sides: Sequence[SideFields]
    warnings: Sequence[CaseWarning]
    checks: Sequence[Check]
    proposal: Decision | None
    decisions: Sequence[Decision]
    reopening: reopening.Told | None

    @property
    def portrait(self) -> Reading | None:
        """The answer that holds a portrait, where the policy asked for one."""
        readings = (evidence.reading_of(scan) for scan in self.scans)
        return next((each for each in readings if each and each.has_profile), None)

    @property
    def is_portrait_compared(self) -> bool:
        """Whether the face on the portrait was held against those of others, with whatever result."""
        return any(each.rule == "portrait_elsewhere" and each.result != Result.NOT_CHECKED for each in self.checks)

    @property
    def version(self) -> int:
        return self.submission.version


def for_customer(customer: Customer) -> QuerySet[Submission]:
    """A customer's own submissions, newest first; anybody else's are not found."""
    return Submission.objects.filter(customer=customer).order_by("-number")


def reviewable() -> QuerySet[Submission]:
    """What the console may open: everything that was sent in at least once."""
    return Submission.objects.filter(received_at__isnull=False).select_related("claimed_by", "customer")


# Everything a case's page is made of, fetched at once: what is asked of it afterwards asks the database nothing more.
_WHOLE: tuple[str | Prefetch, ...] = (
    Prefetch("scans", Scan.objects.select_related("reading").order_by("attempt")),
    "scans__reading__corrections",
    Prefetch(
        "decisions", Decision.objects.select_related("decided_by", "confirmed_by", "replaces").order_by("decided_at")
    ),
)


def case(submission: Submission, *, now: datetime) -> Case:
    """Everything on the case page, opened from its seals; the caller records the opening first."""
    parts = list(_WHOLE)
    if submission.codes:
        parts.append("scans__reading__warnings")
    if submission.confirmed_at:
        parts.append("confirmations")
    prefetch_related_objects([submission], *parts)
    checks = evidence.current_checks([submission])
    standing = evidence.standing_scans(submission)
    decisions = list(submission.decisions.all())
    return Case(
        submission=submission,
        row=queue.as_rows([submission], now=now, checks=checks)[0],
        scans=list(standing.values()),
        sides=sides_of(submission, checks[submission.pk]),
        warnings=_warnings(standing.values()),
        checks=checks[submission.pk],
        proposal=next((each for each in decisions if each.stage == DecisionStage.PROPOSED), None),
        decisions=decisions,
        reopening=reopening.told(submission),
    )


def _warnings(standing: Iterable[Scan]) -> list[CaseWarning]:
    """The codes of the standing readings, gravest first."""
    readings = [reading for scan in standing if (reading := evidence.reading_of(scan))]
    found = [
        CaseWarning(code, severity_of(code), MEANINGS[severity_of(code)], reading.side, reading.request_id)
        for reading in readings
        for code in (warning.code for warning in reading.warnings.all())
    ]
    return sorted(found, key=lambda each: (-each.severity, each.side))


def checks_changed_since(submission: Submission, seen: int) -> list[tuple[Check | None, Check | None]]:
    """Each rule whose answer is another now than at the version seen: (then, now), None where it had or has none."""
    known = submission.checks.filter(version__lte=seen).aggregate(newest=Max("version"))["newest"]
    then = {check.rule: check for check in submission.checks.filter(version=known)}
    newest = submission.checks.aggregate(newest=Max("version"))["newest"]
    now = {check.rule: check for check in submission.checks.filter(version=newest)}
    pairs = [(then.get(rule), now.get(rule)) for rule in sorted(then.keys() | now.keys())]
    return [(old, new) for old, new in pairs if _answer(old) != _answer(new)]


def _answer(check: Check | None) -> tuple[str, str] | None:
    return (check.result, check.reason) if check else None
