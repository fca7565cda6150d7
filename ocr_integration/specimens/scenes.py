"""What lies under and around a card when it is photographed, and laying the card there. RGB arrays, uint8."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ocr_integration.specimens.fonts import font

Pixels = NDArray[np.uint8]
Chance = np.random.Generator
Boxes = tuple[tuple[int, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Laid:
    """A picture with the card in it, and the matrix that takes card pixels to picture pixels."""

    pixels: Pixels
    matrix: NDArray[np.float64]


def table(width: int, height: int, chance: Chance) -> Pixels:
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
        draw.rounded_rectangle((x - w, y - h, x + w, y + h), radius=height // 60, fill=_any_ink(chance))
    return np.asarray(wood)


def _any_ink(chance: Chance) -> tuple[int, ...]:
    return tuple(int(each) for each in chance.integers(40, 225, 3))


def busy(width: int, height: int, chance: Chance) -> Pixels:
    """A newspaper, a checked cloth, or a heap of coloured papers."""
    what = int(chance.integers(3))
    image = Image.new("RGB", (width, height), _any_ink(chance) if what else (214, 210, 200))
    draw = ImageDraw.Draw(image)
    if what == 0:
        size, words = max(14, width // 70), "今日新闻天气晴朗市场价格平稳城市建设列车时刻体育比赛结果公布"
        for line_top in range(0, height, round(size * 1.6)):
            start = int(chance.integers(len(words)))
            line = (words[start:] + words * 4)[: width // size]
            draw.text((int(chance.integers(size)), line_top), line, font=font("serif", size), fill=(70, 68, 66))
    elif what == 1:
        step, ink, other = width // int(chance.integers(18, 40)), _any_ink(chance), _any_ink(chance)
        for x in range(0, width, step):
            draw.rectangle((x, 0, x + step // 2, height), fill=ink)
        for y in range(0, height, step):
            draw.rectangle((0, y, width, y + step // 5), fill=other)
    else:
        for _each in range(40):
            place = (chance.uniform(0, width), chance.uniform(0, height))
            reach = chance.uniform(0.03, 0.2) * width
            draw.regular_polygon((place, reach), 4, rotation=float(chance.uniform(0, 90)), fill=_any_ink(chance))
    return np.asarray(image)


def _rounded(width: int, height: int) -> Pixels:
    """A mask of a card with the corners that ID-1 cards have (3.2 mm of 85.6)."""
    mask = Image.new("L", (width, height))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, width - 1, height - 1), radius=round(width * 0.037), fill=255)
    return np.asarray(mask)


def lay(
    card: Pixels,
    ground: Pixels,
    chance: Chance,
    *,
    share: float,
    angle: float,
    tilt: float,
    shift: tuple[float, float] = (0.0, 0.0),
    slant: float = 0.0,
) -> Laid:
    """Lay the card on a ground: `share` of its width, turned by degrees, tilted, moved by shares of the ground.

    `slant` is the share by which one edge looks shorter than the one across, where the camera looks from aside.
    """
    height, width = ground.shape[:2]
    w = width * share
    h = w * card.shape[0] / card.shape[1]
    corners = np.array([(-w / 2, -h / 2), (w / 2, -h / 2), (w / 2, h / 2), (-w / 2, h / 2)])
    corners = corners * (1 + chance.uniform(-tilt, tilt, (4, 1)))
    far = [(0, 1), (1, 2), (2, 3), (3, 0)][int(chance.integers(4))]
    across = 1 if far in ((1, 2), (3, 0)) else 0
    corners[list(far), across] *= 1 - slant
    turn = np.deg2rad(angle)
    rotation = np.array([(np.cos(turn), -np.sin(turn)), (np.sin(turn), np.cos(turn))])
    middle = (width * (0.5 + shift[0]), height * (0.5 + shift[1]))
    target = corners @ rotation.T + middle + chance.uniform(-0.01, 0.01, 2) * width
    source = np.array([(0, 0), (card.shape[1], 0), (card.shape[1], card.shape[0]), (0, card.shape[0])])
    matrix = np.asarray(cv2.getPerspectiveTransform(source.astype(np.float32), target.astype(np.float32)), np.float64)
    shape = cv2.warpPerspective(_rounded(card.shape[1], card.shape[0]), matrix, (width, height))
    quarter = cv2.resize(shape, (width // 4, height // 4), interpolation=cv2.INTER_AREA)
    soft = cv2.resize(cv2.GaussianBlur(np.roll(quarter, (3, 2), (0, 1)), (0, 0), 3.5), (width, height))
    under: Any = ground * (1 - soft[..., None] * np.float32(0.35 / 255))
    way = cv2.INTER_AREA if share * width < card.shape[1] else cv2.INTER_CUBIC
    source_pixels = card if share * width > card.shape[1] / 2 else cv2.GaussianBlur(card, (0, 0), 0.8)
    warped = cv2.warpPerspective(source_pixels, matrix, (width, height), flags=way)
    mask = cv2.GaussianBlur(shape, (0, 0), 0.7)[..., None] * np.float32(1 / 255)
    return Laid(np.clip(under * (1 - mask) + warped * mask, 0, 255).astype(np.uint8), matrix)


def thumbs(laid: Laid, size: tuple[int, int], keep_clear: Boxes, chance: Chance) -> Pixels:
    """Hold the card with one or two thumbs where they hide nothing of `keep_clear` (boxes in card pixels)."""
    width, height = size
    reach, half = 120, 75
    places = [(x, y) for x in (0, width) for y in range(100, height, 120)]
    places += [(x, y) for y in (0, height) for x in range(100, width, 120)]
    free = [each for each in places if not any(_near(each, box, max(reach, half) + 10) for box in keep_clear)]
    pixels = laid.pixels
    if free:
        for at in chance.choice(len(free), min(2, len(free)), replace=False):
            pixels = _thumb(pixels, laid.matrix, free[int(at)], size, (reach, half), chance)
    return pixels


def _near(place: tuple[int, int], box: tuple[int, int, int, int], distance: int) -> bool:
    x, y = place
    return box[0] - distance < x < box[2] + distance and box[1] - distance < y < box[3] + distance


def _thumb(
    pixels: Pixels,
    matrix: NDArray[np.float64],
    place: tuple[int, int],
    size: tuple[int, int],
    reach: tuple[int, int],
    chance: Chance,
) -> Pixels:
    """A thumb that comes in from outside over a place on the card's edge."""
    x, y = place
    inward = (1 if x == 0 else -1 if x == size[0] else 0, 1 if y == 0 else -1 if y == size[1] else 0)
    tip, root = (np.array(place) + np.array(inward) * step for step in (reach[0] - reach[1], -500))
    ends = cv2.perspectiveTransform(np.array([[tip, root]], dtype=np.float64), matrix)[0]
    scale = float(np.hypot(*(ends[1] - ends[0]))) / float(np.hypot(*(root - tip)))
    mask = np.zeros(pixels.shape[:2], np.uint8)
    thickness = round(2 * reach[1] * scale)
    cv2.line(mask, tuple(map(round, ends[0])), tuple(map(round, ends[1])), 255, thickness, cv2.LINE_AA)
    inner = cv2.GaussianBlur(mask, (0, 0), max(1.0, thickness / 6))[..., None] * np.float32(1 / 255)
    skin = np.array(((224, 176, 148), (205, 158, 128), (238, 196, 170))[int(chance.integers(3))], dtype=np.float32)
    share = cv2.GaussianBlur(mask, (0, 0), 1.5)[..., None] * np.float32(1 / 255)
    return np.clip(pixels * (1 - share) + skin * (0.55 + 0.45 * inner) * share, 0, 255).astype(np.uint8)
