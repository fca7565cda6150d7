"""The outcome that waits for another person, and who has proposed on the way to it."""

from __future__ import annotations

from kyc_portal.accounts.models import User
from kyc_portal.submissions.errors import NotAllowedError
from kyc_portal.submissions.models import Decision, DecisionStage, Submission


def open_proposal(submission: Submission) -> Decision | None:
    """The proposal another person is to decide."""
    return Decision.objects.filter(submission=submission, stage=DecisionStage.PROPOSED).first()


def proposers(proposal: Decision) -> set[int]:
    """Who proposed it, and what it was proposed instead of; none of them decides it."""
    found = {proposal.decided_by_id}
    if proposal.instead_of is not None:
        found |= proposers(proposal.instead_of)
    return found


def require_another(submission: Submission, reviewer: User) -> None:
    """Raises NotAllowedError to who proposed what waits for a second person: they neither decide it nor hold it."""
    proposal = open_proposal(submission)
    if proposal and reviewer.pk in proposers(proposal):
        raise NotAllowedError("somebody else decides your proposal")
