"""From a file's bytes to an upright page of pixels, and the turn between page and reading direction.

Coordinates: "page" is pixels of the picture as its EXIF orientation shows it; "straight" is the page turned so
that the card's text runs left to right. Both have y growing downwards.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ocr_integration.engine.errors import UnreadableImageError

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]
Corner = tuple[float, float]

# Pictures are halved while their longer side stays this long (pixels).
_SMALLEST_HALF = 1000
# A JPEG whose half still has this longer side is decoded at that half (or quarter): no card in it is read better from
# more, and a picture of 50 megapixels would take 150 MB a copy. What needs every pixel asks for a tile.
_ENOUGH_TO_READ = 2800
# From this many pixels on a decoded picture and its copies take 50 MB and more.
_LARGE = 6_000_000


@dataclass(frozen=True, slots=True)
class Page:
    """A decoded picture: `pixels` BGR upright, `data` the file's own bytes, `orientation` its EXIF value 1-8.

    `width` and `height` are the picture's own, upright; `pixels` have `scale` of that. `halved` holds them at a half, a
    quarter and so on of their size, down to about a screen's.
    """

    pixels: Pixels
    data: bytes
    file_format: str
    orientation: int
    width: int
    height: int
    scale: float = 1.0
    halved: tuple[Pixels, ...] = ()

    def reduced(self, scale: float) -> tuple[Pixels, float]:
        """The smallest of the halved pictures that still has `scale` of the page's size, and its own scale."""
        steps = int(np.clip(np.floor(-np.log2(scale / self.scale) + 0.02), 0, len(self.halved)))
        return (self.halved[steps - 1] if steps else self.pixels), self.scale * 0.5**steps

    def tile(self, left: int, top: int, size: int) -> Pixels:
        """A square of the picture's own pixels, grey; where they were not kept the file is decoded for it once more."""
        if self.scale == 1.0:
            grey = cv2.cvtColor(self.pixels[top : top + size, left : left + size], cv2.COLOR_BGR2GRAY)
            return np.asarray(grey, dtype=np.uint8)
        with Image.open(io.BytesIO(self.data)) as picture:
            picture.draft("L", picture.size)
            upright = _upright(np.asarray(picture.convert("L")), self.orientation)
            return np.ascontiguousarray(upright[top : top + size, left : left + size])


def is_large(data: bytes) -> bool:
    """Whether a picture weighs so much when decoded that one at a time is enough; not of bytes that are no picture."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as picture:
            return picture.size[0] * picture.size[1] > _LARGE
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False


def decode(data: bytes) -> Page:
    """Return the upright page; UnreadableImageError when the bytes are no whole JPEG or PNG."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as picture:
            file_format = picture.format or ""
            orientation = int(picture.getexif().get(0x0112, 1) or 1)
            across, down = picture.size
            if file_format == "JPEG":
                _decode_less(picture)
            stored = np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as broken:
        raise UnreadableImageError("the picture cannot be decoded") from broken
    known = orientation if 1 <= orientation <= 8 else 1
    pixels = np.asarray(cv2.cvtColor(stored, cv2.COLOR_RGB2BGR), dtype=np.uint8)
    scale = max(stored.shape[:2]) / max(across, down)
    del stored
    upright = np.ascontiguousarray(_upright(pixels, known))
    width, height = (down, across) if known > 4 else (across, down)
    return Page(upright, data, file_format, known, width, height, scale, halved(upright))


def _decode_less(picture: Image.Image) -> None:
    """Have a large JPEG decoded at a half, a quarter or an eighth, which costs less time as well as memory."""
    part = 1
    while part < 8 and max(picture.size) / (2 * part) >= _ENOUGH_TO_READ:
        part *= 2
    if part > 1:
        picture.draft("RGB", (-(-picture.size[0] // part), -(-picture.size[1] // part)))


def _upright(pixels: Pixels, orientation: int) -> Pixels:
    """Turned as EXIF says, 1-8; a view of the same memory."""
    turned = pixels.swapaxes(0, 1) if orientation > 4 else pixels
    rows = slice(None, None, -1) if orientation in (3, 4, 7, 8) else slice(None)
    columns = slice(None, None, -1) if orientation in (2, 3, 6, 7) else slice(None)
    return turned[rows, columns]


def halved(pixels: Pixels) -> tuple[Pixels, ...]:
    """The pixels at a half, a quarter and so on of their size, down to about a screen's."""
    halves: list[Pixels] = []
    while max(pixels.shape[:2]) >= 2 * _SMALLEST_HALF:
        size = pixels.shape[1] // 2, pixels.shape[0] // 2
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        halves.append(pixels)
    return tuple(halves)


# Ink leaves less than this of the paper's brightness; what keeps more than the second is no ink but laid over it.
_INK, _OVERLAY = 0.4, 0.62
# The paper's brightness is looked for over this many pixels of a picture reduced to a screen's size.
_PAPER_REACH = 41
# For each share of the paper's light that is kept (of 255) how light it is shown.
_LIGHT = (np.clip((np.arange(256) / 255 - _INK) / (_OVERLAY - _INK), 0, 1) * 255).astype(np.uint8)


def without_overlay(page: Page) -> Page:
    """The page with print alone: what is laid over it in a colour or thinly, such as a watermark, becomes paper.

    The brightest channel hides coloured marks; what is left is told from ink by how much of the paper's light it keeps.
    """
    bright = page.pixels.max(axis=2)
    shrink = min(1.0, _SMALLEST_HALF / max(bright.shape))
    small = cv2.resize(bright, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    paper = cv2.GaussianBlur(cv2.dilate(small, np.ones((9, 9), np.uint8)), (_PAPER_REACH, _PAPER_REACH), 0)
    paper = cv2.resize(paper, (bright.shape[1], bright.shape[0]), interpolation=cv2.INTER_LINEAR)
    kept = cv2.divide(bright, np.maximum(paper, 1), scale=255)
    light = cv2.LUT(kept, _LIGHT)
    pixels = np.asarray(cv2.cvtColor(light, cv2.COLOR_GRAY2BGR), dtype=np.uint8)
    return replace(page, pixels=pixels, halved=halved(pixels))


# Degrees.
_SAME_DIRECTION = 3.0


@dataclass(frozen=True, slots=True)
class Frame:
    """The reading direction: `angle` is the text's direction on the page in radians, y downwards."""

    angle: float

    def to_straight(self, points: Points) -> Points:
        return np.asarray(points @ self._turn(), dtype=np.float64)

    def to_page(self, points: Points) -> Points:
        return np.asarray(points @ self._turn().T, dtype=np.float64)

    def is_near(self, other: Frame) -> bool:
        """Whether text of the two directions is read as one, either way up."""
        return abs(float(np.sin(self.angle - other.angle))) < np.sin(np.radians(_SAME_DIRECTION))

    def _turn(self) -> Points:
        cosine, sine = np.cos(self.angle), np.sin(self.angle)
        return np.array([[cosine, -sine], [sine, cosine]])


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle in straight coordinates: left, top, right, bottom in page-sized pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """The vertical middle."""
        return (self.top + self.bottom) / 2

    def grown(self, sideways: float, upright: float) -> Box:
        return Box(self.left - sideways, self.top - upright, self.right + sideways, self.bottom + upright)

    def shared(self, other: Box) -> float:
        """How much of what the two cover together both cover (0-1)."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        both = max(0.0, across) * max(0.0, down)
        return both / max(self.width * self.height + other.width * other.height - both, 1e-9)

    def holds(self, other: Box) -> bool:
        """Whether the other box's middle lies inside."""
        across = (other.left + other.right) / 2
        return self.left <= across <= self.right and self.top <= other.middle <= self.bottom

    def corners(self) -> Points:
        return np.array(
            [
                [self.left, self.top],
                [self.right, self.top],
                [self.right, self.bottom],
                [self.left, self.bottom],
            ]
        )


def bounds(points: Points) -> Box:
    """The smallest upright box around points (n x 2)."""
    left, top = points.min(axis=0)
    right, bottom = points.max(axis=0)
    return Box(float(left), float(top), float(right), float(bottom))


def around(boxes: list[Box]) -> Box:
    """The smallest box around all of `boxes`, of which there must be one."""
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )


def cut(page: Page, quad: Points, *, width: int, height: int) -> Pixels:
    """Warp the page's quadrilateral (4 x 2, from its top left clockwise) to width x height pixels."""
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    across = max(float(np.linalg.norm(quad[1] - quad[0])), float(np.linalg.norm(quad[2] - quad[3])), 1.0)
    pixels, scale = page.reduced(width / across)
    turn = cv2.getPerspectiveTransform((quad * scale).astype(np.float32), target)
    warped = cv2.warpPerspective(pixels, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, dtype=np.uint8)


def corners_on_page(page: Page, frame: Frame, box: Box) -> tuple[Corner, Corner, Corner, Corner]:
    """The corners (x, y) of a straight box on the page, from its top left clockwise, kept inside the page."""
    points = np.clip(frame.to_page(box.corners()), (0, 0), (page.width, page.height))
    first, second, third, fourth = ((round(float(x), 1), round(float(y), 1)) for x, y in points)
    return first, second, third, fourth


def cut_box(page: Page, frame: Frame, box: Box, *, scale: float = 1.0) -> Pixels:
    """Cut a straight box out of the page, `scale` output pixels per page pixel."""
    width, height = max(2, round(box.width * scale)), max(2, round(box.height * scale))
    return cut(page, frame.to_page(box.corners()), width=width, height=height)
