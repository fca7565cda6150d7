"""A second opinion on what was read unsurely: the same line cut with other margins, the readings weighed.

Single characters with a near twin (黄/黃, 强/強) flip with the cut; the true one wins most cuts, and clearly.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from ocr_integration.engine import fields, thresholds
from ocr_integration.engine.fields import Found, Shape
from ocr_integration.engine.kinds import Kind
from ocr_integration.engine.labels import Field, Value, split
from ocr_integration.engine.lines import Line, Text
from ocr_integration.engine.models import Models, Recognised
from ocr_integration.engine.page import Page, Pixels, cut_box
from ocr_integration.engine.spacing import with_blanks

# Margin (share of the line's height) and scale of each cut.
_CUTS = ((0.06, 1.0), (0.1, 0.7), (0.14, 1.3), (0.2, 1.0), (0.2, 1.6))


def weigh_unsure(page: Page, text: Text, models: Models, kind: Kind, found: dict[Field, Found]) -> dict[Field, Found]:
    """`found` with every unsure value replaced by what most cuts say, or dropped when they do not agree."""
    known = fields.shapes_of(kind)
    unsure = [each for each in found.values() if each.weakest < thresholds.SURE_CHARACTER]
    if not unsure:
        return found
    crops: list[Pixels] = []
    for each in unsure:
        crops += [_cut(page, text, each.value.line, margin, scale) for margin, scale in _CUTS]
    readings = [with_blanks(read, crop) for read, crop in zip(models.recognise(crops), crops, strict=True)]
    weighed = dict(found)
    for index, each in enumerate(unsure):
        own = readings[index * len(_CUTS) : (index + 1) * len(_CUTS)]
        winner = _weigh(each, own, known[each.field])
        if winner is None:
            del weighed[each.field]
        else:
            weighed[each.field] = winner
    return weighed


def _cut(page: Page, text: Text, line: Line, margin: float, scale: float) -> Pixels:
    height = line.box.height
    return cut_box(page, text.frame, line.box.grown(margin * height, 0.7 * margin * height), scale=scale)


def _weigh(found: Found, readings: list[Recognised], shape: Shape) -> Found | None:
    opinions: dict[str, list[Found]] = defaultdict(list)
    for each in [found, *(_again(found, read, shape) for read in readings)]:
        if each is not None:
            opinions[each.text].append(each)
    weights = {text: sum(each.weakest for each in group) for text, group in opinions.items()}
    best = max(weights, key=lambda text: weights[text])
    if weights[best] < thresholds.AGREEMENT * sum(weights.values()):
        return None
    return max(opinions[best], key=lambda each: each.weakest)


def _again(found: Found, read: Recognised, shape: Shape) -> Found | None:
    """The same field in another reading of its line."""
    line = replace(found.value.line, text=read.text, scores=read.scores, places=read.places)
    values = [value for value in split(line)[1] if shape(value.text)]
    alike = [value for value in values if value.after is found.value.after]
    if not alike:
        return None
    value: Value = alike[0]
    return Found(found.field, shape(value.text), value)
