"""Where a line's ink is, told from its paper."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_integration.engine.page import Pixels

# Lines are brought to this height (pixels) first.
INK_HEIGHT = 48


def ink_of(crop: Pixels) -> NDArray[np.bool_]:
    """Which pixels of the line, brought to `INK_HEIGHT`, are ink: darker than what parts its two tones best (Otsu)."""
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    scaled = cv2.resize(grey, None, fx=INK_HEIGHT / grey.shape[0], fy=INK_HEIGHT / grey.shape[0])
    return np.asarray(cv2.threshold(scaled, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)[1], dtype=bool)
