"""How a picture was taken: too dark, glare, blurred, and how the card lies on it (`framing`).

Measured on the reduced grey picture that proves the file whole.

Bounds come from drawn specimens (36 ways of photographing, three kinds of card): each lies well apart from
the worst picture that can still be read. Another side, another document and two cards are named by the reading:
a permit beside another card is read well, so two cards are no fault of the photo.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageChops, ImageFilter, ImageStat

from kyc_portal.submissions import framing

WIDTH = 480
# The level that one pixel in twenty exceeds: 32-33 on what nobody can read, 44 and more on what can be read.
DARK_BELOW = 40
# The share of burnt patches: at least 0.17 where a lamp hides text, at most 0.07 where it only shines.
GLARE_FROM = 0.12
_BURNT = 250
_PATCH = 8
# Fine detail against coarser detail: about 0.36 on a blurred picture, 0.87 and more on one that can be read.
BLUR_BELOW = 0.6


# What staff read where a picture was taken all the same.
WORDS: dict[str, Promise] = {
    "dark": _("too dark"),
    "glare": _("glare"),
    "blur": _("blurred"),
    "cut_off": _("card cut off"),
    "too_small_card": _("card too small"),
}


def fault(grey: Image.Image, *, scale: float) -> str:
    """The gravest fault, a key of WORDS, or "" where the picture was taken well.

    Takes mode L; `scale`: pixels of the photo for one of `grey`.
    """
    small = grey
    if grey.width > WIDTH:
        small = grey.resize((WIDTH, max(1, round(WIDTH * grey.height / grey.width))), Image.Resampling.BOX)
    if bright_level(grey) < DARK_BELOW:
        return "dark"
    if burnt_share(small) >= GLARE_FROM:
        return "glare"
    return "blur" if sharpness(small) < BLUR_BELOW else framing.fault(small, scale=scale * grey.width / small.width)


def bright_level(grey: Image.Image) -> int:
    """The level (0-255) that one pixel in twenty exceeds."""
    counts = grey.histogram()
    left, level = sum(counts) / 20, 255
    while level > 0 and counts[level] <= left:
        left -= counts[level]
        level -= 1
    return level


def burnt_share(grey: Image.Image) -> float:
    """The share of patches of 8 by 8 pixels that are burnt on average: text under them is gone."""
    patches = grey.resize((max(1, grey.width // _PATCH), max(1, grey.height // _PATCH)), Image.Resampling.BOX)
    return sum(patches.histogram()[_BURNT:]) / (patches.width * patches.height)


def sharpness(grey: Image.Image) -> float:
    """Contrast of details of about a pixel, divided by that of details a few times as large."""
    soft = grey.filter(ImageFilter.GaussianBlur(1.2))
    softer = soft.filter(ImageFilter.GaussianBlur(2.4))
    fine, coarse = (ImageStat.Stat(ImageChops.difference(*pair)).rms[0] for pair in ((grey, soft), (soft, softer)))
    return fine / (coarse + 0.01)
