"""Forgeries made the way people make them: copied on paper, taken off a screen or a print, edited and saved again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from ocr_integration.contract import PermitReading
from ocr_integration.specimens import numbers
from ocr_integration.specimens.camera import OWN_QUALITY, blurred, jpeg, light, noise, opened, resaved
from ocr_integration.specimens.cards import Card
from ocr_integration.specimens.kinds import Capture
from ocr_integration.specimens.layouts import Run
from ocr_integration.specimens.photograph import exposed
from ocr_integration.specimens.scenes import Chance, Pixels


def photocopy(card: Pixels, chance: Chance) -> Pixels:
    """Toner on paper: no colour but that of toner and paper, harder contrast, grain, a streak of the drum."""
    grey = cv2.cvtColor(card, cv2.COLOR_RGB2GRAY).astype(float)
    contrast, lift = chance.uniform(1.0, 1.45), chance.uniform(128, 146)
    grey = np.clip((grey - 128) * contrast + lift, 12, 246) + chance.normal(0, chance.uniform(1.5, 4), grey.shape)
    if chance.random() < 0.4:
        x = int(chance.integers(20, grey.shape[1] - 20))
        grey[:, x : x + int(chance.integers(2, 6))] -= chance.uniform(10, 40)
    paper = ((1.0, 1.0, 1.0), (1.0, 0.98, 0.9), (0.93, 0.97, 1.0), (1.0, 0.95, 0.95))[int(chance.integers(4))]
    toner = np.array([chance.uniform(0, 8), chance.uniform(0, 8), chance.uniform(0, 14)])
    light_part = grey[..., None] / 255
    return np.clip(grey[..., None] * np.array(paper) + toner * (1 - light_part), 0, 255).astype(np.uint8)


def recapture(card: Pixels, chance: Chance) -> bytes:
    """The card shown on a screen, or printed in halftone dots, and photographed close enough to see it."""
    height, width = card.shape[:2]
    out_w, out_h = 2200, int(2200 * height / width)
    big: Any = cv2.resize(card, (out_w, out_h), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    y, x = np.mgrid[0:out_h, 0:out_w].astype(np.float32)
    way = (_striped, _striped, _pentile, _halftone)[int(chance.integers(4))]
    seen = np.clip(way(big, x, y, chance), 0, 255).astype(np.uint8)
    seen = blurred(seen, float(chance.uniform(0.4, 0.7)))
    return jpeg(noise(light(seen, chance, fall=0.06), chance, 1.5), int(chance.integers(*OWN_QUALITY)))


def _turned(x: Any, y: Any, degrees: float, pitch: float) -> tuple[Any, Any]:
    """Coordinates in periods of a grid that is turned by degrees, with periods of `pitch` pixels."""
    turn = np.float32(np.deg2rad(degrees))
    return (x * np.cos(turn) + y * np.sin(turn)) / pitch, (-x * np.sin(turn) + y * np.cos(turn)) / pitch


def _striped(big: Any, x: Any, y: Any, chance: Chance) -> Any:
    """A screen whose pixels are stripes of red, green and blue."""
    u, v = _turned(x, y, float(chance.uniform(1.0, 6.0)), float(chance.uniform(2.4, 5.0)))
    depth = np.float32(chance.uniform(0.16, 0.28))
    for channel in range(3):
        big[..., channel] *= 1 - depth + depth * np.cos(2 * np.pi * (u - channel / 3))
    big *= (0.84 + 0.16 * np.cos(2 * np.pi * v))[..., None]
    return big * 1.25


def _pentile(big: Any, x: Any, y: Any, chance: Chance) -> Any:
    """A telephone's screen: green points in every place, red and blue ones in every other, set aslant."""
    pitch = float(chance.uniform(2.6, 4.2))
    u, v = _turned(x, y, float(chance.uniform(-5.0, 5.0)), pitch)
    aslant_u, aslant_v = _turned(x, y, 45 + float(chance.uniform(-4, 4)), pitch * 1.414)
    big[..., 1] *= 0.8 + 0.2 * np.cos(2 * np.pi * u) * np.cos(2 * np.pi * v)
    for channel, shift in ((0, 0.0), (2, 0.5)):
        big[..., channel] *= 0.78 + 0.22 * np.cos(2 * np.pi * (aslant_u + shift)) * np.cos(2 * np.pi * aslant_v)
    return big * 1.25


def _halftone(big: Any, x: Any, y: Any, chance: Chance) -> Any:
    """A colour print: a screen of dots for each ink, each turned its own way, darker where the dots grow."""
    pitch = float(chance.uniform(3.2, 6.0))
    for channel, degrees in ((0, 15.0), (1, 75.0), (2, 0.0)):
        u, v = _turned(x, y, degrees + float(chance.uniform(-2, 2)), pitch)
        dots = 0.5 + 0.25 * (np.cos(2 * np.pi * u) + np.cos(2 * np.pi * v))
        paper = 1 / (1 + np.exp(-10 * (big[..., channel] / 255 - 0.06 - 0.88 * dots)))
        big[..., channel] = 0.4 * big[..., channel] + 0.6 * (24 + 222 * paper)
    return big


def edited(
    card: Card, seed: int, capture: Capture, chance: Chance, *, saved_again: bool
) -> tuple[bytes, PermitReading]:
    """A camera's JPEG with another text or portrait put into it, saved again at a higher quality.

    The picture is a scan, or for any other `capture` than flat one on a table. `saved_again` sends it through an
    application that passes it on after that: smaller in two of three, coarser in all, which leaves little or nothing of
    the first save to find. Answers the file and what the card says now.
    """
    altered, box = _altered(card, seed)
    capture = capture if capture is Capture.FLAT else Capture.TABLE
    lot = int(chance.integers(1 << 32))
    before, after = (exposed(np.asarray(each.paint()), capture, np.random.default_rng(lot)) for each in (card, altered))
    first = opened(jpeg(before.pixels, int(chance.integers(58, 80))))
    left, top, right, bottom = box
    corners = np.array([[(left, top), (right, top), (right, bottom), (left, bottom)]], dtype=np.float64)
    outline = cv2.perspectiveTransform(corners, before.matrix)[0].round().astype(np.int32)
    put_in = np.zeros(first.shape[:2], np.uint8)
    cv2.fillConvexPoly(put_in, outline, 1)
    image = jpeg(np.where(put_in[..., None] > 0, after.pixels, first), int(chance.integers(91, 97)))
    if saved_again:
        scale = float(chance.uniform(0.6, 0.95)) if chance.random() < 2 / 3 else 1.0
        image = resaved(image, int(chance.integers(60, OWN_QUALITY[0])), scale=scale)
    return image, altered.truth


def _altered(card: Card, seed: int) -> tuple[Card, tuple[int, int, int, int]]:
    """The card as the forger wants it, and the box of the change. Neighbouring pairs of seeds change another thing."""
    fields = [field for field in _REWRITES if card.run(field)]
    ways = ["", *fields] if card.photo else fields
    field = ways[seed // 2 % len(ways)]
    if card.photo and not field:
        return replace(card, photo=replace(card.photo, seed=card.photo.seed + 5000)), card.photo.box
    old = card.run(field)
    assert old is not None  # noqa: S101 - the list holds only fields with a run
    new = replace(old, text=_REWRITES[old.field](old.text))
    runs = tuple(new if run is old else run for run in card.runs)
    box = tuple(
        pick(one, two) + grow
        for pick, one, two, grow in zip((min, min, max, max), old.box, new.box, (-5, -5, 5, 5), strict=True)
    )
    return replace(card, runs=runs, truth=_retold(card.truth, old, new)), box  # type: ignore[return-value]


def _other_year(text: str) -> str:
    """The last date with another year: four years later for a validity, and for a birthday."""
    return f"{text[:-10]}{int(text[-10:-6]) + 4}{text[-6:]}"


def _other_surname(text: str) -> str:
    return ("高" if text[0] != "高" else "石") + text[1:]


_REWRITES: dict[str, Callable[[str], str]] = {
    "number": numbers.other,
    "valid_date": _other_year,
    "birthday": _other_year,
    "name": _other_surname,
    "back.id_number": numbers.other,
    "back.history_number": numbers.other,
    "back.name": _other_surname,
}


def _retold(truth: PermitReading, old: Run, new: Run) -> PermitReading:
    """The truth with the field of the run as it is printed now."""
    name = old.field.removeprefix("back.")
    text = new.text.replace(" ", "") if name == "valid_date" else new.text
    if old.field.startswith("back."):
        return replace(truth, back=replace(truth.back, **{name: text}))
    return replace(truth, **{name: text})  # type: ignore[arg-type]
