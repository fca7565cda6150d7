"""A second look at what is missing: the strip beside or under a found label, recognised without detection.

Detection loses lone characters (sex, count) first; recognition alone still reads them.
"""

from __future__ import annotations

from ocr_integration.engine import fields
from ocr_integration.engine.fields import Found
from ocr_integration.engine.kinds import Kind
from ocr_integration.engine.labels import Field, Label, Value
from ocr_integration.engine.lines import Line, Text
from ocr_integration.engine.models import Models
from ocr_integration.engine.page import Box, Page, cut_box

# Strip widths in heights of the label; a lone character needs room for little else.
_WIDTHS = {Field.SEX: (2.0, 4.0), Field.COUNT: (2.5, 5.0)}
_DEFAULT_WIDTHS = (8.0, 14.0)
_MOST_STRIPS = 12


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
        if label.field in known and (label.field not in found or not fields.is_clear(found[label.field]))
    ]
    strips = [(label, strip) for label in wanted for strip in _strips(label)][:_MOST_STRIPS]
    if not strips:
        return found
    crops = [cut_box(page, text.frame, strip) for _, strip in strips]
    better = dict(found)
    for (label, strip), read in zip(strips, models.recognise(crops), strict=True):
        line = Line(read.text, read.scores, read.places, strip, text.frame.to_page(strip.corners()))
        value = known[label.field](read.text.strip())
        candidate = Found(label.field, value, Value(read.text, read.scores, strip, line, label.field))
        if not value or not fields.is_clear(candidate):
            continue
        known_already = any(value == other.text for field, other in better.items() if field is not label.field)
        before = better.get(label.field)
        if not known_already and (before is None or before.mean < candidate.mean):
            better[label.field] = candidate
    return better


def _strips(label: Label) -> list[Box]:
    height = label.box.height
    strips = []
    for width in _WIDTHS.get(label.field, _DEFAULT_WIDTHS):
        right = label.box.right + 0.1 * height
        strips.append(Box(right, label.box.top, right + width * height, label.box.bottom).grown(0, 0.1 * height))
        left = label.box.left - 0.3 * height
        strips.append(Box(left, label.box.bottom, left + width * height, label.box.bottom + 1.4 * height))
    return strips
