"""Drawing a plan's specimens and reading them one after another, in this process and at one thread."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from ocr_integration.contract import PermitReading
from ocr_integration.engine import Engine, Examination, NoCardError
from ocr_integration.specimens import Specimen
from tests.bench.accuracy.plan import Item
from tests.bench.accuracy.scoring import Outcome, Sight, text_of, verdicts


def read(items: Iterable[Item], engine: Engine) -> Iterator[Outcome]:
    """The outcome of each item. The time is the CPU's, of reading alone: other work on the machine hardly counts."""
    for item in items:
        specimen = item.draw()
        started = time.process_time()
        try:
            examination: Examination | None = engine.examine(specimen.image, side=specimen.side)
        except NoCardError:
            examination = None
        yield judge(item, specimen, examination, time.process_time() - started)


def judge(item: Item, specimen: Specimen, examination: Examination | None, cpu_seconds: float) -> Outcome:
    """Hold what was read, or that it was refused, against the truth."""
    reading = examination.reading if examination else PermitReading()
    truth = specimen.truth
    seen = examination.evidence if examination else ()
    return Outcome(
        item=item,
        look=specimen.look,
        verdicts=verdicts(truth, reading),
        sights=tuple(
            Sight(each.name, each.confidence, each.text == text_of(truth, each.name), bool(each.text))
            for each in seen
            if each.text
        ),
        type_right=(truth.type, truth.back.type) == (reading.type, reading.back.type),
        forged_as=truth.warnings or (),
        warnings=(reading.warnings or ()) if examination else None,
        cpu_seconds=cpu_seconds,
    )
