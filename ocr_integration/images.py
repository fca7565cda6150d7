"""Bytes to safe pixels: sniff, limits from the header, one reduced decode, upright copies, what the service takes.

Guards stand before any decode, in the order of their price. Pillow only, so the portal can use it on upload.
"""

from __future__ import annotations

import io
import struct
import warnings
from dataclasses import dataclass
from enum import StrEnum

from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

ImageFile.LOAD_TRUNCATED_IMAGES = False
Image.MAX_IMAGE_PIXELS = None  # our own limits below stand before every decode

MAX_BYTES = 10_000_000
MAX_PIXELS = {"JPEG": 50_000_000, "PNG": 25_000_000}
MAX_SCANS = 64
MIN_SIDE = 200
# A Base64 string of at most 7,000,000 characters.
SERVICE_BYTES = 5_250_000


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
    """What the header says. Sizes in pixels as stored, before any turn."""

    format: str
    width: int
    height: int


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
        if width * height > MAX_PIXELS[kind]:
            raise ImageRefusedError(ImageFault.TOO_MANY_PIXELS)
        if min(width, height) < MIN_SIDE:
            raise ImageRefusedError(ImageFault.TOO_SMALL)
        if getattr(image, "n_frames", 1) > 1 or (kind == "PNG" and b"acTL" in data[:4096]):
            raise ImageRefusedError(ImageFault.ANIMATED)
    if kind == "JPEG" and data.count(b"\xff\xda") > MAX_SCANS:
        raise ImageRefusedError(ImageFault.TOO_COMPLEX)
    return PictureFacts(format=kind, width=width, height=height)


def _opened(data: bytes, kind: str) -> Image.Image:
    """Pillow's lazy image: the header is read, no pixel is."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return Image.open(io.BytesIO(data), formats=(kind,))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, struct.error) as error:
        raise ImageRefusedError(ImageFault.NOT_AN_IMAGE) from error


def _loaded(image: Image.Image) -> Image.Image:
    try:
        image.load()
    except (OSError, ValueError, SyntaxError, struct.error, EOFError, MemoryError) as error:
        raise ImageRefusedError(ImageFault.TRUNCATED) from error
    return image


def reduced(data: bytes) -> Image.Image:
    """A grey picture at about a quarter of the size, which still reads the whole file: a cut one is refused."""
    image = _opened(data, sniff(data))
    image.draft("L", (image.width // 4, image.height // 4))
    return _loaded(image).convert("L")


def upright(data: bytes, *, max_side: int | None = None) -> Image.Image:
    """RGB pixels turned as the camera said, shrunk to `max_side` where larger. Raises ImageRefusedError."""
    inspect(data)
    image = _opened(data, sniff(data))
    if max_side:
        image.draft("RGB", (max_side, max_side))
    turned = ImageOps.exif_transpose(_loaded(image))
    if turned.mode in ("RGBA", "LA", "P", "PA"):
        backed = Image.new("RGBA", turned.size, "white")
        backed.alpha_composite(turned.convert("RGBA"))
        turned = backed
    rgb = turned.convert("RGB")
    if max_side and max(rgb.size) > max_side:
        rgb.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    return rgb


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
    """The same file without what says where it was taken; no pixel byte is touched, other metadata stays."""
    kind = sniff(data)
    return _jpeg_without_location(data) if kind == "JPEG" else _png_without_location(data)


def _jpeg_without_location(data: bytes) -> bytes:
    """Walk the segments before the first scan: XMP goes whole, Exif loses its GPS directory."""
    out, at = bytearray(data[:2]), 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] not in (0xDA, 0xD9):
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        segment = data[at : at + 2 + length]
        if data[at + 1] == 0xE1 and segment[4:10] == b"Exif\x00\x00":
            out += segment[:10] + _exif_without_location(segment[10:])
        elif not (data[at + 1] == 0xE1 and b"ns.adobe.com/x" in segment[4:40]):
            out += segment
        at += 2 + length
    return bytes(out) + data[at:]


def _png_without_location(data: bytes) -> bytes:
    """Text chunks that carry XMP and the Exif chunk go; the picture's chunks stay byte for byte."""
    out, at = bytearray(data[:8]), 8
    while at + 12 <= len(data):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        chunk = data[at : at + 12 + length]
        is_xmp = name in (b"iTXt", b"tEXt", b"zTXt") and (b"XML:com.adobe.xmp" in chunk[:60] or b"GPS" in chunk)
        if name != b"eXIf" and not is_xmp:
            out += chunk
        at += 12 + length
    return bytes(out) + data[at:]


def _exif_without_location(tiff: bytes) -> bytes:
    """Overwrite the GPS directory with zeros and its pointer with an unused tag: lengths stay, so offsets do."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 8:
        return tiff
    out = bytearray(tiff)
    try:
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        (many,) = struct.unpack_from(f"{order}H", tiff, first)
        for index in range(many):
            entry = first + 2 + 12 * index
            tag, _kind, _count, value = struct.unpack_from(f"{order}HHII", tiff, entry)
            if tag == 0x8825:
                _blank_directory(out, tiff, order, value)
                struct.pack_into(f"{order}HHII", out, entry, 0xEA1C, 4, 1, 0)
    except struct.error:
        return b"\x00" * len(tiff)  # a directory we cannot follow might still hide a place: blank all of it
    return bytes(out)


_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}


def _blank_directory(out: bytearray, tiff: bytes, order: str, start: int) -> None:
    (many,) = struct.unpack_from(f"{order}H", tiff, start)
    for index in range(many):
        entry = start + 2 + 12 * index
        _tag, kind, count, value = struct.unpack_from(f"{order}HHII", tiff, entry)
        size = _SIZES.get(kind, 1) * count
        if size > 4 and value + size <= len(out):
            out[value : value + size] = bytes(size)
    end = min(start + 2 + 12 * many, len(out))
    out[start:end] = bytes(end - start)
