"""Checks as pages say them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kyc_portal.submissions.checks.results import Result
from kyc_portal.submissions.checks.words import SENTENCES, TITLES
from kyc_portal.submissions.models import Check


@dataclass(frozen=True, slots=True)
class ShownCheck:
    """A check in words."""

    result: str
    title: str
    label: str
    sentence: str
    points: int


def shown_check(check: Check) -> ShownCheck:
    return ShownCheck(
        check.result,
        str(TITLES[check.rule]),
        str(Result(check.result).label),
        str(SENTENCES[check.reason]),
        check.points,
    )


def shown_changes(changed: Sequence[tuple[Check | None, Check | None]]) -> list[tuple[str, str, str]]:
    """(what, what was seen, what stands now) of checks that answer anew."""
    return [(str(TITLES[known.rule]), _seen(old), _seen(new)) for old, new in changed if (known := new or old)]


def _seen(check: Check | None) -> str:
    return str(SENTENCES[check.reason]) if check else "–"
