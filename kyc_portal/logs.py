"""Log lines as JSON through structlog, with no personal value: only the message, ids and the kind of an error.

A traceback may quote values, so the type and place of an exception are written and never its text.
"""

from __future__ import annotations

import logging
import traceback
from typing import Any

import structlog

# What a plain LogRecord carries; everything else was passed as `extra` and is ours.
_PLAIN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "request", "data"}


class JsonFormatter(logging.Formatter):
    """One JSON object a line, with UTC time."""

    def __init__(self) -> None:
        super().__init__()
        self._render = structlog.processors.JSONRenderer(ensure_ascii=True)

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": structlog.processors.TimeStamper(fmt="iso", utc=True)(None, "", {})["timestamp"],
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        line |= {key: str(value) for key, value in record.__dict__.items() if key not in _PLAIN}
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["where"] = [
                f"{frame.filename}:{frame.lineno}:{frame.name}"
                for frame in traceback.extract_tb(record.exc_info[2])[-6:]
            ]
        return str(self._render(None, "", line))
