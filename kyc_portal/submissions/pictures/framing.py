"""Where the card lies on a photo: cut off at an edge, too far away to be read, or beside another. Grey pixels only.

A light card on darker ground is found by its brightness. Where that does not give one clear shape (a busy or light
ground, a scan without ground), nothing is said and the reading decides. No readable specimen is turned away: figures
in docs/photo-faults.md. `static/js/framing.js` does the same in the browser.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import atan2, cos, hypot, sin, sqrt

from PIL import Image, ImageFilter

Point = tuple[float, float]

GRID = 120
# Length of the card in pixels of the photo. Of cards of 280 none was read whole, of 320 one in three still was.
SMALL_BELOW = 280
# A card that fills less of the photo's longer side lies far away; a small photo filled by a card does not.
_FAR_BELOW = 0.4
# Length to height: 85.6 to 54 mm is 1.59. A slanted look changes it this far at most.
_WHOLE = (1.3, 1.95)
# How long for its height a picture is that was cut to the card.
_CUT_TO_CARD = (1.54, 1.63)
_WHOLE_PICTURE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
# How much of its own rectangle a card fills, in whatever direction it lies.
_FULL = 0.86
# Grey levels between card and ground; and how much of the shape's height lies on the edge of the photo.
_APART = 45
_ON_EDGE = 0.8
# How much of the photo other light things at its edges may cover beside a card that lies far away.
_THINGS = 0.1
# Two cards: the larger one's share of the photo's longer side, and the smaller one's area beside the larger one's.
_TWO_FROM = 0.2
_LIKE = 0.4


@dataclass(frozen=True, slots=True)
class Shape:
    """A light shape. Lengths in cells; `touched`: for each photo edge it reaches, the share of it that lies there.

    `middle` is (x, y) in cells, `angle` the direction of its length in radians, y downwards.
    """

    area: int
    length: float
    breadth: float
    touched: tuple[float, ...]
    middle: tuple[float, float]
    angle: float

    @property
    def fills(self) -> float:
        """The share of a rectangle of these lengths that it fills."""
        return self.area / (self.length * self.breadth)

    @property
    def is_whole(self) -> bool:
        """Whether it is as long for its height as a card."""
        return _WHOLE[0] <= self.length / self.breadth <= _WHOLE[1]


def fault(grey: Image.Image, *, scale: float) -> str:
    """ "two_cards", "cut_off", "too_small_card", or "" where none is certain.

    `scale`: pixels of the photo for one of `grey`.
    """
    grid = cells(grey)
    if _are_two_cards(shapes(grid, closes_gaps=False)):
        return "two_cards"
    found = shapes(grid)
    if _is_far(found, longest=min(_FAR_BELOW * GRID, SMALL_BELOW / scale * grid.width / grey.width), grid=grid):
        return "too_small_card"
    return "cut_off" if _is_cut_off(found) else ""


def _are_two_cards(found: list[Shape]) -> bool:
    """Two whole cards of like size: whose details would be read is open. A part of another card does not count."""
    whole = [each for each in found if each.is_whole and each.fills >= _FULL]
    return len(whole) > 1 and whole[0].length >= _TWO_FROM * GRID and whole[1].area >= _LIKE * whole[0].area


def _is_far(found: list[Shape], *, longest: float, grid: Image.Image) -> bool:
    """One whole card in the middle, shorter than `longest`; what lies at the edges of the photo is small."""
    inside = [each for each in found if not each.touched]
    beside = sum(each.area for each in found if each.touched)
    if not inside or beside > _THINGS * grid.width * grid.height or _are_several(inside):
        return False
    return inside[0].is_whole and inside[0].fills >= _FULL and inside[0].length < longest


def _is_cut_off(found: list[Shape]) -> bool:
    """The one large shape lies along one edge of the photo and is no longer as long for its height as a card."""
    if not found or _are_several(found):
        return False
    card = found[0]
    return len(card.touched) == 1 and card.touched[0] >= _ON_EDGE and card.fills >= _FULL and not card.is_whole


def straightened(grey: Image.Image, size: tuple[int, int], *, touching: float = 0.0) -> Image.Image | None:
    """The one whole card on the photo, laid level and stretched to `size`; None where none is found for certain.

    `touching`: the share of its extent that may reach an edge of the photo, as where something lies against it. Which
    of its two long edges comes out on top is open.
    """
    grid = cells(grey)
    card = _one_card(shapes(grid), touching=touching)
    if card is None:
        return None
    scale = grey.width / grid.width
    across, down = scale * card.length / size[0], scale * card.breadth / size[1]
    (x, y), (dx, dy) = (scale * each for each in card.middle), (cos(card.angle), sin(card.angle))
    left, top = -across * size[0] / 2, -down * size[1] / 2
    turn = (dx * across, -dy * down, x + dx * left - dy * top, dy * across, dx * down, y + dy * left + dx * top)
    soft = grey.filter(ImageFilter.BoxBlur(max(0.0, (min(across, down) - 1) / 2)))
    return soft.transform(size, Image.Transform.AFFINE, turn, Image.Resampling.BILINEAR)


def outline(grey: Image.Image) -> tuple[Point, ...] | None:
    """The corners of the one whole card on the photo, in shares (0-1) of its width and height; None where none is.

    They go round the card and begin with a long edge; which of the two it is is open. A picture of a card's
    proportions that shows no ground, as a scan cut to the card does, is the card.
    """
    grid = cells(grey)
    found = shapes(grid)
    card = _one_card(found)
    if card is None:
        return _WHOLE_PICTURE if _is_all_card(grey, found) else None
    (x, y), long, short = card.middle, card.length / 2, card.breadth / 2
    across, down = (cos(card.angle) * long, sin(card.angle) * long), (-sin(card.angle) * short, cos(card.angle) * short)
    return tuple(
        ((x + one * across[0] + other * down[0]) / grid.width, (y + one * across[1] + other * down[1]) / grid.height)
        for one, other in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    )


def _is_all_card(grey: Image.Image, found: list[Shape]) -> bool:
    """Whether a picture lying on its longer side has a card's proportions and nothing parts a card from a ground."""
    is_bare = not found or len(found[0].touched) == len(_WHOLE_PICTURE)
    return is_bare and _CUT_TO_CARD[0] <= grey.width / grey.height <= _CUT_TO_CARD[1]


def _one_card(found: list[Shape], *, touching: float = 0.0) -> Shape | None:
    """The one shape that is a whole card, `touching` as for `straightened`."""
    if not found or _are_several(found):
        return None
    card = found[0]
    is_card = max(card.touched, default=0.0) <= touching and card.is_whole and card.fills >= _FULL
    return card if is_card else None


def _are_several(found: list[Shape]) -> bool:
    return len(found) > 1 and found[1].area > 0.15 * found[0].area


def cells(grey: Image.Image) -> Image.Image:
    """The photo as a grid of at most GRID cells a side, each the mean of its pixels, single spots taken out."""
    longer = max(grey.size)
    size = tuple(max(1, round(GRID * each / longer)) for each in grey.size)
    return grey.resize((size[0], size[1]), Image.Resampling.BOX).filter(ImageFilter.MedianFilter(3))


def shapes(grid: Image.Image, *, closes_gaps: bool = True) -> list[Shape]:
    """The light shapes on darker ground, largest first, their holes filled; none where light and dark are close.

    Closing gaps mends a card that a shadow or dark print tears apart, and makes one of two that lie close together.
    """
    counts = grid.histogram()
    level = _between(counts)
    if _mean(counts[level:], level) - _mean(counts[:level], 0) < _APART:
        return []
    width, height = grid.size
    light = grid.point([255 * (value >= level) for value in range(256)])
    if closes_gaps:
        light = light.filter(ImageFilter.MaxFilter(5)).filter(ImageFilter.MinFilter(5))
    parts = _parts(_ground(light), width, height)
    return [_measured(each, width, height) for each in sorted(parts, key=len, reverse=True)]


def _between(counts: list[int]) -> int:
    """The level that parts light from dark best (Otsu)."""
    total, weighted = sum(counts), sum(level * many for level, many in enumerate(counts))
    best, found, below, below_sum = -1.0, 128, 0, 0
    for level, many in enumerate(counts):
        below, below_sum = below + many, below_sum + level * many
        if 0 < below < total:
            apart = below_sum / below - (weighted - below_sum) / (total - below)
            if (spread := below * (total - below) * apart * apart) > best:
                best, found = spread, level + 1
    return found


def _mean(counts: list[int], start: int) -> float:
    many = sum(counts)
    return sum((start + at) * each for at, each in enumerate(counts)) / many if many else 0.0


def _ground(mask: Image.Image) -> bytearray:
    """1 for each dark cell that reaches the edge of the photo; everything else is a shape or lies in one."""
    width, height = mask.size
    values = mask.tobytes()
    ground = bytearray(width * height)
    ring = [x + y * width for x in range(width) for y in (0, height - 1)]
    ring += [x + y * width for y in range(height) for x in (0, width - 1)]
    waiting = [at for at in ring if not values[at]]
    while waiting:
        at = waiting.pop()
        if ground[at] or values[at]:
            continue
        ground[at] = 1
        waiting.extend(_beside(at, width, height))
    return ground


def _parts(ground: bytearray, width: int, height: int) -> Iterator[list[int]]:
    seen = bytearray(ground)
    for start in range(width * height):
        if seen[start]:
            continue
        part, waiting = [], [start]
        while waiting:
            at = waiting.pop()
            if seen[at]:
                continue
            seen[at] = 1
            part.append(at)
            waiting.extend(_beside(at, width, height))
        yield part


def _beside(at: int, width: int, height: int) -> Iterator[int]:
    x = at % width
    if x:
        yield at - 1
    if x < width - 1:
        yield at + 1
    if at >= width:
        yield at - width
    if at < width * (height - 1):
        yield at + width


def _measured(part: list[int], width: int, height: int) -> Shape:
    many = len(part)
    xs, ys = [at % width for at in part], [at // width for at in part]
    across, down = max(xs) - min(xs) + 1, max(ys) - min(ys) + 1
    mx, my = sum(xs) / many, sum(ys) / many
    xx = sum((x - mx) ** 2 for x in xs) / many
    yy = sum((y - my) ** 2 for y in ys) / many
    xy = sum((x - mx) * (y - my) for x, y in zip(xs, ys, strict=True)) / many
    half, apart = (xx + yy) / 2, hypot((xx - yy) / 2, xy)
    at_edges = (xs.count(0) / down, xs.count(width - 1) / down, ys.count(0) / across, ys.count(height - 1) / across)
    # A rectangle's side is the root of twelve times its variance along that side.
    return Shape(
        area=many,
        length=sqrt(max(1.0, 12 * (half + apart))),
        breadth=sqrt(max(1.0, 12 * (half - apart))),
        touched=tuple(each for each in at_edges if each),
        middle=(mx + 0.5, my + 0.5),
        angle=atan2(2 * xy, xx - yy) / 2,
    )
