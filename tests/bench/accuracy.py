"""How well the engine reads drawn specimens: a small table per kind, capture and field. Prints, asserts nothing.

python -m tests.bench.accuracy [--seeds 200-204] [--captures flat,table] [--forgeries] [--misses]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ocr_integration.contract import BACK_FIELDS, TEXT_FIELDS, KnownWarning, PermitReading
from ocr_integration.engine import Engine, NoCardError
from ocr_integration.specimens import SpecimenKind, draw

CARDS = tuple(kind for kind in SpecimenKind if kind.value != "not_a_card")
CAPTURES = ("flat", "table", "quarter")
FORGERIES = {
    "photocopy": KnownWarning.PHOTOCOPY,
    "recapture": KnownWarning.RECAPTURE,
    "edited": KnownWarning.EDITED,
}


@dataclass
class Score:
    """Counts of one row of the table."""

    cards: int = 0
    whole_cards: int = 0
    fields: int = 0
    right: int = 0
    blank: int = 0
    wrong: int = 0
    refused: int = 0
    seconds: list[float] = field(default_factory=list)
    warnings: Counter[int] = field(default_factory=Counter)


def flat_fields(reading: PermitReading) -> dict[str, str]:
    """Every text field of a reading by its name, the back's with a prefix."""
    front = {name: str(getattr(reading, name)) for name in TEXT_FIELDS}
    return front | {f"back.{name}": str(getattr(reading.back, name)) for name in BACK_FIELDS}


def differences(truth: PermitReading, reading: PermitReading) -> Iterator[tuple[str, str, str]]:
    """Name, truth and reading of every field that differs."""
    read = flat_fields(reading)
    for name, wanted in flat_fields(truth).items():
        if read[name] != wanted:
            yield name, wanted, read[name]


def score_cards(
    engine: Engine, kind: SpecimenKind, capture: str, forgery: str | None, seeds: Iterable[int], misses: bool
) -> tuple[Score, Counter[str]]:
    score, missed = Score(), Counter[str]()
    for seed in seeds:
        specimen = draw(kind, seed=seed, capture=capture, forgery=forgery)
        started = time.perf_counter()
        try:
            reading = engine.read(specimen.image, side=specimen.side)
        except NoCardError:
            reading = PermitReading()
            score.refused += 1
        score.seconds.append(time.perf_counter() - started)
        wanted = sum(bool(text) for text in flat_fields(specimen.truth).values())
        wrong = list(differences(specimen.truth, reading))
        score.cards += 1
        score.whole_cards += not wrong
        score.fields += wanted
        score.right += wanted - sum(bool(truth) for _, truth, _ in wrong)
        score.blank += sum(not read for _, _, read in wrong)
        score.wrong += sum(bool(read) for _, _, read in wrong)
        score.warnings.update(reading.warnings or ())
        for name, truth, read in wrong:
            missed[name] += 1
            if misses:
                print(f"    {kind.value} {capture} {seed} {name}: {truth!r} read {read!r}", flush=True)
    return score, missed


def print_row(title: str, score: Score) -> None:
    warned = " ".join(f"{code}:{count}" for code, count in sorted(score.warnings.items()))
    print(
        f"{title:46} {score.whole_cards:3}/{score.cards:<3} {score.right:4}/{score.fields:<4} "
        f"{score.blank:5} {score.wrong:5} {score.refused:7} {statistics.median(score.seconds):6.2f}  {warned}",
        flush=True,
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seeds", default="200-202", help="first-last")
    arguments.add_argument("--captures", default=",".join(CAPTURES))
    arguments.add_argument("--kinds", default=",".join(kind.value for kind in CARDS))
    arguments.add_argument("--forgeries", action="store_true", help="also the forged ones, flat")
    arguments.add_argument("--misses", action="store_true", help="print every field that differs")
    chosen = arguments.parse_args()
    first, _, last = chosen.seeds.partition("-")
    seeds = range(int(first), int(last or first) + 1)
    engine = Engine()
    kinds = [SpecimenKind(kind) for kind in chosen.kinds.split(",")]
    rows = [(kind, capture, None) for capture in chosen.captures.split(",") for kind in kinds]
    if chosen.forgeries:
        rows += [(kind, "flat", forgery) for forgery in FORGERIES for kind in kinds]  # type: ignore[misc]
    print(f"{'':46} {'cards':>7} {'fields':>9} {'blank':>5} {'wrong':>5} {'refused':>7} {'median':>6}  warnings")
    by_field: Counter[str] = Counter()
    for kind, capture, forgery in rows:
        score, missed = score_cards(engine, kind, capture, forgery, seeds, chosen.misses)
        by_field += missed
        print_row(f"{kind.value} {capture} {forgery or ''}", score)
    print("missed by field:", dict(by_field.most_common()) or "none")


if __name__ == "__main__":
    main()
