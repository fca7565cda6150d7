"""The permits the engine knows, one entry each: how its number is written and what its sides carry.

The printed title is the contract's `PermitType`. What a new entry needs besides: docs/adding-a-card-type.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ocr_integration.contract import PermitType
from ocr_integration.engine.scripts import Script


@dataclass(frozen=True, slots=True)
class Permit:
    """`number`: the whole document number, in capitals. `letters`: how many it may begin with, least and most.

    `states_nationality`: the front may name one. `has_back`: its back is read too, as the service does.
    `script`: the only one that names are printed in; None where holders write either. `is_pinyin`: a short Chinese
    name's Latin one is its pinyin, letter by letter.
    """

    number: re.Pattern[str]
    letters: tuple[int, int]
    states_nationality: bool = False
    has_back: bool = False
    script: Script | None = None
    is_pinyin: bool = False


# Mainland residents' names are registered in standard characters, so their permits print no others.
PERMITS: dict[PermitType, Permit] = {
    PermitType.HK_MACAO_RESIDENT: Permit(
        number=re.compile(r"[HM]\d{8}(\d{2})?|[HM]A\d{7}"), letters=(1, 2), states_nationality=True, has_back=True
    ),
    PermitType.TAIWAN_RESIDENT: Permit(number=re.compile(r"\d{8}|\d{10}(\([A-Z]\)|[A-Z])?"), letters=(0, 0)),
    PermitType.EXIT_ENTRY_HK_MACAO: Permit(
        number=re.compile(r"C[A-HJ-NP-Z0-9]\d{7}"), letters=(1, 2), script=Script.SIMPLIFIED, is_pinyin=True
    ),
    PermitType.EXIT_ENTRY_TAIWAN: Permit(
        number=re.compile(r"[LT]\d{8}"), letters=(1, 1), script=Script.SIMPLIFIED, is_pinyin=True
    ),
}
