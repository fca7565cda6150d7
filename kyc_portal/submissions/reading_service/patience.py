"""When to try a scan again, as a pure function: growing waits with jitter, for at least a day."""

from __future__ import annotations

import random
from datetime import timedelta

# Seconds before try 2, 3, …; from then on every half hour, until a person is told that the scan is stuck.
_WAITS = (2, 10, 30, 60, 120, 300, 600, 900, 1800)


def wait_before_next(tries: int, *, chance: random.Random | None = None) -> timedelta:
    """How long to wait after `tries` failed tries (1 or more); jittered by up to a quarter either way."""
    base = _WAITS[min(max(tries, 1), len(_WAITS)) - 1]
    jitter = (chance or random).uniform(0.75, 1.25)
    return timedelta(seconds=base * jitter)
