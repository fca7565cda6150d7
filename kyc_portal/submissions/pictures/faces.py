"""What the face on a portrait is known again by: 128 numbers, near each other for photos of one person.

Only asked where the policy compares portraits and the customer agreed to it. The numbers are biometric data: sealed
wherever they are kept, and gone when the consent goes. What they tell and what they cannot: docs/portraits.md.

The model is dlib's, installed with the group `portraits` of pyproject.toml. Without it `is_available` is false, and
nothing is compared. Nothing here knows of rows.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import struct
import threading
from collections.abc import Sequence
from functools import cache
from importlib.machinery import ModuleSpec
from math import dist
from operator import mul
from pathlib import Path
from typing import Any

from PIL import Image

NUMBERS = 128
BITS = 256
# Photos of one person mostly lie nearer than this, those of two further apart; the model's author takes 0.6.
SAME_UP_TO = 0.5

# A portrait is looked at this high: faces on it are then of the size the detector was made for.
_HEIGHT = 300
_LEAST_HEIGHT, _MOST_PIXELS = 80, 4_000_000
# Packages with the code and with the weights; the second is data to us and never imported.
_CODE, _WEIGHTS = "dlib", "face_recognition_models"
_LANDMARKS, _NET = "shape_predictor_5_face_landmarks.dat", "dlib_face_recognition_resnet_model_v1.dat"
# dlib's detector and nets keep state while they work.
_one_at_a_time = threading.Lock()

Numbers = tuple[float, ...]


def is_available() -> bool:
    """Whether the group `portraits` is installed here."""
    return importlib.util.find_spec(_CODE) is not None and _weights() is not None


def measured(portrait: bytes) -> Numbers | None:
    """The 128 numbers of the face on a portrait (JPEG or PNG); None where not exactly one is found on it.

    Takes some 0.1 s of CPU, and 60 MB once in a process. Raises ImportError where the group is not installed.
    """
    try:
        with Image.open(io.BytesIO(portrait)) as opened:
            if opened.height < _LEAST_HEIGHT or opened.width * opened.height > _MOST_PIXELS:
                return None
            if not 0.4 < opened.width / opened.height < 1.6:
                return None
            image = opened.convert("RGB")
    except (OSError, ValueError, SyntaxError):
        return None
    image = image.resize((max(1, round(image.width * _HEIGHT / image.height)), _HEIGHT), Image.Resampling.LANCZOS)
    import numpy as np

    pixels = np.asarray(image)
    with _one_at_a_time:
        detector, landmarks, net = _models()
        found = detector(pixels, 1)
        if len(found) != 1:
            return None
        return tuple(map(float, net.compute_face_descriptor(pixels, landmarks(pixels, found[0]))))


def apart(one: Sequence[float], other: Sequence[float]) -> float:
    """How far two faces lie apart: 0 for one photo, around 0.3 for two of one person, 0.8 for two people."""
    return dist(one, other)


def packed(numbers: Numbers) -> bytes:
    """The numbers as they are sealed: 512 bytes."""
    return struct.pack(f"<{NUMBERS}f", *numbers)


def unpacked(data: bytes) -> Numbers:
    """The numbers as they were before they were packed."""
    return struct.unpack(f"<{NUMBERS}f", data)


def bits(numbers: Numbers) -> int:
    """256 bits to put many faces in order by: on which side of 256 planes through the middle of all faces one lies."""
    off = [value - middle for value, middle in zip(numbers, _MIDDLE, strict=True)]
    return sum((sum(map(mul, off, plane)) > 0) << at for at, plane in enumerate(_planes()))


@cache
def _planes() -> tuple[tuple[int, ...], ...]:
    """256 directions of 1 and -1, the same on every machine and for good: kept bits stay comparable."""
    stream = hashlib.shake_256(b"planes that part faces").digest(BITS * NUMBERS // 8)
    signs = [1 if byte >> bit & 1 else -1 for byte in stream for bit in range(8)]
    return tuple(tuple(signs[at * NUMBERS : (at + 1) * NUMBERS]) for at in range(BITS))


def _weights() -> Path | None:
    spec: ModuleSpec | None = importlib.util.find_spec(_WEIGHTS)
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) / "models" if places else None


@cache
def _models() -> tuple[Any, Any, Any]:
    """Detector, landmarks and net, loaded once; takes about a second."""
    import dlib

    folder = _weights()
    if folder is None:
        raise ImportError(f"the package {_WEIGHTS} is not installed")
    return (
        dlib.get_frontal_face_detector(),
        dlib.shape_predictor(str(folder / _LANDMARKS)),
        dlib.face_recognition_model_v1(str(folder / _NET)),
    )


# The mean of the numbers of 92 people on open photos (docs/portraits.md): planes through it part faces evenly.
_MIDDLE: Numbers = (
    -0.09, 0.08, 0.06, -0.05, -0.10, -0.00, -0.01, -0.10, 0.16, -0.08, 0.20, -0.04, -0.24, -0.04, -0.02, 0.14,
    -0.14, -0.13, -0.12, -0.06, 0.02, 0.03, 0.03, 0.03, -0.14, -0.32, -0.07, -0.10, 0.03, -0.10, -0.01, 0.05,
    -0.16, -0.05, 0.03, 0.07, -0.06, -0.08, 0.21, -0.00, -0.19, 0.01, 0.05, 0.25, 0.19, -0.00, 0.04, -0.07,
    0.13, -0.26, 0.06, 0.13, 0.12, 0.08, 0.09, -0.16, 0.01, 0.15, -0.19, 0.08, 0.07, -0.08, -0.04, -0.05,
    0.18, 0.10, -0.12, -0.14, 0.16, -0.14, -0.03, 0.08, -0.12, -0.17, -0.27, 0.03, 0.38, 0.12, -0.18, 0.00,
    -0.08, -0.01, 0.03, 0.06, -0.06, -0.03, -0.09, 0.03, 0.20, -0.03, -0.02, 0.22, 0.01, -0.01, 0.03, 0.05,
    -0.11, -0.01, -0.11, -0.00, 0.03, -0.10, 0.00, 0.09, -0.18, 0.17, -0.03, -0.01, -0.02, -0.02, -0.08, -0.01,
    0.18, -0.26, 0.19, 0.17, 0.02, 0.13, 0.05, 0.06, 0.00, -0.00, -0.15, -0.08, 0.04, -0.03, 0.03, 0.04,
)  # fmt: skip
