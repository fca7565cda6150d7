"""The service's warning codes: their severity, and what they mean to the people who read them.

Severity decides the queue first: edited, recapture, photocopy, unknown, not checked, none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ocr_integration.contract import KnownWarning


class Severity(IntEnum):
    """The tier of a submission; a thousand points each, so no failed check lifts a case past a graver code."""

    NONE = 0
    NOT_CHECKED = 1
    UNKNOWN = 2
    PHOTOCOPY = 3
    RECAPTURE = 4
    EDITED = 5

    @property
    def points(self) -> int:
        return self.value * 1000


PHOTOCOPY, RECAPTURE, EDITED, NOT_ENABLED = (
    int(KnownWarning.PHOTOCOPY),
    int(KnownWarning.RECAPTURE),
    int(KnownWarning.EDITED),
    int(KnownWarning.NOT_ENABLED),
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """One tier in words: a short label, what it says, and what a reviewer does about it."""

    label: Promise
    sentence: Promise
    advice: Promise


MEANINGS: dict[Severity, Meaning] = {
    Severity.EDITED: Meaning(
        _("Edited"),
        _("The service found signs that this picture was changed with software."),
        _("Look at portrait edges, and at digits whose weight or baseline differs."),
    ),
    Severity.RECAPTURE: Meaning(
        _("Recapture"),
        _("The service sees a photo of a screen or of a print, not of the card."),
        _("Zoom in: look for a pixel grid, moiré or a screen edge. Usual outcome the first time: ask again."),
    ),
    Severity.PHOTOCOPY: Meaning(
        _("Photocopy"),
        _("The service sees a photocopy, not the card itself."),
        _("Look for missing colour and hologram. Usual outcome the first time: ask again."),
    ),
    Severity.UNKNOWN: Meaning(
        _("Unknown code"),
        _("The service sent a code we do not know."),
        _("Treat as a warning."),
    ),
    Severity.NOT_CHECKED: Meaning(
        _("Not checked"),
        _("Forgery tests did not run on every picture."),
        _("Look as if nothing had been tested."),
    ),
    Severity.NONE: Meaning(_("No warnings"), _("Every forgery test ran and found nothing."), _("Compare as usual.")),
}

_KNOWN = {
    EDITED: Severity.EDITED,
    RECAPTURE: Severity.RECAPTURE,
    PHOTOCOPY: Severity.PHOTOCOPY,
    NOT_ENABLED: Severity.NOT_CHECKED,
}


def severity_of(code: int) -> Severity:
    """The tier of one code; a code we do not know is still a warning."""
    return _KNOWN.get(code, Severity.UNKNOWN)


def gravest(codes: Iterable[int]) -> Severity:
    """The gravest tier among the codes; NONE where there are none."""
    return max((severity_of(code) for code in codes), default=Severity.NONE)


def codes_of_answer(warnings: tuple[int, ...] | None) -> tuple[int, ...]:
    """What an answer's warnings count as: saying nothing about forgery ranks as "not enabled", never as clean."""
    return (NOT_ENABLED,) if warnings is None else tuple(sorted(set(warnings)))
