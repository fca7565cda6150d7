"""Which script a Chinese character belongs to, where it belongs to one: a name is printed in one of them throughout."""

from __future__ import annotations

from collections import Counter
from enum import Enum
from functools import cache

import opencc

# Standard on the mainland too, in names, though the table has a simpler form for them.
_IN_NAMES_OF_BOTH = frozenset("昇龑乾於徵夥藉著瞭麽")


class Script(Enum):
    TRADITIONAL = "traditional"
    SIMPLIFIED = "simplified"


@cache
def _converters() -> tuple[opencc.OpenCC, opencc.OpenCC]:
    return opencc.OpenCC("t2s"), opencc.OpenCC("s2t")


@cache
def script_of(character: str) -> Script | None:
    """The only script the character is written in; None for what both have (王, 余, 后) and for anything else."""
    to_simplified, to_traditional = _converters()
    if character in _IN_NAMES_OF_BOTH:
        return None
    if to_simplified.convert(character) != character:
        return Script.TRADITIONAL
    if to_traditional.convert(character) != character and not _is_in_big5(character):
        return Script.SIMPLIFIED
    return None


@cache
def are_twins(first: str, second: str) -> bool:
    """Whether the two are one character in both scripts, or a variant of each other there (黄, 黃)."""
    to_simplified, _ = _converters()
    return to_simplified.convert(first) == to_simplified.convert(second)


def scripts_in(text: str) -> Counter[Script]:
    """How many characters of its own each script has in the text: of both scripts when a twin was misread."""
    return Counter(script for character in text if (script := script_of(character)) is not None)


def mostly(scripts: Counter[Script]) -> Script | None:
    """The script that most of the characters have; None when both have as many."""
    first, second = ([*scripts.most_common(2), (None, 0), (None, 0)])[:2]
    return first[0] if first[1] > second[1] else None


def _is_in_big5(character: str) -> bool:
    """Whether the character set of Taiwan and Hong Kong has it, so that 余 and 后 are traditional as well."""
    try:
        character.encode("big5")
    except UnicodeEncodeError:
        return False
    return True
