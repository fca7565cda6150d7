"""The entries of a page of the log with what stands around them: their place in the tree, the case, the rows beside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kyc_portal.accounts.models import Customer, Role
from kyc_portal.audit import queries
from kyc_portal.audit.models import Entry
from kyc_portal.audit.queries import Place
from kyc_portal.audit.words import Told, told
from kyc_portal.submissions.models import Submission

_ROLES = {role.value: str(role.label) for role in Role}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry for a reader. `about`: a case's or a customer's reference. `rows`: row changes of its transaction.

    `is_first_signed`: the last signature ends above it.
    """

    told: Told
    role: str
    about: str
    place: Place | None
    is_signed: bool
    is_first_signed: bool
    rows: int

    @property
    def entry(self) -> Entry:
        return self.told.entry


def lines(entries: Sequence[Entry], *, signed_size: int) -> list[Line]:
    """The lines of some entries, newest first, with a fixed number of looks however many they are."""
    places = queries.places(entry.id for entry in entries)
    rows = queries.row_changes(entry.tx for entry in entries if entry.kind == "act")
    references = _references(entries)
    found: list[Line] = []
    for entry in entries:
        place = places.get(entry.id)
        is_signed = place is not None and place.position < signed_size
        found.append(
            Line(
                told=told(entry),
                role=_ROLES.get(entry.role, entry.role),
                about=references.get(_case_of(entry), "") or references.get(str(entry.subject), ""),
                place=place,
                is_signed=is_signed,
                is_first_signed=is_signed and not any(each.is_signed for each in found),
                rows=rows.get(entry.tx, 0) if entry.kind == "act" else 0,
            )
        )
    return found


def _case_of(entry: Entry) -> str:
    """The key of the case an entry is about, where it says one."""
    if entry.object_type == "submissions.submission":
        return entry.object_id
    named = (entry.details or {}).get("submission") or (entry.after or {}).get("submission_id")
    return str(named or (entry.before or {}).get("submission_id") or "")


def _references(entries: Iterable[Entry]) -> dict[str, str]:
    """References of cases and of customers by their keys."""
    cases = {case for case in map(_case_of, entries) if len(case) == 36}
    people = {entry.subject for entry in entries if entry.subject}
    return {
        str(key): reference
        for model, keys in ((Customer, people), (Submission, cases))
        for key, reference in model.objects.filter(pk__in=keys).values_list("pk", "reference")
    }
