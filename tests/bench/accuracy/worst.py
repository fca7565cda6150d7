"""A contact sheet of the worst misses, so that one can look at what was hard."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageOps

from ocr_integration.contract import KnownWarning
from ocr_integration.specimens import Forgery
from ocr_integration.specimens.fonts import face_for, font
from tests.bench.accuracy.scoring import BLANK, WRONG, Outcome

_TILE, _CAPTION, _COLUMNS = (620, 470), 150, 3


def badness(outcome: Outcome) -> tuple[int, int, int]:
    """Wrong values weigh most, then a decision gone wrong, then blanks."""
    is_card = outcome.item.group != "no card"
    missed = any(code not in (outcome.warnings or ()) for code in outcome.forged_as) and not _is_honest(outcome)
    alarmed = is_card and not outcome.forged_as and any(-9104 <= code <= -9102 for code in outcome.warnings or ())
    decided_wrongly = (outcome.is_refused == is_card) or missed or alarmed
    return len(outcome.of(WRONG)), int(decided_wrongly), len(outcome.of(BLANK))


def _is_honest(outcome: Outcome) -> bool:
    """Whether it said that it could not test what nobody can."""
    resaved = outcome.item.forgery is Forgery.EDITED_RESAVED
    return resaved and KnownWarning.NOT_ENABLED in (outcome.warnings or ())


def worst(outcomes: Sequence[Outcome], most: int = 18) -> list[Outcome]:
    """The worst first; pictures without a miss are left out."""
    missed = [each for each in outcomes if any(badness(each))]
    return sorted(missed, key=lambda each: (*(-part for part in badness(each)), each.item.seed))[:most]


def caption(outcome: Outcome) -> list[str]:
    """What it is, then what went wrong, one line each."""
    lines = [str(outcome.item), f"{outcome.look} {'refused' if outcome.is_refused else outcome.warnings}"]
    lines += [f"{each.name}: {each.printed or '(nothing)'} read {each.read}" for each in outcome.of(WRONG)]
    blanks = [each.name for each in outcome.of(BLANK)]
    return lines + ([f"blank: {', '.join(blanks)}"] if blanks and not outcome.is_refused else [])


def save_sheet(outcomes: Sequence[Outcome], path: Path) -> None:
    """Draw the pictures again, small, each with its caption."""
    rows = max(1, -(-len(outcomes) // _COLUMNS))
    sheet = Image.new("RGB", (_COLUMNS * _TILE[0], rows * (_TILE[1] + _CAPTION)), "white")
    draw = ImageDraw.Draw(sheet)
    for at, outcome in enumerate(outcomes):
        x, y = at % _COLUMNS * _TILE[0], at // _COLUMNS * (_TILE[1] + _CAPTION)
        with Image.open(io.BytesIO(outcome.item.draw().image)) as picture:
            small = ImageOps.contain(ImageOps.exif_transpose(picture).convert("RGB"), (_TILE[0] - 10, _TILE[1] - 6))
        sheet.paste(small, (x, y))
        for number, line in enumerate(caption(outcome)[:6]):
            text = line[:56]
            draw.text((x + 4, y + _TILE[1] + number * 23), text, font=font(face_for(text, "sans"), 17), fill="black")
    sheet.save(path)
