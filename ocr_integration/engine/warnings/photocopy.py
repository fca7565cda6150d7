"""-9102: a copy has no colour of its own. What a sheet's tint explains is taken away before looking."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_integration.engine.lines import Text
from ocr_integration.engine.page import Page, Pixels, around, cut_box
from ocr_integration.engine.portrait import Portrait

# Skin and clothes: copies stay below 0.9, genuine portraits begin at 2.6 (90th percentile, Lab units).
_PORTRAIT_COLOUR = 1.7
# Without a portrait (backs) only the card's print is left, and its colour is weaker evidence: be cautious.
_CARD_COLOUR_P95 = 1.8
_CARD_COLOUR_P99 = 2.8
# In poor light all colour fades: a card darker than this (Lab lightness, median) tells nothing without a portrait.
_MIN_LIGHTNESS = 45
_SIDE = 240


def is_photocopy(page: Page, text: Text, portrait: Portrait | None) -> bool | None:
    """Whether the card shows no colour beyond one tint; None when there is nothing to look at."""
    if portrait is not None:
        return float(np.percentile(own_colour(portrait.pixels), 90)) < _PORTRAIT_COLOUR
    if not text.lines:
        return None
    area = around([line.box for line in text.lines])
    card = cut_box(page, text.frame, area, scale=min(1.0, 2 * _SIDE / max(area.width, area.height)))
    if float(np.median(cv2.cvtColor(card, cv2.COLOR_BGR2LAB)[:, :, 0])) * 100 / 255 < _MIN_LIGHTNESS:
        return None
    colour = own_colour(card)
    p95, p99 = np.percentile(colour, [95, 99])
    return bool(p95 < _CARD_COLOUR_P95 and p99 < _CARD_COLOUR_P99)


def own_colour(pixels: Pixels) -> NDArray[np.float64]:
    """Per pixel, how far its colour is from what lightness alone predicts (Lab units)."""
    shrink = min(1.0, _SIDE / max(pixels.shape[:2]))
    small = cv2.resize(pixels, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), 1.2)
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_BGR2LAB).reshape(-1, 3).astype(np.float64)
    lightness = lab[:, 0] / 100
    basis = np.stack([np.ones_like(lightness), lightness, lightness**2], axis=1)
    fitted = basis @ np.linalg.lstsq(basis, lab[:, 1:], rcond=None)[0]
    return np.asarray(np.linalg.norm(lab[:, 1:] - fitted, axis=1), dtype=np.float64)
