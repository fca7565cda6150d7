"""The engine as the server's reader: its faults become the service's codes. Making one loads the models."""

from __future__ import annotations

from queue import SimpleQueue

from ocr_integration.contract import PermitReading, Side
from ocr_integration.engine import Engine, NoCardError, UnreadableImageError
from ocr_integration.errors import error_for_code


class EngineReader:
    """Warmed engines, one reading each at a time: the heavy parts run beside each other on as many cores."""

    def __init__(self, engines: int = 1) -> None:
        self._idle: SimpleQueue[Engine] = SimpleQueue()
        for _ in range(engines):
            self._idle.put(Engine())

    def read(self, image: bytes, *, side: Side, with_portrait: bool) -> PermitReading:
        """The engine's reading. Raises ServiceError with the service's code for a picture without a card."""
        engine = self._idle.get()
        try:
            return engine.read(image, side=side, with_portrait=with_portrait)
        except NoCardError as error:
            raise error_for_code(
                "FailedOperation.ImageNoSpecifiedCard", message="No supported card was found."
            ) from error
        except UnreadableImageError as error:
            raise error_for_code("FailedOperation.ImageDecodeFailed", message="Failed to decode the image.") from error
        finally:
            self._idle.put(engine)
