"""A second opinion on what was read unsurely: the same line cut with other margins, the readings weighed.

Single characters flip with the cut; the true one wins most cuts, and clearly. Short names are settled in `names`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace

import cv2
import numpy as np

from ocr_integration.engine import fields, shapes, thresholds
from ocr_integration.engine.confidence import Family, Witness
from ocr_integration.engine.fields import Found, Shape
from ocr_integration.engine.ink import INK_HEIGHT, ink_of
from ocr_integration.engine.kinds import Kind
from ocr_integration.engine.labels import Field, Value, split
from ocr_integration.engine.lines import Line, Text
from ocr_integration.engine.models import Models, Recognised
from ocr_integration.engine.page import Box, Page, Pixels, cut_box
from ocr_integration.engine.permits import PERMITS
from ocr_integration.engine.scripts import Script, scripts_in
from ocr_integration.engine.spacing import with_blanks

# Margin (share of the line's height), scale and sharpening of each cut.
CUTS = ((0.06, 1.0, 0.0), (0.1, 0.7, 0.0), (0.14, 1.0, 1.2), (0.2, 1.3, 0.0), (0.1, 1.3, 2.0))
# Of a line's own height no more than this is taken for its neighbours' on either side.
_MOST_TAKEN_OFF = 0.12
# In a line brought to the height of `INK_HEIGHT`: so many inked pixels are chance, so many rows of pixels are a row of
# print and no stroke, and it is the line's own if it is so many times as high as any other.
_SPECKS, _LOWEST_ROW, _HIGHER = 2, 6, 1.4
_FEWEST_ROWS = 2
# Together with the first reading this many must be the same text to count as agreement.
_MOST = 5


def weigh_unsure(page: Page, text: Text, models: Models, kind: Kind, found: dict[Field, Found]) -> dict[Field, Found]:
    """`found` with every unsure value replaced by what most cuts say, or dropped when they do not agree."""
    known = fields.shapes_of(kind)
    unsure = [
        each
        for each in found.values()
        if each.family is not Family.NAME and not (_is_sure(each) and _may_be_printed(each, _script(kind, each)))
    ]
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


def _may_be_printed(found: Found, script: Script | None) -> bool:
    """Whether the value holds no character of the other script."""
    return script is None or not set(scripts_in(found.text)) - {script}


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
    if is_apart:
        crop = _own_row(cut_box(page, text.frame, _apart(box, line.box, text), scale=scale))
    else:
        crop = cut_box(page, text.frame, box, scale=scale)
    return _sharpened(crop, sharpening) if sharpening else crop


def _apart(grown: Box, box: Box, text: Text) -> Box:
    """`grown` without what is nearer to a line above or below: strokes of a label make 芦 of the 卢 under it."""
    beside = [line.box for line in text.lines if line.box.left < box.right and box.left < line.box.right]
    above = [(other.bottom + box.top) / 2 for other in beside if other.middle < box.top and other.bottom < box.middle]
    below = [(other.top + box.bottom) / 2 for other in beside if other.middle > box.bottom and other.top > box.middle]
    own = box.grown(0, -_MOST_TAKEN_OFF * box.height)
    top, bottom = min(max([grown.top, *above]), own.top), max(min([grown.bottom, *below]), own.bottom)
    return replace(grown, top=top, bottom=bottom)


def _own_row(crop: Pixels) -> Pixels:
    """The crop without smaller rows of print above or below, as of a label that was found in one box with its value."""
    inked = np.concatenate([[False], ink_of(crop).sum(axis=1) > _SPECKS, [False]])
    edges = np.flatnonzero(np.diff(inked.astype(np.int8)))
    rows = [(int(top), int(bottom)) for top, bottom in zip(edges[::2], edges[1::2], strict=True)]
    rows = [(top, bottom) for top, bottom in rows if bottom - top >= _LOWEST_ROW]
    if len(rows) < _FEWEST_ROWS:
        return crop
    own = max(rows, key=lambda row: row[1] - row[0])
    rows.remove(own)
    if any(own[1] - own[0] < _HIGHER * (bottom - top) for top, bottom in rows):
        return crop  # which of them is it?
    top = max(((bottom + own[0]) / 2 for _, bottom in rows if bottom <= own[0]), default=0)
    bottom = min(((top + own[1]) / 2 for top, _ in rows if top >= own[1]), default=INK_HEIGHT)
    scale = crop.shape[0] / INK_HEIGHT
    return np.ascontiguousarray(crop[round(top * scale) : round(bottom * scale)])


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

    The smaller of the two other models must have seen it at the same place: a speck between two words is no comma.
    Where only one of the two saw one, or they saw it elsewhere, the name is contradicted. Its letters and blanks stay.
    """
    letters = shapes.spaceless(found.text).replace(",", "")
    again = (read_again(found, read, shape) for read in readings)
    places = Counter(_comma_in(each.text, letters, is_all=True) for each in again if each is not None)
    seen = next((place for place, many in places.items() if place and 2 * many > len(readings)), None)
    skimmed = _comma_in(found.value.line.skimmed, letters)
    own = _comma_in(found.text, letters, is_all=True)
    if seen is not None and seen == skimmed and own in (None, seen):
        return _with_comma_at(found, seen)
    is_doubtful = own is None and (seen is not None or skimmed is not None)
    return replace(found, witness=Witness.CONTRADICTED) if is_doubtful else found


def _comma_in(text: str, letters: str, *, is_all: bool = False) -> int | None:
    """Behind how many of these letters the text has a comma, if it has them with one; `is_all`: and nothing else."""
    plain = shapes.with_narrow_commas(shapes.spaceless(text))
    for place in range(1, len(letters)):
        parted = f"{letters[:place]},{letters[place:]}"
        if parted == plain or (not is_all and parted in plain):
            return place
    return None


def _with_comma_at(found: Found, place: int) -> Found:
    """The name with a comma behind so many of its letters, in place of a blank there; no one doubts the comma."""
    text, _ = _comma_put(found.text, (1.0,) * len(found.text), place)
    printed, scores = _comma_put(found.value.text, found.value.scores, place)
    return replace(found, text=text, value=replace(found.value, text=printed, scores=scores), witness=Witness.AGREED)


def _comma_put(text: str, scores: tuple[float, ...], place: int) -> tuple[str, tuple[float, ...]]:
    told = [(each, score) for each, score in zip(text, scores, strict=True) if each not in ",，"]
    behind = [at for at, (each, _) in enumerate(told) if not each.isspace()][place - 1] + 1
    rest = told[behind:]
    while rest and rest[0][0].isspace():
        rest = rest[1:]
    whole = [*told[:behind], (",", 1.0), *rest]
    return "".join(each for each, _ in whole), tuple(score for _, score in whole)


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
