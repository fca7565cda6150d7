"""The report's tables in Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from ocr_integration.contract import KnownWarning
from ocr_integration.specimens import Forgery, captures_of
from tests.bench.accuracy.plan import CARDS, GRADES
from tests.bench.accuracy.scoring import (
    BLANK,
    RIGHT,
    TESTED,
    WRONG,
    Outcome,
    Tally,
    calibration,
    detection,
    tally,
    tally_fields,
)

# What is to be reached: shares of fields and of cards by grade.
GOALS = {"clean": (1.0, 1.0), "degraded": (0.995, 0.97), "hard": (0.95, 0.87)}


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"| --- |{' ---: |' * (len(head) - 1)}"]
    lines += [f"| {' | '.join(str(each) for each in row)} |" for row in rows]
    return "\n".join(lines)


def _percent(share: float) -> str:
    return f"{share:.2%}"


def _of(part: int, whole: int) -> str:
    return f"{part}/{whole}"


_TALLY_HEAD = ("cards", "cards right", "fields", "right", "blank", "wrong", "type right", "refused")


def _tally_cells(total: Tally) -> tuple[object, ...]:
    return (
        total.cards,
        f"{total.whole} ({total.whole / max(1, total.cards):.0%})",
        total.all_fields,
        _percent(total.share(RIGHT)),
        _percent(total.share(BLANK)),
        f"{total.fields[WRONG]} ({_percent(total.share(WRONG))})",
        _of(total.types, total.cards),
        total.refused,
    )


def groups(genuine: Sequence[Outcome]) -> str:
    """The goals and what was reached, by grade."""
    rows = []
    for grade in GRADES:
        total = tally(each for each in genuine if each.item.capture.grade is grade)
        if total.cards:
            goal = GOALS[grade.value]
            rows.append((grade.value, f"{goal[0]:.1%} / {goal[1]:.0%}", *_tally_cells(total)))
    return _table(("group", "goal: fields / cards", *_TALLY_HEAD), rows)


def ways(genuine: Sequence[Outcome]) -> str:
    """By way of photographing."""
    rows = []
    for grade in GRADES:
        for capture in captures_of(grade):
            total = tally(each for each in genuine if each.item.capture is capture)
            if total.cards:
                rows.append((f"{grade.value}: {capture.value}", *_tally_cells(total)))
    return _table(("way", *_TALLY_HEAD), rows)


def kinds(genuine: Sequence[Outcome]) -> str:
    rows = []
    for kind in CARDS:
        for grade in GRADES:
            total = tally(each for each in genuine if each.item.kind is kind and each.item.capture.grade is grade)
            if total.cards:
                rows.append((f"{kind.value}, {grade.value}", *_tally_cells(total)))
    return _table(("kind", *_TALLY_HEAD), rows)


def looks(genuine: Sequence[Outcome]) -> str:
    """By layout, its labels' language and the typeface of the values."""
    rows = []
    for at in range(3):
        for look in sorted({each.look.split(", ")[at] for each in genuine}):
            total = tally(each for each in genuine if each.look.split(", ")[at] == look)
            rows.append((look, *_tally_cells(total)))
    return _table(("layout, labels, typeface", *_TALLY_HEAD), rows)


def fields(genuine: Sequence[Outcome]) -> str:
    head = ["field"]
    columns = []
    for grade in GRADES:
        head += [f"{grade.value}: right", "blank", "wrong"]
        columns.append(tally_fields(each for each in genuine if each.item.capture.grade is grade))
    names = list(columns[-1] | columns[0] | columns[1])
    rows = []
    for name in names:
        row: list[object] = [name]
        for column in columns:
            counts = column.get(name)
            row += [counts[RIGHT], counts[BLANK], counts[WRONG]] if counts else ["", "", ""]
        rows.append(row)
    return _table(head, rows)


def refusals(outcomes: Sequence[Outcome]) -> str:
    """Both ways: genuine cards refused, and other things taken for a card."""
    rows: list[tuple[object, ...]] = []
    cards = [each for each in outcomes if each.item.group != "no card"]
    rows.append(("cards refused", _of(sum(each.is_refused for each in cards), len(cards))))
    others = [each for each in outcomes if each.item.group == "no card"]
    for look in sorted({each.look for each in others}):
        those = [each for each in others if each.look == look]
        rows.append((f"{look} taken for a card", _of(sum(not each.is_refused for each in those), len(those))))
    return _table(("", "pictures"), rows)


def confusion(outcomes: Sequence[Outcome]) -> str:
    """What was shown against what was said; one picture may raise several codes."""
    codes = [*TESTED, KnownWarning.NOT_ENABLED]
    rows = []
    for group in (*(grade.value for grade in GRADES), *(f"forged: {forgery.value}" for forgery in Forgery)):
        read = [each for each in outcomes if each.item.group == group and each.warnings is not None]
        if read:
            said = [sum(code in (each.warnings or ()) for each in read) for code in codes]
            rows.append((group, len(read), *said, sum(each.warnings == () for each in read)))
    return _table(("shown", "read", *(str(int(code)) for code in codes), "nothing"), rows)


def detections(outcomes: Sequence[Outcome]) -> str:
    """Recall and precision of each warning; the resaved edits, which nothing can find, are left out of the recall."""
    testable = [each for each in outcomes if each.item.forgery is not Forgery.EDITED_RESAVED]
    rows = []
    for code in TESTED:
        found = detection(testable, code)
        counts = (found.caught, found.untested, found.missed, found.false)
        rows.append((int(code), _percent(found.recall), _percent(found.precision), *counts))
    return _table(("warning", "recall", "precision", "caught", "not tested (-9109)", "missed", "false alarms"), rows)


def confidence(outcomes: Sequence[Outcome]) -> str:
    rows = []
    for step, seen, right, reported in calibration(outcomes):
        if seen:
            rows.append((f"from {step:.2f}", seen, f"{right / seen:.1%}", reported))
    return _table(("engine's confidence", "values seen", "right", "reported"), rows)


def times(outcomes: Sequence[Outcome], memory_mb: float) -> str:
    parts = {"all pictures": list(outcomes)}
    parts |= {grade.value: [each for each in outcomes if each.item.group == grade.value] for grade in GRADES}
    rows = []
    for title, part in parts.items():
        if part:
            seconds = sorted(each.cpu_seconds for each in part)
            late = seconds[min(len(seconds) - 1, round(0.9 * len(seconds)))]
            rows.append((title, f"{statistics.median(seconds):.2f}", f"{late:.2f}", f"{seconds[-1]:.2f}"))
    table = _table(("CPU seconds a picture, one thread", "median", "90th percentile", "longest"), rows)
    return f"{table}\n\nPeak memory of a fresh process that read three pictures of 4000 pixels: {memory_mb:.0f} MB."
