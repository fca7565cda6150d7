"""Bodies as they come in, all together within a bound: one that stalls makes room for the next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from ocr_integration.server.door import too_large
from ocr_integration.server.refusals import RefusedError
from ocr_integration.server.room import busy

# A caller still sending would see a broken connection and not the refusal, so what is refused is read and dropped.
MAX_DRAINED_BYTES = 50 * 1024 * 1024


class Body:
    """The body of one request; its bytes count as held until `release`."""

    def __init__(self, held: HeldBodies, limit: int) -> None:
        self._held = held
        self._limit = limit
        self._data = bytearray()
        self._refusal: RefusedError | None = None
        self.seen = 0

    def take(self, chunk: bytes) -> None:
        """Keep a piece, or only count it once the body is refused."""
        self.seen += len(chunk)
        if self._refusal is None and self.seen > self._limit:
            self.refuse(too_large())
        if self._refusal is None:
            self._data += chunk
            self._held.add(self, len(chunk))

    def refuse(self, refusal: RefusedError) -> None:
        """Forget what came; the rest is only counted."""
        self._refusal = refusal
        self.release()

    @property
    def is_hopeless(self) -> bool:
        return self.seen > MAX_DRAINED_BYTES

    def whole(self) -> bytearray:
        """The body. Raises RefusedError when it was too large, or there was no room for it."""
        if self._refusal is not None:
            raise self._refusal
        return self._data

    def release(self) -> None:
        """Forget the pieces."""
        self._held.size -= len(self._data)
        self._data = bytearray()


class HeldBodies:
    """`size` is that of all bodies that are received or checked, never more than `limit`.

    Where one more piece would be too much, the body that has been coming for longest is given up, so that uploads that
    stall can keep nobody out. Where that is the one that grows, it is refused.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self._coming: dict[Body, asyncio.Timeout] = {}

    @asynccontextmanager
    async def coming(self, limit: int, *, seconds: float) -> AsyncIterator[Body]:
        """A body while it is received. Raises TimeoutError when it takes too long or had to make room."""
        body = Body(self, limit)
        try:
            async with asyncio.timeout(seconds) as patience:
                self._coming[body] = patience
                yield body
        except BaseException:
            body.release()
            raise
        finally:
            self._coming.pop(body, None)

    def add(self, body: Body, many: int) -> None:
        """Count bytes of a body, making room for them."""
        self.size += many
        while self.size > self.limit:
            oldest = next(iter(self._coming), body)
            if oldest is not body:
                with suppress(RuntimeError):  # its own time has just run out
                    self._coming.pop(oldest).reschedule(asyncio.get_running_loop().time())
            oldest.refuse(busy())
            if oldest is body:
                return
