"""Blanks between the words of a Latin line: the recognition model drops some, the ink shows them."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from ocr_integration.engine.ink import INK_HEIGHT, ink_of
from ocr_integration.engine.models import Recognised
from ocr_integration.engine.page import Pixels

_LATIN = re.compile(r"[A-Z][A-Z ,'\-]{3,}")
# Shares of the capitals' height: letters of a word stand closer, words further apart (a blank is about 0.3).
_WORD_GAP = 0.34
# Of the gaps that were read as blanks in the same line.
_LIKE_OTHER_BLANKS = 0.75
# Letters have one pitch where this share of the steps is a multiple of it, give or take so much of it...
_ON_PITCH, _OFF_PITCH, _FEWEST_STEPS = 0.7, 0.12, 4
# ...and then a blank leaves this much of it free.
_WIDE_IN_ONE_PITCH = 0.8


def with_blanks(read: Recognised, crop: Pixels) -> Recognised:
    """`read` with a blank wherever the ink leaves a word's gap between two letters; other lines unchanged."""
    if not _LATIN.fullmatch(read.text):
        return read
    ink = ink_of(crop)
    rows = np.flatnonzero(ink.sum(axis=1) >= 2)
    if len(rows) < INK_HEIGHT / 4:
        return read
    capital = float(rows[-1] - rows[0] + 1)
    columns = np.asarray(ink[rows[0] : rows[-1] + 1].sum(axis=0) > 0)
    least = max(_WORD_GAP * capital, _WIDE_IN_ONE_PITCH * (_one_pitch(columns) or 0.0), _of_read_blanks(read, columns))
    after = [
        index
        for index in range(len(read.text) - 1)
        if read.text[index].isalpha()
        and read.text[index + 1].isalpha()
        and _widest_gap(columns, read.places[index], read.places[index + 1]) > least
    ]
    if _leaves_a_lone_letter(read.text, after):
        return read  # uneven light, not words: thresholding lost strokes
    for index in reversed(after):
        read = _with_blank_after(read, index)
    return read


def _of_read_blanks(read: Recognised, columns: np.ndarray) -> float:
    """Most of the narrowest gap that was read as a blank: the line's other blanks are as wide."""
    gaps = [
        _widest_gap(columns, read.places[at - 1], read.places[at + 1])
        for at in range(1, len(read.text) - 1)
        if read.text[at] == " " and read.text[at - 1].isalpha() and read.text[at + 1].isalpha()
    ]
    return _LIKE_OTHER_BLANKS * min(gaps, default=0)


def _one_pitch(columns: np.ndarray) -> float | None:
    """The advance of the letters (columns) where all have the same, so that narrow ones have room around them."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], columns.astype(np.int8), [0]])))
    middles = (edges[::2] + edges[1::2]) / 2
    steps = np.diff(middles)
    if len(steps) < _FEWEST_STEPS:
        return None
    pitch = float(np.median(steps))
    off = np.abs(steps / pitch - np.maximum(1, np.round(steps / pitch)))
    return pitch if np.mean(off < _OFF_PITCH) >= _ON_PITCH else None


def _leaves_a_lone_letter(text: str, after: list[int]) -> bool:
    spaced = "".join(character + " " * (index in after) for index, character in enumerate(text))
    return any(len(word) == 1 for word in re.split(r"[ ,'\-]+", spaced) if word) and bool(after)


def _widest_gap(columns: np.ndarray, left: float, right: float) -> int:
    widest = run = 0
    for inked in columns[round(left * len(columns)) : round(right * len(columns)) + 1]:
        run = 0 if inked else run + 1
        widest = max(widest, run)
    return widest


def _with_blank_after(read: Recognised, index: int) -> Recognised:
    cut = index + 1
    middle = (read.places[index] + read.places[cut]) / 2
    return replace(
        read,
        text=f"{read.text[:cut]} {read.text[cut:]}",
        scores=(*read.scores[:cut], 1.0, *read.scores[cut:]),
        places=(*read.places[:cut], middle, *read.places[cut:]),
    )
