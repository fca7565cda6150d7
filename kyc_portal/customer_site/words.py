"""What the customer reads for each side, field, fault and code. One place; a test holds every code to a sentence.

Whole sentences for each side rather than sentences with a word put in: Chinese and English bend differently.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kyc_portal.submissions.models import SideChoice
from ocr_integration.images import ImageFault


@dataclass(frozen=True, slots=True)
class SideWords:
    """Everything said about one side of a card. `drawing` names a symbol of customer.svg."""

    name: Promise
    title: Promise
    hint: Promise
    again: Promise
    take: Promise
    send: Promise
    stored: Promise
    drawing: str


SIDES: dict[str, SideWords] = {
    SideChoice.FRONT: SideWords(
        name=_("Front"),
        title=_("Front of your permit"),
        hint=_("The side with your picture"),
        again=_("One more photo: the front"),
        take=_("Photograph the front"),
        send=_("Send the front"),
        stored=_("The front is stored."),
        drawing="side-front",
    ),
    SideChoice.BACK: SideWords(
        name=_("Back"),
        title=_("Back of your permit"),
        hint=_("The side without a picture"),
        again=_("One more photo: the back"),
        take=_("Photograph the back"),
        send=_("Send the back"),
        stored=_("The back is stored."),
        drawing="side-back",
    ),
}

# Compared with the card by the customer, in the order a card prints them.
FIELDS: dict[str, Promise] = {
    "name": _("Name"),
    "english_name": _("Name in Latin letters"),
    "birthday": _("Date of birth"),
    "sex": _("Sex"),
    "number": _("Permit number"),
    "valid_date": _("Valid"),
    "back_id_number": _("Hong Kong or Macao identity card"),
}

_WRONG_FORMAT = _("This is another kind of file. Please choose a photo saved as JPEG or PNG.")

FAULTS: dict[str, Promise] = {
    ImageFault.EMPTY: _("There is no photo yet. Please take or choose one."),
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
    "side_not_needed": _("We do not need this side."),
}


@dataclass(frozen=True, slots=True)
class Tip:
    """One fault of a photo: what is seen, and the one thing to do. `drawing` names a symbol of customer.svg.

    `short` is written beside the place on the photo, where the fault has one.
    """

    code: str
    title: Promise
    do: Promise
    why: Promise
    short: Promise | str = ""

    @property
    def drawing(self) -> str:
        return f"tip-{self.code}"


TIPS: dict[str, Tip] = {
    tip.code: tip
    for tip in (
        Tip("dark", _("The photo is too dark"), _("Go near a window or a lamp"), _("until the text is easy to read.")),
        Tip(
            "glare",
            _("Glare covers part of the card"),
            _("Tilt the card away from the lamp"),
            _("until the white spot leaves the text."),
            _("Glare"),
        ),
        Tip("blur", _("The photo is blurred"), _("Hold the phone still"), _("and tap the card so that it gets sharp.")),
        Tip(
            "cut_off",
            _("The card is cut off"),
            _("Show all four corners"),
            _("with a little of the table around the card."),
            _("Cut off"),
        ),
        Tip(
            "too_small_card",
            _("The card is too small on the photo"),
            _("Move closer"),
            _("until the card fills most of the photo."),
            _("Too small"),
        ),
        Tip(
            "wrong_side",
            _("This is the other side of the card"),
            _("Turn the card over"),
            _("and photograph the side we ask for."),
        ),
        Tip(
            "two_cards",
            _("There is more than one card on the photo"),
            _("Put the other card away"),
            _("so that only your permit is in view."),
            _("Another card"),
        ),
        Tip(
            "no_card",
            _("We could not see one of the accepted permits on this photo"),
            _("Lay the permit itself under the camera"),
            _("with the side we ask for facing up."),
        ),
        Tip(
            "same_as_failed",
            _("This is the same photo as before"),
            _("Please take a new one"),
            _("The same photo would show the same fault."),
        ),
        Tip(
            "not_accepted",
            _("This kind of document is not accepted"),
            _("Use your mainland travel permit"),
            _("not a passport, an identity card or another permit."),
        ),
    )
}
# Only the reading knows what document it is; everything else is also seen on the photo at once.
SEEN_AT_ONCE = tuple(tip for tip in TIPS.values() if tip.code != "not_accepted")
# Faults of a file that a browser tells by itself, before anything is sent.
TOLD_BY_THE_BROWSER = ("empty", "gif", "heic", "webp", "svg", "pdf", "not_an_image", "too_small")

# Which tip goes with a code of the service or a reason of a reviewer.
TIP_OF: dict[str, str] = {
    "FailedOperation.ImageBlur": "blur",
    "FailedOperation.IdCardTooSmall": "too_small_card",
    "FailedOperation.CardSideError": "wrong_side",
    "FailedOperation.MultiCardError": "two_cards",
    "FailedOperation.ImageNoSpecifiedCard": "no_card",
    "FailedOperation.ImageNoText": "no_card",
    "FailedOperation.NotAppointCard": "not_accepted",
    "InvalidParameterValue.UnsupportedCard": "not_accepted",
    "blurred": "blur",
    "glare": "glare",
    "too_dark": "dark",
    "cut_off": "cut_off",
    "wrong_side": "wrong_side",
    "wrong_document": "not_accepted",
}
# Codes without a tip of their own; what is not listed reads as the last one.
PICTURE_CODES: dict[str, Promise] = {
    "FailedOperation.ImageDecodeFailed": _("The photo could not be opened. Please take a new one."),
    "Customer.TakenAgain": _("You asked to take this side again."),
}
PICTURE_FAULT = _("The photo could not be read. Please take a new one in good light, with all four corners.")

# Names of who reads the pictures and where, as settings write them.
PLACES: dict[str, Promise] = {
    "Tencent Cloud": _("Tencent Cloud"),
    "Hong Kong": _("Hong Kong"),
    "Singapore": _("Singapore"),
}

NOT_STORED = _("We cannot store photos just now. It is not your photo. Please try again in a few minutes.")


def fault(code: str) -> Promise:
    """The sentence of a fault found at once."""
    return TIPS[code].title if code in TIPS else FAULTS[code]


def picture_fault(code: str) -> Promise:
    """The sentence of a fault the reading found."""
    tip = tip_of(code)
    return tip.title if tip else PICTURE_CODES.get(code, PICTURE_FAULT)


def tip_of(code: str) -> Tip | None:
    """The tip that helps against a code of the service or a reviewer's reason, where one does."""
    return TIPS.get(TIP_OF.get(code, ""))


def told_by_the_browser() -> dict[str, str]:
    """{code: sentence} for the module that looks at a file before it is sent."""
    return {code: str(FAULTS[code]) for code in TOLD_BY_THE_BROWSER}


def tries_left(photo: int, limit: int) -> str:
    """Which try this is, and what comes after the last."""
    said = gettext("Photo %(photo)d of %(limit)d. After that, a person looks at what you have.")
    return said % {"photo": photo, "limit": limit}


def photos(sides: Sequence[str]) -> str:
    """What was received."""
    return gettext("Front and back, 2 photos") if len(sides) == 2 else gettext("Front, 1 photo")
