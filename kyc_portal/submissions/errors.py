"""What a writer refuses, split by what the caller does about it.

SubmissionError
├── NotAllowedError        a forged request or a bug: 404 or 403
│   └── NotHeldError       the lease ran out or went to another: told kindly, 409
├── TooLateError           somebody was first: told kindly
│   ├── StaleError         the evidence changed while the reviewer was reading: 409
│   └── ProbeRefusedError   no probe can be sent now; says why
├── CallsStoppedError      calls to the reading service are stopped or held: nothing can be tried now
├── PictureRefusedError    the customer takes another picture; says which fault
└── IncompleteError        something is missing first; says what
"""

from __future__ import annotations


class SubmissionError(Exception):
    """A writer refused."""


class NotAllowedError(SubmissionError):
    """This person may not do this here."""


class NotHeldError(NotAllowedError):
    """The case is not in this person's hands, or not any more: its lease ran out or somebody else took it."""


class TooLateError(SubmissionError):
    """The row moved on before this act reached it."""


class StaleError(TooLateError):
    """The decision was made on an older version; `seen` and `now` are versions of the evidence."""

    def __init__(self, *, seen: int, now: int) -> None:
        super().__init__(f"version {seen} was seen, it is now {now}")
        self.seen = seen
        self.now = now


class ProbeRefusedError(TooLateError):
    """No probe can be sent now; `reason` is "made" (calls are made anyway), "held", or "under_way"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CallsStoppedError(SubmissionError):
    """Calls to the reading service are stopped or held; what waits keeps its time."""


class PictureRefusedError(SubmissionError):
    """The picture cannot be taken as it is; `fault` is the code whose text the customer reads."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


class IncompleteError(SubmissionError):
    """Something is missing first; `missing` names it ("front", "back", "side", "reason", "pictures_seen")."""

    def __init__(self, missing: str) -> None:
        super().__init__(missing)
        self.missing = missing
