"""The fields of a card as people see them: what was read, what stands beside it, where it stands on the picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kyc_portal.submissions import evidence
from kyc_portal.submissions.checks.results import Result
from kyc_portal.submissions.checks.words import FAILED_AT_FIELD, FIELDS
from kyc_portal.submissions.checks.zone import Said, said_of
from kyc_portal.submissions.models import Check, Confirmation, SideChoice, Submission
from kyc_portal.submissions.pictures import approximate_regions, regions

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


_ICONS = {"read": "", "corrected": "pencil", "pass": "pass", "not_read": "not_checked"}


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a reading: what was read, what the customer said, what a reviewer put beside it.

    `state` is corrected, differs, fail, not_read, pass or read; `word` says it in one word. `is_confirmed`: the
    customer called the value right. `region` is where it stands on its picture, `zone` what the machine-readable line
    says of it; None where nobody knows. `approximate` is where cards of this kind usually print it,
    given only where the service says no places.
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
    approximate: approximate_regions.Region = ()
    zone: Said | None = None
    is_confirmed: bool = False

    @property
    def value(self) -> str:
        return self.corrected or self.read

    @property
    def icon(self) -> str:
        """The shape beside its word; a field nobody tested has none."""
        return _ICONS.get(self.state, "fail")

    @property
    def corners(self) -> str:
        """The corners of its place for the page's script: "x,y x,y x,y x,y"; empty where it has none."""
        return " ".join(f"{x:.5g},{y:.5g}" for x, y in (self.region.corners if self.region else self.approximate))

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


def sides_of(submission: Submission, checks: Sequence[Check] = ()) -> list[SideFields]:
    """The standing fields of each side that was read, including those that came back empty."""
    confirmation = _confirmation(submission)
    said = _customer_said(confirmation)
    sides = []
    standing_sides = evidence.standing_sides(submission)
    seen = {side: regions.opened(each.reading) for side, each in standing_sides.items() if each.reading}
    for side, standing in standing_sides.items():
        if standing.reading is None:
            continue
        places = seen[side].regions
        # The line on a card's back states what its front prints.
        zone = seen[side].zone or next((each.zone for each in seen.values() if each.zone), None)
        usual = (
            approximate_regions.of_scan(
                submission.permit_type,
                side,
                card=standing.scan.card_corners,
                has_nationality=bool(standing.read.get("nationality")),
            )
            if places is None
            else {}
        )
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
                    approximate=() if is_absent else usual.get(name, ()),
                    zone=line,
                    is_confirmed=confirmation is not None and name in CONFIRMED_FIELDS and not answer and bool(read),
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


def _confirmation(submission: Submission) -> Confirmation | None:
    """What the customer answered about this attempt."""
    return next((each for each in submission.confirmations.all() if each.attempt == submission.attempt), None)


def _customer_said(confirmation: Confirmation | None) -> Mapping[str, Mapping[str, str]]:
    if confirmation is None or confirmation.differences_sealed is None:
        return {}
    return evidence.open_differences(confirmation)
