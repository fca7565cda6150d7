"""The engine: a picture's bytes in, a reading out, all on this machine.

The order of work: page, lines of text, labels and values, which permit, zone, fields, a second look for what is
missing, portrait, forgery tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from threadpoolctl import ThreadpoolController

from ocr_integration.contract import BackFields, KnownWarning, PermitReading, Side
from ocr_integration.engine import fields, shapes
from ocr_integration.engine.crosscheck import disagrees
from ocr_integration.engine.errors import NoCardError, WrongSideError
from ocr_integration.engine.examination import Examination, FieldEvidence
from ocr_integration.engine.fields import Found
from ocr_integration.engine.glare import without_burnt
from ocr_integration.engine.kinds import (
    Kind,
    find_kind,
    has_title,
    is_a_permits,
    is_settled,
    signs_of_a_permit,
    told_apart,
    where_a_permit_lies,
)
from ocr_integration.engine.labels import Field
from ocr_integration.engine.lines import Line, Text, closer, directions, find_text, read_lines
from ocr_integration.engine.models import Models
from ocr_integration.engine.names import bears_out, held_against_latin
from ocr_integration.engine.page import Frame, Page, Points, around, corners_on_page, decode, is_large, without_overlay
from ocr_integration.engine.portrait import Portrait, find_portrait
from ocr_integration.engine.seen import (
    Seen,
    clearer,
    fields_of,
    lacks,
    lacks_nothing_but_a_doubtful_name,
    moved,
    seen_closer,
    seen_on,
    steadier,
    zone_of,
)
from ocr_integration.engine.shake import steadied
from ocr_integration.engine.warnings import warnings_of
from ocr_integration.engine.zone import Zone

# Every card states one of these; a form that asks for them does not.
_PROOF = {Field.NUMBER, Field.HISTORY, Field.ID_NUMBER, Field.BIRTHDAY, Field.VALID_DATE}
# What belongs to a card stands no farther from its values than so many of their heights, to the sides and upright.
_CARD_BESIDE, _CARD_ABOVE = 12.0, 4.0
# So many long lines across the card's are a watermark; others run along it and only show by what they spoil.
_WATERMARK_LINES = 2


class Engine:
    """Reads permits. Loading takes half a second; one engine may be shared by threads, which then take turns."""

    def __init__(self, threads: int = 1, forgery_tests: bool = True) -> None:
        self._models = Models(threads)
        self._threads = threads
        # Libraries below us (face detection, linear algebra) start a thread for every core and let them spin.
        self._pools = ThreadpoolController()
        self._forgery_tests = forgery_tests
        # One thread for all callers: memory that the C libraries keep for a thread that once used it is kept only once.
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="engine")

    def read(self, image: bytes, *, side: Side, with_portrait: bool = False) -> PermitReading:
        """Read one side of a card.

        NoCardError: no permit we know; WrongSideError, one of them: a permit, but not the side asked for.
        UnreadableImageError: no whole JPEG or PNG.
        """
        return self.examine(image, side=side, with_portrait=with_portrait).reading

    def examine(self, image: bytes, *, side: Side, with_portrait: bool = False) -> Examination:
        """Read one side of a card and say where each field stands and how sure it is; errors as of `read`."""
        # Callers that wait hold their decoded picture, unless it is a large one.
        page = None if is_large(image) else decode(image)
        return self._worker.submit(self._alone, image, page, side, with_portrait).result()

    def _alone(self, image: bytes, page: Page | None, side: Side, with_portrait: bool) -> Examination:
        with self._pools.limit(limits=self._threads):
            return self._examine(page or decode(image), side, with_portrait)

    def _examine(self, page: Page, side: Side, with_portrait: bool) -> Examination:
        others: list[Seen] = []
        seen = next(self._permits(page, side, others), None)
        if seen is None:
            if any(map(_states_a_number, others)):
                raise WrongSideError("the side that was not asked for is seen")
            raise NoCardError("no permit is seen")
        text, kind, zone = seen.text, seen.kind, seen.zone
        found = fields_of(seen, self._models)
        is_bare = zone is None and not _PROOF & found.keys()
        # Light may have burnt all of them away on a card; a form has no face either.
        if is_bare and (kind.side is Side.BACK or find_portrait(page, text) is None):
            raise NoCardError("titles and labels without a number or a date are a form, or talk about permits")
        found = self._completed(page, seen, found)
        found = held_against_latin(text, kind, without_burnt(page, text, found))
        portrait = None
        if (with_portrait or self._forgery_tests) and kind.side is Side.FRONT:
            portrait = find_portrait(page, text)
        reading = _reading(kind, found)
        if with_portrait and portrait is not None:
            reading = replace(reading, profile=portrait.jpeg())
        reading = replace(reading, warnings=self._warnings(page, text, portrait, found, zone))
        return Examination(reading, _evidence(page, text, kind, found, reading), zone)

    def _permits(self, page: Page, side: Side, others: list[Seen]) -> Iterator[Seen]:
        """The permit on the side that is asked for, as every way of looking shows it; others join `others`.

        The ways are in the order of what they cost, and none is gone on with that shows nothing new of a permit.
        """
        shown: set[str] = set()
        quads = find_text(page, self._models)
        tried = directions(quads)
        crossed = False
        for frame in tried:
            text = self._text(page, quads, frame, shown)
            crossed = crossed or text.foreign >= _WATERMARK_LINES
            yield from self._seen(page, text, side, others)
            if not text.is_skimmed and has_title(text.lines) and not others:
                again = closer(page, self._models, text, is_settled=is_settled)
                yield from self._seen(page, again, side, others)
        if (not shown and not crossed) or any(map(_states_a_number, others)):
            return
        # A watermark all over the picture may run in the direction of most of its text, or hide the rest.
        bare = without_overlay(page)
        clear = find_text(bare, self._models)
        for frame in directions(clear):
            if not any(frame.is_near(each) for each in tried):
                yield from self._seen(page, self._text(page, quads, frame, shown), side, others)
        for frame in directions(clear):
            yield from self._seen(bare, self._text(bare, clear, frame, shown), side, others)

    def _seen(self, page: Page, text: Text, side: Side, others: list[Seen]) -> Iterator[Seen]:
        """What one reading of the page shows, if it is a permit we know."""
        if text.is_skimmed:
            return
        labels, values = told_apart(text.lines)
        zone = zone_of(page, text, self._models)
        kind = find_kind(text.lines, labels, values, zone)
        if kind is None:
            return
        seen = Seen(page, text, labels, values, zone, kind)
        if kind.side is side:
            yield seen
        else:
            others.append(seen)

    def _completed(self, page: Page, seen: Seen, found: dict[Field, Found]) -> dict[Field, Found]:
        """`found` with what further looks show of fields that are missing."""
        still = steadied(page) if lacks(seen, found) else None
        again = None if still is None else self._seen_again(still, seen)
        if again is None:
            return self._looked_closer(page, seen, found)
        found_there = self._looked_closer(again.page, again, fields_of(again, self._models))
        return steadier(found, moved(found_there, again.text.frame, seen.text.frame))

    def _looked_closer(self, page: Page, seen: Seen, found: dict[Field, Found]) -> dict[Field, Found]:
        """The same by looks at one picture, the cheaper first."""
        if seen.text.foreign < _WATERMARK_LINES and lacks_nothing_but_a_doubtful_name(seen, found):
            return found
        if lacks(seen, found):
            found = clearer(found, fields_of(seen_closer(seen, self._models), self._models))
        is_whole = fields.are_clear(fields.on_every_card(seen.kind, found), found)
        if seen.text.foreign < _WATERMARK_LINES and is_whole:
            return found
        again = self._seen_again(without_overlay(page), seen)
        if again is None:
            return found
        clearer_there = fields_of(again, self._models)
        if (
            Field.NAME in found
            and seen.text.foreign < _WATERMARK_LINES
            and not bears_out(page, seen.text, seen.kind, clearer_there, found)
        ):
            # Without a watermark its print is the same and only coarser: another reading of it tells nothing.
            clearer_there.pop(Field.NAME, None)
        return clearer(found, moved(clearer_there, again.text.frame, seen.text.frame))

    def _seen_again(self, page: Page, seen: Seen) -> Seen | None:
        """The same permit as another picture of the page shows it; None where no text shows."""
        quads = find_text(page, self._models)
        if not quads:
            return None
        frame = directions(quads)[0]
        text = read_lines(page, self._models, quads, frame, is_settled=is_settled, where=where_a_permit_lies)
        return seen_on(page, text, seen, self._models)

    def _text(self, page: Page, quads: list[Points], frame: Frame, shown: set[str]) -> Text:
        """The page's text in one direction; read well only if it shows a permit's sign that is not yet in `shown`."""

        def is_worth_it(lines: tuple[Line, ...]) -> bool:
            signs = signs_of_a_permit(lines)
            is_more = is_a_permits(signs) and not signs <= shown
            shown.update(signs)
            return is_more

        return read_lines(
            page,
            self._models,
            quads,
            frame,
            is_settled=is_settled,
            is_worth_it=is_worth_it,
            where=where_a_permit_lies,
        )

    def _warnings(
        self, page: Page, text: Text, portrait: Portrait | None, found: dict[Field, Found], zone: Zone | None
    ) -> tuple[int, ...]:
        if not self._forgery_tests:
            return (int(KnownWarning.NOT_ENABLED),)
        card = _of_the_card(text, found)
        return warnings_of(page, text, card, portrait, zone_disagrees=disagrees(found, zone))


def _states_a_number(seen: Seen) -> bool:
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
