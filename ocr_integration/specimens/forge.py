"""Forgeries made the way people make them: copied on paper, taken off a screen, edited and saved again."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw

from ocr_integration.contract import PermitReading
from ocr_integration.specimens.cards import INK, Card, Printed, font, other_number
from ocr_integration.specimens.photograph import Chance, Pixels, jpeg, light, noise
from ocr_integration.specimens.portraits import portrait


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
    return jpeg(noise(light(lit, chance, fall=0.06), chance, 1.5), int(chance.integers(90, 95)))


def edited(card: Card, seed: int, chance: Chance) -> tuple[bytes, PermitReading]:
    """A camera's JPEG with another portrait or number put into it, saved again at a higher quality.

    Answers the file and what the card says now.
    """
    first = jpeg(noise(light(np.asarray(card.image), chance, fall=0.03), chance, 1.6), int(chance.integers(62, 76)))
    image = Image.open(io.BytesIO(first)).convert("RGB")
    truth = card.truth
    if card.portrait_box and seed % 3 == 2:
        _swap_portrait(image, card.portrait_box, seed, chance)
    elif card.number:
        truth = _rewrite_number(image, card.number, truth, chance)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=int(chance.integers(92, 96)))
    return out.getvalue(), truth


def _swap_portrait(image: Image.Image, box: tuple[int, int, int, int], seed: int, chance: Chance) -> None:
    size = (box[2] - box[0], box[3] - box[1])
    other = portrait(seed + 5000, width=size[0], height=size[1], woman=bool(seed % 2))
    image.paste(Image.fromarray(noise(np.asarray(other), chance, 1.6)), box[:2])


def _rewrite_number(image: Image.Image, number: Printed, truth: PermitReading, chance: Chance) -> PermitReading:
    """Cover the number with the ground beside it, and write one with two other digits in its place."""
    left, top, right, bottom = (edge + grow for edge, grow in zip(number.box, (-4, -4, 4, 4), strict=True))
    pixels = np.asarray(image)
    column = cv2.GaussianBlur(pixels[top:bottom, left - 12 : left - 2], (0, 0), 2).mean(axis=1, keepdims=True)
    ground = noise(np.repeat(column, right - left, axis=1).astype(np.uint8), chance, 1.6)
    image.paste(Image.fromarray(ground), (left, top))
    text = other_number(number.text)
    ImageDraw.Draw(image).text(number.at, text, font=font(number.face, number.size), fill=INK)
    if truth.number:
        return replace(truth, number=text)
    return replace(truth, back=replace(truth.back, history_number=text))
