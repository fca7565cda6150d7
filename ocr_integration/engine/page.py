"""From a file's bytes to an upright page of pixels, and the turn between page and reading direction.

Coordinates: "page" is pixels of the picture as its EXIF orientation shows it; "straight" is the page turned so
that the card's text runs left to right. Both have y growing downwards.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from ocr_integration.engine.errors import UnreadableImageError

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Page:
    """A decoded picture: `pixels` BGR upright, `data` the file's own bytes, `orientation` its EXIF value 1-8."""

    pixels: Pixels
    data: bytes
    file_format: str
    orientation: int

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])


def decode(data: bytes) -> Page:
    """Return the upright page; UnreadableImageError when the bytes are no whole JPEG or PNG."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as picture:
            file_format = picture.format or ""
            orientation = int(picture.getexif().get(0x0112, 1) or 1)
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as broken:
        raise UnreadableImageError("the picture cannot be decoded") from broken
    pixels = cv2.cvtColor(np.asarray(upright), cv2.COLOR_RGB2BGR)
    known = orientation if 1 <= orientation <= 8 else 1
    return Page(np.asarray(pixels, dtype=np.uint8), data, file_format, known)


@dataclass(frozen=True, slots=True)
class Frame:
    """The reading direction: `angle` is the text's direction on the page in radians, y downwards."""

    angle: float

    def to_straight(self, points: Points) -> Points:
        return np.asarray(points @ self._turn(), dtype=np.float64)

    def to_page(self, points: Points) -> Points:
        return np.asarray(points @ self._turn().T, dtype=np.float64)

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

    def corners(self) -> Points:
        return np.array(
            [
                [self.left, self.top],
                [self.right, self.top],
                [self.right, self.bottom],
                [self.left, self.bottom],
            ]
        )


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
    turn = cv2.getPerspectiveTransform(quad.astype(np.float32), target)
    shrink = np.linalg.norm(quad[1] - quad[0]) / max(width, 1)
    how = cv2.INTER_AREA if shrink > 2 else cv2.INTER_CUBIC
    warped = cv2.warpPerspective(page.pixels, turn, (width, height), flags=how, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, dtype=np.uint8)


def cut_box(page: Page, frame: Frame, box: Box, *, scale: float = 1.0) -> Pixels:
    """Cut a straight box out of the page, `scale` output pixels per page pixel."""
    width, height = max(2, round(box.width * scale)), max(2, round(box.height * scale))
    return cut(page, frame.to_page(box.corners()), width=width, height=height)
