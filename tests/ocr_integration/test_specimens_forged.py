"""The evidence of forged specimens, measured here in plain numbers and not by the engine."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from ocr_integration.contract import BACK_FIELDS, TEXT_FIELDS, KnownWarning
from ocr_integration.specimens import Forgery, SpecimenKind, draw
from ocr_integration.specimens.cards import print_card

CODES = {
    Forgery.PHOTOCOPY: KnownWarning.PHOTOCOPY,
    Forgery.RECAPTURE: KnownWarning.RECAPTURE,
    Forgery.EDITED: KnownWarning.EDITED,
    Forgery.EDITED_RESAVED: KnownWarning.EDITED,
}


def pixels(image: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(image)).convert("RGB"))


def portrait_colour(image: bytes, seed: int) -> float:
    """How far the colours in the portrait spread, in Lab units."""
    photo = print_card(SpecimenKind.TAIWAN_FRONT, seed).photo
    assert photo is not None
    box = photo.box
    lab = cv2.cvtColor(pixels(image)[box[1] : box[3], box[0] : box[2]], cv2.COLOR_RGB2LAB)
    smooth = cv2.GaussianBlur(lab, (0, 0), 3).astype(float)
    return float(smooth[..., 1].std() + smooth[..., 2].std())


def strongest_peak(image: bytes) -> float:
    """The highest peak of the middle 512 pixels' log spectrum over its neighbourhood, low frequencies left out."""
    grey = cv2.cvtColor(pixels(image), cv2.COLOR_RGB2GRAY).astype(float)
    top, left = (grey.shape[0] - 512) // 2, (grey.shape[1] - 512) // 2
    window = np.outer(np.hanning(512), np.hanning(512))
    spectrum = np.log1p(np.abs(np.fft.fftshift(np.fft.fft2(grey[top : top + 512, left : left + 512] * window))))
    above = spectrum - cv2.blur(spectrum, (21, 21))
    y, x = np.mgrid[-256:256, -256:256] / 512
    return float(above[(np.hypot(x, y) > 0.2) & (abs(x) > 0.02) & (abs(y) > 0.02)].max())


def residue(image: bytes, quality: int) -> NDArray[np.floating]:
    """What changes when the picture is saved again at a quality, averaged over blocks of 16 pixels."""
    now = pixels(image)
    out = io.BytesIO()
    Image.fromarray(now).save(out, "JPEG", quality=quality)
    change = np.abs(now.astype(float) - pixels(out.getvalue())).mean(axis=2)
    return cv2.resize(change, (change.shape[1] // 16, change.shape[0] // 16), interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("forgery", list(Forgery))
def test_the_truth_carries_the_code_of_the_forgery(forgery: Forgery) -> None:
    assert draw("hk_macao_front", seed=4, forgery=forgery).truth.warnings == (int(CODES[forgery]),)


def test_a_photocopy_has_lost_the_portraits_colour() -> None:
    for seed in range(4):
        genuine, copy = (
            portrait_colour(draw("taiwan_front", seed=seed, forgery=forgery).image, seed)
            for forgery in (None, "photocopy")
        )
        assert copy < genuine / 3


def test_a_screens_grid_stands_out_of_the_spectrum() -> None:
    for seed in range(4):
        genuine = strongest_peak(draw("taiwan_front", seed=seed).image)
        screen = strongest_peak(draw("taiwan_front", seed=seed, forgery="recapture").image)
        assert screen > genuine + 1


def ghost_depths(image: bytes, box: tuple[int, int, int, int]) -> tuple[float, float]:
    """How deep the residue dips at an older quality, over the card and inside a box; 1 is no dip."""
    rows, columns = (slice(box[at] // 16 + 1, box[at + 2] // 16 - 1) for at in (1, 0))
    residues = {quality: residue(image, quality) for quality in range(54, 84)}
    ghost = min(list(residues)[2:-2], key=lambda quality: float(np.median(residues[quality])))
    near = [residues[each] for each in (ghost - 2, ghost + 2)]
    of_card = float(np.median(residues[ghost]) / np.mean([np.median(each) for each in near]))
    of_box = float(residues[ghost][rows, columns].mean() / np.mean([each[rows, columns].mean() for each in near]))
    return of_card, of_box


PORTRAIT, NUMBER, VALIDITY, BIRTHDAY, NAME = 0, 2, 4, 6, 8  # the seeds that change each thing on a front


def photo_box(seed: int) -> tuple[int, int, int, int]:
    photo = print_card(SpecimenKind.TAIWAN_FRONT, seed).photo
    assert photo is not None
    return photo.box


def test_a_portrait_put_in_lacks_the_first_saves_ghost() -> None:
    of_card, of_box = ghost_depths(draw("taiwan_front", seed=PORTRAIT, forgery="edited").image, photo_box(PORTRAIT))
    assert of_card < of_box - 0.1


def test_a_chat_application_takes_the_ghost_away() -> None:
    edited = draw("taiwan_front", seed=PORTRAIT, forgery="edited")
    resaved = draw("taiwan_front", seed=PORTRAIT, forgery="edited_resaved")
    smaller = pixels(resaved.image).shape[0] / pixels(edited.image).shape[0]
    assert smaller < 1
    left, top, right, bottom = (round(edge * smaller) for edge in photo_box(PORTRAIT))
    of_card, of_box = ghost_depths(resaved.image, (left, top, right, bottom))
    of_card_before, of_box_before = ghost_depths(edited.image, photo_box(PORTRAIT))
    assert of_box - of_card < (of_box_before - of_card_before) / 2


@pytest.mark.parametrize(
    ("seed", "changed"),
    [(PORTRAIT, set()), (NUMBER, {"number"}), (VALIDITY, {"valid_date"}), (BIRTHDAY, {"birthday"}), (NAME, {"name"})],
)
def test_an_edit_changes_one_thing_and_the_truth_says_what(seed: int, changed: set[str]) -> None:
    genuine, edited = (draw("taiwan_front", seed=seed, forgery=forgery) for forgery in (None, "edited"))
    assert {name for name in TEXT_FIELDS if getattr(genuine.truth, name) != getattr(edited.truth, name)} == changed
    for name in changed:
        before, after = getattr(genuine.truth, name), getattr(edited.truth, name)
        assert len(before) == len(after)
        assert sum(one != other for one, other in zip(before, after, strict=True)) <= 3


def test_an_edit_reaches_no_further_than_what_it_changes() -> None:
    card = print_card(SpecimenKind.TAIWAN_FRONT, NUMBER)
    run = card.run("number")
    assert run is not None
    genuine, edited = (
        pixels(draw("taiwan_front", seed=NUMBER, forgery=forgery).image).astype(int) for forgery in (None, "edited")
    )
    far = abs(genuine - edited).max(axis=2) > 110
    left, top, right, bottom = run.box
    assert far[top:bottom, left:right].any()
    far[top - 8 : bottom + 8, left - 8 : right + 8] = False
    assert not far.any()


def test_a_picture_on_a_table_is_edited_where_the_card_lies() -> None:
    flat, table = (
        draw("taiwan_front", seed=PORTRAIT, capture=capture, forgery="edited").image for capture in ("flat", "tilted")
    )
    assert pixels(flat).shape == (945, 1500, 3)
    assert pixels(table).shape == (1650, 2200, 3)


def test_a_back_is_edited_too() -> None:
    changed = set()
    for seed in (0, 2, 4):
        genuine, edited = (draw("hk_macao_back", seed=seed, forgery=forgery).truth for forgery in (None, "edited"))
        changed |= {name for name in BACK_FIELDS if getattr(genuine.back, name) != getattr(edited.back, name)}
    assert changed == {"id_number", "history_number", "name"}


def test_a_misprinted_exit_entry_permit_is_saved_once_with_another_number() -> None:
    genuine, edited = (draw("exit_entry_hk_macao_front", seed=5, forgery=forgery) for forgery in (None, "edited"))
    assert edited.truth.number != genuine.truth.number
    assert edited.truth.number[0] == "C"


def test_photocopies_are_tinted_in_several_ways() -> None:
    tints = set()
    for seed in range(8):
        image = pixels(draw("taiwan_front", seed=seed, forgery="photocopy").image)
        red, _green, blue = (float(np.median(image[..., channel])) for channel in range(3))
        tints.add(round((red - blue) / 12))
    assert len(tints) >= 3
