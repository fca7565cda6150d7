"""A reviewer's value beside the read one, which stays; the checks run again on it."""

from __future__ import annotations

import uuid
from datetime import datetime

from kyc_portal import audit
from kyc_portal.accounts.models import User
from kyc_portal.audit import Actor
from kyc_portal.sealing.values import seal_json
from kyc_portal.submissions import evidence
from kyc_portal.submissions.deciding import claims
from kyc_portal.submissions.deciding.held import require_held
from kyc_portal.submissions.errors import IncompleteError, NotAllowedError, TooLateError
from kyc_portal.submissions.models import FieldCorrection, Reading, Submission
from kyc_portal.submissions.states import State


def correct(
    *,
    submission: Submission,
    reviewer: User,
    reading: Reading,
    field_name: str,
    value: str,
    reason: str,
    version_seen: int,
    actor: Actor,
    now: datetime,
) -> FieldCorrection:
    """Put a value beside the read one, which stays; the checks run again on it.

    Raises what `require_held` raises, IncompleteError without a reason, and TooLateError while a proposal waits: a
    second person decides on the evidence it was made on, or returns the case.
    """
    claims.require_reviewer(reviewer)
    if not reason.strip():
        raise IncompleteError("reason")
    correction_id = uuid.uuid4()
    with audit.acting(actor):
        blob = seal_json(
            submission.customer_id,
            table="field_correction",
            column="value_sealed",
            row_id=correction_id,
            value={"value": value.strip(), "reason": reason.strip()},
        )
        locked = require_held(submission, reviewer, version_seen, now)
        if locked.state != State.TO_REVIEW:
            raise TooLateError("a proposal stands on what was read and corrected before it")
        if field_name not in evidence.open_fields(reading) or reading.submission_id != locked.pk:
            raise NotAllowedError("no such field here")
        correction = FieldCorrection.objects.create(
            id=correction_id,
            reading=reading,
            submission=locked,
            customer_id=locked.customer_id,
            field=field_name,
            value_sealed=blob,
            corrected_by=reviewer,
            corrected_at=now,
        )
        Submission.objects.filter(pk=locked.pk).update(version=locked.version + 1)
        locked.refresh_from_db()
        evidence.weigh(locked, now=now)
        audit.record(
            "field.corrected",
            object_type="submissions.reading",
            object_id=str(reading.pk),
            subject=locked.customer_id,
            details={"field": field_name, "submission": str(locked.pk)},
        )
    return correction
