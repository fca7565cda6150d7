"""Blanks between the words of a Latin line: the recognition model drops some, the ink shows them."""

from __future__ import annotations

import re
from dataclasses import replace

import cv2
import numpy as np

from ocr_integration.engine.models import Recognised
from ocr_integration.engine.page import Pixels

_LATIN = re.compile(r"[A-Z][A-Z ,'\-]{3,}")
# Shares of the capitals' height: letters of a word stand closer, words further apart (a blank is about 0.3).
_WORD_GAP = 0.34
_HEIGHT = 48


def with_blanks(read: Recognised, crop: Pixels) -> Recognised:
    """`read` with a blank wherever the ink leaves a word's gap between two letters; other lines unchanged."""
    if not _LATIN.fullmatch(read.text):
        return read
    ink = _ink(crop)
    rows = np.flatnonzero(ink.sum(axis=1) >= 2)
    if len(rows) < _HEIGHT / 4:
        return read
    capital = float(rows[-1] - rows[0] + 1)
    columns = np.asarray(ink[rows[0] : rows[-1] + 1].sum(axis=0) > 0)
    after = [
        index
        for index in range(len(read.text) - 1)
        if read.text[index].isalpha()
        and read.text[index + 1].isalpha()
        and _widest_gap(columns, read.places[index], read.places[index + 1]) > _WORD_GAP * capital
    ]
    if _leaves_a_lone_letter(read.text, after):
        return read  # uneven light, not words: thresholding lost strokes
    for index in reversed(after):
        read = _with_blank_after(read, index)
    return read


def _leaves_a_lone_letter(text: str, after: list[int]) -> bool:
    spaced = "".join(character + " " * (index in after) for index, character in enumerate(text))
    return any(len(word) == 1 for word in re.split(r"[ ,'\-]+", spaced) if word) and bool(after)


def _ink(crop: Pixels) -> np.ndarray:
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    scaled = cv2.resize(grey, None, fx=_HEIGHT / grey.shape[0], fy=_HEIGHT / grey.shape[0])
    return np.asarray(cv2.threshold(scaled, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)[1], dtype=bool)


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
