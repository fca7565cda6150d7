"""Light that burnt part of a value away: what is left may look whole, so it must not be reported."""

from __future__ import annotations

import re

import numpy as np

from ocr_integration.engine.confidence import Witness
from ocr_integration.engine.fields import Found
from ocr_integration.engine.labels import Field
from ocr_integration.engine.lines import Text
from ocr_integration.engine.page import Box, Page, around, cut_box

# All three channels at the sensor's end.
_BURNT = 250
# Share of burnt pixels beside a value from which on print may be gone there; in thinner light ink still shows.
_BURNT_SHARE = 0.9
# Share from which on a value's own end lies in burnt light, its ink taken off.
_BURNT_UNDER_INK = 0.4
# A card as white as this all over is a scan on white, not glare.
_WHITE_CARD_SHARE = 0.85
# How far beyond a value (in line heights) the rest of it could stand.
_REACH = 1.5

# The longest number there is cannot go on.
_LONGEST_NUMBER = 11

# Half of such a value would not have its shape: what was read is all there was.
_WHOLE_BY_SHAPE = {Field.BIRTHDAY, Field.VALID_DATE, Field.SEX, Field.ID_NUMBER}

# So does an office that is named from its state or province down to its bureau.
_BEGINS_AS_OFFICES_DO = re.compile("中华人民共和国|国家|.{2,8}[省市区]")


def without_burnt(page: Page, text: Text, found: dict[Field, Found]) -> dict[Field, Found]:
    """`found` without the values that end at a burnt spot."""
    if not found:
        return found
    card = around([line.box for line in text.lines])
    if _burnt_share(page, text, card) > _WHITE_CARD_SHARE:
        return found
    return {
        field: each
        for field, each in found.items()
        if field in _WHOLE_BY_SHAPE
        or each.witness is Witness.CONFIRMED
        or (field in {Field.NUMBER, Field.HISTORY} and len(each.text) == _LONGEST_NUMBER)
        or (field is Field.AUTHORITY and _BEGINS_AS_OFFICES_DO.match(each.text))
        or not any(_fades_out(page, text, beyond, end) for beyond, end in _ends(each.value.box))
    }


def _fades_out(page: Page, text: Text, beyond: Box, end: Box) -> bool:
    """Whether the light burns out just beyond a value's end; ink that is read in burnt light is not lost beside it."""
    return _burnt_share(page, text, beyond) >= _BURNT_SHARE and _burnt_share(page, text, end) < _BURNT_UNDER_INK


def _ends(box: Box) -> list[tuple[Box, Box]]:
    """Both ends of a value: where the rest of it could stand, and the end itself."""
    reach = _REACH * box.height
    left = Box(box.left - reach, box.top, box.left, box.bottom), Box(box.left, box.top, box.left + reach, box.bottom)
    right = (
        Box(box.right, box.top, box.right + reach, box.bottom),
        Box(box.right - reach, box.top, box.right, box.bottom),
    )
    return [left, right]


def _burnt_share(page: Page, text: Text, box: Box) -> float:
    pixels = cut_box(page, text.frame, box, scale=min(1.0, 240 / max(box.width, box.height)))
    return float(np.mean(pixels.min(axis=2) >= _BURNT))
