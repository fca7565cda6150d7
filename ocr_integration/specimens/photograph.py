"""What a camera makes of a printed card: place, light, lens, noise, one JPEG save. Pixels are RGB arrays, uint8."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ocr_integration.specimens.kinds import Capture

Pixels = NDArray[np.uint8]
Chance = np.random.Generator


def _table(width: int, height: int, chance: Chance) -> Pixels:
    """A wooden table: long grain, a little light from one side."""
    grain = chance.normal(0, 1, (height // 8 + 1, 12))
    base = cv2.resize(grain, (width, height), interpolation=cv2.INTER_CUBIC) * 9
    colour = np.array([(128, 96, 68), (92, 98, 104), (150, 128, 100)][int(chance.integers(3))], dtype=float)
    return np.clip(colour + base[..., None], 0, 255).astype(np.uint8)


def _place(card: Pixels, *, size: tuple[int, int], share: float, angle: float, tilt: float, chance: Chance) -> Pixels:
    """Lay the card on a table of `size` (width, height): `share` of its width, turned by degrees, tilted."""
    width, height = size
    ground = _table(width, height, chance)
    w = width * share
    h = w * card.shape[0] / card.shape[1]
    corners = np.array([(-w / 2, -h / 2), (w / 2, -h / 2), (w / 2, h / 2), (-w / 2, h / 2)])
    corners = corners * (1 + chance.uniform(-tilt, tilt, (4, 1)))
    turn = np.deg2rad(angle)
    rotation = np.array([(np.cos(turn), -np.sin(turn)), (np.sin(turn), np.cos(turn))])
    target = corners @ rotation.T + (width / 2 + chance.uniform(-20, 20), height / 2 + chance.uniform(-20, 20))
    source = np.array([(0, 0), (card.shape[1], 0), (card.shape[1], card.shape[0]), (0, card.shape[0])])
    matrix = cv2.getPerspectiveTransform(source.astype(np.float32), target.astype(np.float32))
    shadow = cv2.warpPerspective(np.full(card.shape[:2], 255, np.uint8), matrix, size)
    soft = cv2.GaussianBlur(np.roll(shadow, (14, 10), (0, 1)), (0, 0), 14)[..., None] / 255
    laid: Any = ground * (1 - 0.35 * soft)
    warped = cv2.warpPerspective(card, matrix, size, flags=cv2.INTER_AREA if share * width < 1500 else cv2.INTER_CUBIC)
    mask = (cv2.GaussianBlur(shadow, (0, 0), 0.7) / 255)[..., None]
    return np.clip(laid * (1 - mask) + warped * mask, 0, 255).astype(np.uint8)


def _light(pixels: Pixels, chance: Chance, *, level: float = 1.0, fall: float = 0.12) -> Pixels:
    height, width = pixels.shape[:2]
    angle = chance.uniform(0, 2 * np.pi)
    y, x = np.mgrid[0:height, 0:width]
    ramp = (np.cos(angle) * (x / width - 0.5) + np.sin(angle) * (y / height - 0.5)) * 2 * fall
    warmth = np.array([1 + chance.uniform(-0.03, 0.05), 1.0, 1 + chance.uniform(-0.06, 0.03)])
    return np.clip(pixels * (level * (1 + ramp))[..., None] * warmth, 0, 255).astype(np.uint8)


def _noise(pixels: Pixels, chance: Chance, amount: float = 2.0) -> Pixels:
    """A sensor's noise, stronger in the light."""
    spread = amount * (0.6 + pixels.astype(float) / 255)
    return np.clip(pixels + chance.normal(0, 1, pixels.shape) * spread, 0, 255).astype(np.uint8)


def _spot(pixels: Pixels, chance: Chance) -> Pixels:
    """A lamp's reflection over the middle of the card, where the values stand."""
    height, width = pixels.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    cx, cy = width * chance.uniform(0.5, 0.62), height * chance.uniform(0.45, 0.6)
    far = ((x - cx) / (width * 0.17)) ** 2 + ((y - cy) / (height * 0.2)) ** 2
    return np.clip(pixels + (330 * np.exp(-far))[..., None], 0, 255).astype(np.uint8)


def jpeg(pixels: Pixels, quality: int, *, exif_turn: int | None = None) -> bytes:
    """One JPEG save, as a camera's. `exif_turn` is the orientation tag, where the camera was held otherwise."""
    out = io.BytesIO()
    extra: dict[str, Any] = {}
    if exif_turn is not None:
        exif = Image.Exif()
        exif[0x0112] = exif_turn
        extra["exif"] = exif
    Image.fromarray(pixels).save(out, "JPEG", quality=quality, **extra)
    return out.getvalue()


def photograph(card: Pixels, capture: Capture, chance: Chance) -> bytes:
    """The picture's file for one way of photographing."""
    quality = int(chance.integers(86, 95))
    if capture is Capture.FLAT:
        return jpeg(_noise(_light(card, chance, fall=0.03), chance, 1.6), quality)
    if capture is Capture.QUARTER:
        laid = _place(card, size=(2000, 1500), share=0.78, angle=float(chance.uniform(-3, 3)), tilt=0.01, chance=chance)
        turned = np.ascontiguousarray(np.rot90(_noise(_light(laid, chance), chance), k=int(chance.integers(1, 4))))
        return jpeg(turned, quality, exif_turn=1)
    size, share, angle, tilt = (2400, 1800), 0.76, float(chance.uniform(-9, 9)), 0.035
    if capture is Capture.SMALL:
        share = 0.2
    laid = _place(card, size=size, share=share, angle=angle, tilt=tilt, chance=chance)
    if capture is Capture.CUT_OFF:
        laid = np.ascontiguousarray(laid[:, : int(size[0] * 0.56)])
    level = {Capture.DARK: 0.14, Capture.DEGRADED: 0.7}.get(capture, float(chance.uniform(0.9, 1.02)))
    lit = _light(laid, chance, level=level, fall=0.2 if capture is Capture.DEGRADED else 0.1)
    if capture is Capture.GLARE:
        lit = _spot(lit, chance)
    if capture is Capture.BLUR:
        lit = cv2.GaussianBlur(lit, (0, 0), 11).astype(np.uint8)
    if capture is Capture.DEGRADED:
        lit = cv2.GaussianBlur(lit, (0, 0), float(chance.uniform(0.8, 1.5))).astype(np.uint8)
        quality = int(chance.integers(34, 46))
    return jpeg(_noise(lit, chance, 3.0 if capture in (Capture.DARK, Capture.DEGRADED) else 2.0), quality)
