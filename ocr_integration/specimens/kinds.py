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


class Grade(StrEnum):
    """How well a person reads the picture: at once, without effort, at a second look; not at all, or two cards."""

    CLEAN = "clean"
    DEGRADED = "degraded"
    HARD = "hard"
    SPOILT = "spoilt"


class Capture(StrEnum):
    """How the card is photographed, each with its grade. `degraded` and `hard` take one of their grade by lot."""

    FLAT = "flat"
    TABLE = "table"

    TILTED = "tilted"
    QUARTER = "quarter"
    TURNED = "turned"
    SOFT = "soft"
    SHAKEN = "shaken"
    COMPRESSED = "compressed"
    LAMP = "lamp"
    SHADOW = "shadow"
    DIM = "dim"
    BUSY = "busy"
    WIDTH_640 = "width_640"
    WIDTH_4000 = "width_4000"
    TWICE_SAVED = "twice_saved"
    CHEAP_CAMERA = "cheap_camera"
    DEGRADED = "degraded"

    SLANTED = "slanted"
    ANY_ANGLE = "any_angle"
    SHAKEN_13 = "shaken_13"
    BLURRED = "blurred"
    COMPRESSED_15 = "compressed_15"
    STRONG_GLARE = "strong_glare"
    VERY_DARK = "very_dark"
    THUMBS = "thumbs"
    SECOND_CARD = "second_card"
    FADED = "faded"
    WATERMARK = "watermark"
    FAR = "far"
    COMBINED = "combined"
    HARD = "hard"

    DARK = "dark"
    GLARE = "glare"
    BLUR = "blur"
    CUT_OFF = "cut_off"
    SMALL = "small"
    TWO_CARDS = "two_cards"

    @property
    def grade(self) -> Grade:
        return next(grade for grade, ways in _WAYS.items() if self in ways)


_WAYS: dict[Grade, tuple[Capture, ...]] = {
    Grade.CLEAN: (Capture.FLAT, Capture.TABLE),
    Grade.DEGRADED: (
        Capture.TILTED,
        Capture.QUARTER,
        Capture.TURNED,
        Capture.SOFT,
        Capture.SHAKEN,
        Capture.COMPRESSED,
        Capture.LAMP,
        Capture.SHADOW,
        Capture.DIM,
        Capture.BUSY,
        Capture.WIDTH_640,
        Capture.WIDTH_4000,
        Capture.TWICE_SAVED,
        Capture.CHEAP_CAMERA,
        Capture.DEGRADED,
    ),
    Grade.HARD: (
        Capture.SLANTED,
        Capture.ANY_ANGLE,
        Capture.SHAKEN_13,
        Capture.BLURRED,
        Capture.COMPRESSED_15,
        Capture.STRONG_GLARE,
        Capture.VERY_DARK,
        Capture.THUMBS,
        Capture.SECOND_CARD,
        Capture.FADED,
        Capture.WATERMARK,
        Capture.FAR,
        Capture.COMBINED,
        Capture.HARD,
    ),
    Grade.SPOILT: (Capture.DARK, Capture.GLARE, Capture.BLUR, Capture.CUT_OFF, Capture.SMALL, Capture.TWO_CARDS),
}


def captures_of(grade: Grade) -> tuple[Capture, ...]:
    """The ways of a grade, without the one that takes one of them by lot."""
    return tuple(each for each in _WAYS[grade] if each.value != grade.value)


class Forgery(StrEnum):
    """What was done to the card or its picture; the evidence lies in pixels and compression only.

    The last is an edited picture that a chat application saved again: its evidence is gone, and the honest answer
    is that it cannot be tested.
    """

    PHOTOCOPY = "photocopy"
    RECAPTURE = "recapture"
    EDITED = "edited"
    EDITED_RESAVED = "edited_resaved"
