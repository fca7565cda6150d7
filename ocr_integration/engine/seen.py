"""A permit as one look at the page shows it, its fields, and further looks at the same permit."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace

from ocr_integration.engine import fields, thresholds
from ocr_integration.engine.confidence import Family, Witness
from ocr_integration.engine.crosscheck import cross_checked, supplied
from ocr_integration.engine.fields import Found
from ocr_integration.engine.kinds import Kind, is_settled, told_apart
from ocr_integration.engine.labels import Field, Label, Value
from ocr_integration.engine.lines import Text, closer, is_surely_read
from ocr_integration.engine.models import Models
from ocr_integration.engine.names import settle_name
from ocr_integration.engine.opinions import weigh_unsure
from ocr_integration.engine.page import Frame, Page, bounds, cut_box
from ocr_integration.engine.scripts import are_twins
from ocr_integration.engine.strips import read_missing
from ocr_integration.engine.zone import ALPHABET, Zone, might_be_zone_line, read_zone


@dataclass(frozen=True, slots=True)
class Seen:
    """A permit on the page, before its fields are told apart. `page` may be the one without what is laid over it."""

    page: Page
    text: Text
    labels: list[Label]
    values: list[Value]
    zone: Zone | None
    kind: Kind


def zone_of(page: Page, text: Text, models: Models) -> Zone | None:
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


def fields_of(seen: Seen, models: Models) -> dict[Field, Found]:
    """The fields of what was seen: told apart, missing ones looked for, unsure ones read again."""
    page, text, zone, kind = seen.page, seen.text, seen.zone, seen.kind
    found = fields.assign(kind, seen.labels, seen.values)
    found = read_missing(page, text, models, kind, seen.labels, seen.values, found)
    found = weigh_unsure(page, text, models, kind, cross_checked(found, zone))
    found = settle_name(page, text, models, kind, found)
    return supplied(kind, cross_checked(found, zone), zone)


def lacks(seen: Seen, found: dict[Field, Found], *, but: Set[Field] = frozenset()) -> bool:
    """Whether a field is missing that every such card has, or whose label was seen; those of `but` may."""
    known = fields.shapes_of(seen.kind)
    expected = fields.on_every_card(seen.kind, found) | {label.field for label in seen.labels if label.field in known}
    return not fields.are_clear(expected - but, found)


def lacks_nothing_but_a_doubtful_name(seen: Seen, found: dict[Field, Found]) -> bool:
    """Whether all is there and clear but a short name whose characters were read surely, and yet not vouched for.

    Another look shows the same print in the same place: the models would say the same of it once more.
    """
    name = found.get(Field.NAME)
    if name is None or fields.is_clear(name) or name.family is not Family.NAME:
        return False
    return is_surely_read(name.value.line) and not lacks(seen, found, but=frozenset({Field.NAME}))


def seen_closer(seen: Seen, models: Models) -> Seen:
    """The same permit with its text found once more in larger letters."""
    return _with(seen, seen.page, closer(seen.page, models, seen.text, is_settled=is_settled), models)


def seen_on(page: Page, text: Text, seen: Seen, models: Models) -> Seen:
    """The same permit as another picture of it shows it."""
    return _with(seen, page, text, models)


def _with(seen: Seen, page: Page, text: Text, models: Models) -> Seen:
    labels, values = told_apart(text.lines)
    return Seen(page, text, labels, values, seen.zone or zone_of(page, text, models), seen.kind)


def moved(found: dict[Field, Found], before: Frame, after: Frame) -> dict[Field, Found]:
    """`found` with its places told in another frame."""
    if before == after:
        return found
    boxes = {
        field: bounds(after.to_straight(before.to_page(each.value.box.corners()))) for field, each in found.items()
    }
    return {field: replace(each, value=replace(each.value, box=boxes[field])) for field, each in found.items()}


def clearer(found: dict[Field, Found], again: dict[Field, Found]) -> dict[Field, Found]:
    """Of two looks at the same permit what is surer of each field; the same read twice is agreed upon.

    What is part of what another look saw well was cut off, however sure it is; a longer Latin value has what it lacked.
    """
    better = dict(found)
    for field, each in again.items():
        before = better.get(field)
        if before is not None and before.witness is not Witness.CONTRADICTED and _is_part(each.text, before.text):
            continue
        is_second = (
            before is not None and before.value.line is not each.value.line and not fields.may_lack_its_comma(each)
        )
        if before is not None and is_second and before.text == each.text and each.witness is Witness.ALONE:
            each = replace(each, witness=Witness.AGREED)
        has_more = (
            before is not None
            and each.family is Family.LETTERS
            and fields.is_clear(each)
            and _is_part(before.text, each.text)
        )
        if before is None or has_more or before.confidence < each.confidence:
            better[field] = each
    return better


def _is_part(text: str, whole: str) -> bool:
    return text != whole and text in whole


def steadier(found: dict[Field, Found], still: dict[Field, Found]) -> dict[Field, Found]:
    """`found` on a shaken picture, with what is clear once the shake is undone and was not before.

    Where both are clear and not alike the one with the stronger witness is believed, and neither where they are equal.
    """
    better = dict(found)
    for field, each in still.items():
        before = better.get(field)
        if not fields.is_clear(each):
            continue
        if before is None or before.text == each.text:
            if before is None or before.confidence < each.confidence:
                better[field] = each
        elif field is Field.NAME and not _is_another_name(before, each):
            continue
        elif not fields.is_clear(before) or each.witness > before.witness or _is_better_spelt(before, each):
            better[field] = each
        elif each.witness is before.witness:
            better[field] = replace(before, witness=Witness.CONTRADICTED)
    return better


def _is_better_spelt(before: Found, still: Found) -> bool:
    """Words, such as an authority's name, are few and known: where they differ the blurred one was misread."""
    return still.family is Family.WORDS and before.confidence < still.confidence


def _is_another_name(before: Found, still: Found) -> bool:
    """Whether the still picture says more than which script a name is in: ripples beside strokes may change that."""
    alike = len(before.text) == len(still.text) and all(map(are_twins, before.text, still.text))
    return not alike and still.weakest >= thresholds.MIN_STILL_CHARACTER
