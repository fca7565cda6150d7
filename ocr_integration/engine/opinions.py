"""A second opinion on what was read unsurely: the same line cut with other margins, the readings weighed.

Single characters flip with the cut; the true one wins most cuts, and clearly. Short names are settled in `names`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import cv2
import numpy as np

from ocr_integration.engine import fields, shapes, thresholds
from ocr_integration.engine.confidence import Family, Witness
from ocr_integration.engine.fields import Found, Shape
from ocr_integration.engine.kinds import Kind
from ocr_integration.engine.labels import Field, Value, split
from ocr_integration.engine.lines import Line, Text
from ocr_integration.engine.models import Models, Recognised
from ocr_integration.engine.page import Box, Page, Pixels, cut_box
from ocr_integration.engine.permits import PERMITS
from ocr_integration.engine.scripts import Script
from ocr_integration.engine.spacing import with_blanks

# Margin (share of the line's height), scale and sharpening of each cut.
CUTS = ((0.06, 1.0, 0.0), (0.1, 0.7, 0.0), (0.14, 1.0, 1.2), (0.2, 1.3, 0.0), (0.1, 1.3, 2.0))
# Together with the first reading this many must be the same text to count as agreement.
_MOST = 5


def weigh_unsure(page: Page, text: Text, models: Models, kind: Kind, found: dict[Field, Found]) -> dict[Field, Found]:
    """`found` with every unsure value replaced by what most cuts say, or dropped when they do not agree."""
    known = fields.shapes_of(kind)
    unsure = [each for each in found.values() if each.family is not Family.NAME and not _is_sure(each)]
    if not unsure:
        return found
    weighed = dict(found)
    for each in unsure:
        crops = [cut_line(page, text, each.value.line, *cut) for cut in CUTS]
        read = models.recognise(crops, script=_script(kind, each))
        own = [with_blanks(opinion, crop) for opinion, crop in zip(read, crops, strict=True)]
        winner = _weigh(each, own, known[each.field])
        if winner is not None and winner.field is Field.ENGLISH_NAME:
            winner = _with_its_comma(winner, models.recognise_otherwise(crops), known[each.field])
        if winner is None:
            del weighed[each.field]
        else:
            weighed[each.field] = winner
    return weighed


def _script(kind: Kind, found: Found) -> Script | None:
    """The only script the value can be printed in, where there is one: offices and places are in the mainland's."""
    if found.family is Family.WORDS:
        return Script.SIMPLIFIED
    return PERMITS[kind.permit].script if found.field is Field.NAME else None


def _is_sure(found: Found) -> bool:
    if found.witness is Witness.AGREED:
        return found.weakest >= thresholds.SURE_AGREED_CHARACTER
    return found.witness is Witness.CONFIRMED


def cut_line(
    page: Page, text: Text, line: Line, margin: float, scale: float, sharpening: float, *, is_apart: bool = False
) -> Pixels:
    """The line's pixels with `margin` of its height around; `is_apart`: only up to halfway to the next lines.

    Latin letters and commas hang below their line; Chinese characters do not, and may be kept apart.
    """
    height = line.box.height
    box = line.box.grown(margin * height, 0.7 * margin * height)
    crop = cut_box(page, text.frame, _apart(box, line.box, text) if is_apart else box, scale=scale)
    return _sharpened(crop, sharpening) if sharpening else crop


def _apart(grown: Box, box: Box, text: Text) -> Box:
    """`grown` without what is nearer to a line above or below: strokes of a label make 芦 of the 卢 under it."""
    beside = [line.box for line in text.lines if line.box.left < box.right and box.left < line.box.right]
    above = [(other.bottom + box.top) / 2 for other in beside if other.middle < box.top and other.bottom < box.middle]
    below = [(other.top + box.bottom) / 2 for other in beside if other.middle > box.bottom and other.top > box.middle]
    return replace(grown, top=max([grown.top, *above]), bottom=min([grown.bottom, *below]))


def _sharpened(crop: Pixels, amount: float) -> Pixels:
    """The crop with its edges raised by `amount` (unsharp mask; radius a twentieth of its height)."""
    soft = cv2.GaussianBlur(crop, (0, 0), max(1.0, crop.shape[0] / 20))
    return np.asarray(cv2.addWeighted(crop, 1 + amount, soft, -amount, 0), dtype=np.uint8)


def _weigh(found: Found, readings: list[Recognised], shape: Shape) -> Found | None:
    opinions: dict[str, list[Found]] = defaultdict(list)
    for each in [found, *(read_again(found, read, shape) for read in readings)]:
        if each is not None:
            opinions[each.text].append(each)
    weights = {text: sum(each.weakest for each in group) for text, group in opinions.items()}
    best = max(weights, key=lambda text: weights[text])
    if weights[best] < thresholds.AGREEMENT * sum(weights.values()):
        return None
    winner = max(opinions[best], key=lambda each: each.weakest)
    return replace(
        winner,
        witness=Witness.AGREED
        if len(opinions[best]) >= _MOST
        else found.witness
        if best == found.text
        else Witness.ALONE,
    )


def _with_its_comma(found: Found, readings: list[Recognised], shape: Shape) -> Found:
    """A Latin name with the comma that most cuts show to the model of the earlier make, which loses fewer of them.

    The smaller of the two other models must have seen it, too: a speck between two words is no comma. Where only one of
    the two did, a name without one is contradicted.
    """
    letters = shapes.spaceless(found.text).replace(",", "")
    again = [other for read in readings if (other := read_again(found, read, shape))]
    seen = [each for each in again if _has_a_comma_in(each.text, letters)]
    is_seen, is_skimmed = 2 * len(seen) > len(readings), _has_a_comma_in(found.value.line.skimmed, letters)
    if is_seen and is_skimmed:
        return _sure_of_its_comma(max(seen, key=lambda each: _sure_of_its_comma(each).weakest))
    if "," not in found.text and (is_seen or is_skimmed):
        return replace(found, witness=Witness.CONTRADICTED)
    return found


def _sure_of_its_comma(found: Found) -> Found:
    pairs = zip(found.value.text, found.value.scores, strict=True)
    scores = tuple(1.0 if character in ",，" else score for character, score in pairs)
    return replace(found, value=replace(found.value, scores=scores), witness=Witness.AGREED)


def _has_a_comma_in(text: str, letters: str) -> bool:
    """Whether the text has these letters, a comma between two of them."""
    plain = shapes.spaceless(text).replace("，", ",")
    return letters not in plain and letters in plain.replace(",", "")


def read_again(found: Found, read: Recognised, shape: Shape) -> Found | None:
    """The same field in another reading of its line."""
    line = replace(found.value.line, text=read.text, scores=read.scores, places=read.places)
    values = [value for value in split(line)[1] if shape(value.text)]
    alike = [value for value in values if value.after is found.value.after]
    if not alike and len(values) == 1:  # a strip holds the value alone, without the label it belongs to
        alike = values
    if not alike:
        return None
    value: Value = alike[0]
    return Found(found.field, shape(value.text), value)
