"""The engine: a picture's bytes in, a reading out, all on this machine.

The order of work: page, lines of text, labels and values, which permit, zone, fields, a second look for what is
missing, portrait, forgery tests.
"""

from __future__ import annotations

import threading
from dataclasses import replace

from ocr_integration.contract import BackFields, KnownWarning, PermitReading, Side
from ocr_integration.engine import fields, shapes, thresholds
from ocr_integration.engine.errors import NoCardError
from ocr_integration.engine.fields import Found
from ocr_integration.engine.glare import without_burnt
from ocr_integration.engine.kinds import Kind, find_kind
from ocr_integration.engine.labels import Field, Label, Value, split
from ocr_integration.engine.lines import Text, read_lines
from ocr_integration.engine.models import Models
from ocr_integration.engine.opinions import weigh_unsure
from ocr_integration.engine.page import Page, decode
from ocr_integration.engine.portrait import Portrait, find_portrait
from ocr_integration.engine.strips import read_missing
from ocr_integration.engine.warnings import warnings_of
from ocr_integration.engine.zone import Zone, is_zone_line, read_zone


class Engine:
    """Reads permits. Loading takes half a second; one engine may be shared by threads, which then take turns."""

    def __init__(self, threads: int = 1, forgery_tests: bool = True) -> None:
        self._models = Models(threads)
        self._forgery_tests = forgery_tests
        self._lock = threading.Lock()

    def read(self, image: bytes, *, side: Side, with_portrait: bool = False) -> PermitReading:
        """Read one side of a card.

        NoCardError: no permit we know, or not the side asked for. UnreadableImageError: no whole JPEG or PNG.
        """
        page = decode(image)
        with self._lock:
            return self._read(page, side, with_portrait)

    def _read(self, page: Page, side: Side, with_portrait: bool) -> PermitReading:
        text = read_lines(page, self._models)
        labels, values = _split(text)
        zone = read_zone(text.lines)
        kind = find_kind(text.lines, labels, values, zone)
        if kind is None or kind.side is not side:
            raise NoCardError("no permit of the asked side is seen")
        found = fields.assign(kind, labels, values)
        found = read_missing(page, text, self._models, kind, labels, values, found)
        found = weigh_unsure(page, text, self._models, kind, found)
        found = without_burnt(page, text, found)
        portrait = None
        if (with_portrait or self._forgery_tests) and kind.side is Side.FRONT:
            portrait = find_portrait(page, text)
        reading = _reading(kind, found, zone)
        if with_portrait and portrait is not None:
            reading = replace(reading, profile=portrait.jpeg())
        return replace(reading, warnings=self._warnings(page, text, portrait, found, zone))

    def _warnings(
        self, page: Page, text: Text, portrait: Portrait | None, found: dict[Field, Found], zone: Zone | None
    ) -> tuple[int, ...]:
        if not self._forgery_tests:
            return (int(KnownWarning.NOT_ENABLED),)
        return warnings_of(page, text, portrait, zone_disagrees=_disagrees(found, zone))


def _split(text: Text) -> tuple[list[Label], list[Value]]:
    labels: list[Label] = []
    values: list[Value] = []
    for line in text.lines:
        if not is_zone_line(line.text):
            own_labels, own_values = split(line)
            labels += own_labels
            values += own_values
    return labels, values


def _reading(kind: Kind, found: dict[Field, Found], zone: Zone | None) -> PermitReading:
    texts = {
        field: each.text
        for field, each in found.items()
        if fields.is_clear(each, confirmed=_confirms(zone, field, each.text) is True)
    }
    if texts.get(Field.BIRTHDAY, "") >= texts.get(Field.VALID_DATE, "9"):
        del texts[Field.BIRTHDAY]  # nobody is born after the permit was issued: one of the two is misplaced
    if kind.side is Side.BACK:
        back = BackFields(
            type=kind.permit.value,
            name=texts.get(Field.NAME, ""),
            id_number=texts.get(Field.ID_NUMBER, ""),
            history_number=texts.get(Field.HISTORY, ""),
        )
        return PermitReading(back=back)
    if zone is not None and Field.NUMBER not in texts:
        texts[Field.NUMBER] = shapes.number(zone.number, kind.permit)
    front = {field.value: text for field, text in texts.items()}
    return PermitReading(type=kind.permit.value, back=BackFields(type=kind.permit.value), **front)  # type: ignore[arg-type]


def _confirms(zone: Zone | None, field: Field, text: str) -> bool | None:
    """Whether the zone says the same as the print; None where it says nothing about this field."""
    if zone is None:
        return None
    if field is Field.NUMBER and zone.number:
        return text == zone.number
    if field is Field.BIRTHDAY and zone.birth:
        return text.replace(".", "")[2:] == zone.birth
    if field is Field.VALID_DATE and zone.expiry and "长期" not in text:
        return text.rpartition("-")[2].replace(".", "")[2:] == zone.expiry
    if field is Field.ID_NUMBER and zone.id_number:
        return "".join(filter(str.isalnum, text)) == zone.id_number.replace("<", "")
    return None


def _disagrees(found: dict[Field, Found], zone: Zone | None) -> bool:
    """A clear print that the verified zone contradicts: evidence of a change, unless it may be a misreading."""
    return any(
        _confirms(zone, field, each.text) is False
        and each.weakest >= thresholds.MIN_DISAGREEING_CHARACTER
        and fields.is_clear(each)
        for field, each in found.items()
    )
