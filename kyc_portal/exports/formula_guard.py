"""Cells that a spreadsheet would run are made text. Pure."""

from __future__ import annotations

_LINES = "\t\r\n\0"
_SIGNS = "=+-@＝＋－＠"
_STARTS = frozenset(_SIGNS + _LINES)


def guarded(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would take it for a formula; no NUL stays."""
    clean = text.replace("\0", "") if "\0" in text else text
    return f"'{clean}" if text[:1] in _STARTS else clean


def guarded_after(sign: str, text: str) -> str:
    """Every cell of a text guarded that begins after the sign; no cell holds a tab, an end of line or NUL."""
    for start in _SIGNS:
        if start in text:  # a look for one character is all but free
            text = text.replace(sign + start, f"{sign}'{start}")
    return text
