"""What is wrong with a picture, seen at once: nothing on it, too dark, glare, blurred, and how the card lies on it.

Measured on the reduced grey picture that proves the file whole; the card itself in `framing`, its side in `sides`.

Bounds come from drawn specimens (36 ways of photographing, three kinds of card): each lies well apart from
the worst picture that can still be read. Another document, and whatever these measures are not sure of, is named by
the reading.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageChops, ImageFilter, ImageStat

from kyc_portal.submissions.pictures import framing, sides

WIDTH = 480
# A bare wall or table: light and dark lie less apart than this share of the light (cards: 0.34 and more), and less than
# this share of the pixels bends (cards: 0.05 and more, where they are not blurred).
_PLAIN_BELOW = 0.3
_BENDS_BELOW = 0.02
_BEND = 24
# The level that one pixel in twenty exceeds: 32-33 on what nobody can read, 44 and more on what can be read.
DARK_BELOW = 40
# The share of burnt patches: at least 0.17 where a lamp hides text, at most 0.13 where it only shines.
GLARE_FROM = 0.15
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
    "no_card": _("nothing on it"),
    "two_cards": _("two cards"),
    "wrong_side": _("the other side"),
}


def fault(grey: Image.Image, *, scale: float, side: str = "") -> str:
    """The gravest fault, a key of WORDS, or "" where the picture was taken well.

    Takes mode L; `scale`: pixels of the photo for one of `grey`; `side`: the side that is asked for, where the card's
    two sides can be told apart by their layout.
    """
    small = grey
    if grey.width > WIDTH:
        small = grey.resize((WIDTH, max(1, round(WIDTH * grey.height / grey.width))), Image.Resampling.BOX)
    if bright_level(grey) < DARK_BELOW:
        return "dark"
    if is_bare(small):
        return "no_card"
    if burnt_share(small) >= GLARE_FROM:
        return "glare"
    if sharpness(small) < BLUR_BELOW:
        return "blur"
    if found := framing.fault(small, scale=scale * grey.width / small.width):
        return found
    return "wrong_side" if side and sides.shows_the_other(small, side=side) else ""


def is_bare(grey: Image.Image) -> bool:
    """Whether there is next to nothing on the picture: one tone, and hardly a line."""
    counts = framing.cells(grey).histogram()
    low, high, light = (_level(counts, share) for share in (0.01, 0.99, 0.95))
    if high - low >= _PLAIN_BELOW * light:
        return False
    bends = grey.filter(ImageFilter.Kernel((3, 3), (0, -1, 0, -1, 4, -1, 0, -1, 0), scale=1, offset=128)).histogram()
    bent = sum(bends[: 128 - _BEND]) + sum(bends[128 + _BEND + 1 :])
    return bent < _BENDS_BELOW * sum(bends)


def _level(counts: list[int], share: float) -> int:
    """The level that this share of the pixels does not exceed."""
    left = share * sum(counts)
    for level, many in enumerate(counts):
        left -= many
        if left < 0:
            return level
    return 255


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
