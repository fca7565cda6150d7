"""The evidence of forged specimens, measured here in plain numbers and not by the engine."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from ocr_integration.contract import KnownWarning
from ocr_integration.specimens import Forgery, SpecimenKind, draw
from ocr_integration.specimens.cards import print_card

CODES = {
    Forgery.PHOTOCOPY: KnownWarning.PHOTOCOPY,
    Forgery.RECAPTURE: KnownWarning.RECAPTURE,
    Forgery.EDITED: KnownWarning.EDITED,
}


def pixels(image: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(image)).convert("RGB"))


def portrait_colour(image: bytes, seed: int) -> float:
    """How far the colours in the portrait spread, in Lab units."""
    box = print_card(SpecimenKind.TAIWAN_FRONT, seed).portrait_box
    assert box is not None
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


def test_a_portrait_put_in_lacks_the_first_saves_ghost() -> None:
    image = draw("taiwan_front", seed=5, forgery="edited").image
    box = print_card(SpecimenKind.TAIWAN_FRONT, 5).portrait_box
    assert box is not None
    rows, columns = (slice(box[at] // 16 + 1, box[at + 2] // 16 - 1) for at in (1, 0))
    residues = {quality: residue(image, quality) for quality in range(58, 82)}
    ghost = min(residues, key=lambda quality: float(np.median(residues[quality])))
    near = np.mean([np.median(residues[each]) for each in (ghost - 2, ghost + 2) if each in residues])
    dip_of_card = float(np.median(residues[ghost]) / near)
    patch_near = np.mean([residues[each][rows, columns].mean() for each in (ghost - 2, ghost + 2) if each in residues])
    dip_of_patch = float(residues[ghost][rows, columns].mean() / patch_near)
    assert dip_of_card < dip_of_patch - 0.1


def test_a_rewritten_number_is_another_of_the_same_form() -> None:
    genuine = draw("taiwan_front", seed=4).truth
    edited = draw("taiwan_front", seed=4, forgery="edited").truth
    assert edited.number != genuine.number
    assert sum(one != other for one, other in zip(edited.number, genuine.number, strict=True)) == 2
    assert (edited.name, edited.valid_date) == (genuine.name, genuine.valid_date)


def test_a_swapped_portrait_leaves_the_text() -> None:
    genuine, edited = (draw("taiwan_front", seed=5, forgery=forgery) for forgery in (None, "edited"))
    assert edited.truth.number == genuine.truth.number
    assert edited.image != genuine.image


def test_a_misprinted_exit_entry_permit_is_saved_once_with_another_number() -> None:
    genuine, edited = (draw("exit_entry_hk_macao_front", seed=5, forgery=forgery) for forgery in (None, "edited"))
    assert edited.truth.number != genuine.truth.number
    assert edited.truth.number[0] == "C"
