"""Every non-trivial read but the queue: a customer's own submission, a case for a reviewer, the figures.

Returns rows narrowed to the reader, or frozen records; changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Min, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kyc_portal.accounts.models import Customer
from kyc_portal.submissions import evidence, queue
from kyc_portal.submissions.models import Check, Decision, Scan, Submission
from kyc_portal.submissions.models import Warning as WarningRow
from kyc_portal.submissions.states import ENDS, ScanState, State
from kyc_portal.submissions.warning_codes import MEANINGS, Meaning, Severity, severity_of

# Every text field of the service's answer under its own name, in the order a card prints them.
FIELD_LABELS: dict[str, Promise] = {
    "type": _("Permit type"),
    "name": _("Name"),
    "english_name": _("Latin name"),
    "birthday": _("Born"),
    "sex": _("Sex"),
    "nationality": _("Nationality"),
    "number": _("Number"),
    "valid_date": _("Valid"),
    "issue_authority": _("Authority"),
    "issue_address": _("Place of issue"),
    "issue_number": _("Issues"),
    "back_type": _("Permit type (back)"),
    "back_name": _("Name (back)"),
    "back_id_number": _("ID card number"),
    "back_history_number": _("Earlier number"),
}
FRONT_FIELDS = tuple(name for name in FIELD_LABELS if not name.startswith("back_"))
BACK_FIELDS = tuple(name for name in FIELD_LABELS if name.startswith("back_"))


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a reading: what was read, what the customer said, what a reviewer put beside it."""

    name: str
    label: str
    side: str
    read: str
    corrected: str
    customer_value: str
    customer_note: str
    reading_id: UUID
    request_id: str

    @property
    def value(self) -> str:
        return self.corrected or self.read

    @property
    def state(self) -> str:
        """corrected, differs, read or not_read."""
        if self.corrected:
            return "corrected"
        if self.customer_value or self.customer_note:
            return "differs"
        return "read" if self.read else "not_read"


@dataclass(frozen=True, slots=True)
class CaseWarning:
    """One code with its meaning, and the side and request it came from."""

    code: int
    severity: Severity
    meaning: Meaning
    side: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Case:
    """All a reviewer looks at. Values stand in clear here, as the picture does; opening it leaves an entry."""

    submission: Submission
    row: queue.QueueRow
    scans: Sequence[Scan]
    fields: Sequence[Field]
    warnings: Sequence[CaseWarning]
    checks: Sequence[Check]
    proposal: Decision | None
    decisions: Sequence[Decision]

    @property
    def version(self) -> int:
        return self.submission.version


def for_customer(customer: Customer) -> QuerySet[Submission]:
    """A customer's own submissions, newest first; anybody else's are not found."""
    return Submission.objects.filter(customer=customer).order_by("-number")


def reviewable() -> QuerySet[Submission]:
    """What the console may open: everything that was sent in at least once."""
    return Submission.objects.filter(received_at__isnull=False).select_related("claimed_by", "customer")


def fields_of(submission: Submission) -> list[Field]:
    """The standing fields of all sides in card order, including those that were not read."""
    said = _customer_said(submission)
    fields = []
    for side, standing in evidence.standing_sides(submission).items():
        if standing.reading is None:
            continue
        for name in FRONT_FIELDS if side == "FRONT" else BACK_FIELDS:
            answer = said.get(name, {})
            fields.append(
                Field(
                    name=name,
                    label=str(FIELD_LABELS[name]),
                    side=side,
                    read=standing.read.get(name, ""),
                    corrected=standing.corrected.get(name, ""),
                    customer_value=answer.get("value", ""),
                    customer_note=answer.get("note", ""),
                    reading_id=standing.reading.pk,
                    request_id=standing.reading.request_id,
                )
            )
    return fields


def _customer_said(submission: Submission) -> Mapping[str, Mapping[str, str]]:
    confirmation = submission.confirmations.filter(attempt=submission.attempt).first()
    if confirmation is None or confirmation.differences_sealed is None:
        return {}
    return evidence.open_differences(confirmation)


def case(submission: Submission, *, now: datetime) -> Case:
    """Everything on the case page, opened from its seals; the caller records the opening first."""
    standing = evidence.standing_scans(submission)
    found = WarningRow.objects.filter(reading__scan__in=list(standing.values())).select_related("reading")
    warnings = [
        CaseWarning(
            each.code,
            severity_of(each.code),
            MEANINGS[severity_of(each.code)],
            each.reading.side,
            each.reading.request_id,
        )
        for each in found
    ]
    decisions = list(submission.decisions.select_related("decided_by", "confirmed_by").order_by("decided_at"))
    newest = submission.checks.order_by("-version").values_list("version", flat=True).first()
    return Case(
        submission=submission,
        row=queue.as_rows([submission], now=now)[0],
        scans=list(standing.values()),
        fields=fields_of(submission),
        warnings=sorted(warnings, key=lambda each: (-each.severity, each.side)),
        checks=list(submission.checks.filter(version=newest)) if newest else [],
        proposal=next((each for each in decisions if each.stage == "proposed"), None),
        decisions=decisions,
    )


@dataclass(frozen=True, slots=True)
class Figures:
    """The four figures the console opens on. `by_severity` counts waiting cases by gravest code."""

    waiting: int
    rescued: int
    oldest_since: datetime | None
    by_severity: Mapping[Severity, int]


def figures(now: datetime) -> Figures:
    """Counts of the waiting cases."""
    waiting = queue.waiting()
    by_severity = dict(waiting.order_by().values_list("severity").annotate(many=Count("pk")))
    return Figures(
        waiting=waiting.count(),
        rescued=waiting.filter(waiting_since__lt=queue.cutoff(now)).count(),
        oldest_since=waiting.aggregate(oldest=Min("waiting_since"))["oldest"],
        by_severity={tier: by_severity.get(tier.value, 0) for tier in reversed(Severity)},
    )


@dataclass(frozen=True, slots=True)
class Progress:
    """What the customer's page shows. `next_try_at` is honest about a delay of ours."""

    submission: Submission
    step: str
    is_delayed: bool
    next_try_at: datetime | None
    fault_codes: Mapping[str, str]
    reasons: Sequence[str]

    @property
    def etag(self) -> str:
        """Changes when anything the page shows changes."""
        return f'"{self.submission.state}-{self.submission.version}-{self.next_try_at}-{self.step}"'


_STEPS = {
    State.RECEIVED: "received",
    State.READING: "reading",
    State.CONFIRMING: "confirm",
    State.TO_REVIEW: "in_review",
    State.SECOND_REVIEW: "in_review",
    State.PARKED: "in_review",
    State.DECIDING: "in_review",
}


def progress(submission: Submission) -> Progress:
    """Where the submission stands in the customer's five steps."""
    state = State(submission.state)
    waiting_scans = submission.scans.filter(state=ScanState.DUE)
    faults = submission.scans.filter(state=ScanState.FAULTY, attempt=submission.attempt).values_list(
        "side", "fault_code"
    )
    last = submission.decisions.filter(stage="final").order_by("-final_at").first()
    return Progress(
        submission=submission,
        step="decided" if state in ENDS else _STEPS.get(state, "collecting"),
        is_delayed=submission.delayed_since is not None and state in (State.RECEIVED, State.READING),
        next_try_at=waiting_scans.aggregate(soonest=Min("next_try_at"))["soonest"],
        fault_codes=dict(faults),
        reasons=last.reasons if last else [],
    )
