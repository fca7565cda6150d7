"""Peak memory of a process that does nothing but read the pictures named: run by the report, prints megabytes."""

from __future__ import annotations

import sys
from pathlib import Path

from ocr_integration.contract import Side
from ocr_integration.engine import Engine, NoCardError


def peak_mb() -> float:
    """The high-water mark of this process alone: getrusage would count the parent's memory at the fork (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(each for each in status.splitlines() if each.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def main() -> None:
    engine = Engine()
    for name in sys.argv[1:]:
        try:
            engine.examine(Path(name).read_bytes(), side=Side.FRONT, with_portrait=True)
        except NoCardError:
            continue
    print(peak_mb())


if __name__ == "__main__":
    main()
