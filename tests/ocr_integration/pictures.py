"""Pictures made for tests: whole ones, and broken or hostile ones, each as bytes."""

from __future__ import annotations

import io
import random
import struct
import zlib

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

GPS_IFD = 0x8825


def noise(width: int = 640, height: int = 400) -> Image.Image:
    """An RGB picture with something everywhere, the same each time."""
    return Image.frombytes("RGB", (width, height), random.Random(7).randbytes(width * height * 3))


def jpeg(image: Image.Image | None = None, **options: object) -> bytes:
    """A JPEG."""
    out = io.BytesIO()
    (image or noise()).save(out, "JPEG", **{"quality": 80, **options})
    return out.getvalue()


def png(image: Image.Image | None = None, **options: object) -> bytes:
    """A PNG."""
    out = io.BytesIO()
    (image or noise()).save(out, "PNG", **options)
    return out.getvalue()


def exif(*, orientation: int = 1, gps: bool = False) -> Image.Exif:
    """Exif with a software name, a turn, and a place where asked."""
    made = Image.Exif()
    made[0x0131] = "Paintshop 9"
    made[0x0112] = orientation
    if gps:
        made[GPS_IFD] = {
            1: "N",
            2: (IFDRational(22), IFDRational(17), IFDRational(4321, 100)),
            3: "E",
            4: (IFDRational(114), IFDRational(9), IFDRational(1234, 100)),
            27: b"SECRETPLACE",
        }
    return made


def chunk(name: bytes, body: bytes) -> bytes:
    """One PNG chunk."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def with_chunk(data: bytes, name: bytes, body: bytes) -> bytes:
    """A PNG with one more chunk behind its header."""
    return data[:33] + chunk(name, body) + data[33:]


def png_of_size(width: int, height: int) -> bytes:
    """A PNG whose header states a size; its rows are zeros, packed small."""
    packer = zlib.compressobj(9)
    row = bytes(1 + width // 8)
    rows = b"".join(packer.compress(row) for _ in range(min(height, 2000))) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def animated_png() -> bytes:
    """Two frames."""
    out = io.BytesIO()
    noise().save(out, "PNG", save_all=True, append_images=[noise().transpose(Image.Transpose.ROTATE_180)])
    return out.getvalue()


def many_scans() -> bytes:
    """A progressive JPEG with 200 more scans that say nothing new."""
    data = jpeg(progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * 200 + b"\xff\xd9"


def segment(marker: int, body: bytes) -> bytes:
    """One JPEG segment."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def with_segment(data: bytes, marker: int, body: bytes) -> bytes:
    """A JPEG with one more segment behind its start."""
    return data[:2] + segment(marker, body) + data[2:]
