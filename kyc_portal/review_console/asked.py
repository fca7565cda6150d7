"""What the policy asks of a decision, in the words of a page."""

from __future__ import annotations

from typing import Any

from kyc_portal.submissions import four_eyes
from kyc_portal.submissions.models import Submission


def asked_of(submission: Submission) -> dict[str, Any]:
    """What the policy asks of a decision, in words."""
    asked = four_eyes.ruling(submission)
    because = four_eyes.two_people_because(submission, asked)
    return {
        "needs_second": bool(because),
        "second_because": four_eyes.in_words(because),
        "note_because": four_eyes.in_words(asked.note_because),
        "no_approval_because": four_eyes.in_words(asked.no_approval_because),
    }
