"""-9103: a photographed screen leaves its pixel grid, or the moiré of it, as sharp peaks in the spectrum.

Only at native resolution: any downscaling on the way hides it, and a high-density screen may never show it.
"""

from __future__ import annotations

import cv2
import numpy as np

from ocr_integration.engine.lines import Text
from ocr_integration.engine.page import Page, Pixels, around
from ocr_integration.engine.warnings.edited import file_quality

_TILE = 512
# Cycles per pixel: below live print and guilloche, above only the corners of the spectrum.
_BAND = (0.10, 0.48)
_STRONGEST = 6
# In eighths of a cycle per pixel; the window spreads a peak over three steps of a 512-pixel tile.
_LATTICE_WIDTH = 0.05
# Beside a peak of a straight line in the picture the ray from the middle is this high (share of the peak's height), so
# far in front of it and behind; the line's energy stands this close to the ray (cycles per pixel).
_OF_A_RIDGE, _RIDGE_REACH, _RIDGE_WIDTH = 0.5, 1.4, 5 / 512
# Screens measured 3.16 and more, genuine cards at most 2.8 (natural log over the local median); between the two nothing
# can be told.
_PEAK = 3.1
_MAY_BE_A_PEAK = 2.7
# The blocks of a coarser file that was turned or resized before are a grid too, off the lattice of its own.
_MIN_QUALITY = 50


def is_recapture(page: Page, text: Text) -> bool | None:
    """Whether the card's middle shows a screen's regular grid; None where that may be the file's own, or chance."""
    strength = grid_strength(_middle(page, text))
    if strength <= _MAY_BE_A_PEAK:
        return False
    quality = file_quality(page.data) if page.file_format == "JPEG" else None
    is_coarse = quality is not None and quality < _MIN_QUALITY
    return None if is_coarse or strength <= _PEAK else True


def grid_strength(tile: Pixels) -> float:
    """Mean of the strongest peaks of the log spectrum above their surroundings; `tile` is grey."""
    window = np.outer(np.hanning(tile.shape[0]), np.hanning(tile.shape[1]))
    spectrum = np.abs(np.fft.fftshift(np.fft.fft2((tile.astype(np.float64) - tile.mean()) * window)))
    logarithm = np.log(spectrum + 1.0).astype(np.float32)
    smooth = cv2.GaussianBlur(logarithm, (3, 3), 0)
    low = float(smooth.min())
    step = (float(smooth.max()) - low) / 255 or 1.0
    levels = np.clip((smooth - low) / step, 0, 255).astype(np.uint8)
    around_it = cv2.medianBlur(levels, 31).astype(np.float32) * step + low
    down = np.fft.fftshift(np.fft.fftfreq(tile.shape[0]))[:, None]
    across = np.fft.fftshift(np.fft.fftfreq(tile.shape[1]))[None, :]
    radius = np.hypot(down, across)
    own = (radius > _BAND[0]) & (radius < _BAND[1]) & ~(_on_lattice(down) & _on_lattice(across))
    return _mean_of_peaks(np.where(own, logarithm - around_it, 0.0), down, across)


def _on_lattice(frequency: np.ndarray) -> np.ndarray:
    """Where the blocks of a strongly compressed JPEG stand in the spectrum: at multiples of an eighth."""
    eighths = frequency * 8
    return np.asarray(np.abs(eighths - np.round(eighths)) < _LATTICE_WIDTH)


def _mean_of_peaks(above: np.ndarray, down: np.ndarray, across: np.ndarray) -> float:
    """`above`: the log spectrum over its surroundings; `down` and `across`: its axes, in cycles per pixel."""
    above = above.copy()
    peaks: list[float] = []
    while len(peaks) < _STRONGEST:
        row, column = np.unravel_index(int(above.argmax()), above.shape)
        height, ray = float(above[row, column]), (float(down[row, 0]), float(across[0, column]))
        if height > 0 and _along(above, ray) > _OF_A_RIDGE * height:
            above[np.abs(down * ray[1] - across * ray[0]) < _RIDGE_WIDTH * np.hypot(*ray)] = 0.0
            continue
        peaks.append(height)
        above[max(0, row - 4) : row + 5, max(0, column - 4) : column + 5] = 0.0
    return sum(peaks) / len(peaks)


def _along(above: np.ndarray, ray: tuple[float, float]) -> float:
    """The median on the ray from the middle through a peak, in front of the peak and behind it.

    A grid's peak stands alone there. A straight line in the picture, as of a crease or a copier's drum, has its energy
    all along the ray.
    """
    size = np.array(above.shape)
    near = np.linspace(1 / _RIDGE_REACH, _RIDGE_REACH, 65)[:, None] * np.array(ray)
    away = np.hypot(*near.T)
    near = near[(away > _BAND[0]) & (away < _BAND[1]) & (np.abs(away - np.hypot(*ray)) > _RIDGE_WIDTH)]
    rows, columns = (np.round(near * size).astype(int) + size // 2).T
    return float(np.median(above[rows, columns])) if len(near) else 0.0


def _middle(page: Page, text: Text) -> Pixels:
    middle_x, middle_y = page.width / 2, page.height / 2
    if text.lines:
        area = around([line.box for line in text.lines])
        straight = np.array([[(area.left + area.right) / 2, area.middle]])
        middle_x, middle_y = text.frame.to_page(straight)[0]
    size = min(_TILE, page.width, page.height)
    left = int(np.clip(middle_x - size / 2, 0, page.width - size))
    top = int(np.clip(middle_y - size / 2, 0, page.height - size))
    return page.tile(left, top, size)
