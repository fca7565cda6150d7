"""Forgeries made the way people make them: copied on paper, taken off a screen, edited and saved again."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw

from ocr_integration.specimens.cards import INK, Card, font
from ocr_integration.specimens.photograph import Chance, Pixels, _light, _noise, jpeg


def photocopy(card: Pixels, chance: Chance) -> Pixels:
    """Toner on paper: no colour but the toner's slight tint, harder contrast, its own grain."""
    grey = cv2.cvtColor(card, cv2.COLOR_RGB2GRAY).astype(float)
    grey = np.clip((grey - 128) * 1.25 + 140, 12, 246) + chance.normal(0, 3, grey.shape)
    tint = np.array([1.0, float(chance.uniform(0.985, 1.0)), float(chance.uniform(0.96, 1.0))])
    return np.clip(grey[..., None] * tint, 0, 255).astype(np.uint8)


def recapture(card: Pixels, chance: Chance) -> bytes:
    """The card shown on a screen of red, green and blue stripes, photographed at another pitch: moiré at full size."""
    height, width = card.shape[:2]
    pitch = float(chance.uniform(2.6, 3.4))
    out_w, out_h = 2200, int(2200 * height / width)
    big: Any = cv2.resize(card, (out_w, out_h), interpolation=cv2.INTER_CUBIC).astype(float)
    y, x = np.mgrid[0:out_h, 0:out_w].astype(float)
    turn = np.deg2rad(chance.uniform(1.5, 4.0))
    u = (x * np.cos(turn) + y * np.sin(turn)) / pitch
    v = (-x * np.sin(turn) + y * np.cos(turn)) / pitch
    for channel in range(3):
        stripe = 0.72 + 0.28 * np.cos(2 * np.pi * (u - channel / 3))
        big[..., channel] *= stripe
    big *= (0.82 + 0.18 * np.cos(2 * np.pi * v))[..., None]
    lit = np.clip(big * 1.25, 0, 255).astype(np.uint8)
    lit = cv2.GaussianBlur(lit, (0, 0), 0.5).astype(np.uint8)
    return jpeg(_noise(_light(lit, chance, fall=0.06), chance, 1.5), int(chance.integers(90, 95)))


def edited(card: Card, chance: Chance) -> bytes:
    """A camera's JPEG whose number was painted over and written anew, then saved again at a higher quality."""
    first = jpeg(_noise(_light(np.asarray(card.image), chance, fall=0.03), chance, 1.6), int(chance.integers(62, 72)))
    image = Image.open(io.BytesIO(first)).convert("RGB")
    left, top, right, bottom = card.value_box
    patch = image.crop((left, bottom + 6, right, bottom + 6 + (bottom - top))).resize((right - left, bottom - top))
    image.paste(patch, (left, top))
    digits = card.truth.number or card.truth.back.history_number
    size = max(20, int((bottom - top) * 1.12))
    draw = ImageDraw.Draw(image)
    draw.text((left, top - size * 0.18), digits, font=font("sans", size), fill=INK)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=int(chance.integers(92, 96)))
    return out.getvalue()
