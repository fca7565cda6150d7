"""From a page to its lines of text in reading order: find boxes, the reading direction, then recognise.

Knows nothing of permits; any printed page would do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ocr_integration.engine import thresholds
from ocr_integration.engine.models import Models, Recognised
from ocr_integration.engine.page import Box, Frame, Page, Pixels, Points, around, bounds, cut, cut_box
from ocr_integration.engine.spacing import with_blanks

_LONGEST_CROPS = 5
# Upside down, no five lines are read as surely as this.
_CLEARLY_UPRIGHT = 0.9
_LONG_SHAPE = 2.5
_MARGIN_LINES = 2.0
# A line this many times farther from the middle of all lines than they are in the median is none of the card's.
_FARTHEST = 4.0
# A line whose weakest character is this sure needs no second reading where a closer look finds it at the same place,
# sharing this much of what both cover.
_SURELY_READ, _SAME_PLACE = 0.8, 0.6
# What may be a part of a Latin name, and one date of a period with the dash that may stand at its end.
_CAPITALS = re.compile(r"[A-Z][A-Z,，'\- ]*")
_DATE = re.compile(r"[-–]?\s*[12]\d{3}\.\d\d\.\d\d\s*[-–]?")
# The parts of a line stand no farther apart, in heights of it.
_FARTHEST_PART = 3.0
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

    @property
    def weakest(self) -> float:
        """The score of the weakest character; a blank's only says how wide a gap is."""
        pairs = zip(self.text, self.scores, strict=True)
        return min((score for character, score in pairs if not character.isspace()), default=0.0)


@dataclass(frozen=True, slots=True)
class Text:
    """All lines of a page, from top to bottom, and the frame they are straight in.

    `foreign`: how many long lines run in another direction, as those of a watermark do. `is_skimmed`: whether no line
    was read well, because none was worth it.
    """

    frame: Frame
    lines: tuple[Line, ...]
    foreign: int = 0
    is_skimmed: bool = False


def find_text(page: Page, models: Models) -> list[Points]:
    """Where lines of text stand on the page: quadrilaterals (4 x 2)."""
    shrink = min(1.0, thresholds.FIRST_PASS_SIDE / max(page.width, page.height))
    pixels, scale = page.reduced(shrink)
    return [quad / scale for quad in models.detect(pixels, longest_side=thresholds.FIRST_PASS_SIDE)]


def directions(quads: list[Points]) -> list[Frame]:
    """The direction most text runs in, and the next where a watermark or a second page may have outweighed the card."""
    if not quads:
        return []
    first = _dominant_angle(quads)
    others = [quad for quad in quads if _shape(quad) >= _LONG_SHAPE and _is_foreign(Frame(first), quad)]
    return [Frame(first), Frame(_dominant_angle(others))] if len(others) >= _FEWEST_LINES else [Frame(first)]


def read_lines(
    page: Page,
    models: Models,
    quads: list[Points],
    frame: Frame,
    *,
    is_settled: Callable[[Line], bool],
    is_worth_it: Callable[[tuple[Line, ...]], bool] = bool,
    where: Callable[[tuple[Line, ...]], Box | None] = lambda lines: None,
) -> Text:
    """The lines of `quads` that run in the direction of `frame`, either way up.

    A line is read well unless `is_settled` says that skimming it told all there is to know, or it stands outside of the
    area that `where` tells of all that was skimmed; none is unless `is_worth_it` says so of them.
    """
    along = [quad for quad in quads if not _is_foreign(frame, quad)] or quads
    frame = _upright(page, models, along, frame)
    if _needs_second_look(page, frame, along):
        quads = _look_again(page, models, frame, along, thresholds.SECOND_PASS_SIDE) or quads
        along = [quad for quad in quads if not _is_foreign(frame, quad)] or quads
        frame = Frame(frame.angle + _remaining_angle(frame, along))
    ordered = [_from_top_left(frame, quad) for quad in quads if not _is_foreign(frame, quad)]
    foreign = sum(_is_foreign(frame, quad) for quad in quads)
    crops = [_crop(page, quad) for quad in ordered]
    skimmed = [_line(frame, quad, each) for quad, each in zip(ordered, models.skim(crops), strict=True)]
    if not is_worth_it(tuple(skimmed)):
        return Text(frame, _in_order(skimmed), foreign, is_skimmed=True)
    area = where(tuple(skimmed))
    pairs = zip(skimmed, crops, strict=True)
    read = [
        line if is_settled(line) or (area is not None and not area.holds(line.box)) else _read_well(line, crop, models)
        for line, crop in pairs
    ]
    lines = _rejoined(page, frame, [line for line in read if line.text.strip()], models)
    return Text(frame, _in_order(lines), foreign)


def closer(page: Page, models: Models, text: Text, *, is_settled: Callable[[Line], bool]) -> Text:
    """The text once more with boxes found in larger letters; lines that stand as they stood are not read again.

    Finding text misses a row now and then, or takes two for one, where a little more or less detail parts them.
    """
    if not text.lines:
        return text
    quads = _look_again(page, models, text.frame, [line.quad for line in text.lines], thresholds.CLOSER_SIDE)
    lines = []
    for quad in (_from_top_left(text.frame, each) for each in quads if not _is_foreign(text.frame, each)):
        same = next((line for line in text.lines if _is_as_it_stood(line, quad, text.frame)), None)
        read = same or _read(page, models, text.frame, quad, is_settled)
        if read.text.strip():
            lines.append(read)
    return replace(text, lines=_in_order(_rejoined(page, text.frame, lines, models)))


def is_surely_read(line: Line) -> bool:
    return line.weakest >= _SURELY_READ


def _is_as_it_stood(line: Line, quad: Points, frame: Frame) -> bool:
    """Whether a line that was read surely takes the same place as the box of a new look."""
    return is_surely_read(line) and line.box.shared(_bounds_of_edges(frame.to_straight(quad))) > _SAME_PLACE


def _read(page: Page, models: Models, frame: Frame, quad: Points, is_settled: Callable[[Line], bool]) -> Line:
    crop = _crop(page, quad)
    line = _line(frame, quad, models.skim([crop])[0])
    return line if is_settled(line) else _read_well(line, crop, models)


def _in_order(lines: list[Line]) -> tuple[Line, ...]:
    return tuple(sorted(lines, key=lambda line: (line.box.middle, line.box.left)))


def _rejoined(page: Page, frame: Frame, lines: list[Line], models: Models) -> list[Line]:
    """The lines, those put together again that were cut in two at a comma, between capitals or between two dates."""
    lines, at = list(_in_order(lines)), 0
    while at < len(lines):
        first = lines[at]
        other = _rest_of(first, lines)
        if other is None:
            at += 1
            continue
        quad = _around_both(first, other)
        whole = Line("", (), (), _bounds_of_edges(frame.to_straight(quad)), quad)
        read = _read_well(whole, _crop(page, quad), models)
        at -= any(line is other for line in lines[:at])
        lines = [read if line is first else line for line in lines if line is not other]
    return lines


def _around_both(first: Line, other: Line) -> Points:
    """From the first's left edge to the farther right one, both as high as the higher: a comma hangs below its line."""
    last = max(first, other, key=lambda line: line.box.right)
    edges = [first.quad[[0, 3]], last.quad[[1, 2]]]
    height = max(float(np.linalg.norm(edge[1] - edge[0])) for edge in edges)
    (top_left, bottom_left), (top_right, bottom_right) = (_as_long(edge, height) for edge in edges)
    return np.array([top_left, top_right, bottom_right, bottom_left])


def _as_long(edge: Points, length: float) -> Points:
    """The edge (2 x 2) made so long, its middle where it was."""
    middle, own = edge.mean(axis=0), max(float(np.linalg.norm(edge[1] - edge[0])), 1e-6)
    return np.asarray(middle + (edge - middle) * (length / own), dtype=np.float64)


def _rest_of(first: Line, lines: list[Line]) -> Line | None:
    """The line that another one goes on in, if any; one that more than one could follow is left alone."""
    rest = [line for line in lines if line is not first and _continues(first, line)]
    return rest[0] if len(rest) == 1 else None


def _continues(first: Line, other: Line) -> bool:
    height = max(min(first.box.height, other.box.height), 1e-6)
    gap = (other.box.left - first.box.right) / height
    # What costs most is asked last: on a patterned table hundreds of lines are held against hundreds.
    if not -0.6 <= gap < _FARTHEST_PART or gap >= _reach(first.text, other.text):
        return False
    return _out_of_row(first, other) <= 0.3 * height


def _reach(text: str, rest: str) -> float:
    """How many of a line's heights behind one text another may begin and be its rest; minus infinity for none."""
    if text.rstrip().endswith((",", "，")) or (_CAPITALS.fullmatch(text) and _CAPITALS.fullmatch(rest)):
        return 1.2
    return _FARTHEST_PART if _DATE.fullmatch(text) and _DATE.fullmatch(rest) else -np.inf


def _out_of_row(first: Line, other: Line) -> float:
    """How far (pixels) the shorter line's middle lies from the axis of the longer, which may run aslant."""
    shorter, longer = sorted((first, other), key=lambda line: line.box.width)
    start, end = longer.quad[[0, 3]].mean(axis=0), longer.quad[[1, 2]].mean(axis=0)
    across, down = end - start
    away = shorter.quad.mean(axis=0) - start
    return float(abs(across * away[1] - down * away[0]) / max(np.hypot(across, down), 1e-6))


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
    heights = [bounds(frame.to_straight(quad)).height * shrink for quad in quads]
    small = float(np.percentile(heights, 25)) < thresholds.SECOND_PASS_BELOW_LINE_HEIGHT
    nearer = _scale(_text_area(frame, quads), thresholds.SECOND_PASS_SIDE) / shrink
    return shrink < 1.0 and (small or nearer > thresholds.SECOND_PASS_IF_SO_MUCH_NEARER)


def _text_area(frame: Frame, quads: list[Points]) -> Box:
    """The area of the text that runs with the frame and stands together, with a margin of a few line heights."""
    boxes = [bounds(frame.to_straight(quad)) for quad in quads if not _is_foreign(frame, quad)]
    boxes = _together(boxes or [bounds(frame.to_straight(quad)) for quad in quads])
    margin = _MARGIN_LINES * float(np.median([box.height for box in boxes]))
    return around(boxes).grown(margin, margin)


def _together(boxes: list[Box]) -> list[Box]:
    """The boxes without those far from the rest, such as a mark on the table beside the card."""
    middles = np.array([((box.left + box.right) / 2, box.middle) for box in boxes])
    away = np.linalg.norm(middles - np.median(middles, axis=0), axis=1)
    reach = _FARTHEST * float(np.median(away))
    return [box for box, distance in zip(boxes, away, strict=True) if distance <= reach] or boxes


def _scale(area: Box, side: int) -> float:
    """How many pixels a look at the text area takes for one of the page, its longer side being so long."""
    return min(1.5, side / max(area.width, area.height))


def _look_again(page: Page, models: Models, frame: Frame, quads: list[Points], side: int) -> list[Points]:
    area = _text_area(frame, quads)
    scale = _scale(area, side)
    upright = cut_box(page, frame, area, scale=scale)
    corner = np.array([area.left, area.top])
    found = models.detect(upright, longest_side=side)
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


def _line(frame: Frame, quad: Points, each: Recognised) -> Line:
    return Line(each.text, each.scores, each.places, _bounds_of_edges(frame.to_straight(quad)), quad)


def _bounds_of_edges(straight: Points) -> Box:
    """The box between the middles of the edges: a slightly sloping long line must not grow tall."""
    return Box(
        float(straight[[0, 3], 0].mean()),
        float(straight[[0, 1], 1].mean()),
        float(straight[[1, 2], 0].mean()),
        float(straight[[2, 3], 1].mean()),
    )
