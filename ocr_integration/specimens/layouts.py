"""Where labels and values stand on a face, and in which letters: rows of entries become placed runs of text.

The placing is worked out before anything is drawn: a row that would not fit is set smaller until it does.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from enum import StrEnum

from ocr_integration.specimens.fonts import face_for, font
from ocr_integration.specimens.wording import Label

Ink = tuple[int, int, int]
_GAP = 16


class Placing(StrEnum):
    """Where a value stands: under its label, right of it in a column, or in one line with it."""

    ABOVE = "above"
    BESIDE = "beside"
    INLINE = "inline"


class Tongue(StrEnum):
    """Whether labels are Chinese only, or an English one follows in the line or stands beneath."""

    CHINESE = "chinese"
    ENGLISH_AFTER = "english after"
    ENGLISH_UNDER = "english under"


@dataclass(frozen=True, slots=True)
class Layout:
    """The arrangement of labels and values, drawn by lot unless a caller asks for one."""

    placing: Placing
    tongue: Tongue

    def __str__(self) -> str:
        return f"{self.placing}, {self.tongue}"


LAYOUTS = tuple(Layout(placing, tongue) for placing in Placing for tongue in Tongue)


@dataclass(frozen=True, slots=True)
class Style:
    """How one card is set. Faces are names of `fonts`; sizes are pixels of the card."""

    layout: Layout
    value_face: str
    digit_face: str
    label_face: str
    title_face: str
    label_size: int
    value_size: int
    label_ink: Ink
    value_ink: Ink
    colon: bool
    spread: bool
    blank_after_comma: bool
    blanks_in_range: bool
    letter_after_sex: bool


@dataclass(frozen=True, slots=True)
class Run:
    """A run of text on the card: place (left, top), face and size in pixels; `field` is empty on labels.

    `pitch` is the advance of every character in pixels where all have the same, as in machine-readable lines.
    """

    text: str
    at: tuple[int, int]
    face: str
    size: int
    ink: Ink
    field: str = ""
    pitch: float = 0.0

    @property
    def width(self) -> int:
        if self.pitch:
            return round(self.pitch * len(self.text))
        return round(font(self.face, self.size).getlength(self.text))

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of the ink in pixels of the card."""
        left, top, right, bottom = font(self.face, self.size).getbbox(self.text)
        x, y = self.at
        if self.pitch:
            return x, int(top) + y, x + self.width, int(bottom) + y
        return int(left) + x, int(top) + y, int(right) + x, int(bottom) + y


@dataclass(frozen=True, slots=True)
class Entry:
    """A field's label (None: none is printed) and the text printed for it."""

    field: str
    label: Label | None
    text: str
    hant: bool = False


Rows = list[list[Entry]]


@dataclass(frozen=True, slots=True)
class Area:
    """The part of the face the rows may fill, in pixels."""

    left: int
    top: int
    right: int
    bottom: int


def style(chance: random.Random, layout: Layout | None) -> Style:
    """A style by lot; the layout as asked, if it is."""
    serif = chance.random() < 0.4
    value_face = chance.choice(("serif", "song", "kai", "bold-serif") if serif else ("sans", "sans", "bold", "kai"))
    drawn = Layout(
        chance.choices(list(Placing), (0.4, 0.4, 0.2))[0],
        chance.choices(list(Tongue), (0.6, 0.2, 0.2))[0],
    )
    return Style(
        layout=layout or drawn,
        value_face=value_face,
        digit_face=chance.choice((value_face, value_face, "latin", "latin-serif", "ocr-b", "mono")),
        label_face=chance.choice(("sans", "sans", "serif", "kai", "bold")),
        title_face=chance.choice(("serif", "bold-serif", "bold", "kai", "sans")),
        label_size=chance.randrange(26, 37),
        value_size=chance.randrange(38, 53),
        label_ink=chance.choice(((70, 84, 130), (90, 70, 90), (60, 90, 80), (60, 60, 66), (150, 40, 44))),
        value_ink=chance.choice(((38, 36, 44), (20, 20, 24), (30, 40, 84), (64, 44, 36))),
        colon=chance.random() < 0.2,
        spread=chance.random() < 0.25,
        blank_after_comma=chance.random() < 0.4,
        blanks_in_range=chance.random() < 0.2,
        letter_after_sex=chance.random() < 0.12,
    )


def value_face(style: Style, text: str, *, hant: bool) -> str:
    """The style's face for a value; Latin letters and digits may have their own."""
    if text.isascii():
        return face_for(text, style.digit_face)
    suffix = "-hant" if hant else ""
    return face_for(
        text, style.value_face + suffix, "serif" + suffix if "serif" in style.value_face else "sans" + suffix
    )


def arrange(rows: Rows, style: Style, area: Area) -> list[Run]:
    """Place every row in the area, the rows evenly spaced; a row too wide or too tall is set smaller."""
    step = (area.bottom - area.top) // len(rows)
    column = max((_label_width(row[0], style) for row in rows), default=0)
    runs: list[Run] = []
    for at, row in enumerate(rows):
        runs += _row(row, style, Area(area.left, area.top + at * step, area.right, area.top + (at + 1) * step), column)
    return runs


def _row(row: list[Entry], style: Style, area: Area, column: int) -> list[Run]:
    scale = 1.0
    while True:
        runs = _try_row(row, _scaled(style, scale), area, round(column * scale))
        fits = max(run.box[2] for run in runs) <= area.right and max(run.box[3] for run in runs) <= area.bottom - 4
        if fits or scale < 0.45:
            return runs
        scale *= 0.95


def _scaled(style: Style, scale: float) -> Style:
    return replace(style, label_size=round(style.label_size * scale), value_size=round(style.value_size * scale))


def _try_row(row: list[Entry], style: Style, area: Area, column: int) -> list[Run]:
    """The row's runs; a second entry starts at the middle, or further right where the first is long."""
    first = _entry(row[0], style, (area.left, area.top), column)
    if len(row) == 1:
        return first
    middle = area.left + round((area.right - area.left) * 0.55)
    start = max(middle, max(run.box[2] for run in first) + 2 * _GAP)
    return first + _entry(row[1], style, (start, area.top), _label_width(row[1], style))


def _entry(entry: Entry, style: Style, at: tuple[int, int], column: int) -> list[Run]:
    """Label and value of one entry; `column` is the width kept for the label where values stand beside labels."""
    x, y = at
    labels = _labels(entry, style, at)
    label_right = max((run.at[0] + run.width for run in labels), default=x)
    label_bottom = max((run.box[3] for run in labels), default=y)
    size = style.value_size
    if style.layout.placing is Placing.INLINE:
        size = max(style.label_size, round(size * 0.85))
        place = (label_right + (_GAP if labels else 0), y - (size - style.label_size) // 2)
    elif style.layout.placing is Placing.BESIDE:
        place = (x + column + _GAP, y - (size - style.label_size) // 2)
    else:
        place = (x, label_bottom if labels else y)
    face = value_face(style, entry.text, hant=entry.hant)
    return [*labels, Run(entry.text, place, face, size, style.value_ink, entry.field)] if entry.text else labels


def _labels(entry: Entry, style: Style, at: tuple[int, int]) -> list[Run]:
    """The Chinese label and the English one, if the style has it."""
    if entry.label is None:
        return []
    text = entry.label.chinese + ("：" if style.colon else "")
    if style.layout.tongue is Tongue.ENGLISH_AFTER:
        text = f"{entry.label.chinese} / {entry.label.english}"
    pitch = style.label_size * 2.9 if style.spread and len(text) == 2 and style.layout.placing is Placing.BESIDE else 0
    face = face_for(text, style.label_face)
    runs = [Run(text, at, face, style.label_size, style.label_ink, pitch=pitch)]
    if style.layout.tongue is Tongue.ENGLISH_UNDER and style.layout.placing is not Placing.INLINE:
        small = round(style.label_size * 0.66)
        below = (at[0], at[1] + round(style.label_size * 1.28))
        runs.append(Run(entry.label.english, below, face_for("", "latin"), small, style.label_ink))
    return runs


def _label_width(entry: Entry, style: Style) -> int:
    return max((run.width for run in _labels(entry, style, (0, 0))), default=0)
