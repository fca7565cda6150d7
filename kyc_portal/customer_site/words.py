"""What the customer reads for each fault and code. One place; a test holds every code to a sentence."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ocr_integration.images import ImageFault

_WRONG_FORMAT = _("This is another kind of file. Please choose a photo saved as JPEG or PNG.")

FAULTS: dict[str, Promise] = {
    ImageFault.EMPTY: _("The file is empty. Please choose the photo again."),
    ImageFault.TOO_LARGE: _("The photo is larger than 10 MB. Please choose a smaller one."),
    ImageFault.NOT_AN_IMAGE: _("This file is not a photo we can open. Please choose a JPEG or PNG."),
    ImageFault.GIF: _WRONG_FORMAT,
    ImageFault.HEIC: _("This photo is saved as HEIC. Set your camera to “most compatible”, or choose a JPEG."),
    ImageFault.WEBP: _WRONG_FORMAT,
    ImageFault.SVG: _WRONG_FORMAT,
    ImageFault.PDF: _WRONG_FORMAT,
    ImageFault.TOO_MANY_PIXELS: _("The photo has too many pixels. Please take it with an ordinary camera setting."),
    ImageFault.TOO_SMALL: _("The photo is too small to read. Please move closer and take it again."),
    ImageFault.ANIMATED: _("This is a moving picture. Please choose a still photo."),
    ImageFault.TOO_COMPLEX: _("This file is built in a way we cannot open safely. Please take a new photo."),
    ImageFault.TRUNCATED: _("Part of the file is missing. Please choose the photo again."),
    "same_as_failed": _("This is the same photo as before. Please take a new one."),
    "side_not_needed": _("We do not need this side."),
}

# By the service's code; what is not listed reads as the last one.
PICTURE_CODES: dict[str, Promise] = {
    "FailedOperation.ImageNoSpecifiedCard": _("We could not see one of the accepted permits on this photo."),
    "FailedOperation.ImageDecodeFailed": _("The photo could not be opened. Please take a new one."),
    "FailedOperation.ImageBlur": _("The photo is blurred. Hold the phone still and tap to focus."),
    "FailedOperation.IdCardTooSmall": _("The card is too small on the photo. Please move closer."),
    "FailedOperation.MultiCardError": _("There is more than one card on the photo."),
    "FailedOperation.CardSideError": _("This is the other side of the card."),
    "Customer.TakenAgain": _("You asked to take this side again."),
}
PICTURE_FAULT = _("The photo could not be read. Please take a new one in good light, with all four corners.")


def fault(code: str) -> Promise:
    """The sentence of a fault found at once."""
    return FAULTS[code]


def picture_fault(code: str) -> Promise:
    """The sentence of a fault the reading found."""
    return PICTURE_CODES.get(code, PICTURE_FAULT)
