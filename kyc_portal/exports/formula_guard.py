"""Cells that a spreadsheet would run are made text. Pure."""

from __future__ import annotations

import re
from functools import cache

_LINES = "\t\r\n\0"
_SIGNS = "=+-@＝＋－＠"
_STARTS = frozenset(_SIGNS + _LINES)


def guarded(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would take it for a formula; no NUL stays."""
    clean = text.replace("\0", "") if "\0" in text else text
    return f"'{clean}" if text[:1] in _STARTS else clean


def guarded_after(sign: str, text: bytes) -> bytes:
    """Every cell of a UTF-8 text guarded that begins after the sign; no cell holds a tab, an end of line or NUL."""
    return _starting(sign).sub(sign.encode() + b"'", text)


@cache
def _starting(sign: str) -> re.Pattern[bytes]:
    """The sign where a formula follows it; a look at one byte first is enough for nearly every cell."""
    first_bytes = re.escape(bytes({each.encode()[0] for each in _SIGNS}))
    starts = "|".join(map(re.escape, _SIGNS)).encode()
    return re.compile(b"%b(?=[%b])(?=%b)" % (re.escape(sign.encode()), first_bytes, starts))
