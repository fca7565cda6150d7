"""Taking the picture: for each way of photographing, where the card lies and what goes wrong. One file out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from ocr_integration.specimens import camera, scenes
from ocr_integration.specimens.kinds import Capture, Grade, captures_of
from ocr_integration.specimens.scenes import Boxes, Chance, Laid, Pixels

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Shot:
    """One picture from above. Ranges are drawn from by lot; lengths are for a picture 2000 pixels wide."""

    width: int = 2000
    ratio: float = 0.75
    share: Range = (0.72, 0.84)
    angle: Range = (-7, 7)
    tilt: float = 0.025
    slant: Range = (0, 0)
    level: Range = (0.85, 1.0)
    fall: float = 0.12
    noise: float = 2.4
    blur: Range = (0, 0)
    shake: int = 0
    spot: Range = (0, 0)
    spot_reach: float = 0.12
    quality: tuple[int, int] = camera.OWN_QUALITY


_SHOTS = {
    Capture.TILTED: _Shot(angle=(-9, 9), tilt=0.06),
    Capture.TURNED: _Shot(share=(0.66, 0.72)),
    Capture.SOFT: _Shot(blur=(1.0, 1.6)),
    Capture.SHAKEN: _Shot(shake=6),
    Capture.COMPRESSED: _Shot(quality=(30, 45)),
    Capture.LAMP: _Shot(spot=(60, 100)),
    Capture.SHADOW: _Shot(),
    Capture.DIM: _Shot(level=(0.3, 0.42), noise=3.6, fall=0.2),
    Capture.BUSY: _Shot(angle=(-10, 10)),
    Capture.WIDTH_640: _Shot(width=640, share=(0.9, 0.95), angle=(-3, 3), tilt=0.01),
    Capture.WIDTH_4000: _Shot(width=4000),
    Capture.TWICE_SAVED: _Shot(),
    Capture.CHEAP_CAMERA: _Shot(width=1280, share=(0.8, 0.9), blur=(0.5, 0.8), noise=4.5, quality=(60, 75)),
    Capture.SLANTED: _Shot(share=(0.66, 0.7), angle=(-12, 12), tilt=0.04, slant=(0.2, 0.34)),
    Capture.ANY_ANGLE: _Shot(ratio=1.0, share=(0.66, 0.7), angle=(0, 360), tilt=0.04),
    Capture.SHAKEN_13: _Shot(shake=13),
    Capture.BLURRED: _Shot(blur=(2.2, 2.8)),
    Capture.COMPRESSED_15: _Shot(quality=(15, 15)),
    Capture.STRONG_GLARE: _Shot(spot=(150, 210)),
    Capture.VERY_DARK: _Shot(level=(0.17, 0.23), noise=3.4, fall=0.25),
    Capture.THUMBS: _Shot(angle=(-12, 12), tilt=0.04),
    Capture.SECOND_CARD: _Shot(ratio=1.0, share=(0.68, 0.74), angle=(-12, 12)),
    Capture.FADED: _Shot(),
    Capture.WATERMARK: _Shot(),
    Capture.FAR: _Shot(width=4000, share=(0.24, 0.3), angle=(-15, 15)),
    Capture.COMBINED: _Shot(
        ratio=1.0, share=(0.64, 0.68), angle=(0, 360), tilt=0.08, level=(0.4, 0.85), fall=0.3, noise=3.6
    ),
}


def photograph(
    card: Pixels, capture: Capture, chance: Chance, *, keep_clear: Boxes = (), second: Pixels | None = None
) -> bytes:
    """The picture's file for one way of photographing.

    Thumbs hide nothing of `keep_clear`, boxes in card pixels; `second` is the other card, where there is one.
    """
    if capture.value == capture.grade.value:
        ways = captures_of(capture.grade)
        capture = ways[int(chance.integers(len(ways)))]
    if capture in (Capture.FLAT, Capture.TABLE):
        return camera.jpeg(exposed(card, capture, chance).pixels, int(chance.integers(*camera.OWN_QUALITY)))
    if capture is Capture.QUARTER:
        return _quarter(card, chance)
    if capture is Capture.TWO_CARDS:
        return _two_cards(card, card if second is None else second, chance)
    if capture.grade is Grade.SPOILT:
        return _spoilt(card, capture, chance)
    return _shoot(card, capture, _faults_by_lot(_SHOTS[capture], capture, chance), chance, keep_clear, second)


def exposed(card: Pixels, capture: Capture, chance: Chance) -> Laid:
    """A scan (flat) or a good picture from above (table), not yet saved."""
    if capture is Capture.FLAT:
        return Laid(camera.noise(camera.light(card, chance, fall=0.03), chance, 1.6), np.eye(3))
    ground = scenes.table(2200, 1650, chance)
    laid = scenes.lay(card, ground, chance, share=0.76, angle=float(chance.uniform(-9, 9)), tilt=0.035)
    lit = camera.light(laid.pixels, chance, level=float(chance.uniform(0.9, 1.02)), fall=0.1)
    return Laid(camera.noise(lit, chance), laid.matrix)


def _two_cards(card: Pixels, second: Pixels, chance: Chance) -> bytes:
    """Two whole cards in a picture from above, one over the other or side by side."""
    lies_over = bool(chance.random() < 0.5)
    ground = scenes.table(2000, 2000 if lies_over else 1100, chance)
    share, apart = (0.58, (0.0, 0.23)) if lies_over else (0.44, (0.24, 0.0))
    for each, way in ((second, 1), (card, -1)):
        shift = (way * apart[0], way * apart[1])
        angle = float(chance.uniform(-7, 7))
        ground = scenes.lay(each, ground, chance, share=share, angle=angle, tilt=0.03, shift=shift).pixels
    lit = camera.light(ground, chance, level=float(chance.uniform(0.9, 1.02)), fall=0.1)
    return camera.jpeg(camera.noise(lit, chance), int(chance.integers(*camera.OWN_QUALITY)))


def _spoilt(card: Pixels, capture: Capture, chance: Chance) -> bytes:
    """A picture from above with one fault that spoils it."""
    ground = scenes.table(2200, 1650, chance)
    share, angle = 0.2 if capture is Capture.SMALL else 0.76, float(chance.uniform(-9, 9))
    laid = scenes.lay(card, ground, chance, share=share, angle=angle, tilt=0.035).pixels
    if capture is Capture.CUT_OFF:
        laid = np.ascontiguousarray(laid[:, : int(laid.shape[1] * 0.56)])
    dark = capture is Capture.DARK
    lit = camera.light(laid, chance, level=0.14 if dark else float(chance.uniform(0.9, 1.02)), fall=0.1)
    if capture is Capture.GLARE:
        lit = camera.spot(lit, chance)
    if capture is Capture.BLUR:
        lit = camera.blurred(lit, 11)
    return camera.jpeg(camera.noise(lit, chance, 3.0 if dark else 2.0), int(chance.integers(*camera.OWN_QUALITY)))


def _quarter(card: Pixels, chance: Chance) -> bytes:
    """A phone held otherwise: the pixels lie turned, and in half of the files the orientation tag says so."""
    ground = scenes.table(2000, 1500, chance)
    laid = scenes.lay(card, ground, chance, share=0.78, angle=float(chance.uniform(-3, 3)), tilt=0.01).pixels
    turns = int(chance.integers(1, 4))
    turned = np.ascontiguousarray(np.rot90(camera.noise(camera.light(laid, chance), chance), k=turns))
    tag = {1: 6, 2: 3, 3: 8}[turns] if chance.random() < 0.5 else None
    return camera.jpeg(turned, int(chance.integers(*camera.OWN_QUALITY)), exif_turn=tag)


def _faults_by_lot(shot: _Shot, capture: Capture, chance: Chance) -> _Shot:
    """The faults that are drawn by lot: which of the two turns, and what comes together in the worst pictures."""
    if capture is Capture.TURNED:
        angle = float(chance.choice((12, -25)))
        return replace(shot, angle=(angle - 1, angle + 1))
    if capture is Capture.COMBINED:
        faults: tuple[dict[str, object], ...] = (
            {"shake": 9}, {"blur": (1.6, 2.0)}, {"quality": (22, 30)}, {"spot": (110, 160)},
        )  # fmt: skip
        return replace(shot, **faults[int(chance.integers(len(faults)))])  # type: ignore[arg-type]
    return shot


def _shoot(
    card: Pixels, capture: Capture, shot: _Shot, chance: Chance, keep_clear: Boxes, second: Pixels | None
) -> bytes:
    pixels = _scene(card, capture, shot, chance, keep_clear, second)
    pixels = camera.light(pixels, chance, level=float(chance.uniform(*shot.level)), fall=shot.fall)
    if capture is Capture.SHADOW:
        pixels = camera.shadow(pixels, chance)
    if shot.spot[1]:
        at = (float(chance.uniform(0.3, 0.7)), float(chance.uniform(0.35, 0.65)))
        pixels = camera.spot(pixels, chance, reach=shot.spot_reach, strength=float(chance.uniform(*shot.spot)), at=at)
    if shot.blur[1]:
        pixels = camera.blurred(pixels, float(chance.uniform(*shot.blur)))
    if shot.shake:
        pixels = camera.shaken(pixels, chance, shot.shake)
    pixels = camera.noise(pixels, chance, shot.noise)
    if capture is Capture.CHEAP_CAMERA:
        pixels = camera.cheap(pixels, chance)
    if capture is Capture.WATERMARK:
        pixels = camera.watermark(pixels, chance)
    image = camera.jpeg(pixels, int(chance.integers(shot.quality[0], shot.quality[1] + 1)))
    if capture is Capture.TWICE_SAVED:
        image = camera.resaved(image, int(chance.integers(70, 86)), scale=float(chance.choice((1.0, 0.8, 0.64))))
    return image


def _scene(
    card: Pixels, capture: Capture, shot: _Shot, chance: Chance, keep_clear: Boxes, second: Pixels | None
) -> Pixels:
    """The card on its ground, before light and lens."""
    height = round(shot.width * shot.ratio)
    ground = (scenes.busy if capture is Capture.BUSY else scenes.table)(shot.width, height, chance)
    share, angle = float(chance.uniform(*shot.share)), float(chance.uniform(*shot.angle))
    if capture is Capture.FADED:
        card = camera.faded(card, chance)
    if capture is Capture.WIDTH_640:
        card = np.asarray(cv2.resize(card, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    shift = (0.0, 0.0)
    if capture is Capture.FAR:
        shift = (float(chance.uniform(-0.25, 0.25)), float(chance.uniform(-0.2, 0.2)))
    if second is not None and capture is Capture.SECOND_CARD:
        side = 1 if chance.random() < 0.5 else -1
        apart = (float(chance.uniform(-0.2, 0.2)), 0.32 * side)
        ground = scenes.lay(second, ground, chance, share=share, angle=-angle, tilt=0.02, shift=apart).pixels
        shift = (0.0, -0.16 * side)
    laid = scenes.lay(
        card,
        ground,
        chance,
        share=share,
        angle=angle,
        tilt=shot.tilt,
        shift=shift,
        slant=float(chance.uniform(*shot.slant)),
    )
    if capture is Capture.THUMBS:
        return scenes.thumbs(laid, (card.shape[1], card.shape[0]), keep_clear, chance)
    return laid.pixels
