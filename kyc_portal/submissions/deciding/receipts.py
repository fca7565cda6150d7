"""The evidence a decision was made on, as it is stored with the decision."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from kyc_portal.submissions import evidence
from kyc_portal.submissions.models import Check, FieldCorrection, Reading, Submission


def receipt_of(submission: Submission, checks: Iterable[Check]) -> dict[str, object]:
    """What the decision was made on: salted commitments to pictures, digests of sealed answers and corrections, codes,
    checks, versions.
    """
    sides = evidence.standing_scans(submission)
    readings = list(Reading.objects.filter(scan__in=list(sides.values())))
    corrections = FieldCorrection.objects.filter(reading__in=readings).order_by("corrected_at")
    return {
        "pictures": {side: bytes(scan.commitment).hex() for side, scan in sides.items()},
        "readings": {reading.side: hashlib.sha256(bytes(reading.fields_sealed)).hexdigest() for reading in readings},
        "corrections": {each.field: hashlib.sha256(bytes(each.value_sealed)).hexdigest() for each in corrections},
        "warnings": [str(code) for code in submission.codes],
        "checks": {check.rule: check.result for check in checks},
        "policy_version": submission.policy_version,
        "code_version": settings.CODE_VERSION,
    }


@dataclass(frozen=True, slots=True)
class Line:
    """One thing of a receipt, as it was and as it is; `part` is the receipt's key, `name` what of it."""

    part: str
    name: str
    then: str
    now: str

    @property
    def is_same(self) -> bool:
        return self.then == self.now


def compared(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Line]:
    """Two receipts line by line, in the order of the newer one; what a receipt was too old to hold is not compared."""
    lines = []
    for part in (key for key in now if key in then):
        old, new = _named(then[part]), _named(now[part])
        lines += [Line(part, name, old.get(name, ""), new.get(name, "")) for name in sorted({*old, *new})]
    return lines


def _named(value: object) -> dict[str, str]:
    if isinstance(value, Mapping):
        return {str(name): str(each) for name, each in value.items()}
    if isinstance(value, list):
        return {"": ", ".join(map(str, value))}
    return {"": str(value)}
