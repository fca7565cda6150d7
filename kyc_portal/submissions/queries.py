"""Every non-trivial read but the queue: a customer's own submission, a case for a reviewer, the figures.

Returns rows narrowed to the reader, or frozen records; changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kyc_portal.accounts.models import Customer
from kyc_portal.submissions import breaker, evidence, queue, regions, reopening, second_person
from kyc_portal.submissions.checks.results import Result
from kyc_portal.submissions.checks.words import FAILED_AT_FIELD, FIELDS
from kyc_portal.submissions.checks.zone import Said, said_of
from kyc_portal.submissions.models import Check, Decision, ProviderBreaker, Scan, SideChoice, Submission
from kyc_portal.submissions.models import Warning as WarningRow
from kyc_portal.submissions.reasons import Outcome
from kyc_portal.submissions.states import ENDS, IN_REVIEW, UNFINISHED_SCANS, ScanState, State
from kyc_portal.submissions.warning_codes import MEANINGS, Meaning, Severity, severity_of
from kyc_portal.submissions.working_time import before

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
# Below this share of right values a reviewer is told to look twice.
_UNSURE_BELOW = 0.95
# What the customer's page asks to be compared with the card; of the others a confirmation says nothing.
CONFIRMED_FIELDS = frozenset({"name", "english_name", "birthday", "sex", "number", "valid_date", "back_id_number"})


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a reading: what was read, what the customer said, what a reviewer put beside it.

    `state` is corrected, differs, fail, not_read, pass or read; `word` says it in one word. `region` is where it stands
    on its picture, `zone` what the machine-readable line says of it; None where nobody knows.
    """

    name: str
    label: str
    side: str
    read: str
    corrected: str
    customer_value: str
    customer_note: str
    reading_id: UUID
    request_id: str
    state: str
    word: str
    region: regions.Region | None = None
    zone: Said | None = None

    @property
    def value(self) -> str:
        return self.corrected or self.read

    @property
    def corners(self) -> str:
        """The region's corners for the page's script: "x,y x,y x,y x,y"; empty where no place is known."""
        return " ".join(f"{x},{y}" for x, y in self.region.corners) if self.region else ""

    @property
    def sure_percent(self) -> int | None:
        """How sure the engine is, rounded down: 99.9 is not 100."""
        return int(self.region.confidence * 100) if self.region else None

    @property
    def is_unsure(self) -> bool:
        return self.region is not None and self.region.confidence < _UNSURE_BELOW


@dataclass(frozen=True, slots=True)
class SideFields:
    """One side's fields in card order, with the answer they came from.

    `absent` are those this kind of card leaves out. `knows_places` is false where the service said nothing of places.
    """

    side: str
    label: str
    answered_at: datetime
    duration_ms: int
    request_id: str
    fields: Sequence[Field]
    absent: Sequence[Field]
    scan_id: UUID
    knows_places: bool


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
    def version(self) -> int:
        return self.submission.version


def for_customer(customer: Customer) -> QuerySet[Submission]:
    """A customer's own submissions, newest first; anybody else's are not found."""
    return Submission.objects.filter(customer=customer).order_by("-number")


def reviewable() -> QuerySet[Submission]:
    """What the console may open: everything that was sent in at least once."""
    return Submission.objects.filter(received_at__isnull=False).select_related("claimed_by", "customer")


def sides_of(submission: Submission, checks: Sequence[Check] = ()) -> list[SideFields]:
    """The standing fields of each side that was read, including those that came back empty."""
    said = _customer_said(submission)
    sides = []
    standing_sides = evidence.standing_sides(submission)
    seen = {side: regions.opened(each.reading) for side, each in standing_sides.items() if each.reading}
    for side, standing in standing_sides.items():
        if standing.reading is None:
            continue
        places = seen[side].regions
        # The line on a card's back states what its front prints.
        zone = seen[side].zone or next((each.zone for each in seen.values() if each.zone), None)
        fields: list[Field] = []
        absent: list[Field] = []
        for name in FRONT_FIELDS if side == SideChoice.FRONT else BACK_FIELDS:
            answer = said.get(name, {})
            read, corrected = standing.read.get(name, ""), standing.corrected.get(name, "")
            is_absent = not (read or corrected or answer or name in _printed_on(submission.permit_type))
            line = said_of(name, corrected or read, zone) if zone else None
            state, word = _state_of(
                name, read=read, corrected=corrected, differs=bool(answer), line=line, checks=checks
            )
            (absent if is_absent else fields).append(
                Field(
                    name=name,
                    label=str(FIELD_LABELS[name]),
                    side=side,
                    read=read,
                    corrected=corrected,
                    customer_value=answer.get("value", ""),
                    customer_note=answer.get("note", ""),
                    reading_id=standing.reading.pk,
                    request_id=standing.reading.request_id,
                    state=state,
                    word=str(word),
                    region=(places or {}).get(name),
                    zone=line,
                )
            )
        sides.append(
            SideFields(
                side=side,
                label=str(SideChoice(side).label),
                answered_at=standing.reading.answered_at,
                duration_ms=standing.reading.duration_ms,
                request_id=standing.reading.request_id,
                fields=fields,
                absent=absent,
                scan_id=standing.scan.pk,
                knows_places=places is not None,
            )
        )
    return sides


def fields_of(submission: Submission) -> list[Field]:
    """The standing fields of all sides in card order, without those this kind of card leaves out."""
    return [each for side in sides_of(submission) for each in side.fields]


def _printed_on(permit_type: str) -> frozenset[str]:
    """The fields every card of a permit carries; an unknown permit may carry any of them."""
    missing = _NOT_PRINTED.get(permit_type, frozenset())
    return frozenset(FIELD_LABELS) - missing


_EXIT_ENTRY_LACKS = frozenset({"nationality"})
_NOT_PRINTED = {
    "hk_macao_resident": frozenset({"nationality", "issue_address"}),
    "taiwan_resident": frozenset({"nationality"}),
    "exit_entry_hk_macao": _EXIT_ENTRY_LACKS,
    "exit_entry_taiwan": _EXIT_ENTRY_LACKS,
}


def _state_of(
    name: str, *, read: str, corrected: str, differs: bool, line: Said | None, checks: Sequence[Check]
) -> tuple[str, Promise | str]:
    """A field's state and its word: a person's correction first, then what disagrees, then what is missing."""
    if corrected:
        return "corrected", _("Corrected")
    if differs:
        return "differs", _("Differs")
    about = [check for check in checks if name in FIELDS.get(check.rule, ())]
    failed = next((check for check in about if check.result == Result.FAIL), None)
    if failed:
        return "fail", FAILED_AT_FIELD[failed.rule]
    if line and line.agrees is False:
        return "fail", _("Zone differs")
    if not read:
        return "not_read", _("Not read")
    if about and all(check.result == Result.PASS for check in about):
        return "pass", _("Pass")
    return "read", _("Read")


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
    decisions = list(
        submission.decisions.select_related("decided_by", "confirmed_by", "replaces").order_by("decided_at")
    )
    newest = submission.checks.order_by("-version").values_list("version", flat=True).first()
    checks = list(submission.checks.filter(version=newest)) if newest else []
    return Case(
        submission=submission,
        row=queue.as_rows([submission], now=now)[0],
        scans=list(standing.values()),
        sides=sides_of(submission, checks),
        warnings=sorted(warnings, key=lambda each: (-each.severity, each.side)),
        checks=checks,
        proposal=next((each for each in decisions if each.stage == "proposed"), None),
        decisions=decisions,
        reopening=reopening.told(submission),
    )


def checks_changed_since(submission: Submission, seen: int) -> list[tuple[Check | None, Check | None]]:
    """Each rule whose answer is another now than at the version seen: (then, now), None where it had or has none."""
    then = {check.rule: check for check in submission.checks.filter(version=seen)}
    newest = submission.checks.aggregate(newest=Max("version"))["newest"]
    now = {check.rule: check for check in submission.checks.filter(version=newest)}
    pairs = [(then.get(rule), now.get(rule)) for rule in sorted(then.keys() | now.keys())]
    return [(old, new) for old, new in pairs if _answer(old) != _answer(new)]


def _answer(check: Check | None) -> tuple[str, str] | None:
    return (check.result, check.reason) if check else None


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures the console opens on. `by_severity` counts waiting cases by gravest code, `by_age` by three hours.

    `by_age` has a number for each span of `AGE_SPAN` working hours up to the policy's bound, and one for what is late.
    `stopped` is there while no calls are made to the reading service; `stranded` cases wait for a second person who
    does not exist.
    """

    waiting: int
    rescued: int
    held: int
    delayed: int
    oldest_since: datetime | None
    by_severity: Mapping[Severity, int]
    by_age: Sequence[int]
    stopped: ProviderBreaker | None
    stranded: int


AGE_SPAN = timedelta(hours=3)


def figures(now: datetime) -> Figures:
    """Counts of the waiting cases."""
    waiting = queue.waiting()
    by_severity = dict(waiting.order_by().values_list("severity").annotate(many=Count("pk")))
    edges = [now, *(before(now, AGE_SPAN * step) for step in range(1, queue.bound() // AGE_SPAN + 1))]
    spans = {
        f"span_{at}": Count("pk", filter=Q(waiting_since__lte=newest, waiting_since__gt=oldest))
        for at, (newest, oldest) in enumerate(pairwise(edges))
    }
    counted = waiting.aggregate(
        many=Count("pk"),
        late=Count("pk", filter=Q(waiting_since__lte=edges[-1])),
        held=Count("pk", filter=Q(claimed_until__gt=now)),
        oldest=Min("waiting_since"),
        **spans,
    )
    return Figures(
        waiting=counted["many"],
        rescued=counted["late"],
        held=counted["held"],
        delayed=queue.delayed().count(),
        oldest_since=counted["oldest"],
        by_severity={tier: by_severity.get(tier.value, 0) for tier in reversed(Severity)},
        stopped=breaker.stopped(),
        stranded=second_person.stranded().count(),
        by_age=[*(counted[name] for name in spans), counted["late"]],
    )


@dataclass(frozen=True, slots=True)
class Progress:
    """What the customer's page shows. `next_try_at` is honest about a delay of ours.

    `state` is where the customer stands: a reopened case goes on standing as it was decided until it is decided anew.
    """

    submission: Submission
    state: State
    step: str
    is_delayed: bool
    next_try_at: datetime | None
    tries: int
    fault_codes: Mapping[str, str]
    reasons: Sequence[str]

    @property
    def is_ended(self) -> bool:
        return self.state in ENDS

    @property
    def etag(self) -> str:
        """Changes when anything the page shows changes."""
        stands = f"{self.state}-{self.submission.version}-{self.next_try_at}-{self.step}-{self.is_delayed}"
        return f'"{stands}-{get_language()}"'


_STEPS = {
    State.RECEIVED: "received",
    State.READING: "reading",
    State.CONFIRMING: "confirm",
    State.TO_REVIEW: "in_review",
    State.SECOND_REVIEW: "in_review",
    State.PARKED: "in_review",
    State.DECIDING: "in_review",
}


_STANDS = {Outcome.APPROVE: State.APPROVED, Outcome.REJECT: State.REJECTED}


def _for_customer(submission: Submission, last: Decision | None) -> State:
    if last and last.pk == submission.reopened_decision_id and submission.state in IN_REVIEW:
        return _STANDS[Outcome(last.outcome)]
    return State(submission.state)


# A reading this long without an answer is called a delay, whether or not a try has failed.
SILENT_FOR = timedelta(minutes=2)


def progress(submission: Submission, *, now: datetime) -> Progress:
    """Where the submission stands in the customer's five steps."""
    last = submission.decisions.filter(stage="final").order_by("-final_at").first()
    state = _for_customer(submission, last)
    waiting_scans = submission.scans.filter(state=ScanState.DUE)
    unfinished = submission.scans.filter(state__in=UNFINISHED_SCANS)
    is_silent = submission.received_at is not None and submission.received_at + SILENT_FOR <= now
    faults = submission.scans.filter(state=ScanState.FAULTY, attempt=submission.attempt).values_list(
        "side", "fault_code"
    )
    return Progress(
        submission=submission,
        state=state,
        step="decided" if state in ENDS else _STEPS.get(state, "collecting"),
        is_delayed=(submission.delayed_since is not None or is_silent) and state in (State.RECEIVED, State.READING),
        next_try_at=waiting_scans.aggregate(soonest=Min("next_try_at"))["soonest"],
        tries=unfinished.aggregate(most=Max("tries"))["most"] or 0,
        fault_codes=dict(faults),
        reasons=last.reasons if last else [],
    )
