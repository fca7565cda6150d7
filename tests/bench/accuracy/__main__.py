"""Read specimens of unseen seeds and report: tables, a picture of the worst misses, and everything as JSON.

python -m tests.bench.accuracy [--quick] [--times N] [--tuning] [--kinds …] [--captures …] [--out build/accuracy]
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import cv2

from ocr_integration.engine import Engine
from ocr_integration.specimens import Capture, SpecimenKind, draw
from ocr_integration.specimens.fonts import stand_ins
from tests.bench.accuracy import tables
from tests.bench.accuracy.plan import FULL, QUICK, REPORT_SEEDS, TUNING_SEEDS, Item, items
from tests.bench.accuracy.reading import read
from tests.bench.accuracy.scoring import Outcome
from tests.bench.accuracy.worst import caption, save_sheet, worst


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.accuracy", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a fifth of the pictures")
    parser.add_argument("--times", type=int, default=1, help="as many pictures, so many times over")
    parser.add_argument("--tuning", action="store_true", help="on the seeds to tune on, never for a report")
    parser.add_argument("--kinds", type=_several(SpecimenKind), help="only these, separated by commas")
    parser.add_argument("--captures", type=_several(Capture), help="only these, separated by commas")
    parser.add_argument("--misses", action="store_true", help="print every picture with a miss as it is read")
    parser.add_argument("--out", type=Path, default=Path("build/accuracy"))
    return parser.parse_args()


def _several(known: type[SpecimenKind] | type[Capture]) -> Callable[[str], set[SpecimenKind | Capture]]:
    return lambda text: {known(each) for each in text.split(",")}


def _chosen(arguments: argparse.Namespace) -> list[Item]:
    seeds = TUNING_SEEDS if arguments.tuning else REPORT_SEEDS
    return [
        item
        for item in items(QUICK if arguments.quick else FULL, seeds, times=arguments.times)
        if item.kind in (arguments.kinds or {item.kind}) and item.capture in (arguments.captures or {item.capture})
    ]


def _shown(outcomes: Iterator[Outcome], total: int, *, misses: bool) -> list[Outcome]:
    """The outcomes, with a line of progress now and then."""
    started, done = time.monotonic(), []
    for number, outcome in enumerate(outcomes, 1):
        done.append(outcome)
        if misses and worst([outcome]):
            print("\n    ".join(caption(outcome)), flush=True)
        if number % 20 == 0 or number == total:
            passed = time.monotonic() - started
            print(
                f"{number}/{total} read, {passed / number * (total - number):.0f} s to go", file=sys.stderr, flush=True
            )
    return done


def _peak_memory() -> float:
    """Megabytes of a process of its own that reads three pictures of 4000 pixels."""
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for at, capture in enumerate(("width_4000", "far", "width_4000")):
            path = Path(folder) / f"{at}.jpg"
            path.write_bytes(draw(SpecimenKind.TAIWAN_FRONT, seed=REPORT_SEEDS[-1 - at], capture=capture).image)
            names.append(str(path))
        command = [sys.executable, "-m", "tests.bench.accuracy.memory", *names]
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _origin(arguments: argparse.Namespace) -> dict[str, str]:
    """What one needs to know to run it again."""
    git = ["git", "describe", "--always", "--dirty", "--abbrev=10"]
    commit = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()
    seeds = TUNING_SEEDS if arguments.tuning else REPORT_SEEDS
    return {
        "command": "python -m tests.bench.accuracy " + " ".join(sys.argv[1:]),
        "commit": commit or "unknown",
        "seeds": f"{seeds.start} and up" + (" (TUNING SEEDS: no report)" if arguments.tuning else ""),
        "typefaces another stands in for": ", ".join(stand_ins()) or "none",
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
    }


def _markdown(outcomes: Sequence[Outcome], origin: dict[str, str], memory_mb: float) -> str:
    genuine = [each for each in outcomes if not each.item.forgery and each.item.group != "no card"]
    cards = [each for each in outcomes if each.item.group != "no card"]
    parts = ["\n".join(f"- {name}: {text}" for name, text in origin.items())]
    chapters = {
        "Groups": tables.groups(genuine),
        "Fields": tables.fields(genuine),
        "Kinds": tables.kinds(genuine),
        "Ways of photographing": tables.ways(genuine),
        "Layouts and typefaces": tables.looks(genuine),
        "Refusals": tables.refusals(outcomes),
        "Warnings raised": tables.confusion(cards),
        "Warnings: recall and precision": tables.detections(cards),
        "Confidence against correctness": tables.confidence(cards),
        "Time and memory": tables.times(outcomes, memory_mb),
    }
    parts += [f"## {title}\n\n{table}" for title, table in chapters.items()]
    misses = ["\n    ".join(caption(each)) for each in worst(outcomes, 30)]
    parts.append("## Worst misses\n\n" + ("\n".join(f"- {each}" for each in misses) or "None."))
    return "\n\n".join(parts) + "\n"


def main() -> None:
    arguments = _arguments()
    cv2.setNumThreads(1)
    chosen = _chosen(arguments)
    outcomes = _shown(read(chosen, Engine(threads=1)), len(chosen), misses=arguments.misses)
    memory_mb = _peak_memory()
    origin = _origin(arguments)
    arguments.out.mkdir(parents=True, exist_ok=True)
    report = _markdown(outcomes, origin, memory_mb)
    (arguments.out / "report.md").write_text(report, encoding="utf-8")
    everything = {"origin": origin, "peak_memory_mb": memory_mb, "pictures": [asdict(each) for each in outcomes]}
    text = json.dumps(everything, ensure_ascii=False, indent=1, default=str)
    (arguments.out / "report.json").write_text(text + "\n", encoding="utf-8")
    save_sheet(worst(outcomes), arguments.out / "worst.png")
    print(report)
    print(f"Written to {arguments.out}: report.md, report.json, worst.png")


if __name__ == "__main__":
    main()
