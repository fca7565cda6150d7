"""The engine as the server's reader: its faults become the service's codes. Making one loads the models."""

from __future__ import annotations

from ocr_integration.contract import PermitReading, Side
from ocr_integration.engine import Engine, NoCardError, UnreadableImageError
from ocr_integration.errors import error_for_code


class EngineReader:
    """One warmed engine; threads that share it take turns."""

    def __init__(self) -> None:
        self._engine = Engine()

    def read(self, image: bytes, *, side: Side, with_portrait: bool) -> PermitReading:
        """The engine's reading. Raises ServiceError with the service's code for a picture without a card."""
        try:
            return self._engine.read(image, side=side, with_portrait=with_portrait)
        except NoCardError as error:
            raise error_for_code(
                "FailedOperation.ImageNoSpecifiedCard", message="No supported card was found."
            ) from error
        except UnreadableImageError as error:
            raise error_for_code("FailedOperation.ImageDecodeFailed", message="Failed to decode the image.") from error
