"""From the parameters to a picture that is safe to decode: Base64 or a download, size, format."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field

from ocr_integration import images
from ocr_integration.images import ImageFault, ImageRefusedError
from ocr_integration.server.fetch import Fetcher, FetchFailedError, FetchTooLargeError
from ocr_integration.server.parameters import Parameters
from ocr_integration.server.refusals import RefusedError

# 7 MB after Base64, in the wider of its two readings.
MAX_BASE64_CHARACTERS = 7_340_032
MAX_FILE_BYTES = MAX_BASE64_CHARACTERS // 4 * 3
# A strip longer than this holds no card that could be read, and a hurt header may claim one of 65,535 pixels.
MAX_RATIO = 8


@dataclass(frozen=True, slots=True)
class Picture:
    """The file that was sent or downloaded: within the size, its format not yet looked at."""

    data: bytes = field(repr=False)

    @classmethod
    def of(cls, parameters: Parameters, fetcher: Fetcher) -> Picture:
        """Fetch or unpack it. Raises RefusedError with the service's code of what is wrong with it."""
        if parameters.image_url:
            return cls(_downloaded(parameters.image_url, fetcher))
        return cls(_decoded(parameters.image_base64))

    def require_readable(self) -> None:
        """Decode it once, small. Raises RefusedError for what is no whole JPEG or PNG within our limits."""
        try:
            facts = images.inspect(self.data)
            images.reduced(self.data)
        except ImageRefusedError as error:
            if error.fault is ImageFault.TOO_SMALL:
                raise _no_card() from None
            raise _undecodable() from None
        if max(facts.width, facts.height) > MAX_RATIO * min(facts.width, facts.height):
            raise _no_card()


def _downloaded(url: str, fetcher: Fetcher) -> bytes:
    try:
        return fetcher.fetch(url, max_bytes=MAX_FILE_BYTES)
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
