"""What a person looks at of a case, recorded in the audit log and told from it."""

from __future__ import annotations

from kyc_portal import audit
from kyc_portal.audit import Actor
from kyc_portal.audit import queries as audit_queries
from kyc_portal.submissions import evidence
from kyc_portal.submissions.models import Submission


def record_opening(submission: Submission) -> None:
    """The act "somebody opened this case"; inside the caller's `acting`."""
    audit.record(
        "case.opened",
        object_type="submissions.submission",
        object_id=str(submission.pk),
        subject=submission.customer_id,
    )


def unseen_scans(submission: Submission, actor: Actor) -> list[str]:
    """Sides whose standing picture this person has not seen, or that have none; approving waits for them."""
    standing = evidence.standing_scans(submission)
    seen = audit_queries.viewed_by(actor, [scan.pk for scan in standing.values()])
    return [side for side in submission.needed_sides if side not in standing or standing[side].pk not in seen]
