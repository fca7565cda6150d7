"""The curve behind the engine's confidence: how often a value was right, by its scores and who bore it out.

python -m tests.bench.calibration [--seeds 300-309] [--captures hard]

Prints the curve for `ocr_integration/engine/calibration.py`, and what each threshold would report and get wrong.
Draws its own specimens, the same for the same seeds; the curve is made on other seeds than results are told of.
A share is (right + 1) / (all + 2), so that a handful of lucky values proves nothing, and never falls as scores rise. Scores lower than any seen prove nothing at all.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ocr_integration.contract import PermitReading
from ocr_integration.engine import Engine, NoCardError
from ocr_integration.specimens import SpecimenKind, draw

_EDGES = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99)
_THRESHOLDS = (0.0, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99)
_CARDS = tuple(kind for kind in SpecimenKind if kind is not SpecimenKind.NOT_A_CARD)


@dataclass(frozen=True)
class Observation:
    """One value the engine saw: family and witness, its weakest score, and whether it was what the card says."""

    evidence: str
    score: float
    right: bool


@dataclass
class Bin:
    """Values with scores from `least` on, up to the next bin's."""

    least: float
    right: int = 0
    all: int = 0

    @property
    def share(self) -> float:
        return (self.right + 1) / (self.all + 2)


def printed(truth: PermitReading, name: str) -> str:
    """What the card says in the field of this name, the back's with a prefix."""
    back, _, inner = name.rpartition(".")
    return str(getattr(truth.back if back else truth, inner))


def observe(engine: Engine, seeds: Iterable[int], captures: Iterable[str]) -> Iterator[Observation]:
    """Every value the engine saw, reported or not, on cards of every kind."""
    for capture in captures:
        for seed in seeds:
            for kind in _CARDS:
                specimen = draw(kind, seed=seed, capture=capture)
                try:
                    seen = engine.examine(specimen.image, side=specimen.side)
                except NoCardError:
                    continue
                for each in seen.evidence:
                    right = each.seen == printed(specimen.truth, each.name)
                    yield Observation(each.evidence, each.score, right)


def curve(observations: Iterable[Observation]) -> list[Bin]:
    """Bins by score, neighbours pooled until shares rise with the scores (isotonic regression)."""
    bins = [Bin(edge) for edge in _EDGES]
    for each in observations:
        own = max((bin for bin in bins if bin.least <= each.score), key=lambda bin: bin.least)
        own.all += 1
        own.right += each.right
    pooled: list[Bin] = []
    for bin in (bin for bin in bins if bin.all):
        pooled.append(bin)
        while len(pooled) > 1 and pooled[-2].share >= pooled[-1].share:
            last = pooled.pop()
            pooled[-1].right += last.right
            pooled[-1].all += last.all
    return pooled


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seeds", default="300-309", help="first-last")
    arguments.add_argument("--captures", default="hard")
    chosen = arguments.parse_args()
    first, _, last = chosen.seeds.partition("-")
    seeds = range(int(first), int(last or first) + 1)
    observations = list(observe(Engine(forgery_tests=False), seeds, chosen.captures.split(",")))
    curves = {
        evidence: curve(each for each in observations if each.evidence == evidence)
        for evidence in sorted({each.evidence for each in observations})
    }
    print("| evidence | weakest score from | right / all | share |\n| --- | --- | --- | --- |")
    for evidence, bins in curves.items():
        for bin in bins:
            print(f"| {evidence.lower()} | {bin.least:.2f} | {bin.right} / {bin.all} | {bin.share:.4f} |")
    print("\nCURVES: dict[str, tuple[tuple[float, float], ...]] = {")
    for evidence, bins in curves.items():
        steps = ", ".join(f"({bin.least}, {bin.share:.4f})" for bin in bins)
        print(f'    "{evidence}": ({steps},),')
    print("}\n\n| threshold | reported | wrong among them |\n| --- | --- | --- |")
    for threshold in _THRESHOLDS:
        kept = [each for each in observations if confidence(curves[each.evidence], each.score) >= threshold]
        wrong = sum(not each.right for each in kept)
        print(f"| {threshold:.2f} | {len(kept)} of {len(observations)} | {wrong} ({wrong / max(1, len(kept)):.2%}) |")


def confidence(bins: list[Bin], score: float) -> float:
    """The share of the bin a score falls in."""
    return max((bin.share for bin in bins if bin.least <= score), default=0.0)


if __name__ == "__main__":
    main()
