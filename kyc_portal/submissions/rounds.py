"""One round of a sweep: a row that fails is logged and left aside, the others go on, and the round ends as failed.

Without this a single row that cannot be moved (a key that is gone, a value no rule expected) would stop everything
the sweep does after it, every five seconds, for good.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from celery.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError, connection

log = logging.getLogger(__name__)


class RoundFailedError(Exception):
    """Something of the round failed; each failure stands in the log by its part and row."""


class Round:
    """Collects what failed. `apart` around a part or a row; `end` once, when everything had its turn."""

    def __init__(self) -> None:
        self._failed: list[str] = []

    @contextmanager
    def apart(self, part: str, *, row: object = "") -> Iterator[None]:
        """Run a part, or one row of it, so that its failure stops nothing else.

        A lost database ends the round, and so does the worker's word that its time is up.
        """
        try:
            yield
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:
            if isinstance(error, DatabaseError) and not connection.is_usable():
                raise
            # The kind alone: a message may quote a value.
            log.error("sweep_failed", extra={"part": part, "row": str(row), "error": type(error).__name__})
            self._failed.append(part)

    def failures(self, part: str) -> int:
        """How often a part failed so far."""
        return self._failed.count(part)

    def end(self) -> None:
        """Raises RoundFailedError where something failed, so that the task counts as failed."""
        if self._failed:
            raise RoundFailedError(", ".join(sorted(set(self._failed))))
