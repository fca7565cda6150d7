"""What one look at a picture gave: the reading, and for each field where it stands and how sure the engine is."""

from __future__ import annotations

from dataclasses import dataclass, field

from ocr_integration.contract import PermitReading
from ocr_integration.engine.page import Corner
from ocr_integration.engine.zone import Zone


@dataclass(frozen=True, slots=True)
class FieldEvidence:
    """One field that was seen on the card.

    `name` is the contract's: a `PermitReading` field, or one of `BackFields` with the prefix `back.`.
    `text` is what the reading reports, empty where the engine saw a value but is not sure enough to report it.
    `confidence` is 0-1, comparable between fields. `region` is the value's four corners (x, y), from its top left
    as it is read, clockwise, in pixels of the picture as its EXIF orientation shows it.
    `seen`, `score` and `evidence` (family and witness) are what the confidence was made of: to measure, not to show.
    """

    name: str
    text: str = field(repr=False)
    confidence: float
    region: tuple[Corner, Corner, Corner, Corner]
    seen: str = field(repr=False)
    score: float
    evidence: str


@dataclass(frozen=True, slots=True)
class Examination:
    """A reading and its evidence; a field that nothing was seen of has none, nor a card without a verified zone one."""

    reading: PermitReading
    evidence: tuple[FieldEvidence, ...] = ()
    zone: Zone | None = field(default=None, repr=False)
