"""The two neural models of the wheel (find text, recognise a line), behind two plain calls.

The recognition result is decoded here, because we need every character's own score and place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from rapidocr import RapidOCR

from ocr_integration.engine.page import Pixels, Points

_LINE_HEIGHT = 48
_BATCH = 6
_LONGEST_RATIO = 40.0


@dataclass(frozen=True, slots=True)
class Recognised:
    """One recognised line: `scores` 0-1 and `places` (centre as a share of the crop's width) per character."""

    text: str
    scores: tuple[float, ...]
    places: tuple[float, ...]

    @property
    def mean(self) -> float:
        return sum(self.scores) / len(self.scores) if self.scores else 0.0


class Models:
    """Text detection and recognition on the CPU, with a fixed number of threads; not thread-safe."""

    def __init__(self, threads: int) -> None:
        cv2.setNumThreads(threads)
        engine = RapidOCR(
            params={
                "Global.log_level": "error",
                "EngineConfig.onnxruntime.intra_op_num_threads": threads,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "Det.limit_side_len": 4096,
                "Det.limit_type": "max",
            }
        )
        self._detector: Any = engine._load_det_model()
        self._recogniser: Any = engine._load_rec_model()

    def detect(self, pixels: Pixels, *, longest_side: int) -> list[Points]:
        """Find lines of text: quadrilaterals (4 x 2) in the coordinates of `pixels`."""
        shrink = min(1.0, longest_side / max(pixels.shape[:2]))
        small = pixels
        if shrink < 1.0:
            small = np.asarray(
                cv2.resize(pixels, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), dtype=np.uint8
            )
        found = self._detector(small)
        if found.boxes is None:
            return []
        return [np.asarray(box, dtype=np.float64) / shrink for box in found.boxes]

    def recognise(self, crops: list[Pixels]) -> list[Recognised]:
        """Recognise each crop as one line read left to right; the order is kept."""
        ratios = [min(crop.shape[1] / crop.shape[0], _LONGEST_RATIO) for crop in crops]
        order = sorted(range(len(crops)), key=lambda index: ratios[index])
        results: list[Recognised] = [Recognised("", (), ())] * len(crops)
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            widest = max(2.0, max(ratios[index] for index in batch))
            predicted = self._predict([crops[index] for index in batch], widest)
            for index, each in zip(batch, predicted, strict=True):
                used = math.ceil(_LINE_HEIGHT * ratios[index]) / int(_LINE_HEIGHT * widest)
                results[index] = self._decoded(each, used)
        return results

    def _predict(self, crops: list[Pixels], widest: float) -> NDArray[np.float32]:
        batch = np.stack([self._recogniser.resize_norm_img(crop, widest) for crop in crops])
        return np.asarray(self._recogniser.session(batch.astype(np.float32)))

    def _decoded(self, predicted: NDArray[np.float32], used: float) -> Recognised:
        """CTC, greedily: drop repeats and blanks, keep each character's score and column."""
        best = predicted.argmax(axis=1)
        kept = best != 0
        kept[1:] &= best[1:] != best[:-1]
        columns = np.flatnonzero(kept)
        alphabet = self._recogniser.postprocess_op.character
        text = "".join(alphabet[best[column]] for column in columns)
        scores = tuple(float(predicted[column, best[column]]) for column in columns)
        places = tuple(min(1.0, float(column + 0.5) / len(best) / used) for column in columns)
        if len(text) != len(columns):  # an alphabet entry of several characters: places no longer match
            text = "".join(alphabet[best[column]][:1] or " " for column in columns)
        return Recognised(text, scores, places)
