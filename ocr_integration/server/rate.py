"""Calls per key in any sliding second, as the service counts them. In memory: each server process counts its own."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from ocr_integration.server.refusals import RefusedError


class RateGate:
    """Refuses what would be one call too many within a second; a refused call is not counted."""

    def __init__(self, calls_per_second: int, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._limit = calls_per_second
        self._monotonic = monotonic
        self._calls: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def require_place(self, secret_id: str) -> None:
        """Count one call of a known key. Raises RefusedError (RequestLimitExceeded)."""
        now = self._monotonic()
        with self._lock:
            calls = self._calls.setdefault(secret_id, deque())
            while calls and now - calls[0] >= 1.0:
                calls.popleft()
            if len(calls) >= self._limit:
                raise RefusedError(
                    "RequestLimitExceeded",
                    f"Your current request times equals to `{len(calls) + 1}` in a second, which exceeds the frequency "
                    f"limit `{self._limit}` for a second. Please reduce the frequency of calls.",
                )
            calls.append(now)
