"""Whether a Latin name can be a spelling of a Chinese one, by the first letters of its syllables. A hint, no finding.

Spellings follow no one table: Cantonese as Hong Kong writes it and as Macao does, pinyin, Wade-Giles. First letters of
all of them are compared; a name after Hokkien, Hakka or another language is pointed out although nothing is wrong.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

# How the sound that begins with a letter is also written: Wade-Giles, and Macao's way after Portuguese.
_ALSO = {
    "b": "p", "d": "t", "g": "k", "q": "c", "x": "h", "z": "ct", "c": "t", "r": "j", "j": "c", "y": "iu", "w": "vu",
    "k": "q", "a": "n", "o": "n",
}  # fmt: skip
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")


@cache
def _letters() -> dict[str, str]:
    """The first letters of every character's spellings (first_letters.tsv, which names its sources)."""
    table = (files(__package__) / "first_letters.tsv").read_text(encoding="utf-8")
    lines = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return {character: letters for letters, characters in lines for character in characters}


def is_spelling(name: str, latin: str) -> bool | None:
    """Whether the Latin name may be the Chinese one; None where they cannot be compared.

    `latin` has the surname before a comma. The surname's first letter must fit; of the given name, where it has as many
    syllables as characters, one must.
    """
    surname, _comma, given = re.sub(r"['’ʼ`]", "", latin.upper()).partition(",")
    syllables = re.findall(r"[A-Z]+", surname)
    if not syllables or not _HAN.fullmatch(name) or name[0] not in _letters():
        return None
    if not _fits(name[0], syllables[0]):
        return False
    rest, called = name[2:] if len(syllables) == 2 and len(name) > 2 else name[1:], re.findall(r"[A-Z]+", given)
    if not rest or len(called) < len(rest):
        return True
    return any(map(_fits, rest, called[-len(rest) :]))  # a given name from elsewhere may stand before


def _fits(character: str, syllable: str) -> bool:
    letters = _letters().get(character)
    if letters is None:
        return True
    spelt = set(letters).union(*(_ALSO.get(each, "") for each in letters))
    return syllable[0].lower() in spelt
