"""The list's columns: a contract under a version, so that a change of them is a new version.

What is stored in clear is put into words by the database, neighbours as one text; what is sealed, by us, a whole block
at once. A million rows are sixteen million cells, and Python touches three of each sixteen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db.models import Case, CharField, F, Func, TextField, Value, When
from django.db.models.functions import Coalesce

from kyc_portal.exports.parting import PARTED
from kyc_portal.submissions.warning_codes import Severity

COLUMNS_VERSION = "2"
# What the customer proved to be, and when the permit runs out: the fields that leave in clear.
CLEAR_FIELDS = ("name", "english_name", "birthday", "number", "valid_date")
_ERASED = "(erased)"

Cells = Sequence[str]
Said = Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Opened:
    """What each row of a block says about its person, opened; None where erased.

    `shown` is what lists show, `clear` what stands of the card, `read` what was read of it; the two are empty where
    nothing leaves in clear.
    """

    shown: Sequence[Said]
    clear: Sequence[Said] = ()
    read: Sequence[Said] = ()


@dataclass(frozen=True, slots=True)
class ByDatabase:
    """A column that a statement gives as text; where there is nothing, an empty one. No text of it is anybody's own."""

    expression: Any


@dataclass(frozen=True, slots=True)
class ByOpening:
    """A column that is made of what was sealed."""

    cells: Callable[[Opened], Cells]


class AsOf:
    """When the block was read: the same for all its rows."""


Column = ByDatabase | ByOpening | AsOf


def _instant(value: Any) -> Any:
    universal = Func(value, function="timezone", template="%(function)s('UTC', %(expressions)s)")
    return _to_char(universal, 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"')


def _to_char(value: Any, form: str) -> Any:
    return Coalesce(Func(value, Value(form), function="to_char", output_field=TextField()), Value(""))


def _shown(name: str, *, erased: str) -> ByOpening:
    return ByOpening(lambda block: [erased if said is None else said.get(name, "") for said in block.shown])


def _standing(name: str) -> ByOpening:
    return ByOpening(lambda block: [_ERASED if said is None else said.get(name, "") for said in block.clear])


def _as_read(name: str) -> ByOpening:
    return ByOpening(lambda block: [_ERASED if said is None else said.get(name, "") for said in block.read])


COLUMNS: dict[str, Column] = {
    "reference": ByDatabase(F("reference")),
    "customer_reference": ByDatabase(F("customer__reference")),
    "state": ByDatabase(F("state")),
    "attempt": ByDatabase(F("attempt")),
    "version": ByDatabase(F("version")),
    "gravest_warning": ByDatabase(
        Case(*(When(severity=each.value, then=Value(each.name.lower())) for each in Severity), output_field=CharField())
    ),
    "warning_codes": ByDatabase(Func(F("codes"), Value(" "), function="array_to_string", output_field=TextField())),
    "points": ByDatabase(-F("rank")),
    "permit_type": ByDatabase(F("permit_type")),
    "name_masked": _shown("name", erased=_ERASED),
    "number_ends": _shown("number", erased=""),
    "expires_on": ByDatabase(_to_char(F("expires_on"), "YYYY-MM-DD")),
    "received_at": ByDatabase(_instant(F("received_at"))),
    "waiting_since": ByDatabase(_instant(F("waiting_since"))),
    "decided_at": ByDatabase(_instant(F("decided_at"))),
    "as_of": AsOf(),
}
# As it stands now, and beside it as it was read: a correction never hides what the service said.
CLEAR_COLUMNS: dict[str, Column] = {
    **{name: _standing(name) for name in CLEAR_FIELDS},
    **{f"{name}_as_read": _as_read(name) for name in CLEAR_FIELDS},
}


def columns(*, in_clear: bool) -> dict[str, Column]:
    """The columns of the version in use, in their order."""
    return {**COLUMNS, **CLEAR_COLUMNS} if in_clear else COLUMNS


def runs(of: Mapping[str, Column]) -> Iterator[Column]:
    """The same columns, but those that the database gives one after the other as a single one, their cells parted."""
    for kind, neighbours in groupby(of.values(), type):
        if kind is ByDatabase:
            told = [each.expression for each in neighbours if isinstance(each, ByDatabase)]
            yield ByDatabase(Func(Value(PARTED), *told, function="concat_ws", output_field=TextField()))
        else:
            yield from neighbours
