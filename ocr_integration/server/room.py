"""The waiting room before the reader: who may be inside, whose turn is next, and how many pixels are read at once.

Everything here happens on one event loop, so nothing is locked, and who waits holds no thread.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from ocr_integration.server.refusals import RefusedError

T = TypeVar("T")


@dataclass(eq=False, slots=True)
class _Ticket:
    """One picture in the room: whose it is, how large, and its turn once that has come."""

    key: str
    pixels: int
    turn: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class WaitingRoom:
    """At most `turns` at once have their picture decoded and read; `waiting` more may wait for it.

    Together those at their turn have at most `max_pixels`; a picture larger than that is read alone. Turns go by key:
    who has the fewest under way comes next, then who came first. A full room sends away the last come of the key that
    holds most, and takes the newcomer instead, where that is fairer; else the newcomer is sent away. So is who waited
    `max_wait_seconds` in vain. All of them get ResourceUnavailable, which callers try again.
    """

    def __init__(self, *, turns: int, waiting: int, max_wait_seconds: float, max_pixels: int) -> None:
        # Threads of their own: the allocator keeps what each thread once needed, and a picture needs much.
        self._threads = ThreadPoolExecutor(turns, thread_name_prefix="reading")
        self._turns = turns
        self._size = turns + waiting
        self._max_wait_seconds = max_wait_seconds
        self._max_pixels = max_pixels
        self._waiting: list[_Ticket] = []
        self.reading: list[_Ticket] = []  # those at their turn

    async def turn(self, act: Callable[[], T], *, key: str, pixels: int) -> T:
        """Wait for a turn and do it in a thread. Raises RefusedError when there is no room, or no turn in time."""
        ticket = self._enter(key, pixels)
        try:
            async with asyncio.timeout(self._max_wait_seconds):
                await ticket.turn
        except TimeoutError:
            self.leave(ticket)
            raise busy() from None
        except BaseException:
            self.leave(ticket)
            raise
        work = asyncio.get_running_loop().run_in_executor(self._threads, act)
        # Its place is free when the thread is, also where nobody waits for the outcome any more.
        work.add_done_callback(lambda _work: self.leave(ticket))
        try:
            return await asyncio.shield(work)
        finally:
            del work  # it holds an error whose trace holds this frame: such a ring would keep the picture for long

    def _enter(self, key: str, pixels: int) -> _Ticket:
        self._forget_who_gave_up()
        if len(self._waiting) + len(self.reading) >= self._size:
            self._make_room_for(key)
        ticket = _Ticket(key, pixels)
        self._waiting.append(ticket)
        self._call_next()
        return ticket

    def _make_room_for(self, key: str) -> None:
        held = Counter(each.key for each in (*self._waiting, *self.reading))
        last = max(reversed(self._waiting), key=lambda each: held[each.key], default=None)
        if last is None or held[last.key] <= held[key] + 1:
            raise busy()
        self._waiting.remove(last)
        last.turn.set_exception(busy())

    def _forget_who_gave_up(self) -> None:
        """Whose time ran out, or who hung up, is told by the loop only a moment later, and stands here until then."""
        self._waiting = [each for each in self._waiting if not each.turn.done()]

    def leave(self, ticket: _Ticket) -> None:
        """Make place for the next; nothing where this one has left already."""
        for tickets in (self._waiting, self.reading):
            if ticket in tickets:
                tickets.remove(ticket)
        self._call_next()

    def _call_next(self) -> None:
        """Give turns while there are free ones. A large picture is waited for and not overtaken."""
        self._forget_who_gave_up()
        while self._waiting and len(self.reading) < self._turns:
            under_way = Counter(each.key for each in self.reading)
            ticket = min(self._waiting, key=lambda each: under_way[each.key])
            if self.reading and sum(each.pixels for each in self.reading) + ticket.pixels > self._max_pixels:
                return
            self._waiting.remove(ticket)
            self.reading.append(ticket)
            ticket.turn.set_result(None)


def busy() -> RefusedError:
    """Nothing wrong with the call; the service has too much to do."""
    return RefusedError("ResourceUnavailable", "The service is busy; try again later.")
