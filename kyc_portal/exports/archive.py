"""A pack as one zip: its files in one folder, with the list of their hashes; never more than one picture in memory.

The zip is made anew each time it is read, twice the same bytes: once to know its hash, which is recorded before the
first byte leaves, and once to hand it out.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

SUMS = "SHA256SUMS"
# Compressed already; a second time would only take time.
_PACKED = (".jpg", ".png", ".pdf")

# A file's bytes, or how to get them again: what is large is not kept.
Content = bytes | Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Made:
    """A pack that may leave: its name, size and SHA-256, that of its SHA256SUMS, and the bytes, piece by piece."""

    file_name: str
    size_bytes: int
    sha256: str
    sums_sha256: str
    pieces: Iterator[bytes] = field(repr=False)


def made(folder: str, files: Mapping[str, Content], *, at: datetime) -> Made:
    """The zip of `files` (path in the folder to content) and SHA256SUMS over them, measured.

    Raises whatever getting a content raises; nothing has left then.
    """
    seen, size, sums = hashlib.sha256(), 0, b""
    for piece, sums in _pieces(folder, files, at):  # noqa: B007 - the last one is complete
        seen.update(piece)
        size += len(piece)
    digest = seen.hexdigest()
    return Made(
        file_name=f"{folder}.zip",
        size_bytes=size,
        sha256=digest,
        sums_sha256=hashlib.sha256(sums).hexdigest(),
        pieces=_checked((piece for piece, _sums in _pieces(folder, files, at)), digest),
    )


def _checked(pieces: Iterator[bytes], expected: str) -> Iterator[bytes]:
    """The pieces on their way out: the last one, without which no zip opens, stays back when the whole is another."""
    seen, piece = hashlib.sha256(), b""
    for following in pieces:
        if piece:
            yield piece
        piece = following
        seen.update(piece)
    if seen.hexdigest() != expected:
        raise OSError("a picture has changed while the pack was handed out")
    yield piece


def _pieces(folder: str, files: Mapping[str, Content], at: datetime) -> Iterator[tuple[bytes, bytes]]:
    """(the zip so far, the list of hashes so far), file by file."""
    out, sums = _Sink(), {}
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content()
            sums[name] = hashlib.sha256(data).hexdigest()
            archive.writestr(_entry(f"{folder}/{name}", at), data)
            yield out.take(), b""
        listed = "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)).encode()
        archive.writestr(_entry(f"{folder}/{SUMS}", at), listed)
    yield out.take(), listed


def _entry(name: str, at: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=at.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_STORED if name.endswith(_PACKED) else zipfile.ZIP_DEFLATED
    entry.external_attr = 0o100644 << 16
    return entry


class _Sink(io.RawIOBase):
    """Where the zip is written to: gives back what has come together, and lets a file's head be written last."""

    def __init__(self) -> None:
        self._gone = 0
        self._held = io.BytesIO()

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._gone + self._held.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._gone + self._held.seek(offset - self._gone if whence == io.SEEK_SET else offset, whence)

    def write(self, data: object) -> int:
        return self._held.write(data)  # type: ignore[arg-type]

    def take(self) -> bytes:
        """What was written since the last time."""
        piece = self._held.getvalue()
        self._gone += len(piece)
        self._held = io.BytesIO()
        return piece
