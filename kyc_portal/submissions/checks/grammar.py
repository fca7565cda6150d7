"""Grammar of permit numbers, one table with a source each. Pure; knows nothing of rows."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ocr_integration.contract import PermitType


@dataclass(frozen=True, slots=True)
class NumberForm:
    """One way a number is printed. `life` is the pattern's group that stays with the holder for life."""

    permit: PermitType
    name: str
    pattern: re.Pattern[str]
    source: str


FORMS: tuple[NumberForm, ...] = (
    NumberForm(
        PermitType.HK_MACAO_RESIDENT,
        "card of 2013",
        re.compile(r"(?P<life>[HM]\d{8})"),
        "Public-security rule of 2010: H or M and eight digits for life; the card of 2013 prints renewals apart",
    ),
    NumberForm(
        PermitType.HK_MACAO_RESIDENT,
        "card of 1999",
        re.compile(r"(?P<life>[HM]\d{8})\d{2}"),
        "Public-security rule of 2010: eleven characters, the last two count renewals from 00",
    ),
    NumberForm(
        PermitType.HK_MACAO_RESIDENT,
        "card for residents of other nationality",
        re.compile(r"(?P<life>(?:HA|MA)\d{7})"),
        "Immigration notice of July 2024: HA or MA and seven digits, with a nationality on the front",
    ),
    NumberForm(
        PermitType.TAIWAN_RESIDENT,
        "number for life",
        re.compile(r"(?P<life>\d{8})"),
        "Rule of 25 September 2008: eight digits for life",
    ),
    NumberForm(
        PermitType.TAIWAN_RESIDENT,
        "number before 2008",
        re.compile(r"(?P<life>\d{10})(?:\([A-Z]\)|[A-Z])?"),
        "Before 25 September 2008: ten digits, sometimes with a letter",
    ),
    NumberForm(
        PermitType.EXIT_ENTRY_HK_MACAO,
        "card",
        re.compile(r"(?P<life>C(?:\d{8}|[A-HJ-NP-Z]\d{7}))"),
        "Published sample numbers: C and eight digits, or C, a letter but I and O, and seven digits",
    ),
    NumberForm(
        PermitType.EXIT_ENTRY_TAIWAN,
        "card or booklet",
        re.compile(r"(?P<life>[LT]\d{8})"),
        "Common knowledge, unverified: L (card) or T (booklet) and eight digits",
    ),
)

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


def plain(number: str) -> str:
    """The number without blanks, in half-width capitals; nothing else is changed."""
    return re.sub(r"\s+", "", number.translate(_FULL_WIDTH)).upper()


def form_of(permit: PermitType, number: str) -> NumberForm | None:
    """The printed form this number has, or None when it has none of its type's."""
    text = plain(number)
    return next((form for form in FORMS if form.permit == permit and form.pattern.fullmatch(text)), None)


def life_number(permit: PermitType, number: str) -> str | None:
    """The part of the number that a holder keeps over renewals, or None when it fits no form."""
    form = form_of(permit, number)
    if form is None:
        return None
    match = form.pattern.fullmatch(plain(number))
    return match["life"] if match else None


def permit_of(printed: str) -> PermitType | None:
    """The permit whose printed name this is; traditional script and blanks are forgiven, nothing else."""
    folded = re.sub(r"\s+", "", printed).translate(str.maketrans("來內灣陸臺台證", "来内湾陆台台证"))
    return next((permit for permit in PermitType if permit.value == folded), None)
