"""By what a picture is known again after it was resized, compressed, turned or cropped. Pure; Pillow only.

Each picture has one to three views: the whole photo lying on its longer side, the same turned where no side is clearly
longer, and the card laid level where one is found. Of each view: 64 bits to look up by, 256 bits to put candidates in
order, and a small relief of 128 by 80 that settles it. Bits are signs of cosine parts, so that turning a picture upside
down flips known ones. Bounds and what they let through: docs/near-same-pictures.md.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import cos, pi, sqrt
from operator import mul

from PIL import Image, ImageChops, ImageFilter

from kyc_portal.submissions.pictures import framing
from ocr_integration import images

COARSE_BITS, WIDE_BITS = 64, 256
# Copies of one picture differ in no more bits than this; the bands find every coarse difference of up to seven.
MOST_COARSE, MOST_WIDE = 7, 44
# How alike the least alike parts of two reliefs are: other cards of one layout in one scanner stay below 0.75.
ALIKE_FROM = 0.8

# A view is taken from so many pixels of the photo's longer side, where it has them.
_DETAILED = 800
_SIDE, _PARTS = 32, 16
_RELIEF, _BLOCKS = (128, 80), (16, 16)
_STEP = 4
_CARD = (256, 160)
_SQUARE_BELOW = 1.06
# A view with less relief than this (mean of squares) is no picture of anything.
_FLAT_BELOW = 4.0
# Coarser steps take half the room and change nothing that is measured.
_STEPS = [min(255, (value + _STEP // 2) // _STEP * _STEP) for value in range(256)]
_WAVES = [[cos(pi * (2 * at + 1) * part / (2 * _SIDE)) for at in range(_SIDE)] for part in range(1, _PARTS + 1)]


@dataclass(frozen=True, slots=True)
class Likeness:
    """What one view is known by. `relief` is 10,240 bytes, 128 where the view is as light as its surroundings."""

    view: str
    coarse: int
    wide: int
    relief: bytes = field(repr=False)

    def packed(self) -> bytes:
        """The relief as it is kept, about a third of its size."""
        return zlib.compress(self.relief, 9)

    @staticmethod
    def unpacked(packed: bytes) -> bytes:
        """A relief as it was before it was packed."""
        return zlib.decompress(packed)


def known_by(data: bytes, reduced: Image.Image | None = None) -> list[Likeness]:
    """What a picture's file is known again by; `reduced` is `images.reduced` of it where it is at hand.

    Raises ImageRefusedError.
    """
    quarter = reduced or images.reduced(data)
    longer = 4 * max(quarter.size)
    by = next((by for by in (4, 2) if longer >= by * _DETAILED), 1)
    return likenesses(quarter if by == 4 else images.reduced(data, by=by))


def is_one_picture(one: Likeness, other: Likeness) -> bool:
    """Whether two views are of one picture, whichever way up each lies."""
    upright = (one.wide ^ other.wide).bit_count()
    turned = (one.wide ^ upside_down(other.wide, WIDE_BITS)).bit_count()
    is_turned = turned < upright
    coarse = one.coarse ^ (upside_down(other.coarse, COARSE_BITS) if is_turned else other.coarse)
    if coarse.bit_count() > MOST_COARSE or min(upright, turned) > MOST_WIDE:
        return False
    return alike(one.relief, other.relief[::-1] if is_turned else other.relief) >= ALIKE_FROM


def likenesses(grey: Image.Image) -> list[Likeness]:
    """Every view of a photo that shows anything; takes mode L, of 800 pixels or more, in any quarter turn."""
    return [found for name, view in _views(grey) if (found := _likeness(name, view))]


def upside_down(bits: int, width: int) -> int:
    """The bits of the same view upside down."""
    return bits ^ (_ODD_COARSE if width == COARSE_BITS else _ODD_WIDE)


def _views(grey: Image.Image) -> Iterator[tuple[str, Image.Image]]:
    lying = grey if grey.width >= grey.height else grey.transpose(Image.Transpose.ROTATE_90)
    yield "whole", lying
    if lying.width < _SQUARE_BELOW * lying.height:
        yield "turned", lying.transpose(Image.Transpose.ROTATE_90)
    card = framing.straightened(lying, _CARD)
    if card is not None:
        yield "card", card


def _likeness(name: str, view: Image.Image) -> Likeness | None:
    relief = _relief(view)
    if sum((value - 128) ** 2 for value in relief) < _FLAT_BELOW * len(relief):
        return None
    parts = _cosine_parts(_resized(view, (_SIDE, _SIDE)).tobytes())
    wide = _bits(part > 0 for row in parts for part in row)
    coarse = _bits(part > 0 for row in parts[:8] for part in row[:8])
    return Likeness(name, coarse, wide, relief)


def _resized(view: Image.Image, size: tuple[int, int]) -> Image.Image:
    is_larger = view.width >= size[0] and view.height >= size[1]
    return view.resize(size, Image.Resampling.BOX if is_larger else Image.Resampling.BILINEAR)


def _relief(view: Image.Image) -> bytes:
    small = _resized(view, _RELIEF)
    relief = ImageChops.subtract(small, small.filter(ImageFilter.GaussianBlur(3)), offset=128)
    return relief.point(_STEPS).tobytes()


def _cosine_parts(pixels: bytes) -> list[list[float]]:
    """The lowest 16 by 16 cosine parts of 32 by 32 pixels, without those that are even in one direction."""
    rows = [pixels[at : at + _SIDE] for at in range(0, len(pixels), _SIDE)]
    across = [[sum(map(mul, wave, row)) for row in rows] for wave in _WAVES]
    return [[sum(map(mul, wave, column)) for column in across] for wave in _WAVES]


def _bits(values: Iterable[bool]) -> int:
    bits = 0
    for at, value in enumerate(values):
        bits |= value << at
    return bits


# Upside down, every part whose two numbers add up to an odd one changes its sign; the numbers start at one.
_ODD_WIDE = _bits([(down + across) % 2 == 1 for down in range(_PARTS) for across in range(_PARTS)])
_ODD_COARSE = _bits([(down + across) % 2 == 1 for down in range(8) for across in range(8)])


def alike(one: bytes, other: bytes) -> float:
    """How alike two reliefs are where they are least alike, -1 to 1: above ALIKE_FROM they are of one picture.

    Cards of one kind share most of their print, so the mean over all of it tells little: what counts is the eighth of
    the parts with print in which they agree least. There stands another portrait or another name.
    """
    found = sorted(
        (_agreement(*pair) for pair in zip(_blocks(one), _blocks(other), strict=True)), key=lambda each: each[0]
    )
    with_print = sorted(agreement for _energy, agreement in found[len(found) // 2 :])
    least = with_print[: max(2, len(with_print) // 8)]
    return sum(least) / len(least)


def _blocks(relief: bytes) -> Iterator[list[float]]:
    width, height = _RELIEF[0] // _BLOCKS[0], _RELIEF[1] // _BLOCKS[1]
    for top in range(0, _RELIEF[1], height):
        for left in range(0, _RELIEF[0], width):
            rows = (relief[at * _RELIEF[0] + left :][:width] for at in range(top, top + height))
            values = [value for row in rows for value in row]
            mean = sum(values) / len(values)
            yield [value - mean for value in values]


def _agreement(one: list[float], other: list[float]) -> tuple[float, float]:
    """The larger energy of the two blocks, and their correlation."""
    mine, theirs = sum(map(mul, one, one)), sum(map(mul, other, other))
    return max(mine, theirs), sum(map(mul, one, other)) / (sqrt(mine * theirs) + 1e-9)
