"""The waiting room before the reader: how many may be inside, and how many of those are read at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from ocr_integration.server.refusals import RefusedError

T = TypeVar("T")


class WaitingRoom:
    """At most `turns` at once have their picture decoded and read; `waiting` more may wait for it.

    Whoever finds the room full is told at once, and whoever waited `max_wait_seconds` in vain then:
    both ResourceUnavailable, which callers try again.
    """

    def __init__(self, *, turns: int, waiting: int, max_wait_seconds: float) -> None:
        self._places = threading.BoundedSemaphore(turns + waiting)
        # Threads of their own: the allocator keeps what each thread once needed, and a picture needs much.
        self._turns = ThreadPoolExecutor(turns, thread_name_prefix="reading")
        self._max_wait_seconds = max_wait_seconds
        self.size = turns + waiting

    @contextmanager
    def place(self) -> Iterator[None]:
        """Be in the room. Raises RefusedError when it is full."""
        if not self._places.acquire(blocking=False):
            raise busy()
        try:
            yield
        finally:
            self._places.release()

    def turn(self, act: Callable[[], T]) -> T:
        """Wait for a turn and do it. Raises RefusedError when none comes in time."""
        begun = threading.Event()

        def have_turn() -> T:
            begun.set()
            return act()

        outcome = self._turns.submit(have_turn)
        if not begun.wait(self._max_wait_seconds) and outcome.cancel():
            raise busy()
        try:
            return outcome.result()
        finally:
            del outcome  # it holds an error whose trace holds this frame: such a ring would keep the picture for long


def busy() -> RefusedError:
    """Nothing wrong with the call; the service has too much to do."""
    return RefusedError("ResourceUnavailable", "The service is busy; try again later.")
