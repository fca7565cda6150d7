"""One line a call, as JSON: when, whose, what, how it ended, how long, how large. Never a secret or anything of a card.

What a caller writes freely (an unknown key's name, an action) may be anything, a mistyped secret included, so it is not
repeated.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ocr_integration.contract import ACTION

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Call:
    """What is known about one call so far. `key_id` is empty until the key is known."""

    received_bytes: int = 0
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    key_id: str = ""
    action: str = ""
    picture_bytes: int = 0
    width: int = 0
    height: int = 0
    began: float = field(default_factory=time.monotonic)

    def say(self, code: str, *, fault: str = "") -> None:
        """Write the line. `code` is "ok", the code answered, or what became of a request that was not whole."""
        finer = {"fault": fault} if fault else {}
        _write(
            logging.INFO,
            event="call",
            request_id=self.request_id,
            key=self.key_id,
            action=self.action if self.action in ("", ACTION) else "another",
            code=code,
            **finer,
            milliseconds=round((time.monotonic() - self.began) * 1000),
            received_bytes=self.received_bytes,
            picture_bytes=self.picture_bytes,
            width=self.width,
            height=self.height,
        )

    def say_fault(self, error: Exception) -> None:
        """Write the kind and the place of a fault of ours, without its text, which may hold values."""
        _write(
            logging.ERROR, event="fault", request_id=self.request_id, error=type(error).__name__, where=_place(error)
        )


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"


def _write(level: int, **values: str | int) -> None:
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    log.log(level, "%s", json.dumps({"at": at, "level": logging.getLevelName(level).lower()} | values))


def to_stderr() -> None:
    """Write this package's lines to stderr as they are, whatever else is set up there."""
    ours = logging.getLogger("ocr_integration")
    ours.handlers = [logging.StreamHandler(sys.stderr)]
    ours.setLevel(logging.INFO)
    ours.propagate = False
