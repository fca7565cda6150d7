"""Print against machine-readable line: what the line confirms, what it mends, and what it contradicts.

A contradiction is evidence of a change and never resolved: a clear print stays as it was read, and is reported as
a disagreement. Only what was misread anyway, by its own weak characters, is taken from the line.
"""

from __future__ import annotations

from dataclasses import replace

from ocr_integration.contract import Side
from ocr_integration.engine import shapes, thresholds
from ocr_integration.engine.confidence import Witness
from ocr_integration.engine.fields import Found
from ocr_integration.engine.kinds import Kind
from ocr_integration.engine.labels import Field, Value
from ocr_integration.engine.zone import Zone


def cross_checked(found: dict[Field, Found], zone: Zone | None) -> dict[Field, Found]:
    """`found`, values marked that a check digit bears out, misread ones mended by the line.

    What contradicts the line without being clear is neither: nobody can tell the two apart, so it goes.
    """
    checked = {field: _checked(each, zone) for field, each in found.items()}
    return {
        field: replace(each, witness=Witness.CONTRADICTED) if _is_doubtful(each, zone) else each
        for field, each in checked.items()
    }


def _is_doubtful(found: Found, zone: Zone | None) -> bool:
    return confirms(zone, found.field, found.text) is False and found.weakest < thresholds.MIN_DISAGREEING_CHARACTER


def supplied(kind: Kind, found: dict[Field, Found], zone: Zone | None) -> dict[Field, Found]:
    """`found` with the numbers of the line where no print of them was seen at all."""
    if zone is None or not zone.lines:
        return found
    said = {Field.NUMBER: shapes.number(zone.number, kind.permit)}
    if kind.side is Side.BACK:
        said = {Field.ID_NUMBER: _as_printed(zone.id_number)}
    given = dict(found)
    for field, text in said.items():
        if text and field not in found:
            line = zone.lines[0 if field is Field.NUMBER else -1]
            given[field] = Found(field, text, Value(line.text, line.scores, line.box, line), Witness.CONFIRMED)
    return given


def _as_printed(id_number: str) -> str:
    """A Hong Kong identity number as cards print it, from the line's letters and digits; else nothing."""
    return f"{id_number[:-1]}({id_number[-1]})" if shapes.identity_holds(id_number) else ""


def disagrees(found: dict[Field, Found], zone: Zone | None) -> bool:
    """Whether a clear print says something else than the verified line."""
    return any(
        _in_print(zone, field, each.text) is not None
        and confirms(zone, field, each.text) is False
        and each.weakest >= thresholds.MIN_DISAGREEING_CHARACTER
        and _is_evidence(field, each.text, _in_print(zone, field, each.text) or "")
        for field, each in found.items()
    )


def _is_evidence(field: Field, printed: str, said: str) -> bool:
    """Whether neither was plainly misread: a Hong Kong identity number has a check digit of its own on either side.

    Macao's is not public, so two numbers without a letter are held against each other as they are.
    """
    if field is not Field.ID_NUMBER or not (printed[:1].isalpha() or said[:1].isalpha()):
        return True
    return shapes.identity_holds(printed) and shapes.identity_holds(said)


def confirms(zone: Zone | None, field: Field, text: str) -> bool | None:
    """Whether the line says the same as the print; None where it says nothing about this field."""
    said = _in_print(zone, field, text)
    return None if said is None else said == text


def _in_print(zone: Zone | None, field: Field, text: str) -> str | None:
    """What the print would be if the line were right: `text` with the part replaced that the line has."""
    if zone is None:
        return None
    if field is Field.NUMBER and zone.number:
        return zone.number
    if field is Field.BIRTHDAY and zone.birth:
        return text[:2] + _dotted(zone.birth)
    if field is Field.VALID_DATE and zone.expiry and "长期" not in text:
        return text[:13] + _dotted(zone.expiry)
    if field is Field.ID_NUMBER and zone.id_number:
        plain = zone.id_number.replace("<", "")
        return f"{plain[:-1]}({plain[-1]})" if "(" in text else plain
    return None


def _dotted(date: str) -> str:
    return f"{date[:2]}.{date[2:4]}.{date[4:]}"


def _checked(found: Found, zone: Zone | None) -> Found:
    said = _in_print(zone, found.field, found.text)
    if said == found.text or (found.field is Field.ID_NUMBER and shapes.identity_holds(found.text)):
        return replace(found, witness=Witness.CONFIRMED)
    if said is not None and _was_misread(found, said):
        return replace(found, text=said, witness=Witness.CONFIRMED)
    return found


def _was_misread(found: Found, said: str) -> bool:
    """Whether every character in which the two differ was read weakly."""
    printed, scores = found.value.text, found.value.scores
    if len(printed) != len(scores) or len(found.text) != len(said) or shapes.spaceless(printed) != found.text:
        return False
    kept = [score for character, score in zip(printed, scores, strict=True) if not character.isspace()]
    differing = [score for mine, other, score in zip(found.text, said, kept, strict=True) if mine != other]
    return len(differing) <= _MOST_MISREAD and all(score < thresholds.MIN_DISAGREEING_CHARACTER for score in differing)


# More differing characters than this are another value, not a misreading.
_MOST_MISREAD = 3
