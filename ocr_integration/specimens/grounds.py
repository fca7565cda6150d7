"""What security print looks like from afar: tinted grounds with fine lines, so that a grey copy differs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_TINTS = ((212, 228, 240), (236, 222, 230), (220, 236, 222), (232, 228, 212), (226, 220, 240), (240, 226, 214))


def ground(seed: int, width: int, height: int) -> Image.Image:
    """A tint running into another, with one of three fine patterns in it."""
    chance = np.random.default_rng(seed + 77)
    first, second = (np.array(_TINTS[int(at)], dtype=np.float32) for at in chance.choice(len(_TINTS), 2, replace=False))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    run = (0.5 + 0.5 * np.sin(x / 480 + np.float32(chance.uniform(0, 6))) * np.cos(y / 330))[..., None]
    lines = (_waves, _rosette, _lattice)[int(chance.integers(3))](x, y, chance)
    strength = np.array([5.0, 4.0, 6.0], dtype=np.float32) * np.float32(chance.uniform(0.7, 1.5))
    pixels = first + (second - first) * run * np.float32(0.5) + lines[..., None] * strength
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


Plane = NDArray[np.float32]


def _waves(x: Plane, y: Plane, chance: np.random.Generator) -> Plane:
    bend = np.float32(chance.uniform(70, 120))
    return np.sin((y + 26 * np.sin(x / bend)) / np.float32(chance.uniform(5.2, 7.5)))


def _rosette(x: Plane, y: Plane, chance: np.random.Generator) -> Plane:
    """Rings with petals around a point right of the middle, as guilloches have."""
    dx, dy = x - np.float32(chance.uniform(800, 1200)), y - np.float32(chance.uniform(350, 600))
    petals = 18 * np.sin(np.arctan2(dy, dx) * int(chance.integers(7, 15)))
    return np.sin((np.hypot(dx, dy) + petals) / np.float32(chance.uniform(5.5, 8)))


def _lattice(x: Plane, y: Plane, chance: np.random.Generator) -> Plane:
    slope, pitch = np.float32(chance.uniform(0.4, 1.2)), np.float32(chance.uniform(7, 10))
    return np.sin((x + slope * y + 9 * np.sin(y / 60)) / pitch) * np.sin((x - slope * y) / pitch)
