"""Which side of a Hong Kong or Macao permit lies on a photo: its three machine-readable lines, or its portrait.

Only where the card was found for certain and laid level; everything else is left to the reading. `static/js/sides.js`
does the same in the browser. Bounds: docs/photo-faults.md.
"""

from __future__ import annotations

from PIL import Image, ImageChops, ImageFilter, ImageStat

from kyc_portal.submissions.pictures import framing
from ocr_integration.contract import Side

_SIZE = (320, 202)
# Ink is darker than what lies around it by more than this.
_INK = 10
# Columns in which a line is looked for, without the first and last; a column is inked from this level of 255.
_COLUMNS = 20
_INKED = 10
_LINES = 3
# Between two lines a row has ink in no more columns than this.
_BARE = 6
# Lines of the back reach across 15 to 18 of 18 columns; the third longest of a front across 12 at most, mostly 8.
_BACK_FROM = 17
_FRONT_UP_TO = 9
# Where a front has its portrait, in cells of 32 by 20; how much it varies there: fronts 31 and more, backs 21 at most.
_PORTRAIT = (2, 4, 10, 16)
_PORTRAIT_FROM = 30
_TOUCHING = 0.3
# A scan has no ground: all of it is the card where it is as long for its height.
_SCAN = (1.45, 1.75)


def shows_the_other(grey: Image.Image, *, side: str) -> bool:
    """Whether the photo shows the other side of the card than `side`, for certain."""
    card = framing.straightened(grey, _SIZE, touching=_TOUCHING)
    if card is None and _SCAN[0] <= grey.width / grey.height <= _SCAN[1]:
        card = grey.resize(_SIZE, Image.Resampling.BOX)
    if card is None:
        return False
    if side == Side.FRONT:
        return _reach_of_lines(card) >= _BACK_FROM
    return _reach_of_lines(card) <= _FRONT_UP_TO and _portrait(card) >= _PORTRAIT_FROM


def _reach_of_lines(card: Image.Image) -> int:
    """Across how many columns the third longest line of the upper or lower half reaches, whichever way up it lies."""
    ink = ImageChops.subtract(card.filter(ImageFilter.BoxBlur(6)), card).point([255 * (at > _INK) for at in range(256)])
    width, height = _COLUMNS - 2, _SIZE[1]
    spread = ink.resize((_COLUMNS, height), Image.Resampling.BOX).crop((1, 0, _COLUMNS - 1, height)).tobytes()
    rows = [sum(value > _INKED for value in spread[y * width : (y + 1) * width]) for y in range(height)]
    halves = rows[height // 2 :], rows[: height // 2]
    return max((reach for reach in range(width, 0, -1) for half in halves if _bands(half, reach) >= _LINES), default=0)


def _bands(rows: list[int], reach: int) -> int:
    """How many runs of at least two rows reach so far, between rows that are nearly bare: lines, and no texture."""
    bands, run, is_apart = 0, 0, True
    for each in [*rows, 0]:
        if each >= reach:
            run += 1
            continue
        if run >= 2 and is_apart:
            bands, is_apart = bands + 1, False
        run = 0
        is_apart = is_apart or each <= _BARE
    return bands


def _portrait(card: Image.Image) -> float:
    """How much the card varies where a front has its portrait, whichever way up it lies."""
    ways = card, card.transpose(Image.Transpose.ROTATE_180)
    return max(ImageStat.Stat(way.resize((32, 20), Image.Resampling.BOX).crop(_PORTRAIT)).stddev[0] for way in ways)
