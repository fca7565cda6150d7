"""The lines of the page that asks whether what was read is what the permit says, as people read dates and numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.forms import BoundField
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext

from kyc_portal.customer_site import words
from kyc_portal.customer_site.forms import DetailsForm
from kyc_portal.submissions import masks
from kyc_portal.submissions.card_fields import Field
from kyc_portal.submissions.checks import dates

# Letter, eight digits, two digits of the issue: grouped as the residents' permit prints them.
_GROUPS = re.compile(r"([A-Z])(\d{8})(\d{2})?")
_SEXES = ("男", "女")


@dataclass(frozen=True, slots=True)
class Line:
    """One field. `read` is as printed; `said` is the same in the customer's language, where that differs."""

    name: str
    label: Promise
    read: str
    said: str
    parts: tuple[str, ...]
    lang: str
    masked: str
    is_masked: bool
    can_show: bool
    is_open: bool
    is_typed: bool
    wrong: BoundField
    value: BoundField
    note: BoundField


def lines(form: DetailsForm, fields: Sequence[Field], *, is_correcting: bool, shows_all: bool) -> list[Line]:
    """A line a field; one that was not read is open to be typed, even before the customer says something is wrong."""
    return [_line(form, field, is_correcting=is_correcting, shows_all=shows_all) for field in fields]


def _line(form: DetailsForm, field: Field, *, is_correcting: bool, shows_all: bool) -> Line:
    is_identity_card = field.name == "back_id_number"
    is_hidden = is_identity_card and bool(field.read) and not shows_all
    value, wrong, note = (form[f"{part}_{field.name}"] for part in ("value", "wrong", "note"))
    groups = _GROUPS.fullmatch(field.read) if field.name == "number" else None
    parts: tuple[str, ...] = tuple(filter(None, groups.groups())) if groups else ()
    if not parts and field.read and (field.name == "number" or is_identity_card):
        parts = (field.read,)
    return Line(
        name=field.name,
        label=words.FIELDS[field.name],
        read=field.read,
        said=_said(field),
        parts=parts,
        lang="en" if field.read.isascii() else "zh-Hans",
        masked=masks.id_number(field.read),
        is_masked=is_hidden,
        can_show=is_hidden,
        is_open=is_correcting or not field.read,
        is_typed=bool(value.value() or wrong.value()),
        wrong=wrong,
        value=value,
        note=note,
    )


def _said(field: Field) -> str:
    """Dates and sex in the customer's language; empty where that is what is printed, or where it is not understood."""
    if field.name == "birthday" and (born_on := dates.day(field.read)):
        return date_format(born_on, "DATE_FORMAT")
    if field.name == "valid_date" and (span := dates.span(field.read)):
        since = date_format(span.issued_on, "DATE_FORMAT")
        if span.expires_on is None:
            return gettext("%(since)s, without an end") % {"since": since}
        return gettext("%(since)s to %(until)s") % {
            "since": since,
            "until": date_format(span.expires_on, "DATE_FORMAT"),
        }
    if field.name == "sex" and field.read in _SEXES:
        said = gettext("male") if field.read == "男" else gettext("female")
        return "" if said == field.read else said
    return ""
