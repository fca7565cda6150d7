"""The machine-readable line beside the print: what it says of a field, and whether the two agree."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from kyc_portal.submissions.checks import dates, grammar
from ocr_integration.contract import ZoneValues

# The fields a line says something of, and what it calls them.
ZONE_FIELDS = {
    "number": "number",
    "birthday": "birth",
    "valid_date": "expiry",
    "sex": "sex",
    "back_id_number": "id_number",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What the line says of one field, as it stands there. `agrees` is None where the print says nothing clear."""

    text: str = field(repr=False)
    agrees: bool | None


def said_of(name: str, read: str, zone: ZoneValues) -> Said | None:
    """What the line says of the field `name`, whose print was read as `read`; None where it says nothing of it."""
    text = str(getattr(zone, ZONE_FIELDS[name])) if name in ZONE_FIELDS else ""
    if not text:
        return None
    printed = _as_the_line_has_it(name, read)
    return Said(text, None if printed is None else _is_one(name, printed, text))


def _is_one(name: str, printed: str, text: str) -> bool:
    # A card of 1999 prints two digits of renewal behind the number; the line has them elsewhere.
    return printed == text or (name == "number" and re.fullmatch(re.escape(text) + r"\d{2}", printed) is not None)


def _as_the_line_has_it(name: str, read: str) -> str | None:
    """The print in the line's own form; None where it was not read, or has no such form."""
    if name == "birthday":
        born_on = dates.day(read)
        return f"{born_on:%y%m%d}" if born_on else None
    if name == "valid_date":
        validity = dates.span(read)
        return f"{validity.expires_on:%y%m%d}" if validity and validity.expires_on else None
    plain = grammar.plain(read)
    return re.sub(r"[()]", "", plain) or None
