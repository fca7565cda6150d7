"""The engine: a picture's bytes in, a reading out, all on this machine.

The order of work: page, lines of text, labels and values, which permit, zone, fields, a second look for what is
missing, portrait, forgery tests.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

import numpy as np
from threadpoolctl import ThreadpoolController

from ocr_integration.contract import BackFields, KnownWarning, PermitReading, Side
from ocr_integration.engine import fields, shapes
from ocr_integration.engine.confidence import Witness
from ocr_integration.engine.crosscheck import cross_checked, disagrees, supplied
from ocr_integration.engine.errors import NoCardError, WrongSideError
from ocr_integration.engine.examination import Examination, FieldEvidence
from ocr_integration.engine.fields import Found
from ocr_integration.engine.glare import without_burnt
from ocr_integration.engine.kinds import Kind, find_kind
from ocr_integration.engine.labels import Field, Label, Value, says_nothing_new, split
from ocr_integration.engine.lines import Text, readings
from ocr_integration.engine.models import Models
from ocr_integration.engine.opinions import in_one_script, weigh_unsure
from ocr_integration.engine.page import Page, around, corners_on_page, cut_box, decode, without_overlay
from ocr_integration.engine.portrait import Portrait, find_portrait
from ocr_integration.engine.strips import read_missing
from ocr_integration.engine.warnings import warnings_of
from ocr_integration.engine.zone import ALPHABET, Zone, is_zone_line, might_be_zone_line, read_zone

# Every card states one of these; a form that asks for them does not.
_PROOF = {Field.NUMBER, Field.HISTORY, Field.ID_NUMBER, Field.BIRTHDAY, Field.VALID_DATE}
# What belongs to a card stands no farther from its values than so many of their heights, to the sides and upright.
_CARD_BESIDE, _CARD_ABOVE = 12.0, 4.0
# So many long lines across the card's are a watermark; others run along it and only show by what they spoil.
_WATERMARK_LINES = 2


class _Seen(NamedTuple):
    """A permit on the page, before its fields are told apart."""

    text: Text
    labels: list[Label]
    values: list[Value]
    zone: Zone | None
    kind: Kind


class Engine:
    """Reads permits. Loading takes half a second; one engine may be shared by threads, which then take turns."""

    def __init__(self, threads: int = 1, forgery_tests: bool = True) -> None:
        self._models = Models(threads)
        self._threads = threads
        # Libraries below us (face detection, linear algebra) start a thread for every core and let them spin.
        self._pools = ThreadpoolController()
        self._forgery_tests = forgery_tests
        self._lock = threading.Lock()

    def read(self, image: bytes, *, side: Side, with_portrait: bool = False) -> PermitReading:
        """Read one side of a card.

        NoCardError: no permit we know; WrongSideError, one of them: a permit, but not the side asked for.
        UnreadableImageError: no whole JPEG or PNG.
        """
        return self.examine(image, side=side, with_portrait=with_portrait).reading

    def examine(self, image: bytes, *, side: Side, with_portrait: bool = False) -> Examination:
        """Read one side of a card and say where each field stands and how sure it is; errors as of `read`."""
        page = decode(image)
        with self._lock, self._pools.limit(limits=self._threads):
            return self._examine(page, side, with_portrait)

    def _examine(self, page: Page, side: Side, with_portrait: bool) -> Examination:
        others: list[_Seen] = []
        seen = next(filter(None, (self._seen(page, text, side, others) for text in self._texts(page))), None)
        look = page
        if (
            seen is None
        ):  # a watermark all over the picture may run in the direction of most of its text, or hide the rest
            bare = without_overlay(page)
            led = ((page, text) for text in self._texts(page, bare))
            both = ((each, self._seen(each, text, side, others)) for each, text in chain(led, self._alone(bare)))
            look, seen = next(((each, found) for each, found in both if found is not None), (page, None))
        if seen is None:
            if any(map(_states_a_number, others)):
                raise WrongSideError("the side that was not asked for is seen")
            raise NoCardError("no permit is seen")
        text, kind, zone = seen.text, seen.kind, seen.zone
        found = self._found(look, seen)
        is_bare = zone is None and not _PROOF & found.keys()
        # Light may have burnt all of them away on a card; a form has no face either.
        if is_bare and (kind.side is Side.BACK or find_portrait(page, text) is None):
            raise NoCardError("titles and labels without a number or a date are a form, or talk about permits")
        if text.foreign >= _WATERMARK_LINES or not fields.has_every(kind, found):
            found = self._bare(page, seen, found)
        found = without_burnt(page, text, found)
        portrait = None
        if (with_portrait or self._forgery_tests) and kind.side is Side.FRONT:
            portrait = find_portrait(page, text)
        reading = _reading(kind, found)
        if with_portrait and portrait is not None:
            reading = replace(reading, profile=portrait.jpeg())
        reading = replace(reading, warnings=self._warnings(page, text, portrait, found, zone))
        return Examination(reading, _evidence(page, text, kind, found, reading), zone)

    def _found(self, page: Page, seen: _Seen) -> dict[Field, Found]:
        """The fields of what was seen: told apart, missing ones looked for, unsure ones read again."""
        text, labels, values, zone, kind = seen
        found = fields.assign(kind, labels, values)
        found = read_missing(page, text, self._models, kind, labels, values, found)
        found = weigh_unsure(page, text, self._models, kind, cross_checked(found, zone))
        found = in_one_script(page, text, self._models, kind, found)
        return supplied(kind, cross_checked(found, zone), zone)

    def _bare(self, page: Page, seen: _Seen, found: dict[Field, Found]) -> dict[Field, Found]:
        """`found` with what is clearer once everything laid over the print is taken away."""
        bare = without_overlay(page)
        text = next(self._texts(bare))
        labels, values = _split(text)
        again = self._found(bare, _Seen(text, labels, values, _zone(bare, text, self._models) or seen.zone, seen.kind))
        better = dict(found)
        for field, each in again.items():
            before = better.get(field)
            if before is not None and before.text == each.text and each.witness is Witness.ALONE:
                each = replace(each, witness=Witness.AGREED)
            if before is None or before.confidence < each.confidence:
                better[field] = each
        return better

    def _alone(self, bare: Page) -> Iterator[tuple[Page, Text]]:
        """The readings of the bare print, each with its page."""
        yield from ((bare, text) for text in self._texts(bare))

    def _texts(self, page: Page, led_by: Page | None = None) -> Iterator[Text]:
        return readings(page, self._models, is_settled=says_nothing_new, led_by=led_by)

    def _seen(self, page: Page, text: Text, side: Side, others: list[_Seen]) -> _Seen | None:
        """What one reading of the page shows; None for no permit we know, or its other side, which joins `others`."""
        labels, values = _split(text)
        zone = _zone(page, text, self._models)
        kind = find_kind(text.lines, labels, values, zone)
        if kind is None:
            return None
        seen = _Seen(text, labels, values, zone, kind)
        if kind.side is side:
            return seen
        others.append(seen)
        return None

    def _warnings(
        self, page: Page, text: Text, portrait: Portrait | None, found: dict[Field, Found], zone: Zone | None
    ) -> tuple[int, ...]:
        if not self._forgery_tests:
            return (int(KnownWarning.NOT_ENABLED),)
        card = _of_the_card(text, found)
        return warnings_of(page, text, card, portrait, zone_disagrees=disagrees(found, zone))


def _states_a_number(seen: _Seen) -> bool:
    """Whether a card's own number stands there: a form or a talk about permits has none."""
    return seen.zone is not None or any(shapes.number(value.text, seen.kind.permit) for value in seen.values)


def _of_the_card(text: Text, found: dict[Field, Found]) -> Text:
    """The lines of the card alone: another card beside it, or print on the table, is not what is tested."""
    if not found:
        return text
    values = around([each.value.box for each in found.values()])
    height = float(np.median([each.value.box.height for each in found.values()]))
    card = values.grown(_CARD_BESIDE * height, _CARD_ABOVE * height)
    own = [line for line in text.lines if card.holds(line.box)]
    return replace(text, lines=tuple(own)) if own else text


def _zone(page: Page, text: Text, models: Models) -> Zone | None:
    """The zone as read, or read again in nothing but its own alphabet."""
    zone = read_zone(text.lines)
    if zone is not None:
        return zone
    again = []
    for line in filter(might_be_zone_line, text.lines):
        crop = cut_box(page, text.frame, line.box.grown(0.2 * line.box.height, 0.06 * line.box.height))
        read = models.recognise([crop], alphabet=ALPHABET)[0]
        again.append(replace(line, text=read.text, scores=read.scores, places=read.places))
    return read_zone(tuple(again))


def _split(text: Text) -> tuple[list[Label], list[Value]]:
    labels: list[Label] = []
    values: list[Value] = []
    for line in text.lines:
        if not is_zone_line(line.text):
            own_labels, own_values = split(line)
            labels += own_labels
            values += own_values
    return labels, values


def _evidence(
    page: Page, text: Text, kind: Kind, found: dict[Field, Found], reading: PermitReading
) -> tuple[FieldEvidence, ...]:
    evidence = []
    for field, each in found.items():
        name = "back.name" if kind.side is Side.BACK and field is Field.NAME else field.value
        back, _, inner = name.rpartition(".")
        reported = getattr(reading.back if back else reading, inner)
        region = corners_on_page(page, text.frame, each.value.box)
        evidence.append(
            FieldEvidence(
                name, reported, each.confidence, region, each.text, each.weakest, f"{each.family} {each.witness.name}"
            )
        )
    return tuple(evidence)


def _reading(kind: Kind, found: dict[Field, Found]) -> PermitReading:
    texts = {field: each.text for field, each in found.items() if fields.is_clear(each)}
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
    front = {field.value: text for field, text in texts.items()}
    return PermitReading(type=kind.permit.value, back=BackFields(type=kind.permit.value), **front)  # type: ignore[arg-type]
