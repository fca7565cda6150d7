"""From labels and values to fields: who belongs to whom by place, and by what a value looks like.

A value may stand in its label's line, to its right or below it; which of the last two a card uses is learnt
from the fields whose shape leaves no doubt (dates, numbers). What stays unsure stays blank.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ocr_integration.contract import Side
from ocr_integration.engine import shapes, thresholds
from ocr_integration.engine.confidence import Family, Witness, confidence
from ocr_integration.engine.kinds import Kind
from ocr_integration.engine.labels import Field, Label, Value, is_no_label
from ocr_integration.engine.page import Box
from ocr_integration.engine.permits import PERMITS

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
# Not the birthday: half of a validity range whose other half is hidden looks just like one. (And a back's only name.)
_TELLING = {Field.VALID_DATE, Field.NUMBER, Field.AUTHORITY, Field.SEX, Field.ID_NUMBER, Field.HISTORY}
# A front may leave out place and count.
_ON_EVERY_FRONT = (
    Field.NAME, Field.ENGLISH_NAME, Field.SEX, Field.BIRTHDAY, Field.VALID_DATE, Field.AUTHORITY, Field.NUMBER,
)  # fmt: skip
_DATES = {Field.BIRTHDAY, Field.VALID_DATE}
# Of one date, and of two; cards print two figures for a day and a month.
_FIGURES_OF_DATES = (8, 16)
# Names of offices and places: many, but each is a set phrase.
_WORDS = {Field.PLACE, Field.NATIONALITY, Field.AUTHORITY}
_UNLABELLED = 0.35
# With a dot, from so many characters on; without one something else was read into the name.
_LONG_NAME = 6
_HABIT_BONUS = 0.25


@dataclass(frozen=True, slots=True)
class Found:
    """A field's value as it will be reported, the printed value it came from, and who else says so."""

    field: Field
    text: str
    value: Value
    witness: Witness = Witness.ALONE

    @property
    def confidence(self) -> float:
        return confidence(self.family, self.weakest, self.witness)

    @property
    def family(self) -> Family:
        """What the value is made of."""
        if self.field is Field.NAME:
            is_long = len(self.text) >= _LONG_NAME and "·" in self.text
            return Family.LETTERS if is_long else Family.NAME
        if self.field is Field.ENGLISH_NAME:
            return Family.LETTERS
        if self.field in _WORDS:
            return Family.WORDS
        return Family.CHOICE if self.field is Field.SEX else Family.FIGURES

    @property
    def weakest(self) -> float:
        """The score of the weakest character of those that say something."""
        value = self.value
        if len(value.scores) != len(value.text):
            return value.weakest
        told = [score for at, score in enumerate(value.scores) if not self._goes_without_saying(at)]
        return min(told, default=value.weakest)

    def _goes_without_saying(self, at: int) -> bool:
        """Whether the value would be reported alike without this character of its print, or with another in its place.

        What parts a date with all its figures is given by its grammar. A name's dot has several signs in the model's
        alphabet, which share its score. A blank's score says how wide a gap is: it counts where words part, unless the
        smaller model parted them alike, and where a figure or a comma may have been lost.
        """
        printed, character = self.value.text, self.value.text[at]
        if self.field is Field.NAME and character in shapes.DOTS:
            return True
        if self.field in _DATES and not character.isalnum():
            return sum(map(str.isdigit, printed)) in _FIGURES_OF_DATES
        if not character.isspace() or self.field is Field.COUNT or may_lack_its_comma(self):
            return False
        beside = "".join(printed[max(0, at - 1) : at + 2].split())
        parts_words = beside.isascii() and beside.isalpha()
        return not parts_words or self.text in shapes.with_narrow_commas(self.value.line.skimmed)


def shapes_of(kind: Kind) -> dict[Field, Shape]:
    """The fields this side of this permit may carry, each with its shape."""
    if kind.side is Side.BACK:
        return _BACK
    fields = {**_FRONT, Field.NUMBER: lambda text: shapes.number(text, kind.permit)}
    if PERMITS[kind.permit].is_pinyin:
        fields[Field.ENGLISH_NAME] = shapes.pinyin_name
    if not PERMITS[kind.permit].states_nationality:
        del fields[Field.NATIONALITY]
    return fields


def is_clear(found: Found) -> bool:
    """Whether the reading is sure enough to report."""
    return found.confidence >= thresholds.MIN_CONFIDENCE


def on_every_card(kind: Kind, found: dict[Field, Found]) -> set[Field]:
    """The fields that all cards of this side have; without a Chinese name where the holder may have none."""
    expected = set(_BACK if kind.side is Side.BACK else _ON_EVERY_FRONT)
    numbers = (found[field].text for field in (Field.NUMBER, Field.HISTORY) if field in found)
    is_foreign = Field.NATIONALITY in found or any(number[1:2] == "A" for number in numbers)
    return expected - {Field.NAME} if is_foreign else expected


def are_clear(expected: set[Field], found: dict[Field, Found]) -> bool:
    """Whether each of the fields was found and is sure enough to report."""
    return all(field in found and is_clear(found[field]) for field in expected)


def may_lack_its_comma(found: Found) -> bool:
    """Whether this is a Latin name without a comma: they are lost first, so it must be sure by itself."""
    return found.field is Field.ENGLISH_NAME and "," not in found.text


def witnessed(found: Found) -> Found:
    """`found`, marked as agreed upon where the smaller model read the same in its line."""
    if may_lack_its_comma(found):
        return found
    skimmed, printed = (
        shapes.with_narrow_commas(shapes.spaceless(text)) for text in (found.value.line.skimmed, found.value.text)
    )
    said = (printed, found.text if found.family is Family.WORDS else "")
    if found.witness is Witness.ALONE and any(text and text in skimmed for text in said):
        return replace(found, witness=Witness.AGREED)
    return found


def assign(kind: Kind, labels: list[Label], values: list[Value]) -> dict[Field, Found]:
    """Give each field at most one value and each value to at most one field, the surest pair first."""
    known = shapes_of(kind)
    if kind.side is Side.BACK:  # the only permit number there is the former one, whatever its label was read as
        labels = [replace(label, field=Field.HISTORY) if label.field is Field.NUMBER else label for label in labels]
        values = [replace(value, after=Field.HISTORY) if value.after is Field.NUMBER else value for value in values]
    habit = _habit(known, labels, values)
    pairs: list[tuple[float, Found]] = []
    for field, shape in known.items():
        fitting = [(value, text) for value in values if (text := shape(value.text))]
        own = [label for label in labels if label.field is field]
        telling = _telling(field, kind, [value for value, _ in fitting])
        for value, text in fitting:
            score = max((_score(label, value, habit) for label in own), default=0.0)
            if len(telling) == 1 and telling[0] is value:
                score = max(score, _UNLABELLED)
            if score >= thresholds.MIN_RELATION:
                pairs.append((score, Found(field, text, value)))
    chosen = _surest(pairs)
    if Field.BIRTHDAY in known and Field.VALID_DATE in chosen and Field.BIRTHDAY not in chosen:
        _add_birthday(chosen, values)
    _add_name_above(chosen, values)
    if Field.ENGLISH_NAME in known and Field.ENGLISH_NAME not in chosen:
        _add_english_name(chosen, labels, values, known[Field.ENGLISH_NAME])
    _add_name_above(chosen, values)  # now that it may stand above the Latin name
    return {field: witnessed(each) for field, each in chosen.items()}


def _telling(field: Field, kind: Kind, fitting: list[Value]) -> list[Value]:
    """Of the values that have the field's shape, those that need no label beside them."""
    if field is Field.NAME and kind.side is Side.BACK:
        return [value for value in fitting if is_no_label(value.text)]
    return fitting if field in _TELLING else []


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


def _add_english_name(chosen: dict[Field, Found], labels: list[Label], values: list[Value], shape: Shape) -> None:
    """The Latin name often has no label: it stands under the Chinese name, or alone under the name's label."""
    anchors = [label.box for label in labels if label.field is Field.NAME]
    anchors += [chosen[Field.NAME].value.box] if Field.NAME in chosen else []
    best: tuple[float, Found] | None = None
    for value in values:
        text = shape(value.text)
        # One word without a label may be anything, as of a watermark.
        if not {",", " "} & set(text) or any(found.value is value for found in chosen.values()):
            continue
        score = max((max(below_of(anchor, value.box), right_of(anchor, value.box)) for anchor in anchors), default=0)
        if score >= thresholds.MIN_RELATION and (best is None or score > best[0]):
            best = (score, Found(Field.ENGLISH_NAME, text, value))
    latin = [value for value in values if "," in shape(value.text)]
    if best is None and len(latin) == 1:
        best = (_UNLABELLED, Found(Field.ENGLISH_NAME, shape(latin[0].text), latin[0]))
    if best is not None:
        chosen[Field.ENGLISH_NAME] = best[1]


def _add_birthday(chosen: dict[Field, Found], values: list[Value]) -> None:
    """The only single date of a card whose period of validity stands elsewhere, in one piece."""
    dates = [value for value in values if shapes.single_date(value.text)]
    if len(dates) == 1:
        chosen[Field.BIRTHDAY] = Found(Field.BIRTHDAY, shapes.single_date(dates[0].text), dates[0])


def _add_name_above(chosen: dict[Field, Found], values: list[Value]) -> None:
    """A name whose label was not read: the only one above all that is said of the person."""
    if Field.NAME in chosen:
        return
    below = [found.value.box.top for field, found in chosen.items() if field in {Field.ENGLISH_NAME, Field.BIRTHDAY}]
    taken = {id(found.value) for found in chosen.values()}
    fitting = [value for value in values if id(value) not in taken and value.after is None]
    fitting = [value for value in fitting if shapes.name(value.text) and is_no_label(value.text)]
    above = [value for value in fitting if below and value.box.middle < min(below)]
    if len(above) == 1:
        chosen[Field.NAME] = Found(Field.NAME, shapes.name(above[0].text), above[0])
