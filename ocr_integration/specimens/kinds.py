"""Which cards can be drawn, how they are photographed, and how they are forged."""

from __future__ import annotations

from enum import StrEnum

from ocr_integration.contract import Side


class SpecimenKind(StrEnum):
    """One face of one card, or something that is no card."""

    HK_MACAO_FRONT = "hk_macao_front"
    HK_MACAO_BACK = "hk_macao_back"
    TAIWAN_FRONT = "taiwan_front"
    EXIT_ENTRY_HK_MACAO_FRONT = "exit_entry_hk_macao_front"
    EXIT_ENTRY_TAIWAN_FRONT = "exit_entry_taiwan_front"
    NOT_A_CARD = "not_a_card"

    @property
    def side(self) -> Side:
        return Side.BACK if self is SpecimenKind.HK_MACAO_BACK else Side.FRONT


class Capture(StrEnum):
    """How the card is photographed. The last five are one fault each."""

    FLAT = "flat"
    TABLE = "table"
    QUARTER = "quarter"
    DEGRADED = "degraded"
    HARD = "hard"
    DARK = "dark"
    GLARE = "glare"
    BLUR = "blur"
    CUT_OFF = "cut_off"
    SMALL = "small"


class Forgery(StrEnum):
    """What was done to the card or its picture; the evidence lies in pixels and compression only."""

    PHOTOCOPY = "photocopy"
    RECAPTURE = "recapture"
    EDITED = "edited"
