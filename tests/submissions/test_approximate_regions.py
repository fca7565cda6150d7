"""Where fields usually stand, held against where they do stand on drawn cards, and how a photo's turns are followed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from unittest import mock

import cv2
import numpy as np
import pytest
from PIL import Image

from kyc_portal.submissions import scans
from kyc_portal.submissions.pictures import approximate_regions
from ocr_integration import images
from ocr_integration.specimens import Capture, SpecimenKind, scenes
from ocr_integration.specimens.cards import HEIGHT, WIDTH, Card, print_card
from ocr_integration.specimens.photograph import photograph

PERMITS = {
    SpecimenKind.HK_MACAO_FRONT: "hk_macao_resident",
    SpecimenKind.HK_MACAO_BACK: "hk_macao_resident",
    SpecimenKind.TAIWAN_FRONT: "taiwan_resident",
    SpecimenKind.EXIT_ENTRY_HK_MACAO_FRONT: "exit_entry_hk_macao",
    SpecimenKind.EXIT_ENTRY_TAIWAN_FRONT: "exit_entry_taiwan",
}
# What was seen on far more cards: docs/ocr-client.md.
USUALLY_HELD = 0.9
SEEDS = range(70_000, 70_003)


def shot(card: Card, capture: Capture, seed: int) -> tuple[bytes, np.ndarray]:
    """The picture's file, and what takes places on the card (pixels) to shares of the picture."""
    laid: list[scenes.Laid] = []
    lay = scenes.lay

    def noted(*args: object, **more: object) -> scenes.Laid:
        laid.append(lay(*args, **more))  # type: ignore[arg-type]
        return laid[-1]

    with mock.patch.object(scenes, "lay", noted):
        data = photograph(np.asarray(card.paint()), capture, np.random.default_rng(seed))
    matrix = laid[0].matrix if laid else np.eye(3)
    height, width = laid[0].pixels.shape[:2] if laid else (HEIGHT, WIDTH)
    return data, np.diag((1 / width, 1 / height, 1)) @ matrix


def middles(card: Card, matrix: np.ndarray) -> Iterator[tuple[str, tuple[float, float]]]:
    """Each printed field under the portal's name, and the middle of its print in shares of the picture."""
    for run in card.runs:
        name = run.field.replace(".", "_")
        if not name or name in ("zone", "stay"):
            continue
        left, top, right, bottom = run.box
        place = np.array([[[(left + right) / 2, (top + bottom) / 2]]], dtype=np.float64)
        x, y = cv2.perspectiveTransform(place, matrix)[0][0]
        yield name, (float(x), float(y))


def holds(corners: tuple[tuple[float, float], ...], place: tuple[float, float]) -> bool:
    return cv2.pointPolygonTest(np.array(corners, dtype=np.float32), place, measureDist=False) >= 0


def outcome(kind: SpecimenKind, capture: Capture, seed: int) -> list[bool] | None:
    """For each field, whether its approximate box holds the middle of its print; None where no box is drawn."""
    card = print_card(kind, seed)
    data, matrix = shot(card, capture, seed)
    corners = scans.examine(data).card
    if corners is None:
        return None
    has_nationality = any(run.field == "nationality" for run in card.runs)
    boxes = approximate_regions.usual_boxes(PERMITS[kind], kind.side, has_nationality=has_nationality)
    return [holds(approximate_regions.on_picture(boxes[name], corners), place) for name, place in middles(card, matrix)]


def is_in_usual_order(card: Card) -> bool:
    """Whether it is laid out as the known facts say: portrait left, rows from the name down to the number."""
    tops = {run.field: run.at[1] for run in card.runs}
    rows = [
        tops[name]
        for name in ("name", "english_name", "birthday", "valid_date", "issue_authority", "number")
        if name in tops
    ]
    return rows == sorted(rows) and (card.photo is None or card.photo.box[0] < WIDTH / 2)


def held(kind: SpecimenKind, capture: Capture, seeds: range, *, usual: bool) -> list[bool]:
    """The outcome of every field of the cards among `seeds` that are (or need not be) in the usual order."""
    found: list[bool] = []
    for seed in seeds:
        if usual and not is_in_usual_order(print_card(kind, seed)):
            continue
        each = outcome(kind, capture, seed)
        assert each is not None, (kind, capture, seed)
        found += each
    return found


@pytest.mark.timeout(300)
@pytest.mark.parametrize("capture", [Capture.FLAT, Capture.TABLE, Capture.TILTED])
def test_nine_of_ten_fields_of_cards_in_the_usual_order_lie_in_their_boxes(capture: Capture) -> None:
    found = [each for kind in PERMITS for each in held(kind, capture, SEEDS, usual=True)]
    assert len(found) > 40
    assert sum(found) / len(found) >= USUALLY_HELD


@pytest.mark.parametrize("orientation", range(1, 9))
def test_corners_follow_every_turn_a_camera_says(orientation: int) -> None:
    """A light card in the upper left of an upright picture, stored as each orientation would store it."""
    upright = Image.new("L", (800, 600), 40)
    upright.paste(230, (80, 60, 480, 312))
    turn = images._TURNS.get(orientation)
    # Every turn is undone by itself, but the two quarter turns by each other.
    back = {6: images._TURNS[8], 8: images._TURNS[6]}.get(orientation, turn)
    stored = upright if back is None else upright.transpose(back)
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    stored.convert("RGB").save(out, "JPEG", quality=92, exif=exif)
    corners = scans.examine(out.getvalue()).card
    assert corners is not None
    for (x, y), (wanted_x, wanted_y) in zip(corners, ((0.1, 0.1), (0.6, 0.1), (0.6, 0.52), (0.1, 0.52)), strict=True):
        assert abs(x - wanted_x) < 0.02
        assert abs(y - wanted_y) < 0.02


def test_a_card_that_stands_on_end_has_no_corners() -> None:
    standing = Image.new("L", (600, 800), 40)
    standing.paste(230, (150, 150, 402, 550))
    out = io.BytesIO()
    standing.save(out, "JPEG")
    assert scans.examine(out.getvalue()).card is None


@pytest.mark.parametrize("size", [(800, 600), (1200, 800), (800, 800)])
def test_a_bare_picture_of_other_proportions_is_no_card(size: tuple[int, int]) -> None:
    out = io.BytesIO()
    Image.new("L", size, 200).save(out, "JPEG")
    assert scans.examine(out.getvalue()).card is None


def test_a_slanting_card_has_slanting_boxes() -> None:
    box = approximate_regions.on_picture((0.5, 0.0, 1.0, 1.0), ((0.2, 0.2), (0.6, 0.3), (0.5, 0.6), (0.1, 0.5)))
    assert [(round(x, 3), round(y, 3)) for x, y in box] == [(0.4, 0.25), (0.6, 0.3), (0.5, 0.6), (0.3, 0.55)]


def test_a_card_nobody_described_and_a_scan_without_outline_have_no_boxes() -> None:
    whole = [0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0]
    assert approximate_regions.of_scan("", "FRONT", card=whole, has_nationality=False) == {}
    assert approximate_regions.of_scan("taiwan_resident", "BACK", card=whole, has_nationality=False) == {}
    assert approximate_regions.of_scan("taiwan_resident", "FRONT", card=None, has_nationality=False) == {}
    assert "number" in approximate_regions.of_scan("taiwan_resident", "FRONT", card=whole, has_nationality=False)
