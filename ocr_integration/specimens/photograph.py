"""What a camera makes of a printed card: place, light, lens, noise, one JPEG save. Pixels are RGB arrays, uint8."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ocr_integration.specimens.kinds import Capture

Pixels = NDArray[np.uint8]
Chance = np.random.Generator


def _table(width: int, height: int, chance: Chance) -> Pixels:
    """A table: long grain, and things lying near its edges."""
    grain = chance.normal(0, 1, (height // 8 + 1, 12)).astype(np.float32)
    base = cv2.resize(grain, (width, height), interpolation=cv2.INTER_CUBIC) * 9
    colours = ((128, 96, 68), (92, 98, 104), (150, 128, 100), (70, 84, 78))
    colour = np.array(colours[int(chance.integers(len(colours)))], dtype=np.float32)
    wood = Image.fromarray(np.clip(colour + base[..., None], 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(wood)
    for _each in range(int(chance.integers(0, 4))):
        x, y = chance.uniform(0, width), float(chance.choice((0.03, 0.97))) * height
        w, h = chance.uniform(0.05, 0.25) * width, chance.uniform(0.03, 0.12) * height
        ink = tuple(int(each) for each in chance.integers(40, 225, 3))
        draw.rounded_rectangle((x - w, y - h, x + w, y + h), radius=height // 60, fill=ink)
    return np.asarray(wood)


def _rounded(width: int, height: int) -> Pixels:
    """A mask of a card with the corners that ID-1 cards have (3.2 mm of 85.6)."""
    mask = Image.new("L", (width, height))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, width - 1, height - 1), radius=round(width * 0.037), fill=255)
    return np.asarray(mask)


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
    shape = cv2.warpPerspective(_rounded(card.shape[1], card.shape[0]), matrix, size)
    quarter = cv2.resize(shape, (width // 4, height // 4), interpolation=cv2.INTER_AREA)
    soft = cv2.resize(cv2.GaussianBlur(np.roll(quarter, (3, 2), (0, 1)), (0, 0), 3.5), size)
    laid: Any = ground * (1 - soft[..., None] * np.float32(0.35 / 255))
    warped = cv2.warpPerspective(card, matrix, size, flags=cv2.INTER_AREA if share * width < 1500 else cv2.INTER_CUBIC)
    mask = cv2.GaussianBlur(shape, (0, 0), 0.7)[..., None] * np.float32(1 / 255)
    return np.clip(laid * (1 - mask) + warped * mask, 0, 255).astype(np.uint8)


def light(pixels: Pixels, chance: Chance, *, level: float = 1.0, fall: float = 0.12) -> Pixels:
    """Lamp light: a `level`, falling off to one side by the share `fall`, a little warm or cold."""
    height, width = pixels.shape[:2]
    angle = chance.uniform(0, 2 * np.pi)
    x = np.linspace(-fall, fall, width, dtype=np.float32) * np.float32(np.cos(angle))
    y = np.linspace(-fall, fall, height, dtype=np.float32)[:, None] * np.float32(np.sin(angle))
    warmth = np.array([1 + chance.uniform(-0.03, 0.05), 1.0, 1 + chance.uniform(-0.06, 0.03)], dtype=np.float32)
    lit = pixels * (np.float32(level) * (1 + x + y))[..., None] * warmth
    return np.clip(lit, 0, 255).astype(np.uint8)


def noise(pixels: Pixels, chance: Chance, amount: float = 2.0) -> Pixels:
    """A sensor's noise, stronger in the light; its colour part is coarser than its grey part, as after a demosaic."""
    height, width = pixels.shape[:2]
    grey = chance.standard_normal((height, width), dtype=np.float32)
    small = chance.standard_normal((height // 2 + 1, width // 2 + 1, 3), dtype=np.float32)
    colour = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    spread = pixels.astype(np.float32) * np.float32(amount / 255) + np.float32(amount * 0.6)
    spread *= grey[..., None] + colour * np.float32(0.5)
    spread += pixels
    return np.clip(spread, 0, 255).astype(np.uint8)


def _spot(pixels: Pixels, chance: Chance, *, reach: float = 0.17, strength: float = 330.0) -> Pixels:
    """A lamp's reflection over the middle of the card, where the values stand; `reach` is a share of the width."""
    height, width = pixels.shape[:2]
    cx, cy = chance.uniform(0.5, 0.62), chance.uniform(0.45, 0.6)
    x = np.exp(-(((np.linspace(0, 1, width) - cx) / reach) ** 2))
    y = np.exp(-(((np.linspace(0, 1, height) - cy) / (reach * 1.18)) ** 2))
    return np.clip(pixels + (strength * np.outer(y, x))[..., None], 0, 255).astype(np.uint8)


def _shadow(pixels: Pixels, chance: Chance) -> Pixels:
    """The shadow of a hand or a phone from one side, with a soft edge."""
    width = pixels.shape[1]
    edge, depth = chance.uniform(0.3, 0.7), chance.uniform(0.25, 0.4)
    side = 1 if chance.random() < 0.5 else -1
    ramp = 1 / (1 + np.exp(side * (np.linspace(0, 1, width) - edge) * 40))
    return np.clip(pixels * (1 - depth * ramp)[None, :, None], 0, 255).astype(np.uint8)


def _shaken(pixels: Pixels, chance: Chance, length: int) -> Pixels:
    """A hand's shake of `length` pixels in one direction."""
    kernel = np.zeros((length, length), np.float32)
    middle, angle = (length - 1) / 2, chance.uniform(0, np.pi)
    for step in np.linspace(-middle, middle, length * 4):
        kernel[round(middle + step * np.sin(angle)), round(middle + step * np.cos(angle))] = 1
    return cv2.filter2D(pixels, -1, kernel / kernel.sum()).astype(np.uint8)


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


def _table_picture(capture: Capture, card: Pixels, chance: Chance) -> bytes:
    """A phone's picture from above; the single faults a customer makes are made here."""
    angle, share = float(chance.uniform(-9, 9)), 0.2 if capture is Capture.SMALL else 0.76
    laid = _place(card, size=(2200, 1650), share=share, angle=angle, tilt=0.035, chance=chance)
    if capture is Capture.CUT_OFF:
        laid = np.ascontiguousarray(laid[:, : int(laid.shape[1] * 0.56)])
    dark = capture is Capture.DARK
    lit = light(laid, chance, level=0.14 if dark else float(chance.uniform(0.9, 1.02)), fall=0.1)
    if capture is Capture.GLARE:
        lit = _spot(lit, chance)
    if capture is Capture.BLUR:
        lit = cv2.GaussianBlur(lit, (0, 0), 11).astype(np.uint8)
    return jpeg(noise(lit, chance, 3.0 if dark else 2.0), int(chance.integers(86, 95)))


def _quarter(card: Pixels, chance: Chance) -> bytes:
    """A phone held otherwise: the pixels lie turned, and in half of the files the orientation tag says so."""
    laid = _place(card, size=(2000, 1500), share=0.78, angle=float(chance.uniform(-3, 3)), tilt=0.01, chance=chance)
    turns = int(chance.integers(1, 4))
    turned = np.ascontiguousarray(np.rot90(noise(light(laid, chance), chance), k=turns))
    tag = {1: 6, 2: 3, 3: 8}[turns] if chance.random() < 0.5 else None
    return jpeg(turned, int(chance.integers(86, 95)), exif_turn=tag)


def _degraded(card: Pixels, chance: Chance) -> bytes:
    """One or two of the things that go wrong and leave a picture a person still reads."""
    width = int(chance.choice((1100, 1400, 2000, 2600, 3200)))
    share, scale = 0.86 if width < 1500 else 0.78, width / 2000
    angle = float(chance.uniform(-12, 12))
    laid = _place(card, size=(width, width * 3 // 4), share=share, angle=angle, tilt=0.035, chance=chance)
    low = chance.random() < 0.3
    pixels = light(laid, chance, level=0.42 if low else 0.85, fall=0.2)
    fault = int(chance.integers(5))
    if fault == 0:
        pixels = cv2.GaussianBlur(pixels, (0, 0), float(chance.uniform(0.9, 1.5)) * scale).astype(np.uint8)
    elif fault == 1:
        pixels = _shaken(pixels, chance, max(3, round(6 * scale)))
    elif fault == 2:
        pixels = _spot(pixels, chance, reach=0.12, strength=70)
    elif fault == 3:
        pixels = _shadow(pixels, chance)
    quality = int(chance.integers(30, 46)) if fault == 4 or chance.random() < 0.3 else int(chance.integers(70, 90))
    return jpeg(noise(pixels, chance, 3.0), quality)


def _hard(card: Pixels, chance: Chance) -> bytes:
    """Strong perspective at any angle, with a heavy fault; a person needs a second look."""
    angle = float(chance.uniform(0, 360))
    laid = _place(card, size=(2200, 2200), share=0.66, angle=angle, tilt=0.09, chance=chance)
    pixels = light(laid, chance, level=float(chance.uniform(0.3, 0.9)), fall=0.3)
    fault = int(chance.integers(4))
    if fault == 0:
        pixels = _shaken(pixels, chance, 13)
    elif fault == 1:
        pixels = cv2.GaussianBlur(pixels, (0, 0), 2.4).astype(np.uint8)
    elif fault == 2:
        pixels = _spot(_shadow(pixels, chance), chance, reach=0.1, strength=180)
    return jpeg(noise(pixels, chance, 4.0), 15 if fault == 3 else int(chance.integers(50, 80)))


def photograph(card: Pixels, capture: Capture, chance: Chance) -> bytes:
    """The picture's file for one way of photographing."""
    if capture is Capture.FLAT:
        return jpeg(noise(light(card, chance, fall=0.03), chance, 1.6), int(chance.integers(86, 95)))
    if capture is Capture.QUARTER:
        return _quarter(card, chance)
    if capture is Capture.DEGRADED:
        return _degraded(card, chance)
    if capture is Capture.HARD:
        return _hard(card, chance)
    return _table_picture(capture, card, chance)
