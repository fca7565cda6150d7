"""What a person has looked at of a case, told from the audit log."""

from __future__ import annotations

from kyc_portal.audit import Actor
from kyc_portal.audit import queries as audit_queries
from kyc_portal.submissions import evidence
from kyc_portal.submissions.models import Submission


def unseen_scans(submission: Submission, actor: Actor) -> list[str]:
    """Sides whose standing picture this person has not opened; approving waits for them."""
    return [
        side
        for side, scan in evidence.standing_scans(submission).items()
        if not audit_queries.has_viewed(actor, scan.id)
    ]
