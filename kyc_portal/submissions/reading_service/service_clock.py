"""Three clocks: this machine's, the database's, and the reading service's by its newest answer.

The service refuses a call whose time is more than five minutes off. What it last said stands in the shared store, which
may forget it: then nothing is known until the next answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

ALLOWED_SECONDS = 300
_REMEMBERED_SECONDS = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Clocks:
    """How far the others are ahead of this machine in seconds; `service_seconds` None where no answer is remembered."""

    database_seconds: float
    service_seconds: float | None
    service_at: datetime | None

    @property
    def database_words(self) -> str:
        """As a page says it, to a tenth of a second."""
        return _words(self.database_seconds, digits=1)

    @property
    def service_words(self) -> str:
        """As a page says it, to a second; empty where nothing is known."""
        return "" if self.service_seconds is None else _words(self.service_seconds, digits=0)

    @property
    def is_good(self) -> bool:
        """Whether the service's clock and ours agree well within what it allows; a fifth of it is a warning."""
        return self.service_seconds is None or abs(self.service_seconds) < ALLOWED_SECONDS / 5


def note(said: tuple[float, float] | None) -> None:
    """Remember what a client knows of the service's clock: (seconds ahead of ours, Unix time when it said so)."""
    if said is not None:
        cache.set(_key(), said, _REMEMBERED_SECONDS)


def compare() -> Clocks:
    """The three as they stand now. The database's is off by up to the time of one question."""
    said = cache.get(_key())
    before = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (theirs,) = cursor.fetchone()
    middle = before + (timezone.now() - before) / 2
    seconds, at = said or (None, None)
    return Clocks(
        database_seconds=(theirs - middle).total_seconds(),
        service_seconds=seconds,
        service_at=None if at is None else datetime.fromtimestamp(at, tz=UTC),
    )


def _words(seconds: float, *, digits: int) -> str:
    """+12 s, -0.3 s; what is too small to say is 0 s without a sign."""
    shown = f"{seconds:+.{digits}f}"
    return "0 s" if float(shown) == 0 else f"{shown} s"


def _key() -> str:
    return f"service-clock:{settings.OCR_ENDPOINT}"
