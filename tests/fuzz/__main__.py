"""`make fuzz`: 5,000 mutated pictures and 5,000 mutated requests against the real server; fails on the first kind of fault.

Options: how many of each, by default 5000. A single one again: `python -m tests.fuzz picture 17 > it.bin`.
"""

from __future__ import annotations

import sys
import time

from tests.fuzz import images, requests, run
from tests.ocr_integration.served import memory_mb, serving

STEP = 500


def main(pictures: int = 5000, calls: int = 5000) -> int:
    """Run both, print the tables, and say whether the server is as it was."""
    with serving(*run.OPTIONS, **run.ENVIRONMENT) as server:
        worker = server.workers()
        for what, many, act in (("requests", calls, run.calls), ("pictures", pictures, run.pictures)):
            began, report = time.monotonic(), run.Report()
            for start in range(0, many, STEP):
                report += act(server, range(start, min(start + STEP, many)))
                seconds, held = time.monotonic() - began, memory_mb(server)
                told = f"{report.answers.total():5} mutated {what} in {seconds:4.0f} s, {len(report.faults)} faults"
                print(f"{told}; server at {held:.0f} MB", flush=True)
            for answer, count in report.answers.most_common():
                print(f"  {count:6}  {answer}")
            if report.faults:
                print("FAULTS:", *report.faults[:50], sep="\n  ")
                return 1
        is_same = server.workers() == worker
    print("the server's process is the same as before" if is_same else "THE SERVER'S PROCESS DIED")
    return 0 if is_same else 1


if __name__ == "__main__":
    if sys.argv[1:2] in (["picture"], ["request"]):
        number = int(sys.argv[2])
        made = images.mutant(number) if sys.argv[1] == "picture" else requests.mutant(number, "127.0.0.1:8010")
        sys.stdout.buffer.write(made)
        raise SystemExit(0)
    raise SystemExit(main(*(int(each) for each in sys.argv[1:3])))
