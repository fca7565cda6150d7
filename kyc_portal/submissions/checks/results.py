"""What a rule may answer. "Not checked" is its own state and never looks clean."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Result(StrEnum):
    """Pass, fail or not checked; `warn` passes with a remark and counts no points."""

    PASS = "pass"  # noqa: S105 - a result, no password
    FAIL = "fail"
    NOT_CHECKED = "not_checked"
    WARN = "warn"

    @property
    def label(self) -> Promise:
        return _LABELS[self]


_LABELS: dict[Result, Promise] = {
    Result.PASS: _("Pass"),
    Result.FAIL: _("Fail"),
    Result.NOT_CHECKED: _("Not checked"),
    Result.WARN: _("Warn only"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's answer. `reason` is a key of `words.SENTENCES`; `points` count only when it failed."""

    rule: str
    result: Result
    reason: str
    points: int = 0
