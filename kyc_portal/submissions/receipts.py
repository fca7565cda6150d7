"""The evidence a decision was made on, as it is stored with the decision."""

from __future__ import annotations

import hashlib

from django.conf import settings

from kyc_portal.submissions import evidence
from kyc_portal.submissions.models import Reading, Submission


def receipt_of(submission: Submission) -> dict[str, object]:
    """What the decision was made on: salted commitments to pictures, digests of sealed answers, checks, versions."""
    sides = evidence.standing_scans(submission)
    readings = Reading.objects.filter(scan__in=list(sides.values()))
    return {
        "pictures": {side: bytes(scan.commitment).hex() for side, scan in sides.items()},
        "readings": {reading.side: hashlib.sha256(bytes(reading.fields_sealed)).hexdigest() for reading in readings},
        "warnings": [str(code) for code in submission.codes],
        "checks": {
            check.rule: check.result for check in submission.checks.filter(version=submission.version).order_by("rule")
        },
        "policy_version": submission.policy_version,
        "code_version": settings.CODE_VERSION,
    }
