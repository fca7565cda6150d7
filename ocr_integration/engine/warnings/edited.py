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

# Coarser files hide what came before them...
_MIN_QUALITY = 78
# ...and only from here on is a file without a trace taken for what a camera saved: applications that pass a picture on
# make it smaller and save it coarser, which leaves no trace to find either.
_OWN_QUALITY = 93
# An odd first quality still dips at its even neighbours.
_QUALITIES = tuple(range(46, 96, 2))
# Every JPEG dips at its own quality: look only this far below it.
_BELOW_OWN = 6
# A dip is measured against the mean of the points this many steps away on both sides.
_NEIGHBOURS = 3
# The card as a whole remembers an older quality when its dip (log of the difference) is this deep...
_CARD_DIP = -0.45
# ...and a box does not when it lacks this share of the dip; boxes merely worse lit lack up to two thirds of it.
_BOX_LACKS = 0.75
# In heights; a piece of fewer blocks says too little.
_PIECE, _MOST_PIECES, _FEWEST_BLOCKS = 3.0, 8, 60
_BLOCK = 8
# Blocks side by side in the mosaic, and as many as one box is judged by.
_MOSAIC = 64
_MOST_BLOCKS = 1200

# The luminance table of the JPEG standard (annex K), whose scaling the usual encoders call quality.
_STANDARD_SUM = 3681

Changes = NDArray[np.float32]


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
    mosaic, boxes = _mosaic(luminance, stored + [piece for quad in stored for piece in _pieces(quad)])
    qualities = [each for each in _QUALITIES if each <= quality + 2 * _NEIGHBOURS - _BELOW_OWN]
    changes = [_changes(mosaic, each) for each in qualities]
    return _verdict(boxes, changes, qualities, quality)


def _as_stored(quad: NDArray[np.float64], page: Page) -> NDArray[np.float64]:
    """The quad in the file's own pixels, before EXIF turned them."""
    x, y = quad[:, 0], quad[:, 1]
    across, down = page.width - 1 - x, page.height - 1 - y
    pairs = {1: (x, y), 2: (across, y), 3: (across, down), 4: (x, down)}
    pairs |= {5: (y, x), 6: (y, across), 7: (down, across), 8: (down, x)}
    return np.stack(pairs[page.orientation], axis=1)


def _pieces(quad: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """A long box in pieces three heights long: what was put in may be the end of a line only."""
    length, height = float(np.linalg.norm(quad[1] - quad[0])), float(np.linalg.norm(quad[3] - quad[0]))
    many = min(_MOST_PIECES, round(length / (_PIECE * height))) if height else 1
    if many < 2 or length / many * height < _FEWEST_BLOCKS * _BLOCK**2:
        return []
    steps = np.linspace(0, 1, many + 1)[:, None]
    top, bottom = quad[0] + (quad[1] - quad[0]) * steps, quad[3] + (quad[2] - quad[3]) * steps
    return [np.stack([top[at], top[at + 1], bottom[at + 1], bottom[at]]) for at in range(many)]


def _mosaic(luminance: Pixels, quads: list[NDArray[np.float64]]) -> tuple[Pixels, list[NDArray[np.intp]]]:
    """The file's blocks under the quads laid side by side, and for each quad which of them are its own.

    Blocks of a grey picture are saved each by itself, so the rest of the picture need not be saved again.
    """
    rows, columns = (side // _BLOCK for side in luminance.shape[:2])
    places = [each for each in (_places(quad, rows, columns) for quad in quads) if len(each)]
    if not places:
        return np.zeros((_BLOCK, _BLOCK), dtype=np.uint8), []
    used, own = np.unique(np.concatenate(places), return_inverse=True)
    blocks = luminance[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK)
    taken = blocks[used // columns, :, used % columns]
    missing = -len(taken) % _MOSAIC
    padded = np.concatenate([taken, np.repeat(taken[-1:], missing, axis=0)])
    laid = padded.reshape(-1, _MOSAIC, _BLOCK, _BLOCK).transpose(0, 2, 1, 3).reshape(-1, _MOSAIC * _BLOCK)
    ends = np.cumsum([len(each) for each in places])
    return np.ascontiguousarray(laid), np.split(own.reshape(-1), ends[:-1])


def _places(quad: NDArray[np.float64], rows: int, columns: int) -> NDArray[np.intp]:
    """The blocks inside a quad, numbered along the rows; of a large one only as many as are needed."""
    on_blocks = np.round(quad / _BLOCK - 0.5).astype(np.int32)
    low = np.maximum(on_blocks.min(axis=0), 0)
    high = np.minimum(on_blocks.max(axis=0), (columns - 1, rows - 1))
    if (high < low).any():
        return np.zeros(0, dtype=np.intp)
    mask = np.zeros((high[1] - low[1] + 1, high[0] - low[0] + 1), dtype=np.uint8)
    cv2.fillPoly(mask, [on_blocks - low], 1)
    down, across = np.nonzero(mask)
    every = 1 + len(down) // _MOST_BLOCKS
    return np.asarray((down[::every] + low[1]) * columns + across[::every] + low[0], dtype=np.intp)


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


def _changes(mosaic: Pixels, quality: int) -> Changes:
    """Mean absolute difference of each block after saving once more."""
    saved = cv2.imencode(".jpg", mosaic, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    again = np.asarray(cv2.imdecode(saved, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
    change = cv2.absdiff(mosaic, again)
    size = change.shape[1] // _BLOCK, change.shape[0] // _BLOCK
    return np.asarray(cv2.resize(change.astype(np.float32), size, interpolation=cv2.INTER_AREA).reshape(-1))


def _verdict(boxes: list[NDArray[np.intp]], changes: list[Changes], qualities: list[int], quality: int) -> bool | None:
    """True: a box lacks the card's memory of an older save. False: no such memory in a file as a camera saves it.

    None: all boxes share the memory, or the file was saved so that there is none to find.
    """
    allowed = [index for index, each in enumerate(qualities) if each <= quality - _BELOW_OWN]
    allowed = [index for index in allowed if _NEIGHBOURS <= index < len(qualities) - _NEIGHBOURS]
    if not allowed or not boxes:
        return None
    depths = _dips(changes, np.concatenate(boxes))
    strongest = min(allowed, key=lambda index: depths[index])
    depth = depths[strongest]
    if depth > _CARD_DIP:
        return False if quality >= _OWN_QUALITY else None
    lacking = [_dips(changes, box)[strongest] > (1 - _BOX_LACKS) * depth for box in boxes]
    return True if any(lacking) else None


def _dips(changes: list[Changes], blocks: NDArray[np.intp]) -> NDArray[np.float64]:
    """How far the area's difference at each quality lies below that of its neighbours (log)."""
    curve = np.log(np.array([each[blocks].mean() for each in changes]) + 0.05)
    dips = np.zeros_like(curve)
    step = _NEIGHBOURS
    dips[step:-step] = curve[step:-step] - (curve[: -2 * step] + curve[2 * step :]) / 2
    return dips
