"""Cells that a spreadsheet would run are made text. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

_STARTS = frozenset("=+-@\t\r\n\0＝＋－＠")
_first = itemgetter(slice(1))


def guarded(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would take it for a formula; no NUL stays."""
    clean = text.replace("\0", "") if "\0" in text else text
    return f"'{clean}" if text[:1] in _STARTS else clean


def guarded_column(cells: Sequence[str], *, joined: str) -> Sequence[str]:
    """Every cell guarded; `joined` is all of them in one text, so that a harmless column is seen to be one at once."""
    if "\0" not in joined and _STARTS.isdisjoint(map(_first, cells)):
        return cells
    return [guarded(cell) for cell in cells]
