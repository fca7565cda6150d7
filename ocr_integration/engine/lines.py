"""From a page to its lines of text in reading order: find boxes, the reading direction, then recognise.

Knows nothing of permits; any printed page would do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from ocr_integration.engine import thresholds
from ocr_integration.engine.models import Models, Recognised
from ocr_integration.engine.page import Box, Frame, Page, Pixels, Points, around, cut, cut_box
from ocr_integration.engine.spacing import with_blanks

_LONGEST_CROPS = 5
# Upside down, no five lines are read as surely as this.
_CLEARLY_UPRIGHT = 0.9
_LONG_SHAPE = 2.5
_MARGIN_LINES = 2.0
# A line this many times farther from the middle of all lines than they are in the median is none of the card's.
_FARTHEST = 4.0
# A second direction is worth a look from this many lines on.
_FEWEST_LINES = 2


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text: `box` in straight coordinates, `quad` on the page from its top left clockwise.

    `skimmed` is what the smaller model read, empty where that was enough: a second witness for the text.
    """

    text: str
    scores: tuple[float, ...]
    places: tuple[float, ...]
    box: Box
    quad: Points
    skimmed: str = ""

    @property
    def mean(self) -> float:
        return sum(self.scores) / len(self.scores) if self.scores else 0.0


@dataclass(frozen=True, slots=True)
class Text:
    """All lines of a page, from top to bottom, and the frame they are straight in.

    `foreign`: how many long lines run in another direction, as those of a watermark do.
    """

    frame: Frame
    lines: tuple[Line, ...]
    foreign: int = 0


def readings(
    page: Page, models: Models, *, is_settled: Callable[[Line], bool], led_by: Page | None = None
) -> Iterator[Text]:
    """All lines of the page as its main direction shows them, then as any other direction does that has many.

    With `led_by`, the same page without what is laid over it, directions are those of the print there. A line is read
    well unless `is_settled` says that skimming it told all there is to know. No text gives one reading without lines,
    never an error.
    """
    quads = _detect(page, models)
    if not quads:
        yield Text(Frame(0.0), ())
    leading = _detect(led_by, models) if led_by is not None else quads
    for angle in _directions(leading) if quads and leading else ():
        yield _reading(page, models, quads, Frame(angle), is_settled)


def _reading(page: Page, models: Models, quads: list[Points], frame: Frame, is_settled: Callable[[Line], bool]) -> Text:
    along = [quad for quad in quads if not _is_foreign(frame, quad)] or quads
    frame = _upright(page, models, along, frame)
    if _needs_second_look(page, frame, along):
        quads = _look_again(page, models, frame, along) or quads
        along = [quad for quad in quads if not _is_foreign(frame, quad)] or quads
        frame = Frame(frame.angle + _remaining_angle(frame, along))
    ordered = [_from_top_left(frame, quad) for quad in quads if not _is_foreign(frame, quad)]
    crops = [_crop(page, quad) for quad in ordered]
    skimmed = [_line(frame, quad, each) for quad, each in zip(ordered, models.skim(crops), strict=True)]
    lines = []
    for line, crop in zip(skimmed, crops, strict=True):
        read = line if is_settled(line) else _read_well(line, crop, models)
        if read.text.strip():
            lines.append(read)
    lines = _rejoined(page, frame, lines, models)
    foreign = sum(_is_foreign(frame, quad) for quad in quads)
    return Text(frame, tuple(sorted(lines, key=lambda line: (line.box.middle, line.box.left))), foreign)


def _directions(quads: list[Points]) -> list[float]:
    """The direction most text runs in, and the next where a watermark or a second page may have outweighed the card."""
    first = _dominant_angle(quads)
    others = [quad for quad in quads if _shape(quad) >= _LONG_SHAPE and _is_foreign(Frame(first), quad)]
    return [first, _dominant_angle(others)] if len(others) >= _FEWEST_LINES else [first]


def _rejoined(page: Page, frame: Frame, lines: list[Line], models: Models) -> list[Line]:
    """The lines, those put together again that were cut in two behind a comma."""
    for first in [line for line in lines if line.text.rstrip().endswith((",", "，"))]:
        rest = [line for line in lines if line is not first and _continues(first.box, line.box)]
        if len(rest) == 1:
            box = around([first.box, rest[0].box])
            whole = Line("", (), (), box, frame.to_page(box.corners()))
            lines = [line for line in lines if line is not first and line is not rest[0]]
            lines.append(_read_well(whole, cut_box(page, frame, box), models))
    return lines


def _continues(first: Box, other: Box) -> bool:
    height = min(first.height, other.height)
    gap = other.left - first.right
    return -0.6 * height < gap < 1.2 * height and abs(first.middle - other.middle) < 0.3 * height


def _detect(page: Page, models: Models) -> list[Points]:
    shrink = min(1.0, thresholds.FIRST_PASS_SIDE / max(page.width, page.height))
    pixels, scale = page.reduced(shrink)
    return [quad / scale for quad in models.detect(pixels, longest_side=thresholds.FIRST_PASS_SIDE)]


def _read_well(line: Line, crop: Pixels, models: Models) -> Line:
    read = with_blanks(models.recognise([crop])[0], crop)
    return replace(line, text=read.text, scores=read.scores, places=read.places, skimmed=line.text)


def _long_edge(quad: Points) -> Points:
    across, down = quad[1] - quad[0], quad[3] - quad[0]
    longer = across if np.linalg.norm(across) >= np.linalg.norm(down) else down
    return np.asarray(longer, dtype=np.float64)


def _shape(quad: Points) -> float:
    across, down = float(np.linalg.norm(quad[1] - quad[0])), float(np.linalg.norm(quad[3] - quad[0]))
    return max(across, down) / max(min(across, down), 1.0)


def _dominant_angle(quads: list[Points]) -> float:
    """The direction most text runs in, up to a half turn: angles doubled so that both ends count alike."""
    long = [quad for quad in quads if _shape(quad) >= _LONG_SHAPE] or quads
    edges = np.array([_long_edge(quad) for quad in long])
    lengths = np.linalg.norm(edges, axis=1)
    angles = np.arctan2(edges[:, 1], edges[:, 0])
    first = _weighted_angle(angles, lengths)
    near = np.abs(np.angle(np.exp(2j * (angles - first)))) < np.radians(2 * thresholds.FOREIGN_SLOPE_DEGREES)
    return _weighted_angle(angles[near], lengths[near]) if near.any() else first


def _weighted_angle(angles: Points, lengths: Points) -> float:
    return float(np.angle(np.sum(lengths * np.exp(2j * angles))) / 2)


def _remaining_angle(frame: Frame, quads: list[Points]) -> float:
    """The small turn still left in `frame`, within a quarter turn."""
    return float(np.angle(np.exp(2j * (_dominant_angle(quads) - frame.angle))) / 2)


def _upright(page: Page, models: Models, quads: list[Points], frame: Frame) -> Frame:
    """Decide which way up: the longest crops recognised both ways, the clearer way wins."""
    longest = sorted(quads, key=lambda quad: -float(np.linalg.norm(_long_edge(quad))))[:_LONGEST_CROPS]
    crops = [_crop(page, _from_top_left(frame, quad)) for quad in longest]
    clearness = _clearness(models.skim(crops))
    if clearness >= _CLEARLY_UPRIGHT:
        return frame
    flipped: list[Pixels] = [np.ascontiguousarray(crop[::-1, ::-1]) for crop in crops]
    return Frame(frame.angle + np.pi) if _clearness(models.skim(flipped)) > clearness else frame


def _clearness(recognised: list[Recognised]) -> float:
    scores = [score for each in recognised for score in each.scores]
    return sum(scores) / len(scores) if scores else 0.0


def _needs_second_look(page: Page, frame: Frame, quads: list[Points]) -> bool:
    tilt = abs(float(np.degrees(np.angle(np.exp(1j * frame.angle)))))
    if tilt > thresholds.SECOND_PASS_BEYOND_DEGREES:
        return True
    shrink = min(1.0, thresholds.FIRST_PASS_SIDE / max(page.width, page.height))
    heights = [_bounds(frame.to_straight(quad)).height * shrink for quad in quads]
    small = float(np.percentile(heights, 25)) < thresholds.SECOND_PASS_BELOW_LINE_HEIGHT
    nearer = _second_scale(_text_area(frame, quads)) / shrink
    return shrink < 1.0 and (small or nearer > thresholds.SECOND_PASS_IF_SO_MUCH_NEARER)


def _text_area(frame: Frame, quads: list[Points]) -> Box:
    """The area of the text that runs with the frame and stands together, with a margin of a few line heights."""
    boxes = [_bounds(frame.to_straight(quad)) for quad in quads if not _is_foreign(frame, quad)]
    boxes = _together(boxes or [_bounds(frame.to_straight(quad)) for quad in quads])
    margin = _MARGIN_LINES * float(np.median([box.height for box in boxes]))
    return around(boxes).grown(margin, margin)


def _together(boxes: list[Box]) -> list[Box]:
    """The boxes without those far from the rest, such as a mark on the table beside the card."""
    middles = np.array([((box.left + box.right) / 2, box.middle) for box in boxes])
    away = np.linalg.norm(middles - np.median(middles, axis=0), axis=1)
    reach = _FARTHEST * float(np.median(away))
    return [box for box, distance in zip(boxes, away, strict=True) if distance <= reach] or boxes


def _second_scale(area: Box) -> float:
    """How many pixels the second look takes for one of the page."""
    return min(1.5, thresholds.SECOND_PASS_SIDE / max(area.width, area.height))


def _look_again(page: Page, models: Models, frame: Frame, quads: list[Points]) -> list[Points]:
    area = _text_area(frame, quads)
    scale = _second_scale(area)
    closer = cut_box(page, frame, area, scale=scale)
    corner = np.array([area.left, area.top])
    found = models.detect(closer, longest_side=thresholds.SECOND_PASS_SIDE)
    return [frame.to_page(quad / scale + corner) for quad in found]


def _is_foreign(frame: Frame, quad: Points) -> bool:
    if _shape(quad) < _LONG_SHAPE:
        return False
    edge = _long_edge(quad)
    turn = np.angle(np.exp(2j * (np.arctan2(edge[1], edge[0]) - frame.angle))) / 2
    return bool(abs(np.degrees(turn)) > thresholds.FOREIGN_SLOPE_DEGREES)


def _from_top_left(frame: Frame, quad: Points) -> Points:
    """The quad's corners in reading order: first edge along the reading direction."""
    along = np.array([np.cos(frame.angle), np.sin(frame.angle)])
    turns = [np.roll(quad, -start, axis=0) for start in range(4)]

    def agreement(turned: Points) -> float:
        edge = turned[1] - turned[0]
        return float(edge @ along / max(float(np.linalg.norm(edge)), 1e-6))

    return max(turns, key=agreement)


def _crop(page: Page, quad: Points) -> Pixels:
    width = max(np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[2] - quad[3]))
    height = max(np.linalg.norm(quad[3] - quad[0]), np.linalg.norm(quad[2] - quad[1]))
    return cut(page, quad, width=max(4, round(float(width))), height=max(4, round(float(height))))


def _bounds(points: Points) -> Box:
    left, top = points.min(axis=0)
    right, bottom = points.max(axis=0)
    return Box(float(left), float(top), float(right), float(bottom))


def _line(frame: Frame, quad: Points, each: Recognised) -> Line:
    straight = frame.to_straight(quad)
    # Mean edges, not bounds: a slightly sloping long line must not grow tall.
    box = Box(
        float(straight[[0, 3], 0].mean()),
        float(straight[[0, 1], 1].mean()),
        float(straight[[1, 2], 0].mean()),
        float(straight[[2, 3], 1].mean()),
    )
    return Line(each.text, each.scores, each.places, box, quad)
