"""-9104 by compression history: a JPEG ghost. A picture saved, changed and saved again remembers its first
quality everywhere but where it was changed; saving it once more at that quality brings the difference out.

Needs the uploaded file's own bytes: one re-encoding on the way erases the trace, and then the answer is None.
"""

from __future__ import annotations

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ocr_integration.engine.lines import Text
from ocr_integration.engine.page import Page, Pixels
from ocr_integration.engine.portrait import Portrait

# Coarser files hide what came before them.
_MIN_QUALITY = 78
# An odd first quality still dips at its even neighbours.
_QUALITIES = tuple(range(46, 96, 2))
# Every JPEG dips at its own quality: look only this far below it.
_BELOW_OWN = 6
# A dip is measured against the mean of the points this many steps away on both sides.
_NEIGHBOURS = 3
# The card as a whole remembers an older quality when its dip (log of the difference) is this deep...
_CARD_DIP = -0.45
# ...and a box does not when it lacks this share of the dip; boxes merely worse lit lack up to half of it.
_BOX_LACKS = 0.75
_BLOCK = 8
# Pixels kept around the text, so that blurring and block borders come out as in the whole picture.
_MARGIN = 48

# The luminance table of the JPEG standard (annex K), whose scaling the usual encoders call quality.
_STANDARD_SUM = 3681

Map = NDArray[np.float32]


def is_edited(page: Page, text: Text, portrait: Portrait | None) -> bool | None:
    """Whether some text box lacks the compression history of the rest; None where history tells nothing."""
    quality = file_quality(page.data)
    if page.file_format != "JPEG" or quality is None or quality < _MIN_QUALITY:
        return None
    luminance = _luminance(page.data)
    stored = [_as_stored(line.quad, page) for line in text.lines]
    if not stored:
        return None
    if portrait is not None:
        stored.append(_as_stored(text.frame.to_page(portrait.box.corners()), page))
    left, top, right, bottom = _block_bounds(stored, luminance.shape)
    qualities = [each for each in _QUALITIES if each <= quality + 2 * _NEIGHBOURS - _BELOW_OWN]
    maps = [_difference(luminance[top:bottom, left:right], each) for each in qualities]
    boxes = [_on_map(quad - (left, top), maps[0].shape) for quad in stored]
    return _verdict([box for box in boxes if box.any()], maps, qualities, quality)


def _as_stored(quad: NDArray[np.float64], page: Page) -> NDArray[np.float64]:
    """The quad in the file's own pixels, before EXIF turned them."""
    x, y = quad[:, 0], quad[:, 1]
    across, down = page.width - 1 - x, page.height - 1 - y
    pairs = {1: (x, y), 2: (across, y), 3: (across, down), 4: (x, down)}
    pairs |= {5: (y, x), 6: (y, across), 7: (down, across), 8: (down, x)}
    return np.stack(pairs[page.orientation], axis=1)


def _block_bounds(quads: list[NDArray[np.float64]], shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """The area of the text with a margin, on the borders of the file's blocks."""
    points = np.concatenate(quads)
    left, top = (max(0, int(low) - _MARGIN) // (2 * _BLOCK) * (2 * _BLOCK) for low in points.min(axis=0))
    right, bottom = (int(high) + _MARGIN for high in points.max(axis=0))
    return left, top, min(shape[1], right), min(shape[0], bottom)


def file_quality(data: bytes) -> int | None:
    """The file's quality 1-100 as its luminance quantisation table tells; None when it has none."""
    with Image.open(io.BytesIO(data)) as picture:
        tables = getattr(picture, "quantization", None)
    if not tables or 0 not in tables:
        return None
    scale = 100 * sum(tables[0]) / _STANDARD_SUM
    return round((200 - scale) / 2 if scale <= 100 else 5000 / scale)


def _luminance(data: bytes) -> Pixels:
    """The stored luminance, unturned: block borders must stay where the file has them."""
    with Image.open(io.BytesIO(data)) as picture:
        picture.draft("L", picture.size)
        return np.asarray(picture.convert("L"), dtype=np.uint8)


def _difference(luminance: Pixels, quality: int) -> Map:
    """Mean absolute difference per block after saving once more, blurred over neighbouring blocks."""
    saved = cv2.imencode(".jpg", luminance, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    again = np.asarray(cv2.imdecode(saved, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
    height, width = (side // _BLOCK * _BLOCK for side in luminance.shape[:2])
    change = cv2.absdiff(luminance, again)[:height, :width].astype(np.float32)
    blocks = cv2.resize(change, (width // _BLOCK, height // _BLOCK), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(blocks, (0, 0), 1.5), dtype=np.float32)


def _verdict(boxes: list[NDArray[np.bool_]], maps: list[Map], qualities: list[int], quality: int) -> bool | None:
    """True: a box lacks the card's memory of an older save. False: there is no such memory. None: all share it."""
    allowed = [index for index, each in enumerate(qualities) if each <= quality - _BELOW_OWN]
    allowed = [index for index in allowed if _NEIGHBOURS <= index < len(qualities) - _NEIGHBOURS]
    if not allowed or not boxes:
        return None
    depths = _dips(maps, np.any(boxes, axis=0))
    strongest = min(allowed, key=lambda index: depths[index])
    depth = depths[strongest]
    if depth > _CARD_DIP:
        return False
    lacking = [_dips(maps, box)[strongest] > (1 - _BOX_LACKS) * depth for box in boxes]
    return True if any(lacking) else None


def _dips(maps: list[Map], area: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How far the area's difference at each quality lies below that of its neighbours (log)."""
    curve = np.log(np.array([each[area].mean() for each in maps]) + 0.05)
    dips = np.zeros_like(curve)
    step = _NEIGHBOURS
    dips[step:-step] = curve[step:-step] - (curve[: -2 * step] + curve[2 * step :]) / 2
    return dips


def _on_map(quad: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    mask = np.zeros(shape, dtype=np.uint8)
    cv2.fillPoly(mask, [np.round(quad / _BLOCK - 0.5).astype(np.int32)], 1)
    return mask.astype(bool)
