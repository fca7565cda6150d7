"""Names of one person meet in either script: 陳大文 and 陈大文 fold to one text. Characters only, never phrases.

Simplified forms merge what traditional keeps apart, so a meeting of folded names is a hint, not a finding.
"""

from __future__ import annotations

import unicodedata
from functools import cache

import opencc

# Variants that the Hong Kong table leaves apart, met in names.
_VARIANTS = {"燿": "耀", "煇": "辉", "珮": "佩", "濬": "浚", "栢": "柏", "寳": "宝"}
_DOTS = "·•・‧．.⋅"


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("hk2s")


@cache
def fold_character(character: str) -> str:
    """One character to a fixed point through the table and the variants."""
    for _round in range(4):
        folded = _VARIANTS.get(character) or _converter().convert(character)
        if folded == character:
            break
        character = folded
    return character


def fold_name(name: str) -> str:
    """A name without blanks and middle dots, in upper case, each Chinese character folded by itself."""
    text = unicodedata.normalize("NFKC", name).upper()
    return "".join(fold_character(each) for each in text if not each.isspace() and each not in _DOTS)
