"""Where fields stand on their picture and what the card's machine-readable line says, sealed with the reading.

Names are the portal's own (`back_id_number`). Corners are parts (0-1) of the upright picture's width and height,
clockwise from the text's top left.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from kyc_portal.sealing.values import open_json, seal_json
from kyc_portal.submissions.models import Reading
from ocr_integration.contract import FieldRegion, PermitReading, Point, ZoneValues

_SEALED = {"table": "reading", "column": "regions_sealed"}


@dataclass(frozen=True, slots=True)
class Region:
    """One field's place. `confidence` is 0-1 as the engine reports it: a share measured on drawn cards."""

    confidence: float
    corners: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a reading knows beside its texts. `regions` is None where the service says nothing about places."""

    regions: Mapping[str, Region] | None = None
    zone: ZoneValues | None = field(default=None, repr=False)


def sealed(customer_id: uuid.UUID, reading_id: uuid.UUID, answer: PermitReading) -> bytes | None:
    """An answer's regions and zone as one blob; None where it has neither."""
    if answer.regions is None and answer.zone is None:
        return None
    value = {
        "regions": None if answer.regions is None else {each.name: _stored(each) for each in answer.regions},
        "zone": None if answer.zone is None else asdict(answer.zone),
    }
    return seal_json(customer_id, row_id=reading_id, value=value, **_SEALED)


def _stored(region: FieldRegion) -> list[Any]:
    return [region.confidence, region.corners]


def in_answer(reading: Reading) -> tuple[tuple[FieldRegion, ...] | None, ZoneValues | None]:
    """A stored reading's regions and zone in the service's terms again."""
    if reading.regions_sealed is None:
        return None, None
    blob = bytes(reading.regions_sealed)
    value = open_json(reading.customer_id, row_id=reading.id, blob=blob, **_SEALED)
    regions = value["regions"]
    return (
        None if regions is None else tuple(_region(name, *each) for name, each in regions.items()),
        None if value["zone"] is None else ZoneValues(**value["zone"]),
    )


def _region(name: str, confidence: float, corners: list[list[float]]) -> FieldRegion:
    first, second, third, fourth = ((x, y) for x, y in corners)
    return FieldRegion(name, confidence, (first, second, third, fourth))


def opened(reading: Reading) -> Evidence:
    """What a stored reading knows beside its texts, under the portal's names."""
    regions, zone = in_answer(reading)
    if regions is None:
        return Evidence(None, zone)
    return Evidence({each.name.replace(".", "_"): Region(each.confidence, each.corners) for each in regions}, zone)
