"""How fast an export is made, and in how much memory, beside other ways, COPY and the ciphers; ratios within one run.

python -m tests.bench.exports [ROWS …]      (default 10,000 and 100,000; 1000000 takes some minutes, mostly to fill in)

Each way runs in a process of its own, so that its peak memory is its own; every customer's key is met cold.
`django-import-export` is no part of the product: it is measured where it can be imported.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

_WAY = "--way"


def _peak_mb() -> float:
    """The most memory this program has held; getrusage would count what the starting process held before it."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def one_way(way: str) -> None:
    """Run one way in this process and print its seconds, CPU seconds, peak memory and bytes as JSON."""
    import logging

    import django

    django.setup()
    logging.disable(logging.WARNING)  # the broker is away here
    from tests.bench.exports import ways  # what every way imports is no part of its memory or time

    before = _peak_mb()
    print(json.dumps({**asdict(ways.run(way)), "peak": _peak_mb(), "before": before}))


def compiled(folder: str) -> dict[str, str]:
    """An environment whose processes find bytecode in a folder, as the image's do: compiling would be in their peak."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    load = "import django; django.setup(); from tests.bench.exports import ways"
    subprocess.run([sys.executable, "-c", load], check=True, env=environment)
    return environment


def table(many: int, environment: Mapping[str, str]) -> None:
    """One size: every way, and what each is to COPY, to the plain way and to the ciphers alone."""
    from tests.bench.exports import ways

    found = {}
    for way in ways.of(many):
        run = [sys.executable, "-m", "tests.bench.exports", _WAY, way]
        told = subprocess.run(run, check=True, stdout=subprocess.PIPE, text=True, env=environment)
        found[way] = json.loads(told.stdout.splitlines()[-1])
    copy, plain = found[ways.COPY], found[ways.ITERATOR]
    cipher, unsealing = found[ways.CIPHER], found[ways.UNSEALING]
    print(f"Export of {many:,} rows; each in a process of its own, {plain['before']:.0f} MB before it begins")
    for way, each in found.items():
        print(
            f"  {way:20} {each['seconds']:6.1f} s {many / each['seconds']:10,.0f} rows/s"
            f"   CPU {each['cpu'] / many * 1e6:6.1f} µs a row, {each['cpu'] / cipher['cpu']:5.1f} of the ciphers',"
            f" {each['cpu'] / unsealing['cpu']:5.1f} of unsealing"
            f"   peak {each['peak']:5.0f} MB (+{each['peak'] - each['before']:.0f})"
            f"   {plain['cpu'] / each['cpu']:6.2f} x iterator by CPU   {copy['seconds'] / each['seconds']:6.3f} x COPY"
        )


def main(*sizes: int) -> None:
    """A table for each size, in a database made for it and dropped at the end."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kyc_portal.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections

    from tests import environment
    from tests.bench.exports.filling import fill

    servers = environment.begin()
    try:
        call_command("prepare_database", verbosity=0)
        call_command("migrate", database="owner", verbosity=0, interactive=False)
        filled = 0
        with tempfile.TemporaryDirectory() as folder:
            for many in sorted(sizes or (10_000, 100_000)):
                fill(filled, many)
                filled = many
                table(many, compiled(folder))
        for connection in connections.all():
            connection.close()
        environment.drop_database()
    finally:
        servers.stop()


if __name__ == "__main__":
    if sys.argv[1:2] == [_WAY]:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kyc_portal.settings")
        one_way(sys.argv[2])
    else:
        main(*map(int, sys.argv[1:]))
