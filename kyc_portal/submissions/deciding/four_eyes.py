"""What the policy asks of one case before a decision, and the random share that takes a second person all the same.

The draw is a pure function of a recorded seed, so that anybody with the decision can do it again: docs/policy.md.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from kyc_portal.submissions import evidence, policies, policy
from kyc_portal.submissions.models import Check, Decision, Submission
from kyc_portal.submissions.policy import Policy, Ruling


def ruling(submission: Submission, checks: Iterable[Check] | None = None) -> Ruling:
    """What the case's own policy asks of its codes and of its newest checks, which are fetched where not given."""
    newest = evidence.current_checks([submission])[submission.pk] if checks is None else checks
    found = [(check.rule, check.result) for check in newest]
    return policies.of(submission).rule(policy.signals_of(submission.codes, found))


def two_people_because(submission: Submission, asked: Ruling) -> tuple[str, ...]:
    """Why two people decide, as far as it is known before the draw; empty where one does."""
    reopened = (policy.REOPENED,) if submission.reopened_decision_id is not None else ()
    return asked.two_people_because + reopened


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw for a second person: its seed (hex), and whether it hit. No share in the policy: no seed."""

    seed: str
    is_hit: bool


def draw(submission: Submission, held: Policy) -> Draw:
    """Draw this case. The first seed stays with the case, so that taking a decision back draws no better one."""
    if not held.second_person_percent:
        return Draw("", False)
    earlier = Decision.objects.filter(submission=submission).exclude(draw_seed="").order_by("decided_at").first()
    seed = earlier.draw_seed if earlier else secrets.token_hex(16)
    return Draw(seed, is_drawn(seed, submission.reference, held.version, percent=held.second_person_percent))


def is_drawn(seed: str, *words: str, percent: int) -> bool:
    """Whether a seed draws these words: HMAC-SHA-256, its first eight bytes as a share of their range."""
    return share_of(seed, words) * 100 < percent


def share_of(seed: str, words: Iterable[str]) -> float:
    """Where the draw falls, 0 to 1."""
    digest = hmac.new(bytes.fromhex(seed), "|".join(words).encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8]) / 2**64


def in_words(because: Iterable[str]) -> str:
    """Why two people decide, as a page says it."""
    return ", ".join(policy.words(each) for each in because)
