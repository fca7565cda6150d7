"""The holder's portrait: find the face on the upright card, and cut the photo around it at 3:4."""

from __future__ import annotations

from dataclasses import dataclass

import cv2

from ocr_integration.engine.faces import find_faces
from ocr_integration.engine.lines import Text
from ocr_integration.engine.page import Box, Page, Pixels, around, cut_box

# The detector is quickest and best near this size of card, and wants upright faces.
_SEARCH_SIDE = 360
# An identity photo is 3:4 with the face taking a bit over half its height, a little above the middle.
_PHOTO_PER_FACE = 1.75
_ABOVE_FACE = 0.38
_PROFILE_HEIGHT = 480


@dataclass(frozen=True, slots=True)
class Portrait:
    """Where the photo stands, in straight coordinates, and its pixels (BGR)."""

    box: Box
    pixels: Pixels

    def jpeg(self) -> bytes:
        """The photo as JPEG bytes, at most 480 pixels high."""
        shrink = min(1.0, _PROFILE_HEIGHT / self.pixels.shape[0])
        small = cv2.resize(self.pixels, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        return bytes(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 92])[1])


def find_portrait(page: Page, text: Text) -> Portrait | None:
    """The largest face near the text of those the detector is sure of, as a 3:4 photo; None when there is none."""
    area = _search_area(text)
    scale = min(1.0, _SEARCH_SIDE / max(area.width, area.height))
    card = cut_box(page, text.frame, area, scale=scale)
    faces = find_faces(card)
    if not faces:
        return None
    # Characters and the ghost of the photo pass for faces too, with a third of the surety at most.
    surest = max(face.surety for face in faces)
    left, top, face_width, face_height, _surety = max(
        (face for face in faces if 2 * face.surety >= surest), key=lambda face: face.width * face.height
    )
    photo_height = _PHOTO_PER_FACE * max(face_height, face_width * 1.15)
    photo_width = 0.75 * photo_height
    middle = left + face_width / 2
    photo_top = top - _ABOVE_FACE * face_height
    box = Box(
        area.left + (middle - photo_width / 2) / scale,
        area.top + photo_top / scale,
        area.left + (middle + photo_width / 2) / scale,
        area.top + (photo_top + photo_height) / scale,
    )
    return Portrait(box, cut_box(page, text.frame, box))


def _search_area(text: Text) -> Box:
    """The card as the text suggests it: photos stand beside or among the lines, usually to their left."""
    lines = around([line.box for line in text.lines])
    return Box(
        lines.left - 0.5 * lines.width,
        lines.top - 0.2 * lines.height,
        lines.right + 0.3 * lines.width,
        lines.bottom + 0.2 * lines.height,
    )
