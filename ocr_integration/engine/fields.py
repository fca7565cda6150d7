"""From labels and values to fields: who belongs to whom by place, and by what a value looks like.

A value may stand in its label's line, to its right or below it; which of the last two a card uses is learnt
from the fields whose shape leaves no doubt (dates, numbers). What stays unsure stays blank.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ocr_integration.contract import PermitType, Side
from ocr_integration.engine import shapes, thresholds
from ocr_integration.engine.kinds import Kind
from ocr_integration.engine.labels import Field, Label, Value
from ocr_integration.engine.page import Box

Shape = Callable[[str], str]

_FRONT: dict[Field, Shape] = {
    Field.NAME: shapes.name,
    Field.ENGLISH_NAME: shapes.english_name,
    Field.SEX: shapes.sex,
    Field.BIRTHDAY: shapes.single_date,
    Field.VALID_DATE: shapes.date_range,
    Field.AUTHORITY: shapes.authority,
    Field.PLACE: shapes.place,
    Field.COUNT: shapes.count,
    Field.NATIONALITY: shapes.nationality,
}
_BACK: dict[Field, Shape] = {
    Field.NAME: shapes.name,
    Field.ID_NUMBER: shapes.identity_number,
    Field.HISTORY: shapes.history_number,
}
# Values whose shape is enough without a label, provided only one value on the card has it.
# Not the birthday: half of a validity range whose other half is hidden looks just like one.
_TELLING = {Field.VALID_DATE, Field.NUMBER, Field.AUTHORITY, Field.SEX}
_UNLABELLED = 0.35
_HABIT_BONUS = 0.25


@dataclass(frozen=True, slots=True)
class Found:
    """A field's value as it will be reported, and the printed value it came from."""

    field: Field
    text: str
    value: Value

    @property
    def mean(self) -> float:
        return self.value.mean

    @property
    def weakest(self) -> float:
        return self.value.weakest


def shapes_of(kind: Kind) -> dict[Field, Shape]:
    """The fields this side of this permit may carry, each with its shape."""
    if kind.side is Side.BACK:
        return _BACK
    fields = {**_FRONT, Field.NUMBER: lambda text: shapes.number(text, kind.permit)}
    if kind.permit is not PermitType.HK_MACAO_RESIDENT:
        del fields[Field.NATIONALITY]
    return fields


def is_clear(found: Found, *, confirmed: bool = False) -> bool:
    """Whether the reading is sure enough to report; `confirmed` when the zone says the same."""
    if confirmed:
        return found.mean >= thresholds.MIN_CONFIRMED_MEAN
    weakest = thresholds.MIN_CHARACTER
    if found.field in {Field.NAME, Field.ENGLISH_NAME}:
        weakest = thresholds.MIN_NAME_CHARACTER
    return found.mean >= thresholds.MIN_MEAN and found.weakest >= weakest


def assign(kind: Kind, labels: list[Label], values: list[Value]) -> dict[Field, Found]:
    """Give each field at most one value and each value to at most one field, the surest pair first."""
    known = shapes_of(kind)
    habit = _habit(known, labels, values)
    pairs: list[tuple[float, Found]] = []
    for field, shape in known.items():
        fitting = [(value, text) for value in values if (text := shape(value.text))]
        own = [label for label in labels if label.field is field]
        for value, text in fitting:
            score = max((_score(label, value, habit) for label in own), default=0.0)
            if field in _TELLING and len(fitting) == 1:
                score = max(score, _UNLABELLED)
            if score >= thresholds.MIN_RELATION:
                pairs.append((score, Found(field, text, value)))
    chosen = _surest(pairs)
    if Field.ENGLISH_NAME in known and Field.ENGLISH_NAME not in chosen:
        _add_english_name(chosen, labels, values)
    return chosen


def _surest(pairs: list[tuple[float, Found]]) -> dict[Field, Found]:
    chosen: dict[Field, Found] = {}
    taken: set[int] = set()
    for _, found in sorted(pairs, key=lambda pair: -pair[0]):
        if found.field not in chosen and id(found.value) not in taken:
            chosen[found.field] = found
            taken.add(id(found.value))
    return chosen


def _score(label: Label, value: Value, habit: str) -> float:
    if value.after is label.field and value.line is label.line:
        return 1.5
    right, below = right_of(label.box, value.box), below_of(label.box, value.box)
    if habit == "right":
        right += _HABIT_BONUS if right else 0.0
    if habit == "below":
        below += _HABIT_BONUS if below else 0.0
    return max(right, below)


def right_of(label: Box, value: Box) -> float:
    """How well `value` stands to the right of `label` in its row: 0 not at all, 1 touching."""
    height = max(label.height, value.height)
    gap = value.left - label.right
    if abs(value.middle - label.middle) > 0.6 * height or gap < -0.8 * height:
        return 0.0
    return max(0.0, 1.0 - max(0.0, gap) / (14 * height))


def below_of(label: Box, value: Box) -> float:
    """How well `value` stands under `label`, left edges in line: 0 not at all, 1 right below."""
    height = max(label.height, value.height)
    drop = value.middle - label.middle
    shift = abs(value.left - label.left)
    if not 0.5 * height < drop < 3.5 * height or shift > 3 * height:
        return 0.0
    return max(0.0, 1.0 - (drop - height) / (4 * height) - shift / (6 * height))


def _habit(known: dict[Field, Shape], labels: list[Label], values: list[Value]) -> str:
    """Whether this card's values stand right of or below their labels, by the unmistakable ones."""
    right = below = 0.0
    for label in labels:
        if label.field not in {Field.BIRTHDAY, Field.VALID_DATE, Field.NUMBER, Field.ID_NUMBER, Field.AUTHORITY}:
            continue
        shape = known.get(label.field)
        fitting = [value for value in values if shape and shape(value.text)]
        right += max((right_of(label.box, value.box) for value in fitting), default=0.0)
        below += max((below_of(label.box, value.box) for value in fitting), default=0.0)
    if abs(right - below) < 0.3:
        return ""
    return "right" if right > below else "below"


def _add_english_name(chosen: dict[Field, Found], labels: list[Label], values: list[Value]) -> None:
    """The Latin name often has no label: it stands under the Chinese name, or alone under the name's label."""
    above = chosen[Field.NAME].value.box if Field.NAME in chosen else None
    anchors = [above] if above else [label.box for label in labels if label.field is Field.NAME]
    best: tuple[float, Found] | None = None
    for value in values:
        text = shapes.english_name(value.text)
        if not text or any(found.value is value for found in chosen.values()):
            continue
        score = max((max(below_of(anchor, value.box), right_of(anchor, value.box)) for anchor in anchors), default=0)
        if score >= thresholds.MIN_RELATION and (best is None or score > best[0]):
            best = (score, Found(Field.ENGLISH_NAME, text, value))
    if best is not None:
        chosen[Field.ENGLISH_NAME] = best[1]
