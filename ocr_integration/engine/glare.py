"""Light that burnt part of a value away: what is left may look whole, so it must not be reported."""

from __future__ import annotations

import numpy as np

from ocr_integration.engine.fields import Found
from ocr_integration.engine.labels import Field
from ocr_integration.engine.lines import Text
from ocr_integration.engine.page import Box, Page, around, cut_box

# All three channels at the sensor's end.
_BURNT = 250
# Share of burnt pixels in and beside a value from which on strokes may be missing.
_BURNT_SHARE = 0.4
# A card as white as this all over is a scan on white, not glare.
_WHITE_CARD_SHARE = 0.85
# How far beyond a value (in line heights) the rest of it could stand.
_REACH = 2.5


def without_burnt(page: Page, text: Text, found: dict[Field, Found]) -> dict[Field, Found]:
    """`found` without the values that reach into a burnt spot."""
    if not found:
        return found
    card = around([line.box for line in text.lines])
    if _burnt_share(page, text, card) > _WHITE_CARD_SHARE:
        return found
    return {
        field: each
        for field, each in found.items()
        if _burnt_share(page, text, each.value.box.grown(_REACH * each.value.box.height, 0.0)) < _BURNT_SHARE
    }


def _burnt_share(page: Page, text: Text, box: Box) -> float:
    pixels = cut_box(page, text.frame, box, scale=min(1.0, 240 / max(box.width, box.height)))
    return float(np.mean(pixels.min(axis=2) >= _BURNT))
