"""The engine as the server's reader: its faults become the service's codes. Making one loads the models."""

from __future__ import annotations

from dataclasses import replace
from queue import SimpleQueue

from ocr_integration import images
from ocr_integration.contract import FieldRegion, PermitReading, Point, Side, ZoneValues
from ocr_integration.engine import Engine, Examination, NoCardError, UnreadableImageError, WrongSideError
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
            found = engine.examine(image, side=side, with_portrait=with_portrait)
            return replace(found.reading, regions=_regions(found, image), zone=_zone(found))
        except WrongSideError as error:
            raise error_for_code(
                "FailedOperation.CardSideError", message="The other side of the card is shown."
            ) from error
        except NoCardError as error:
            raise error_for_code(
                "FailedOperation.ImageNoSpecifiedCard", message="No supported card was found."
            ) from error
        except UnreadableImageError as error:
            raise error_for_code("FailedOperation.ImageDecodeFailed", message="Failed to decode the image.") from error
        finally:
            self._idle.put(engine)


def _regions(found: Examination, image: bytes) -> tuple[FieldRegion, ...]:
    """The engine's evidence, its pixels as parts of the upright picture's sides."""
    facts = images.inspect(image)
    lies = facts.orientation >= 5
    width, height = (facts.height, facts.width) if lies else (facts.width, facts.height)

    def part(corner: tuple[float, float]) -> Point:
        return round(corner[0] / width, 4), round(corner[1] / height, 4)

    regions = []
    for each in found.evidence:
        first, second, third, fourth = map(part, each.region)
        regions.append(FieldRegion(each.name, round(each.confidence, 4), (first, second, third, fourth)))
    return tuple(regions)


def _zone(found: Examination) -> ZoneValues | None:
    zone = found.zone
    if zone is None:
        return None
    return ZoneValues(zone.number, zone.birth, zone.expiry, zone.sex, zone.id_number.replace("<", ""))
