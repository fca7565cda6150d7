"""The forgery tests: each says suspect, clean or "cannot be made", from pixels and compression alone.

What each looks for, its threshold and its blind spots: docs/warnings.md. A warning sends a case to a person,
it never refuses; what cannot be tested is -9109, never silence.
"""

from __future__ import annotations

from ocr_integration.contract import KnownWarning
from ocr_integration.engine.lines import Text
from ocr_integration.engine.page import Page
from ocr_integration.engine.portrait import Portrait
from ocr_integration.engine.thresholds import MIN_FORENSIC_SIDE
from ocr_integration.engine.warnings.edited import is_edited
from ocr_integration.engine.warnings.photocopy import is_photocopy
from ocr_integration.engine.warnings.recapture import is_recapture


def warnings_of(
    page: Page, text: Text, card: Text, portrait: Portrait | None, *, zone_disagrees: bool
) -> tuple[int, ...]:
    """Run every test; the codes in the service's order, () when all were made and clean.

    `card`: the lines of the card alone, where `text` may hold those of another card beside it.
    """
    verdicts: dict[KnownWarning, bool | None] = {
        KnownWarning.PHOTOCOPY: is_photocopy(page, text, portrait),
        KnownWarning.RECAPTURE: None,
        KnownWarning.EDITED: None,
    }
    if min(page.width, page.height) >= MIN_FORENSIC_SIDE:
        verdicts[KnownWarning.RECAPTURE] = is_recapture(page, card)
        verdicts[KnownWarning.EDITED] = is_edited(page, text, portrait)
    if zone_disagrees:
        verdicts[KnownWarning.EDITED] = True
    codes = [int(code) for code, verdict in verdicts.items() if verdict]
    if any(verdict is None for verdict in verdicts.values()):
        codes.append(int(KnownWarning.NOT_ENABLED))
    return tuple(codes)
