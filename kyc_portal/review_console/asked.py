"""What the policy asks of a decision, in the words of a page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kyc_portal.submissions.deciding import four_eyes
from kyc_portal.submissions.models import Check, Submission


def asked_of(submission: Submission, checks: Iterable[Check] | None = None) -> dict[str, Any]:
    """What the policy asks of a decision, in words; the newest checks are fetched where not given."""
    asked = four_eyes.ruling(submission, checks)
    because = four_eyes.two_people_because(submission, asked)
    return {
        "needs_second": bool(because),
        "second_because": four_eyes.in_words(because),
        "note_because": four_eyes.in_words(asked.note_because),
        "no_approval_because": four_eyes.in_words(asked.no_approval_because),
    }
