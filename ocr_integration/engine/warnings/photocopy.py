"""-9102: a copy has no colour of its own. What a sheet's tint explains is taken away before looking."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_integration.engine.lines import Text
from ocr_integration.engine.page import Page, Pixels, around, cut_box
from ocr_integration.engine.portrait import Portrait

# Below the first a copy, from the second on no copy, and between them nothing can be told. Skin and clothes: copies
# stay below 0.9, genuine portraits begin at 2.6 (90th percentile, Lab units).
_PORTRAIT_COLOUR = (1.9, 2.4)
# Without a portrait (backs) only the card's print is left: of 69 copies 67 stay below 1.5, the others have 1.8 and 2.2;
# of 144 genuine backs in fair light one has 1.65 and the others begin at 1.8 (97th percentile, Lab units). Above that
# share of the pixels the table's own colours at the edge of the cut begin to count.
_PRINT_COLOUR = (1.6, 1.9)
_PRINT_SHARE = 97
# In poor light all colour fades: a card darker than this (Lab lightness, median) tells nothing without a portrait.
_MIN_LIGHTNESS = 45
# A faded card has lost the colour of its print with the print: copies' ink is darker than 16, worn backs' lighter than
# 50 (Lab lightness, 2nd percentile).
_MAX_INK_LIGHTNESS = 35
_SIDE = 240


def is_photocopy(page: Page, text: Text, portrait: Portrait | None) -> bool | None:
    """Whether the card shows no colour beyond one tint; None when there is nothing to look at, or it may be either."""
    if portrait is not None:
        return _told(float(np.percentile(own_colour(portrait.pixels), 90)), *_PORTRAIT_COLOUR)
    if not text.lines:
        return None
    area = around([line.box for line in text.lines])
    card = cut_box(page, text.frame, area, scale=min(1.0, 2 * _SIDE / max(area.width, area.height)))
    lightness = cv2.cvtColor(card, cv2.COLOR_BGR2LAB)[:, :, 0].astype(np.float64) * 100 / 255
    ink, paper = np.percentile(lightness, (2, 50))
    if paper < _MIN_LIGHTNESS or ink > _MAX_INK_LIGHTNESS:
        return None
    return _told(float(np.percentile(own_colour(card, lamp=True), _PRINT_SHARE)), *_PRINT_COLOUR)


def _told(colour: float, of_a_copy: float, of_a_card: float) -> bool | None:
    return None if of_a_copy <= colour < of_a_card else colour < of_a_copy


def own_colour(pixels: Pixels, *, lamp: bool = False) -> NDArray[np.float64]:
    """Per pixel, how far its colour is from what lightness alone predicts (Lab units).

    With `lamp` a light that changes its colour across the card explains some of it too; for that fit the pixels
    that stand out are left aside, since on a whole card they are the coloured print itself.
    """
    shrink = min(1.0, _SIDE / max(pixels.shape[:2]))
    small = cv2.resize(pixels, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), 1.2)
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_BGR2LAB).astype(np.float64)
    height, width = lab.shape[:2]
    lightness, colour = lab[:, :, 0].reshape(-1) / 100, lab[:, :, 1:].reshape(-1, 2)
    terms = [np.ones_like(lightness), lightness, lightness**2]
    if not lamp:
        return _distance(np.stack(terms, axis=1), colour, rounds=1)
    down, across = (axis.reshape(-1) for axis in np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j])
    return _distance(np.stack([*terms, lightness**3, across, down, across * down], axis=1), colour, rounds=3)


def _distance(basis: NDArray[np.float64], colour: NDArray[np.float64], *, rounds: int) -> NDArray[np.float64]:
    """Distance of each colour from a fit of `basis`; each further round fits the nine tenths that were nearest."""
    near = np.ones(len(basis), dtype=bool)
    distance = np.zeros(len(basis))
    for _ in range(rounds):
        fitted = basis @ np.linalg.lstsq(basis[near], colour[near], rcond=None)[0]
        distance = np.linalg.norm(colour - fitted, axis=1)
        near = distance <= np.percentile(distance, 90)
    return distance
