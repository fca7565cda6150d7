"""Typefaces: the wheels' own always, those of the machine where it has them. A seed's words never depend on them.

Which faces exist changes how a card looks, not what it says: with the same fonts the same seed gives the same bytes.
"""

from __future__ import annotations

import os
from functools import cache, lru_cache
from pathlib import Path

import pylopdf_fonts_zh_cn
import pylopdf_fonts_zh_tw
from PIL import ImageFont

_CN = Path(pylopdf_fonts_zh_cn.__file__).parent
_TW = Path(pylopdf_fonts_zh_tw.__file__).parent
_WHEELS = {
    "sans": _CN / "NotoSansSC-Regular.otf",
    "serif": _CN / "NotoSerifSC-Regular.otf",
    "sans-hant": _TW / "NotoSansTC-Regular.otf",
    "serif-hant": _TW / "NotoSerifTC-Regular.otf",
}
# Face, the face in its place, and the files it has on common systems with the index in a collection.
_MACHINE: dict[str, tuple[str, tuple[tuple[str, int], ...]]] = {
    "bold": ("sans", (("NotoSansCJK-Bold.ttc", 2), ("SourceHanSansSC-Bold.otf", 0), ("simhei.ttf", 0))),
    "bold-hant": ("sans-hant", (("NotoSansCJK-Bold.ttc", 3), ("SourceHanSansTC-Bold.otf", 0))),
    "bold-serif": ("serif", (("NotoSerifCJK-Bold.ttc", 2), ("SourceHanSerifSC-Bold.otf", 0))),
    "bold-serif-hant": ("serif-hant", (("NotoSerifCJK-Bold.ttc", 3), ("SourceHanSerifTC-Bold.otf", 0))),
    "song": ("serif", (("uming.ttc", 0), ("simsun.ttc", 0), ("STSong.ttf", 0), ("FandolSong-Regular.otf", 0))),
    "song-hant": ("serif-hant", (("uming.ttc", 1), ("mingliu.ttc", 0), ("STSong.ttf", 0))),
    "kai": ("serif", (("ukai.ttc", 0), ("simkai.ttf", 0), ("LXGWWenKai-Regular.ttf", 0), ("FandolKai-Regular.otf", 0))),
    "kai-hant": ("serif-hant", (("ukai.ttc", 1), ("LXGWWenKaiTC-Regular.ttf", 0), ("edukai.ttf", 0))),
    "latin": ("sans", (("LiberationSans-Regular.ttf", 0), ("DejaVuSansCondensed.ttf", 0), ("arial.ttf", 0))),
    "latin-serif": ("serif", (("LiberationSerif-Regular.ttf", 0), ("DejaVuSerifCondensed.ttf", 0), ("times.ttf", 0))),
    "ocr-b": ("mono", (("OCRB.otf", 0), ("OCRB.ttf", 0), ("OCR-B.ttf", 0), ("ocrb10.otf", 0), ("OCRBRegular.ttf", 0))),
    "mono": ("sans", (("LiberationMono-Regular.ttf", 0), ("DejaVuSansMono.ttf", 0), ("NotoSansMono-Regular.ttf", 0))),
}
FACES = (*_WHEELS, *_MACHINE)


def _folders() -> list[Path]:
    """Where a desktop keeps its fonts (XDG base directories)."""
    home = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    return [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), home / "fonts"]


@cache
def _installed() -> dict[str, Path]:
    """Font files of this machine by name; of two with one name the first in the order of folders and paths."""
    found: dict[str, Path] = {}
    for folder in _folders():
        for path in sorted(folder.rglob("*.[ot]t[fc]")):
            found.setdefault(path.name, path)
    return found


@cache
def _file(face: str) -> tuple[Path, int]:
    if face in _WHEELS:
        return _WHEELS[face], 0
    instead, names = _MACHINE[face]
    found = ((_installed()[name], index) for name, index in names if name in _installed())
    return next(found, None) or _file(instead)


# A face weighs megabytes, and every size of it is another: as many as a few hundred cards need at once.
@lru_cache(maxsize=256)
def font(face: str, size: int) -> ImageFont.FreeTypeFont:
    """A face at a size in pixels. Kerning and ligatures are the basic ones, so that letters stand alone."""
    path, index = _file(face)
    return ImageFont.truetype(str(path), size, index=index, layout_engine=ImageFont.Layout.BASIC)


@cache
def _draws(face: str, character: str) -> bool:
    """Whether the face has the character, judged by whether it differs from the box that stands for a missing one."""
    probe = font(face, 32)
    return character.isspace() or bytes(probe.getmask(character)) != bytes(probe.getmask("\uffff"))


def file_name(face: str) -> str:
    """The name of the font file that a face is on this machine, without its ending."""
    return _file(face)[0].stem


def stand_ins() -> list[str]:
    """The faces this machine has no file of: another stands for each, so that cards vary less than they might."""
    return [
        face for face, (_instead, names) in _MACHINE.items() if not any(name in _installed() for name, _at in names)
    ]


def clear() -> None:
    """Forget what was found and loaded, after fonts were installed or taken away."""
    for remembered in (_file, font, _draws):
        remembered.cache_clear()


def face_for(text: str, *wished: str) -> str:
    """The first of the wished faces that has every character, else a wheel's."""
    for face in (*wished, *_WHEELS):
        if all(_draws(face, character) for character in text):
            return face
    raise ValueError(f"no face has every character of {text!r}")
