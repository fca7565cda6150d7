"""Where the time of a reading goes: CPU of each step, over specimens of every kind.

python -m tests.bench.accuracy.steps [PICTURES]      (default 100, half of them clean, half degraded)

Seeds that were tuned on: what is asked is the time, not what was read.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from ocr_integration.engine import Engine, NoCardError, reader, warnings
from ocr_integration.engine.models import Models
from ocr_integration.specimens import Grade
from tests.bench.accuracy.plan import QUICK, TUNING_SEEDS, Item, items

# What each step is called, and where the engine calls it from.
STEPS: dict[str, tuple[object, str]] = {
    "decode and halve": (reader, "decode"),
    "find text (small detector)": (Models, "detect"),
    "skim every line (smallest reader)": (Models, "skim"),
    "read what matters (larger reader)": (Models, "recognise"),
    "second opinion on names (earlier make)": (Models, "recognise_otherwise"),
    "undo a shake": (reader, "steadied"),
    "take away what is laid over": (reader, "without_overlay"),
    "portrait": (reader, "find_portrait"),
    "-9102 photocopy": (warnings, "is_photocopy"),
    "-9103 recapture": (warnings, "is_recapture"),
    "-9104 edited": (warnings, "is_edited"),
}
REST = "all else: lines, labels, fields, cuts"


class Clock:
    """CPU seconds by step; a step within another counts for itself alone."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)
        self._running = [REST]
        self._since = time.process_time()

    def _turn(self) -> None:
        now = time.process_time()
        self.spent[self._running[-1]] += now - self._since
        self._since = now

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self._turn()
        self._running.append(name)
        try:
            yield
        finally:
            self._turn()
            self._running.pop()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """What passes outside of a reading is nobody's."""
        self._since = time.process_time()
        yield
        self._turn()

    def timed(self, name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def measured(*arguments: Any, **named: Any) -> Any:
            with self.step(name):
                return act(*arguments, **named)

        return measured


def chosen(pictures: int) -> list[Item]:
    """As many of the plan's, of both grades alike and of every way of photographing."""
    each, found = max(1, pictures // 2), []
    plan = list(items(QUICK, TUNING_SEEDS, times=1 + each // 4))
    for grade in (Grade.CLEAN, Grade.DEGRADED):
        of_it = [item for item in plan if item.group == grade]
        found += of_it[:: len(of_it) // each][:each]
    return found


def table(pictures: int) -> str:
    """Read so many and tell each step's milliseconds a picture, and its share."""
    clock, engine = Clock(), Engine(threads=1)
    with ExitStack() as patched:
        for name, (owner, attribute) in STEPS.items():
            patched.enter_context(patch.object(owner, attribute, clock.timed(name, getattr(owner, attribute))))
        plan = chosen(pictures)
        for item in plan:
            specimen = item.draw()
            with clock.reading():
                try:
                    engine.examine(specimen.image, side=specimen.side)
                except NoCardError:
                    continue
    total = sum(clock.spent.values())
    rows = ["| step | CPU ms a picture | share |", "| --- | ---: | ---: |"]
    rows += [
        f"| {name} | {clock.spent[name] / len(plan) * 1000:.0f} | {clock.spent[name] / total:.0%} |"
        for name in (*STEPS, REST)
    ]
    return "\n".join([*rows, f"| **all** ({len(plan)} pictures) | **{total / len(plan) * 1000:.0f}** | |"])


if __name__ == "__main__":
    print(table(int(sys.argv[1]) if len(sys.argv) > 1 else 100))
