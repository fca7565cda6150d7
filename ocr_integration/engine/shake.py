"""A hand's shake, found and undone: what a picture that is blurred in one direction shows had the hand been still.

That there is one shows in the edges, which are weak along the shake alone. How long it is and where it goes shows in
the cepstrum: blurring lays stripes over the spectrum, and the spectrum of these has a dip where the blur ends (Rom,
1975). It is undone by Wiener's filter. Print comes out legible, with ripples beside it: good to read, and evidence of
nothing.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_integration.engine.page import Page, Pixels, halved

Plane = NDArray[np.float32]

# Edges across the shake are stronger than those along it by this much (energy). Drawn cards in still pictures have
# 1.0 to 1.5, those shaken over 13 pixels 2.0 and more.
_MIN_ONE_SIDED = 1.8
# Print has dips of its own; the shake's is not farther (radians) from the direction in which edges are weakest.
_MOST_ASIDE = 0.35
# Lengths that are looked for, in pixels: below is no blur that hurts, above nothing is left to read.
_LENGTHS = (5.0, 40.0)
# Longer side, in pixels, at which print that was shaken is read as well as it can be.
_ENOUGH = 1600
_TILE = 256
# Tiles with the most contrast; further ones add time and no certainty.
_MOST_TILES = 24
# Noise to signal: the filter lifts nothing that is weaker than this.
_NOISE = 0.01
# Pixels that the picture is continued by on each side, so that its borders do not ripple into it.
_BORDER = 64


def steadied(page: Page) -> Page | None:
    """The page, grey, as a still hand would have taken it; None where no shake shows.

    A large page comes back at a half or a quarter: what a shake left of it is no finer.
    """
    seen, scale = page.reduced(min(page.scale, _ENOUGH / max(page.width, page.height)))
    grey = np.asarray(cv2.cvtColor(seen, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    shake = find_shake(grey)
    if shake is None:
        return None
    still = _unblurred(grey, _trace(*shake))
    pixels = np.asarray(cv2.cvtColor(still, cv2.COLOR_GRAY2BGR), dtype=np.uint8)
    return replace(page, pixels=pixels, scale=scale, halved=halved(pixels))


def find_shake(grey: Pixels) -> tuple[float, float] | None:
    """(length in pixels, direction in radians, y down) of the shake; None where there is none to be seen."""
    if min(grey.shape) < _TILE:
        return None
    one_sidedness, direction = _edges(grey)
    if one_sidedness < _MIN_ONE_SIDED:
        return None
    y, x = np.mgrid[-_TILE // 2 : _TILE // 2, -_TILE // 2 : _TILE // 2]
    away, aside = np.hypot(y, x), np.abs(np.sin(np.arctan2(y, x) - direction))
    shortest, longest = _LENGTHS
    may_be = (away >= shortest) & (away <= longest) & (aside < np.sin(_MOST_ASIDE))
    dip = int(np.argmin(np.where(may_be, _cepstrum(grey), np.inf)))
    return float(away.flat[dip]), float(np.arctan2(y.flat[dip], x.flat[dip]))


def _edges(grey: Pixels) -> tuple[float, float]:
    """How much stronger edges are (energy) across the direction in which they are weakest, and that direction."""
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    mixed = float((across * down).mean())
    energies, directions = np.linalg.eigh(
        [[float((across * across).mean()), mixed], [mixed, float((down * down).mean())]]
    )
    x, y = directions[:, 0]
    return float(energies[1] / max(energies[0], 1e-6)), float(np.arctan2(y, x))


def _cepstrum(grey: Pixels) -> NDArray[np.float64]:
    """Of the liveliest tiles together, its origin in the middle."""
    starts = [
        (y, x)
        for y in range(0, grey.shape[0] - _TILE + 1, _TILE // 2)
        for x in range(0, grey.shape[1] - _TILE + 1, _TILE // 2)
    ]
    tiles = sorted((grey[y : y + _TILE, x : x + _TILE] for y, x in starts), key=lambda tile: -float(tile.std()))
    window = np.outer(np.hanning(_TILE), np.hanning(_TILE))
    spectrum = np.zeros((_TILE, _TILE))
    for tile in tiles[:_MOST_TILES]:
        spectrum += np.log(np.abs(np.fft.fft2((tile - tile.mean()) * window)) ** 2 + 1)
    return np.asarray(np.fft.fftshift(np.fft.ifft2(spectrum).real), dtype=np.float64)


def _trace(length: float, angle: float) -> Plane:
    """What the shake makes of a single point: a line through the middle, its weights 1 in all."""
    size = (int(np.ceil(length)) | 1) + 2
    trace, middle = np.zeros((size, size), np.float32), (size - 1) / 2
    for step in np.linspace(-length / 2, length / 2, int(length * 8)):
        y, x = middle + step * np.sin(angle), middle + step * np.cos(angle)
        top, left = int(y), int(x)
        down, across = y - top, x - left
        trace[top, left] += (1 - down) * (1 - across)
        trace[top, left + 1] += (1 - down) * across
        trace[top + 1, left] += down * (1 - across)
        trace[top + 1, left + 1] += down * across
    return np.asarray(trace / trace.sum(), dtype=np.float32)


def _unblurred(grey: Pixels, trace: Plane) -> Pixels:
    height, width = grey.shape
    full = [cv2.getOptimalDFTSize(length + 2 * _BORDER) for length in (height, width)]
    below, beside = full[0] - height - _BORDER, full[1] - width - _BORDER
    continued = cv2.copyMakeBorder(grey, _BORDER, below, _BORDER, beside, cv2.BORDER_REFLECT).astype(np.float32)
    blur = np.zeros(full, np.float32)
    blur[: trace.shape[0], : trace.shape[1]] = trace
    blur = np.roll(blur, (-(trace.shape[0] // 2), -(trace.shape[1] // 2)), (0, 1))
    seen, blurring = np.fft.rfft2(continued), np.fft.rfft2(blur)
    still = seen * blurring.conj() / (np.abs(blurring) ** 2 + np.float32(_NOISE))
    pixels = np.fft.irfft2(still, s=full)
    cut = pixels[_BORDER : _BORDER + height, _BORDER : _BORDER + width]
    return np.asarray(np.clip(cut, 0, 255), dtype=np.uint8)
