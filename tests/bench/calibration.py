"""The curve behind the engine's confidence: how often a value was right, by its scores and who bore it out.

python -m tests.bench.calibration [--seeds 300-347] [--captures table,degraded,hard] [--keep FILE] [--write]
python -m tests.bench.calibration --kept FILE FILE … [--write]

Draws its own specimens, the same for the same seeds and fonts; the curve is made on other seeds than results are told
of. `--keep` writes what was run and each value's evidence to a file, `--kept` makes the curve of such files (a long run
in parts), `--write` puts it into `ocr_integration/engine/calibration.py` and its tables into docs/engine.md, which a test holds equal.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from ocr_integration.contract import PermitReading
from ocr_integration.engine import Engine, NoCardError
from ocr_integration.engine.calibration import CURVES, MADE_BY, Bin
from ocr_integration.engine.confidence import Family, Witness
from ocr_integration.specimens import SpecimenKind, draw
from ocr_integration.specimens.cards import print_card
from ocr_integration.specimens.names import is_rare

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs/engine.md"
MODULE = ROOT / "ocr_integration/engine/calibration.py"
_EDGES = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99)
# It is the sound that bears such a name out; its score is a rival's, and only says that it might stand there.
_EDGES_OF = {f"{Family.NAME} {Witness.CONFIRMED.name}": (0.0, 0.5)}
_THRESHOLDS = (0.0, 0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99)
_CARDS = tuple(kind for kind in SpecimenKind if kind is not SpecimenKind.NOT_A_CARD)

Curves = Mapping[str, tuple[Bin, ...]]


@dataclass(frozen=True)
class Observation:
    """One value the engine saw: family and witness, its weakest score, and whether it was what the card says."""

    evidence: str
    score: float
    right: bool


def printed(truth: PermitReading, name: str) -> str:
    """What the card says in the field of this name, the back's with a prefix."""
    back, _, inner = name.rpartition(".")
    return str(getattr(truth.back if back else truth, inner))


def observe(
    engine: Engine, seeds: Iterable[int], captures: Iterable[str], *, rare_names: bool = False
) -> Iterator[Observation]:
    """Every value the engine saw, reported or not, on cards of every kind; or only rare names."""
    for capture in captures:
        for seed in seeds:
            for kind in _CARDS:
                truth = print_card(kind, seed).truth
                if rare_names and not is_rare(truth.name or truth.back.name):
                    continue
                specimen = draw(kind, seed=seed, capture=capture)
                try:
                    seen = engine.examine(specimen.image, side=specimen.side)
                except NoCardError:
                    continue
                for each in seen.evidence:
                    if rare_names and not each.evidence.startswith("NAME "):
                        continue
                    right = each.seen == printed(specimen.truth, each.name)
                    yield Observation(each.evidence, each.score, right)


def curve(observations: Iterable[Observation], edges: tuple[float, ...] = _EDGES) -> tuple[Bin, ...]:
    """Bins by score, neighbours pooled until shares rise with the scores (isotonic regression)."""
    counts = {edge: [0, 0] for edge in edges}
    for each in observations:
        own = counts[max(edge for edge in edges if edge <= max(0.0, each.score))]
        own[0] += each.right
        own[1] += 1
    pooled: list[Bin] = []
    for bin in (Bin(edge, *own) for edge, own in counts.items() if own[1]):
        pooled.append(bin)
        while len(pooled) > 1 and pooled[-2].share >= pooled[-1].share:
            last = pooled.pop()
            pooled[-1] = Bin(pooled[-1].least, pooled[-1].right + last.right, pooled[-1].all + last.all)
    return tuple(pooled)


def curves(observations: Iterable[Observation]) -> dict[str, tuple[Bin, ...]]:
    """A curve for each kind of evidence; what is contradicted has none, so that it is never reported."""
    every = [each for each in observations if not each.evidence.endswith(Witness.CONTRADICTED.name)]
    kinds = sorted({each.evidence for each in every})
    return {
        kind: curve((each for each in every if each.evidence == kind), _EDGES_OF.get(kind, _EDGES)) for kind in kinds
    }


def tables(measured: Curves) -> str:
    """The curve, and what each threshold would have reported, as they stand in docs/engine.md."""
    rows = ["| evidence | weakest score from | right / all | share |", "| --- | ---: | ---: | ---: |"]
    rows += [
        f"| {kind.lower()} | {bin.least:.2f} | {bin.right} / {bin.all} | {bin.share:.4f} |"
        for kind, bins in measured.items()
        for bin in bins
    ]
    rows += ["", "| threshold | reported | wrong among them |", "| ---: | ---: | ---: |"]
    bins = [bin for each in measured.values() for bin in each]
    total = sum(bin.all for bin in bins)
    for threshold in _THRESHOLDS:
        kept = [bin for bin in bins if bin.share >= threshold]
        reported, wrong = sum(bin.all for bin in kept), sum(bin.all - bin.right for bin in kept)
        rows.append(f"| {threshold:.2f} | {reported} of {total} | {wrong} ({wrong / max(1, reported):.2%}) |")
    return "\n".join(rows)


def module(measured: Curves, made_by: str) -> str:
    """The source of the engine's own table, counts and not shares, so that nothing is told twice."""
    text = MODULE.read_text(encoding="utf-8")
    head = text[: text.index("MADE_BY = ")]
    runs = [f'    "{run}"' for run in made_by.replace("; ", "; \n").split("\n")]
    lines = ["MADE_BY = (", *runs, ")", "", "CURVES: dict[str, tuple[Bin, ...]] = {"]
    for kind, bins in measured.items():
        lines += [f'    "{kind}": (', *(f"        Bin({bin.least}, {bin.right}, {bin.all})," for bin in bins), "    ),"]
    return head + "\n".join([*lines, "}", ""])


def documented(text: str, measured: Curves, made_by: str) -> str:
    """docs/engine.md with the tables of a curve and what made it in place of those that stand there."""
    start, end = text.index("<!-- calibration -->\n"), text.index("<!-- end of calibration -->")
    return f"{text[:start]}<!-- calibration -->\n{tables(measured)}\n\nMade by `python -m tests.bench.calibration` {made_by}.\n{text[end:]}"


def run_of(arguments: argparse.Namespace) -> str:
    """What is run, as the command line says it: all that decides which values are observed."""
    rare = " --rare-names" if arguments.rare_names else ""
    return f"--seeds {arguments.seeds} --captures {arguments.captures}{rare}"


def _observed(arguments: argparse.Namespace) -> Iterator[Observation]:
    engine, captures = Engine(forgery_tests=False), arguments.captures.split(",")
    if arguments.keep:
        arguments.keep.write_text(json.dumps({"run": run_of(arguments)}) + "\n", encoding="utf-8")
    for each in observe(engine, _seeds(arguments.seeds), captures, rare_names=arguments.rare_names):
        if arguments.keep:
            with arguments.keep.open("a", encoding="utf-8") as kept:
                kept.write(json.dumps(asdict(each)) + "\n")
        yield each


def kept_in(paths: Iterable[Path]) -> tuple[str, list[Observation]]:
    """What was run for the files that `--keep` wrote, and all values observed."""
    runs: list[str] = []
    observations: list[Observation] = []
    for path in paths:
        first, *lines = path.read_text(encoding="utf-8").splitlines()
        runs.append(json.loads(first)["run"])
        observations += [Observation(**json.loads(line)) for line in lines]
    return "; ".join(runs), observations


def _seeds(ranges: str) -> list[int]:
    """The seeds of "300-310,324-330"."""
    ends = (each.partition("-") for each in ranges.split(","))
    return [seed for first, _, last in ends for seed in range(int(first), int(last or first) + 1)]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--seeds", default="300-347", help="first-last,first-last")
    arguments.add_argument("--captures", default="table,degraded,hard")
    arguments.add_argument("--rare-names", action="store_true", help="only the names of holders whose name is rare")
    arguments.add_argument("--keep", type=Path)
    arguments.add_argument("--kept", type=Path, nargs="+")
    arguments.add_argument("--write", action="store_true")
    chosen = arguments.parse_args()
    made_by, observations = kept_in(chosen.kept) if chosen.kept else (run_of(chosen), list(_observed(chosen)))
    measured = curves(observations)
    print(tables(measured))
    if chosen.write:
        MODULE.write_text(module(measured, made_by), encoding="utf-8")
        DOCS.write_text(documented(DOCS.read_text(encoding="utf-8"), measured, made_by), encoding="utf-8")
    elif measured != CURVES or made_by != MADE_BY:
        print("\nThis is not the curve in force: --write puts it there.")


if __name__ == "__main__":
    main()
