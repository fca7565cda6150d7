"""A second look at what is missing: the strip beside or under a found label, recognised without detection.

Detection loses lone characters (sex, count) first; recognition alone still reads them.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ocr_integration.engine import fields, shapes
from ocr_integration.engine.confidence import Family, Witness
from ocr_integration.engine.fields import Found
from ocr_integration.engine.kinds import Kind
from ocr_integration.engine.labels import Field, Label, Value, split
from ocr_integration.engine.lines import Line, Text
from ocr_integration.engine.models import Models
from ocr_integration.engine.page import Box, Page, cut_box

# Strip widths in heights of the label; a lone character needs room for little else.
_WIDTHS = {Field.SEX: (2.0, 4.0), Field.COUNT: (2.5, 5.0)}
_DEFAULT_WIDTHS = (8.0, 14.0)
_MOST_STRIPS = 12
# A last character this near the strip's end (share of its width) may have more behind it.
_AT_THE_EDGE = 0.95
_DATES = "0123456789.-"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# What may stand in a value at all: told of it, the model reads much fainter print.
_ALPHABETS = {
    Field.SEX: "男女",
    Field.BIRTHDAY: _DATES,
    Field.VALID_DATE: _DATES,
    Field.COUNT: "0123456789",
    Field.NUMBER: "0123456789()" + _LETTERS,
    Field.HISTORY: "0123456789" + _LETTERS,
    Field.ID_NUMBER: "0123456789()" + _LETTERS,
}


def read_missing(
    page: Page,
    text: Text,
    models: Models,
    kind: Kind,
    labels: list[Label],
    values: list[Value],
    found: dict[Field, Found],
) -> dict[Field, Found]:
    """`found` with what the strips of labels without a clear value gave; values read before stay."""
    known = fields.shapes_of(kind)
    wanted = [
        label
        for label in labels
        if label.field in known and (label.field not in found or _is_to_be_read_again(found[label.field]))
    ]
    strips = [(label, strip) for label in wanted for strip in _strips(label)][:_MOST_STRIPS]
    if not strips:
        return found
    better = dict(found)
    for label, strip in strips:
        shape = known[label.field]
        read = models.recognise([cut_box(page, text.frame, strip)], alphabet=_ALPHABETS.get(label.field, ""))[0]
        seen = Line(read.text, read.scores, read.places, strip, text.frame.to_page(strip.corners()))
        cut_off = bool(read.places) and read.places[-1] > _AT_THE_EDGE
        cut_off = cut_off or any(_ends_within(strip, line.box) for line in text.lines)
        whole = None if cut_off else _value(label, seen)
        if whole is None:
            continue
        value = shape(whole.text.strip())
        if _begins_within_a_word(value, label.line):
            continue
        candidate = Found(label.field, value, whole)
        before = better.get(label.field)
        if (
            before is not None
            and value != before.text
            and (value in before.text or _ends_within(strip, before.value.box))
        ):
            continue  # the strip was shorter than the value
        if not value or any(value == other.text for field, other in better.items() if field is not label.field):
            continue
        if before is not None and before.text == value:
            candidate = replace(candidate, witness=Witness.AGREED)
        if before is None or _tells_more(candidate, before):
            better[label.field] = candidate
    return better


def _tells_more(strip: Found, line: Found) -> bool:
    """Whether the strip's reading is the surer one; a doubtful one of its own is none against what two models share.

    That is cut and weighed next, and what a strip alone holds may be of the row beside it.
    """
    return line.confidence < strip.confidence and (fields.is_clear(strip) or strip.witness >= line.witness)


def _is_to_be_read_again(found: Found) -> bool:
    """Whether a strip may tell more of a value than its own line did; short names are settled from theirs later."""
    return found.family is not Family.NAME and not fields.is_clear(found)


def _ends_within(strip: Box, box: Box) -> bool:
    """Whether what stands in the box goes on behind the end of the strip, by half a character and more."""
    in_one_row = abs(box.middle - strip.middle) < 0.5 * box.height
    return in_one_row and box.left < strip.right < box.right - 0.5 * box.height


def _begins_within_a_word(value: str, line: Line) -> bool:
    """Whether the label's own line, as it was skimmed, has more Latin letters before what the strip shows."""
    skimmed = shapes.with_narrow_commas(shapes.spaceless(line.skimmed or line.text))
    return bool(value) and re.search(rf"[A-Z]{re.escape(shapes.spaceless(value))}", skimmed) is not None


def _value(label: Label, line: Line) -> Value | None:
    """What the strip holds; where the end of the label is in it too, what stands behind that."""
    own_labels, own_values = split(line)
    if not own_labels:
        return Value(line.text, line.scores, line.box, line, label.field)
    return next((value for value in own_values if value.after is label.field), None)


def _strips(label: Label) -> list[Box]:
    height = label.box.height
    strips = []
    for width in _WIDTHS.get(label.field, _DEFAULT_WIDTHS):
        right = label.box.right + 0.1 * height
        strips.append(Box(right, label.box.top, right + width * height, label.box.bottom).grown(0, 0.1 * height))
        left = label.box.left - 0.3 * height
        strips.append(Box(left, label.box.bottom, left + width * height, label.box.bottom + 1.4 * height))
    return strips
