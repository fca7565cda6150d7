"""Pictures that were whole once: cut, flipped, spliced, lying about themselves. Each is a function of its number."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable
from functools import cache

from PIL import Image

from ocr_integration import specimens
from tests.ocr_integration import pictures

SEED = 20261123
PNG_HEAD = 8


@cache
def originals() -> tuple[bytes, ...]:
    """Two small cards, and noise in every flavour of the two formats: most are refused soon, so many can be sent."""
    card = Image.open(io.BytesIO(specimens.draw("taiwan_front", seed=5).image)).convert("RGB")
    card.thumbnail((520, 520))
    small = pictures.noise(300, 210)
    deep = Image.new("I;16", (240, 220), 30_000)
    return (
        pictures.jpeg(card, quality=70),
        pictures.jpeg(small, quality=60, progressive=True, exif=pictures.exif(orientation=6, gps=True)),
        pictures.jpeg(small.convert("CMYK"), quality=60),
        pictures.jpeg(small, quality=30, subsampling=0, restart_marker_blocks=4),
        pictures.png(card.convert("L")),
        pictures.png(small.convert("P")),
        pictures.png(small.convert("RGBA")),
        pictures.png(deep),
        pictures.png(small.convert("1")),
    )


def mutant(number: int) -> bytes:
    """The picture of this number."""
    chance = random.Random(f"{SEED} image {number}")
    data = chance.choice(originals())
    for _each in range(chance.choice((1, 1, 1, 2, 4))):
        data = chance.choice(_WAYS)(data, chance)
    return data


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _flip_in_head(data: bytes, chance: random.Random) -> bytes:
    return _flip(data, chance, len(data[:700]))


def _flip_anywhere(data: bytes, chance: random.Random) -> bytes:
    return _flip(data, chance, len(data))


def _flip(data: bytes, chance: random.Random, below: int) -> bytes:
    out = bytearray(data)
    for _each in range(chance.randrange(1, 12) if below else 0):
        out[chance.randrange(below)] ^= 1 << chance.randrange(8)
    return bytes(out)


def _overwrite(data: bytes, chance: random.Random) -> bytes:
    """A stretch of zeros, ones, noise, or of the file itself."""
    at, length = chance.randrange(len(data) + 1), chance.choice((1, 2, 4, 16, 300, 5000))
    other = chance.randrange(len(data) + 1)
    new = chance.choice((bytes(length), b"\xff" * length, chance.randbytes(length), data[other : other + length]))
    return data[:at] + new + data[at + len(new) :]


def _insert_or_remove(data: bytes, chance: random.Random) -> bytes:
    at, length = chance.randrange(len(data) + 1), chance.choice((1, 3, 64, 4000))
    return data[:at] + chance.choice((chance.randbytes(length) + data[at:], data[at + length :]))


def _splice(data: bytes, chance: random.Random) -> bytes:
    other = chance.choice(originals())
    return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other)) :]


def _big_numbers(data: bytes, chance: random.Random) -> bytes:
    """Sizes, offsets and counts as they overflow: 16 and 32 bits, both orders."""
    value = chance.choice((0, 1, 0x7F, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFE))
    packed = struct.pack(chance.choice((">I", "<I")), value)[: chance.choice((2, 4))]
    at = chance.randrange(min(len(data), 900) + 1)
    return data[:at] + packed + data[at + len(packed) :]


def _pieces(data: bytes, chance: random.Random) -> bytes:
    """A JPEG's segments or a PNG's chunks left out, doubled, swapped or changed, with checksums that are right."""
    pieces = _chunks(data) if data.startswith(b"\x89PNG") else _segments(data)
    if len(pieces) < 3:
        return data
    at, other = chance.randrange(1, len(pieces)), chance.randrange(1, len(pieces))
    act = chance.randrange(4)
    if act == 0:
        del pieces[at]
    elif act == 1:
        pieces[other:other] = [pieces[at]] * chance.choice((1, 2, 300))
    elif act == 2:
        pieces[at], pieces[other] = pieces[other], pieces[at]
    else:
        pieces[at] = _changed(pieces[at], chance, is_png=data.startswith(b"\x89PNG"))
    return b"".join(pieces)


def _chunks(data: bytes) -> list[bytes]:
    pieces, at = [data[:PNG_HEAD]], PNG_HEAD
    while at + 8 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        pieces.append(data[at:end])
        at = end
    return pieces


def _segments(data: bytes) -> list[bytes]:
    pieces, at = [data[:2]], 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        pieces.append(data[at:end])
        at = end
    return [*pieces, data[at:]]


def _changed(piece: bytes, chance: random.Random, *, is_png: bool) -> bytes:
    if not is_png or len(piece) < 12:
        return _flip_anywhere(piece, chance)
    name, body = piece[4:8], _flip_anywhere(piece[8:-4], chance)
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


_WAYS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _cut, _flip_in_head, _flip_anywhere, _overwrite, _insert_or_remove, _splice, _big_numbers, _pieces, _pieces,
)  # fmt: skip
