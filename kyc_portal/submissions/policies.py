"""Which policy holds: the version a case opened under, and the version in force.

A published version never changes (the database refuses), so each process keeps what it has read. Which one is in
force is looked up again after two seconds: a publication reaches every process by then.
"""

from __future__ import annotations

import time

from kyc_portal.submissions import policy
from kyc_portal.submissions.models import PolicyStage, PolicyVersion, Submission
from kyc_portal.submissions.policy import Policy

_NEWEST_SECONDS = 2.0
_read: dict[str, Policy] = {}
_newest: list[tuple[float, str]] = []


def forget() -> None:
    """Read everything anew: after a publication in this process, and between tests."""
    _read.clear()
    _newest.clear()


def named(version: str) -> Policy:
    """A published version by its number."""
    found = _read.get(version)
    if found is None:
        row = PolicyVersion.objects.get(pk=int(version), stage=PolicyStage.PUBLISHED)
        found = _read[version] = policy.read(version, row.content)
    return found


def of(submission: Submission) -> Policy:
    """The version this case opened under."""
    return named(submission.policy_version)


def in_force() -> Policy:
    """The version new cases open under, and the queue as a whole runs by."""
    held = _newest[-1:]
    if held and held[0][0] > time.monotonic():
        return named(held[0][1])
    version = str(standing().pk)
    _newest[:] = [(time.monotonic() + _NEWEST_SECONDS, version)]
    return named(version)


def standing() -> PolicyVersion:
    """The row of the version in force, read now."""
    return PolicyVersion.objects.filter(stage=PolicyStage.PUBLISHED).order_by("-pk")[:1].get()


def published() -> list[Policy]:
    """Every version a case may have opened under, oldest first."""
    numbers = PolicyVersion.objects.filter(stage=PolicyStage.PUBLISHED).order_by("pk").values_list("pk", flat=True)
    return [named(str(number)) for number in numbers]
