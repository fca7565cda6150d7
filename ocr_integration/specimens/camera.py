"""What light, lens, hand, sensor and file do to a picture. RGB arrays, uint8; lengths in picture pixels."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw

from ocr_integration.specimens.fonts import font
from ocr_integration.specimens.scenes import Chance, Pixels

# How well a camera saves what it took. Whoever passes a picture on saves it coarser.
OWN_QUALITY = (93, 98)


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


def spot(
    pixels: Pixels,
    chance: Chance,
    *,
    reach: float = 0.17,
    strength: float = 330.0,
    at: tuple[float, float] | None = None,
) -> Pixels:
    """A lamp's reflection; `reach` and the place `at` are shares of the picture, by lot where the values stand."""
    height, width = pixels.shape[:2]
    cx, cy = at or (chance.uniform(0.5, 0.62), chance.uniform(0.45, 0.6))
    x = np.exp(-(((np.linspace(0, 1, width) - cx) / reach) ** 2))
    y = np.exp(-(((np.linspace(0, 1, height) - cy) / (reach * 1.18)) ** 2))
    return np.clip(pixels + (strength * np.outer(y, x))[..., None], 0, 255).astype(np.uint8)


def shadow(pixels: Pixels, chance: Chance) -> Pixels:
    """The shadow of a hand or a phone from one side, with a soft edge."""
    width = pixels.shape[1]
    edge, depth = chance.uniform(0.3, 0.7), chance.uniform(0.25, 0.45)
    side = 1 if chance.random() < 0.5 else -1
    ramp = 1 / (1 + np.exp(side * (np.linspace(0, 1, width) - edge) * 40))
    return np.clip(pixels * (1 - depth * ramp)[None, :, None], 0, 255).astype(np.uint8)


def blurred(pixels: Pixels, sigma: float) -> Pixels:
    """A lens out of focus."""
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), dtype=np.uint8)


def shaken(pixels: Pixels, chance: Chance, length: int) -> Pixels:
    """A hand's shake of `length` pixels in one direction."""
    kernel = np.zeros((length, length), np.float32)
    middle, angle = (length - 1) / 2, chance.uniform(0, np.pi)
    for step in np.linspace(-middle, middle, length * 4):
        kernel[round(middle + step * np.sin(angle)), round(middle + step * np.cos(angle))] = 1
    return np.asarray(cv2.filter2D(pixels, -1, kernel / kernel.sum()), dtype=np.uint8)


def cheap(pixels: Pixels, chance: Chance) -> Pixels:
    """What a cheap camera makes of it: a barrel, a cast, noise smeared away and edges sharpened until they ring."""
    height, width = pixels.shape[:2]
    bend, middle = float(chance.uniform(0.02, 0.06)), np.array([width / 2, height / 2], dtype=np.float32)
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    away = ((x - middle[0]) ** 2 + (y - middle[1]) ** 2) / np.float32(middle @ middle)
    pull = 1 + np.float32(bend) * (away - 0.5)
    across, down = middle[0] + (x - middle[0]) * pull, middle[1] + (y - middle[1]) * pull
    bent = cv2.remap(pixels, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    cast = bent * np.array(chance.uniform(0.86, 1.06, 3), dtype=np.float32)
    smeared = cv2.bilateralFilter(np.clip(cast, 0, 255).astype(np.uint8), 7, 28, 5)
    soft = cv2.GaussianBlur(smeared, (0, 0), 2.2)
    return np.asarray(cv2.addWeighted(smeared, 2.0, soft, -1.0, 0), dtype=np.uint8)


def watermark(pixels: Pixels, chance: Chance) -> Pixels:
    """The words that careful customers write across a copy of their papers, pale and aslant."""
    picture = Image.fromarray(pixels)
    width, height = picture.size
    words = ("仅供开户验证使用", "仅供办理业务 他用无效", "FOR KYC ONLY", "僅供核實身份用途")[int(chance.integers(4))]
    size = round(width * chance.uniform(0.028, 0.042))
    sheet = Image.new("L", (2 * width, 2 * height))
    draw = ImageDraw.Draw(sheet)
    for y in range(0, 2 * height, round(size * chance.uniform(4.5, 6))):
        draw.text(
            (y % 200, y), (words + "　　") * 8, font=font("sans", size), fill=round(255 * chance.uniform(0.2, 0.36))
        )
    turned = sheet.rotate(float(chance.uniform(18, 38)), center=(width, height), resample=Image.Resampling.BILINEAR)
    mask = turned.crop((width // 2, height // 2, width // 2 + width, height // 2 + height))
    ink = ((110, 110, 116), (170, 50, 50), (50, 80, 150))[int(chance.integers(3))]
    picture.paste(Image.new("RGB", picture.size, ink), (0, 0), mask)
    return np.asarray(picture)


def faded(card: Pixels, chance: Chance) -> Pixels:
    """A card carried for years: print gone pale, colours weak, fine scratches."""
    pale = np.array([236, 234, 228], dtype=np.float32)
    left = np.float32(chance.uniform(0.36, 0.5))
    worn = Image.fromarray(np.clip(pale + (card - pale) * left, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(worn)
    for _each in range(int(chance.integers(8, 25))):
        x, y = chance.uniform(0, worn.width), chance.uniform(0, worn.height)
        draw.line((x, y, x + chance.uniform(-260, 260), y + chance.uniform(-90, 90)), fill=(246, 245, 242), width=1)
    return np.asarray(worn)


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


def opened(image: bytes) -> Pixels:
    """The pixels of a file."""
    with Image.open(io.BytesIO(image)) as picture:
        return np.asarray(picture.convert("RGB"))


def resaved(image: bytes, quality: int, *, scale: float = 1.0) -> bytes:
    """What a chat application does: made smaller by `scale`, saved once more, all metadata gone."""
    again = Image.fromarray(opened(image))
    if scale != 1.0:
        again = again.resize((round(again.width * scale), round(again.height * scale)), Image.Resampling.BICUBIC)
    return jpeg(np.asarray(again), quality)
