"""From Base64 or a downloaded file to a picture that is safe to decode: size, format, what its header says."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ocr_integration import images
from ocr_integration.images import ImageFault, ImageRefusedError
from ocr_integration.server.fetch import FetchFailedError, FetchTooLargeError
from ocr_integration.server.refusals import RefusedError

# 7 MB after Base64, in the wider of its two readings.
MAX_BASE64_CHARACTERS = 7_340_032
MAX_FILE_BYTES = MAX_BASE64_CHARACTERS // 4 * 3
# A strip longer than this holds no card that could be read, and a hurt header may claim one of 65,535 pixels.
MAX_RATIO = 8


@dataclass(frozen=True, slots=True)
class Picture:
    """A file within the size whose header is that of a JPEG or PNG; no pixel was looked at yet."""

    data: bytes = field(repr=False)
    width: int
    height: int

    @classmethod
    def of_base64(cls, text: str) -> Picture:
        """Unpack it. Raises RefusedError with the service's code of what is wrong with it."""
        return cls.of_file(_decoded(text))

    @classmethod
    def of_file(cls, data: bytes) -> Picture:
        """What the header says of a file. Raises RefusedError."""
        with _refusals():
            facts = images.inspect(data)
        if max(facts.width, facts.height) > MAX_RATIO * min(facts.width, facts.height):
            raise _no_card()
        return cls(data, facts.width, facts.height)

    def require_readable(self) -> None:
        """Decode it once, small. Raises RefusedError for what is no whole picture."""
        with _refusals():
            images.reduced(self.data)


@contextmanager
def _refusals() -> Iterator[None]:
    """Say what our limits refuse in the service's codes."""
    try:
        yield
    except ImageRefusedError as error:
        raise (_no_card() if error.fault is ImageFault.TOO_SMALL else _undecodable()) from None


@contextmanager
def download_faults() -> Iterator[None]:
    """Say what became of a download in the service's codes."""
    try:
        yield
    except FetchTooLargeError:
        raise _too_large() from None
    except FetchFailedError:
        raise RefusedError("FailedOperation.DownLoadError", "The file could not be downloaded.") from None


def _decoded(text: str) -> bytes:
    if len(text) > MAX_BASE64_CHARACTERS:
        raise _too_large()
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise _undecodable() from None


def _too_large() -> RefusedError:
    return RefusedError("LimitExceeded.TooLargeFileError", "The file is too large.")


def _no_card() -> RefusedError:
    return RefusedError("FailedOperation.ImageNoSpecifiedCard", "No supported card was found.")


def _undecodable() -> RefusedError:
    return RefusedError("FailedOperation.ImageDecodeFailed", "Failed to decode the image.")
