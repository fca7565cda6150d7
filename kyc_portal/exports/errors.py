"""What an export's writers refuse, split by what the caller does about it.

ExportError
├── RefusedError      the person asks for something else; says what
├── NotAllowedError   a forged request, or one's own approval: 403
├── TooLateError      somebody was first, or it has ended: told kindly
└── StoppedError      the worker's go is over: it was cancelled, or another worker has it
"""

from __future__ import annotations


class ExportError(Exception):
    """A writer refused."""


class RefusedError(ExportError):
    """The export cannot be made; `reason` is "purpose", "nothing", "too_many" or "busy"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotAllowedError(ExportError):
    """This person may not do this here."""


class TooLateError(ExportError):
    """The row moved on before this act reached it."""


class StoppedError(ExportError):
    """This go at the work is over, and what it wrote last does not count."""
