"""Peak memory of a process that does nothing but read the pictures named, each twice: run by the report, prints megabytes.

python -m tests.bench.accuracy.memory [--at-once N] FILE…
"""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ocr_integration.contract import Side
from ocr_integration.engine import Engine, NoCardError


def peak_mb() -> float:
    """The high-water mark of this process alone: getrusage would count the parent's memory at the fork (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(each for each in status.splitlines() if each.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def _read(engine: Engine, path: Path) -> None:
    try:
        engine.examine(path.read_bytes(), side=Side.FRONT, with_portrait=True)
    except NoCardError:
        return


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--at-once", type=int, default=1, help="so many threads of one engine, as a server has")
    arguments.add_argument("files", type=Path, nargs="+")
    chosen = arguments.parse_args()
    engine = Engine()
    with ThreadPoolExecutor(chosen.at_once) as threads:
        for done in [threads.submit(_read, engine, path) for path in chosen.files * 2]:
            done.result()
    print(peak_mb())


if __name__ == "__main__":
    main()
