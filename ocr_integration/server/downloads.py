"""Places for downloads, apart from those for readings: an address that hangs keeps only its own key waiting.

Everything but the download itself happens on one event loop, so nothing is locked.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from ocr_integration import deadline
from ocr_integration.server.fetch import Fetcher, FetchFailedError, FetchTooLargeError
from ocr_integration.server.room import busy


class Downloads:
    """At most `places` at once. A key is let in while it holds fewer places than are free.

    So one key alone gets half of them, two a third each, and somebody new finds one free as long as there are any.
    `held` is how many each key has now.
    """

    def __init__(self, fetcher: Fetcher, *, places: int) -> None:
        self._fetcher = fetcher
        self._places = places
        self._threads = ThreadPoolExecutor(places, thread_name_prefix="download")
        self.held: Counter[str] = Counter()

    async def fetch(self, url: str, *, key: str, max_bytes: int) -> bytes:
        """The file behind a URL. Raises RefusedError where there is no place, and the fetcher's errors."""
        if self.held[key] >= self._places - self.held.total():
            raise busy()
        self.held[key] += 1
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bytes] = loop.create_future()

        def download() -> None:
            try:
                file = self._fetcher.fetch(url, max_bytes=max_bytes)
            except (FetchFailedError, FetchTooLargeError) as error:
                # Another one: the trace of this holds what came so far, and may be kept for long.
                loop.call_soon_threadsafe(_fail, answer, type(error)(*error.args))
            except Exception as error:  # the waiting caller's: it is raised there
                loop.call_soon_threadsafe(_fail, answer, error)
            else:
                loop.call_soon_threadsafe(_give, answer, file)
            # A name server may be silent for longer than the caller is made to wait, and who asked keeps the place.
            deadline.wait_for_look_ups()

        loop.run_in_executor(self._threads, download).add_done_callback(lambda _done: self._leave(key))
        return await answer

    def _leave(self, key: str) -> None:
        self.held[key] -= 1
        if not self.held[key]:
            del self.held[key]


def _give(answer: asyncio.Future[bytes], file: bytes) -> None:
    if not answer.done():
        answer.set_result(file)


def _fail(answer: asyncio.Future[bytes], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
