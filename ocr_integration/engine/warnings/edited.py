"""-9104 by compression history: a JPEG ghost. A picture saved, changed and saved again remembers its first
quality everywhere but where it was changed; saving it once more at that quality brings the difference out.

Needs the uploaded file's own bytes: one re-encoding on the way erases the trace, and then the answer is None.
"""

from __future__ import annotations

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from ocr_integration.engine.lines import Text
from ocr_integration.engine.page import Page, Pixels

# Coarser files hide what came before them.
_MIN_QUALITY = 78
_QUALITIES = tuple(range(40, 92, 3))
# Every JPEG dips at its own quality: look only this far below it.
_BELOW_OWN = 8
_NEIGHBOURS = 2
_CARD_DIP = -0.5
_BOX_LACKS = 0.6
_BLOCK = 8

# The luminance table of the JPEG standard (annex K), whose scaling the usual encoders call quality.
_STANDARD_SUM = 3681

Map = NDArray[np.float32]


def is_edited(page: Page, text: Text) -> bool | None:
    """Whether some text box lacks the compression history of the rest; None where history tells nothing."""
    quality = file_quality(page.data)
    if page.file_format != "JPEG" or quality is None or quality < _MIN_QUALITY:
        return None
    luminance = _luminance(page.data)
    qualities = [each for each in _QUALITIES if each <= quality - _BELOW_OWN + 3 * _NEIGHBOURS]
    maps = [_difference(luminance, each) for each in qualities]
    return _verdict(page, text, maps, qualities, quality)


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
    height, width = (side // _BLOCK * _BLOCK for side in luminance.shape)
    change = cv2.absdiff(luminance, again)[:height, :width].astype(np.float32)
    blocks = cv2.resize(change, (width // _BLOCK, height // _BLOCK), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(blocks, (0, 0), 1.5), dtype=np.float32)


def _verdict(page: Page, text: Text, maps: list[Map], qualities: list[int], quality: int) -> bool | None:
    turned = [_as_page(each, page.orientation) for each in maps]
    boxes = [_on_map(line.quad, turned[0].shape) for line in text.lines]
    boxes = [box for box in boxes if box.any()]
    if not boxes:
        return None
    card = np.any(boxes, axis=0)
    whole = np.log(np.array([each[card].mean() for each in turned]) + 0.05)
    depths = _dips(whole)
    allowed = [index for index, each in enumerate(qualities) if each <= quality - _BELOW_OWN]
    allowed = [index for index in allowed if _NEIGHBOURS <= index < len(qualities) - _NEIGHBOURS]
    if not allowed:
        return None
    strongest = min(allowed, key=lambda index: depths[index])
    if depths[strongest] > _CARD_DIP:
        return False
    for box in boxes:
        own = np.log(np.array([each[box].mean() for each in turned]) + 0.05)
        if _dips(own)[strongest] - depths[strongest] > _BOX_LACKS:
            return True
    return None


def _dips(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each point lies below the mean of its neighbours two steps away on both sides."""
    dips = np.zeros_like(curve)
    step = _NEIGHBOURS
    dips[step:-step] = curve[step:-step] - (curve[: -2 * step] + curve[2 * step :]) / 2
    return dips


def _as_page(blocks: Map, orientation: int) -> Map:
    """Turn a map of the stored picture as EXIF turns the picture."""
    picture = Image.fromarray(blocks)
    exif = picture.getexif()
    exif[0x0112] = orientation
    return np.asarray(ImageOps.exif_transpose(picture), dtype=np.float32)


def _on_map(quad: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    mask = np.zeros(shape, dtype=np.uint8)
    cv2.fillPoly(mask, [np.round(quad / _BLOCK - 0.5).astype(np.int32)], 1)
    return mask.astype(bool)
