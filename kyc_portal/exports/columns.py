"""The list's columns: a contract under a version, so that a change of them is a new version.

Each is made of a whole block at once, column by column: a million rows are sixteen million cells.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from kyc_portal.submissions.warning_codes import Severity

COLUMNS_VERSION = "2"
# What the customer proved to be, and when the permit runs out: the fields that leave in clear.
CLEAR_FIELDS = ("name", "english_name", "birthday", "number", "valid_date")
_ERASED = "(erased)"
_SEVERITIES = {each.value: each.name.lower() for each in Severity}

Cells = Sequence[str]
Said = Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Stored:
    """A block as a statement brought it, by column, and what each row says about its person; None where erased.

    `shown` is what lists show, `clear` what stands of the card, `read` what was read of it; the two are empty where
    nothing leaves in clear.
    """

    values: Mapping[str, Sequence[Any]]
    shown: Sequence[Said]
    clear: Sequence[Said] = ()
    read: Sequence[Said] = ()


Column = Callable[[Stored], Cells]


def _as_is(name: str) -> Column:
    return lambda block: block.values[name]


def _told(name: str, words: Callable[[Any], str]) -> Column:
    """A column of few different values: each is put into words once."""
    remembered = lru_cache(maxsize=4096)(words)
    return lambda block: list(map(remembered, block.values[name]))


def _instant(name: str) -> Column:
    return lambda block: [value.isoformat("T", "seconds") if value else "" for value in block.values[name]]


def _utc(value: datetime) -> str:
    return value.isoformat("T", "seconds")


def _day(value: date | None) -> str:
    return value.isoformat() if value else ""


def _shown(name: str, *, erased: str) -> Column:
    return lambda block: [erased if said is None else said.get(name, "") for said in block.shown]


def _standing(name: str) -> Column:
    return lambda block: [_ERASED if said is None else said.get(name, "") for said in block.clear]


def _as_read(name: str) -> Column:
    return lambda block: [_ERASED if said is None else said.get(name, "") for said in block.read]


COLUMNS: dict[str, Column] = {
    "reference": _as_is("reference"),
    "customer_reference": _as_is("customer__reference"),
    "state": _as_is("state"),
    "attempt": _told("attempt", str),
    "version": _told("version", str),
    "gravest_warning": _told("severity", _SEVERITIES.__getitem__),
    "warning_codes": _as_is("codes_told"),
    "points": _told("rank", lambda rank: str(-rank)),
    "permit_type": _as_is("permit_type"),
    "name_masked": _shown("name", erased=_ERASED),
    "number_ends": _shown("number", erased=""),
    "expires_on": _told("expires_on", _day),
    "received_at": _instant("received_at"),
    "waiting_since": _instant("waiting_since"),
    "decided_at": _instant("decided_at"),
    "as_of": _told("as_of", _utc),
}
# As it stands now, and beside it as it was read: a correction never hides what the service said.
CLEAR_COLUMNS: dict[str, Column] = {
    **{name: _standing(name) for name in CLEAR_FIELDS},
    **{f"{name}_as_read": _as_read(name) for name in CLEAR_FIELDS},
}


def columns(*, in_clear: bool) -> dict[str, Column]:
    """The columns of the version in use, in their order."""
    return {**COLUMNS, **CLEAR_COLUMNS} if in_clear else COLUMNS
