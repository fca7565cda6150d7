"""From the parameters to a picture that is safe to decode: Base64 or a download, size, format."""

from __future__ import annotations

import base64
import binascii

from ocr_integration import images
from ocr_integration.images import ImageFault, ImageRefusedError
from ocr_integration.server.fetch import Fetcher, FetchFailedError, FetchTooLargeError
from ocr_integration.server.parameters import Parameters
from ocr_integration.server.refusals import RefusedError

# 7 MB after Base64, in the wider of its two readings.
MAX_BASE64_CHARACTERS = 7_340_032
MAX_FILE_BYTES = MAX_BASE64_CHARACTERS // 4 * 3


def picture_of(parameters: Parameters, fetcher: Fetcher) -> bytes:
    """The picture's bytes. Raises RefusedError with the service's code of what is wrong with it."""
    data = _downloaded(parameters.image_url, fetcher) if parameters.image_url else _decoded(parameters.image_base64)
    _require_readable(data)
    return data


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


def _require_readable(data: bytes) -> None:
    try:
        images.reduced(data)
    except ImageRefusedError as error:
        if error.fault is ImageFault.TOO_SMALL:
            raise RefusedError("FailedOperation.ImageNoSpecifiedCard", "No supported card was found.") from None
        raise _undecodable() from None


def _too_large() -> RefusedError:
    return RefusedError("LimitExceeded.TooLargeFileError", "The file is too large.")


def _undecodable() -> RefusedError:
    return RefusedError("FailedOperation.ImageDecodeFailed", "Failed to decode the image.")
