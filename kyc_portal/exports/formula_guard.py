"""Cells that a spreadsheet would run are made text. Pure."""

from __future__ import annotations

_STARTS = frozenset("=+-@\t\r\n\0＝＋－＠")


def guarded(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would take it for a formula; no NUL stays."""
    clean = text.replace("\0", "") if "\0" in text else text
    return f"'{clean}" if text[:1] in _STARTS else clean
