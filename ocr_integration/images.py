"""Bytes to safe pixels: sniff, limits from the header, one reduced decode, upright copies, what the service takes.

Guards stand before any decode, in the order of their price. Pillow only, so the portal can use it on upload.
"""

from __future__ import annotations

import binascii
import io
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from PIL import Image, ImageFile, UnidentifiedImageError

ImageFile.LOAD_TRUNCATED_IMAGES = False
Image.MAX_IMAGE_PIXELS = None  # our own limits below stand before every decode

MAX_BYTES = 10_000_000
# Where a PNG's header says how many bits a channel has.
_PNG_DEPTH_AT = 24
MAX_PIXELS = {"JPEG": 50_000_000, "PNG": 25_000_000}
MAX_SCANS = 64
MIN_SIDE = 200
# A Base64 string of at most 7,000,000 characters.
SERVICE_BYTES = 5_250_000


# What Pillow raises on files that are not what they say.
_BROKEN = (OSError, ValueError, TypeError, KeyError, IndexError, SyntaxError, struct.error, EOFError, OverflowError)
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class ImageFault(StrEnum):
    """Why a file cannot be taken; each has a sentence of its own for the customer."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_AN_IMAGE = "not_an_image"
    GIF = "gif"
    HEIC = "heic"
    WEBP = "webp"
    SVG = "svg"
    PDF = "pdf"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_SMALL = "too_small"
    ANIMATED = "animated"
    TOO_COMPLEX = "too_complex"
    TRUNCATED = "truncated"


class ImageRefusedError(ValueError):
    """A picture that is not taken; `fault` says why."""

    def __init__(self, fault: ImageFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What the header says. Sizes in pixels as stored, before the turn (EXIF 1-8, 1 = upright as stored)."""

    format: str
    width: int
    height: int
    orientation: int = 1


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is sent to the service. `reencoded` means traces of editing are gone with the first encoding."""

    data: bytes
    reencoded: bool


def sniff(data: bytes) -> str:
    """JPEG or PNG by their first bytes. Raises ImageRefusedError naming what it is instead, where that is known."""
    if data[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG"
    raise ImageRefusedError(_other_kind(data))


def _other_kind(data: bytes) -> ImageFault:
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return ImageFault.GIF
    if data[4:8] == b"ftyp" and data[8:12] in (
        b"heic",
        b"heix",
        b"hevc",
        b"heim",
        b"heis",
        b"mif1",
        b"msf1",
        b"avif",
    ):
        return ImageFault.HEIC
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return ImageFault.WEBP
    if data[:5] == b"%PDF-":
        return ImageFault.PDF
    if b"<svg" in data[:1000].lower():
        return ImageFault.SVG
    return ImageFault.NOT_AN_IMAGE


def inspect(data: bytes) -> PictureFacts:
    """Everything that can be refused without decoding a pixel. Raises ImageRefusedError."""
    if not data:
        raise ImageRefusedError(ImageFault.EMPTY)
    if len(data) > MAX_BYTES:
        raise ImageRefusedError(ImageFault.TOO_LARGE)
    kind = sniff(data)
    with _opened(data, kind) as image:
        width, height = image.size
        # A PNG of 16 bits a channel takes twice the memory when it is opened.
        is_deep = kind == "PNG" and data[_PNG_DEPTH_AT] == 16
        if width * height > MAX_PIXELS[kind] // (2 if is_deep else 1):
            raise ImageRefusedError(ImageFault.TOO_MANY_PIXELS)
        # A camera's JPEG may carry a second picture (depth, brightness) behind the first; that is no animation.
        if kind == "PNG" and getattr(image, "n_frames", 1) > 1:
            raise ImageRefusedError(ImageFault.ANIMATED)
        orientation = _orientation(image) if "exif" in image.info else 1
    # In compressed data FF is always followed by 00 or a restart, so this counts true scans (and is cheap).
    if kind == "JPEG" and data.count(b"\xff\xda") > MAX_SCANS:
        raise ImageRefusedError(ImageFault.TOO_COMPLEX)
    if min(width, height) < MIN_SIDE:
        raise ImageRefusedError(ImageFault.TOO_SMALL)
    return PictureFacts(format=kind, width=width, height=height, orientation=orientation)


def _orientation(image: Image.Image) -> int:
    """The camera's turn, 1 where its Exif cannot be followed."""
    try:
        turn = image.getexif().get(0x0112, 1)
    except _BROKEN:
        return 1
    return turn if isinstance(turn, int) and 1 <= turn <= 8 else 1


def _opened(data: bytes, kind: str) -> Image.Image:
    """Pillow's lazy image: the header is read, no pixel is."""
    try:
        return Image.open(io.BytesIO(data), formats=(kind,))
    except (UnidentifiedImageError, *_BROKEN) as error:
        raise ImageRefusedError(ImageFault.NOT_AN_IMAGE) from error


def _loaded(image: Image.Image) -> Image.Image:
    try:
        image.load()
    except (MemoryError, *_BROKEN) as error:
        raise ImageRefusedError(ImageFault.TRUNCATED) from error
    return image


def reduced(data: bytes, *, by: int = 4) -> Image.Image:
    """A grey picture `by` times (4, 2 or 1) smaller, not turned; the whole file is read, so a cut one is refused."""
    facts = inspect(data)
    image = _opened(data, facts.format)
    image.draft("L", (facts.width // by, facts.height // by))
    loaded = _plain(_loaded(image))
    return (loaded.reduce(by) if by > 1 and loaded.width == facts.width else loaded).convert("L")


def _plain(image: Image.Image) -> Image.Image:
    """Grey or RGB; sixteen-bit greys scaled and transparency laid on white, where a plain convert() would clip it."""
    if image.mode.startswith("I"):
        return image.point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        backed = Image.new("RGBA", image.size, "white")
        backed.alpha_composite(image.convert("RGBA"))
        return backed.convert("RGB")
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def upright(data: bytes, *, max_side: int | None = None) -> Image.Image:
    """RGB pixels turned as the camera said, shrunk to `max_side` where larger. Raises ImageRefusedError."""
    facts = inspect(data)
    image = _opened(data, facts.format)
    if max_side:
        image.draft("RGB", (max_side, max_side))
    rgb = _plain(_loaded(image)).convert("RGB")
    if max_side and max(rgb.size) > max_side:
        rgb.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    turn = _TURNS.get(_orientation(image))
    return rgb if turn is None else rgb.transpose(turn)


def _jpeg(image: Image.Image, *, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def display_copy(data: bytes, *, max_side: int = 2400) -> bytes:
    """A fresh JPEG without any metadata, upright: what people look at."""
    return _jpeg(upright(data, max_side=max_side), quality=88)


def fit_for_service(data: bytes) -> Prepared:
    """The file as it is when the service takes its size, else a smaller copy made from its pixels."""
    if len(data) <= SERVICE_BYTES:
        return Prepared(data=data, reencoded=False)
    for side, quality in ((4000, 92), (4000, 85), (3200, 85), (2400, 80)):
        smaller = _jpeg(upright(data, max_side=side), quality=quality)
        if len(smaller) <= SERVICE_BYTES:
            return Prepared(data=smaller, reencoded=True)
    raise ImageRefusedError(ImageFault.TOO_LARGE)


def without_location(data: bytes) -> bytes:
    """The same file without what says where it was taken; no pixel byte of the picture is touched.

    Other metadata (the camera, the software that wrote it) stays: it is evidence of editing. What follows the
    picture in its file (second pictures, short films) has places of its own and goes.
    """
    kind = sniff(data)
    return _jpeg_without_location(data) if kind == "JPEG" else _png_without_location(data)


# Words of the vocabularies in which XMP states a place.
_PLACE_WORDS = re.compile(
    rb"gps|locationcreated|locationshown|iptc4xmpcore:location|photoshop:(city|state|country)|geotag|latitude|longitude",
    re.IGNORECASE,
)
# A marker inside compressed data: not a stuffed zero, a restart or a fill byte.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def _jpeg_without_location(data: bytes) -> bytes:
    out = bytearray(data[:2])
    for marker, piece in _jpeg_pieces(data):
        out += _segment_without_location(marker, piece)
    return bytes(out)


def _jpeg_pieces(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The parts between the start and the end of the first picture: segments, and (marker 0) compressed data."""
    at = 2
    while at + 2 <= len(data):
        if data[at] != 0xFF:
            found = _MARKER.search(data, at)
            end = found.start() if found else len(data)
            yield 0, data[at:end]
            at = end
        elif data[at + 1] == 0xFF:  # fill
            yield 0, data[at : at + 1]
            at += 1
        elif data[at + 1] == 0xD9:
            yield 0xD9, data[at : at + 2]
            return
        elif data[at + 1] in (0x00, 0x01) or 0xD0 <= data[at + 1] <= 0xD7:
            yield 0, data[at : at + 2]
            at += 2
        else:
            end = at + 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
            yield data[at + 1], data[at:end]
            at = end
    if at < len(data):
        yield 0, data[at:]


def _segment_without_location(marker: int, piece: bytes) -> bytes:
    body = piece[4:]
    if marker == 0xE1 and body[:6] == b"Exif\x00\x00":
        return piece[:10] + _exif_without_location(piece[10:])
    if marker == 0xE1 and body.startswith(b"http://ns.adobe.com/"):
        is_extension = b"/xmp/extension/" in body[:40]  # split anywhere, so its words cannot be looked for
        return b"" if is_extension or _PLACE_WORDS.search(body) else piece
    if marker == 0xE2 and body[:4] == b"MPF\x00":  # the list of pictures behind the first
        return b""
    if marker == 0xED:
        return _iptc_without_location(piece)
    return piece


# IPTC's own numbers: content location code and name, city, sublocation, state, country code and name.
_IPTC_PLACES = frozenset({26, 27, 90, 92, 95, 100, 101})


def _iptc_without_location(piece: bytes) -> bytes:
    """Blank the place entries of a Photoshop segment; lengths stay."""
    out, at = bytearray(piece), piece.find(b"8BIM\x04\x04")
    while 0 <= at < len(piece):
        at = piece.find(b"\x1c\x02", at)
        if at < 0 or at + 5 > len(piece):
            break
        length = min(int.from_bytes(piece[at + 3 : at + 5], "big"), len(piece) - at - 5)
        if piece[at + 2] in _IPTC_PLACES:
            out[at + 5 : at + 5 + length] = b" " * length
        at += 5 + length
    return bytes(out)


def _png_without_location(data: bytes) -> bytes:
    """Chunk by chunk to the end of the picture; the picture's own chunks stay byte for byte."""
    out, at = bytearray(data[:8]), 8
    while at + 12 <= len(data):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        chunk = data[at : at + 12 + length]
        if name == b"eXIf":
            tiff = _exif_without_location(chunk[8:-4])
            out += chunk[:8] + tiff + struct.pack(">I", binascii.crc32(name + tiff))
        elif not (name in (b"iTXt", b"tEXt", b"zTXt") and _may_hold_place(name, chunk[8:-4])):
            out += chunk
        at += 12 + length
        if name == b"IEND":
            return bytes(out)
    return bytes(out) + data[at:]


def _may_hold_place(name: bytes, text: bytes) -> bool:
    """Whether a text chunk states a place, or is packed in a way that its words cannot be seen."""
    keyword, _zero, rest = text.partition(b"\x00")
    is_packed = name == b"zTXt" or (name == b"iTXt" and rest[:1] == b"\x01")
    return is_packed or keyword.startswith(b"Raw profile") or _PLACE_WORDS.search(text) is not None


_GPS, _EXIF, _PADDING = 0x8825, 0x8769, 0xEA1C


def _exif_without_location(tiff: bytes) -> bytes:
    """Overwrite GPS directories with zeros and their pointer with a padding tag: lengths stay, so offsets do."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 8:
        return bytes(len(tiff))
    out, seen = bytearray(tiff), set[int]()
    try:
        waiting = [struct.unpack_from(f"{order}I", tiff, 4)[0]]
        while waiting:
            start = waiting.pop()
            if start == 0 or start in seen:
                continue
            seen.add(start)
            (many,) = struct.unpack_from(f"{order}H", tiff, start)
            for entry in range(start + 2, start + 2 + 12 * many, 12):
                tag, _kind, _count, value = struct.unpack_from(f"{order}HHII", tiff, entry)
                if tag == _GPS:
                    _blank_directory(out, tiff, order, value)
                    struct.pack_into(f"{order}HHII", out, entry, _PADDING, 4, 1, 0)
                elif tag == _EXIF:
                    waiting.append(value)
            after = start + 2 + 12 * many
            waiting += struct.unpack_from(f"{order}I", tiff, after) if after + 4 <= len(tiff) else ()
    except struct.error:
        return bytes(len(tiff))  # a directory we cannot follow might still hide a place: blank all of it
    return bytes(out)


_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}


def _blank_directory(out: bytearray, tiff: bytes, order: str, start: int) -> None:
    (many,) = struct.unpack_from(f"{order}H", tiff, start)
    for index in range(many):
        entry = start + 2 + 12 * index
        _tag, kind, count, value = struct.unpack_from(f"{order}HHII", tiff, entry)
        size = _SIZES.get(kind, 1) * count
        if size > 4:
            last = min(value + size, len(out))
            out[value:last] = bytes(max(0, last - value))
    end = min(start + 2 + 12 * many, len(out))
    out[start:end] = bytes(end - start)
