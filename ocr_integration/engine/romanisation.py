"""How a Chinese name sounds, to hold it against the Latin name on the same card: Cantonese, pinyin, Wade-Giles.

Spellings differ from family to family, so a name is never refused for its sound; but of two readings of a character
that sound unlike, the Latin name tells which it is.
"""

from __future__ import annotations

import json
import re
import unicodedata
from difflib import SequenceMatcher
from functools import cache
from importlib.resources import files
from itertools import product

import opencc

# A name has at most so many readings in one way of spelling; beyond are oddities of single characters.
_MOST_READINGS = 64
# Wade-Giles from pinyin as passports spell it, without apostrophes; initials first, then whole syllables.
_WADE_GILES_INITIALS = (
    ("zh", "ch"), ("q", "ch"), ("j", "ch"), ("x", "hs"), ("z", "ts"), ("c", "ts"), ("b", "p"), ("d", "t"), ("g", "k"),
    ("r", "j"),
)  # fmt: skip
_WADE_GILES = {
    "zhi": "chih", "chi": "chih", "shi": "shih", "ri": "jih", "zi": "tzu", "ci": "tzu", "si": "szu", "yan": "yen",
    "yi": "i", "ye": "yeh", "yue": "yueh", "you": "yu", "yong": "yung", "he": "ho", "ge": "ko", "ke": "ko",
}  # fmt: skip
_WADE_GILES_FINALS = (
    (re.compile("ong$"), "ung"), (re.compile("ian$"), "ien"), (re.compile("ie$"), "ieh"), (re.compile("ue$"), "ueh"),
    (re.compile("uo$"), "o"),
)  # fmt: skip
# A surname and a word of the given name at least.
_FEWEST_WORDS = 2
# Syllables without a vowel of their own.
_BUZZED = {"ji": "tsz", "chi": "tsz", "si": "sze"}
# Soft initials of textbooks, and what offices in Hong Kong write for them.
_OFFICES_INITIALS = (("gw", "kw"), ("g", "k"), ("d", "t"), ("b", "p"), ("j", "ch"))


def likeness(name: str, latin: str) -> float:
    """How much the Latin name is spelt as the Chinese one sounds (0-1), in the way of spelling that fits best.

    Where each character has a word of its own it is held against that word alone. The last word may be a name from
    elsewhere (LI,YING MARY).
    """
    words = re.findall("[a-z]+", latin.lower())
    wholes = {"".join(words), "".join(words[:-1] if len(words) > _FEWEST_WORDS else words)}
    fits = [_ratio(spelt, whole) for spelt in _spellings(name) for whole in wholes]
    if len(words) >= len(name) > 1:
        by_word = [[_fit(way(each), word) for each, word in zip(name, words, strict=False)] for way in _WAYS]
        fits += [sum(each) / len(name) for each in by_word]
    return max(fits, default=0.0)


def with_whole_names(latin: str) -> str:
    """A Latin name in pinyin without the blanks that uneven light puts between its letters (LI,XUANL IN; XU,DE HUI).

    A given name is one word (GB/T 28039-2011), and a syllable is never parted. Where no comma stands before it, a blank
    between syllables is printed: behind a surname, or between two of them. Words that are no pinyin stay apart.
    `latin` in capitals.
    """
    surname, comma, given = latin.partition(",")
    return _rejoined(surname, is_given=False) + comma + _rejoined(given, is_given=True)


def _rejoined(latin: str, *, is_given: bool) -> str:
    whole: list[str] = []
    for part in re.findall("[A-Z]+|[^A-Z]+", latin):
        if len(whole) > 1 and whole[-1] == " " and _is_one_word(whole[-2], part, is_given=is_given):
            whole[-2:] = [whole[-2] + part]
        else:
            whole.append(part)
    return "".join(whole)


def _is_one_word(left: str, right: str, *, is_given: bool) -> bool:
    """Whether two parts are pinyin together; unless both are of a given name, only together."""
    return _is_pinyin(left + right) and (is_given or not (_is_pinyin(left) and _is_pinyin(right)))


def _is_pinyin(word: str) -> bool:
    """Whether the word is nothing but whole syllables."""
    return _whole_syllables().fullmatch(word.lower()) is not None


@cache
def _whole_syllables() -> re.Pattern[str]:
    syllables = {
        each for marked in set(_pinyin_table().values()) for each in _plain(marked) if set(each) & set("aeiou")
    }
    return re.compile(f"(?:{'|'.join(sorted(syllables))})+")


def _fit(readings: tuple[str, ...], word: str) -> float:
    return max((_ratio(spelt, word) for spelt in readings), default=0.0)


def _ratio(spelt: str, letters: str) -> float:
    return SequenceMatcher(None, spelt, letters, autojunk=False).ratio()


@cache
def _spellings(name: str) -> frozenset[str]:
    found: set[str] = set()
    for way in _WAYS:
        readings = [way(character) for character in name]
        if all(readings):
            choices = list(product(*readings))[:_MOST_READINGS]
            found.update("".join(choice) for choice in choices)
    return frozenset(found)


@cache
def _cantonese(character: str) -> tuple[str, ...]:
    table = _cantonese_table()
    readings = table.get(character) or table.get(_to_traditional().convert(character)) or _pinyin(character)
    return tuple(dict.fromkeys(spelt for each in readings for spelt in (each, *_in_offices(each))))


def _in_offices(syllable: str) -> tuple[str, ...]:
    """A Cantonese syllable as offices in Hong Kong write it: no soft initials, short a also as u (jan, CHUN)."""
    if syllable in _BUZZED:
        return (_BUZZED[syllable],)
    for soft, hard in _OFFICES_INITIALS:
        if syllable.startswith(soft):
            syllable = hard + syllable.removeprefix(soft)
            break
    short = re.sub("aa|ar(?=[kmnpt]|$)", "a", syllable)
    return (short, short.replace("an", "un")) if short == syllable else (short,)


@cache
def _pinyin(character: str) -> tuple[str, ...]:
    return _plain(_pinyin_table().get(str(ord(character)), ""))


def _plain(readings: str) -> tuple[str, ...]:
    """The table's readings of a character without the marks above their letters."""
    letters = (each for each in unicodedata.normalize("NFD", readings) if not unicodedata.combining(each))
    return tuple(dict.fromkeys(filter(None, "".join(letters).split(","))))


@cache
def _wade_giles(character: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(_in_wade_giles, _pinyin(character))))


def _in_wade_giles(syllable: str) -> str:
    if syllable in _WADE_GILES:
        return _WADE_GILES[syllable]
    for pinyin, other in _WADE_GILES_INITIALS:
        if syllable.startswith(pinyin):
            syllable = other + syllable.removeprefix(pinyin)
            break
    for pattern, ending in _WADE_GILES_FINALS:
        syllable = pattern.sub(ending, syllable)
    return syllable


# Of both packages the tables are all we need: importing the first loads four others of its size.
@cache
def _cantonese_table() -> dict[str, tuple[str, ...]]:
    table = json.loads(files("cantoroman").joinpath("data/charToRoman.json").read_text(encoding="utf-8"))
    return {character: tuple(dict.fromkeys(readings)) for character, readings in table.items()}


@cache
def _pinyin_table() -> dict[str, str]:
    table: dict[str, str] = json.loads(files("pypinyin").joinpath("pinyin_dict.json").read_text(encoding="utf-8"))
    return table


@cache
def _to_traditional() -> opencc.OpenCC:
    return opencc.OpenCC("s2t")


_WAYS = (_cantonese, _pinyin, _wade_giles)
