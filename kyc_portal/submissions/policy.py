"""The policy a submission is judged under, as one frozen value with a version.

A submission stores the version it opened under. Changing a number here means a new version.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ocr_integration.contract import PermitType


@dataclass(frozen=True, slots=True)
class Policy:
    """Durations are real time unless the name says working."""

    version: str
    allowed_types: frozenset[PermitType]
    asks_for_portrait: bool
    failed_pictures_per_side: int
    ocr_failed_tries: int
    rescue_after_working_hours: int
    claim: timedelta
    undo_window: timedelta
    confirm_within: timedelta
    abandon_after: timedelta
    stuck_after: timedelta
    expires_soon: timedelta
    second_person_codes: frozenset[int]


POLICY = Policy(
    version="1",
    allowed_types=frozenset({PermitType.HK_MACAO_RESIDENT, PermitType.TAIWAN_RESIDENT}),
    asks_for_portrait=False,
    failed_pictures_per_side=3,
    ocr_failed_tries=3,
    rescue_after_working_hours=24,
    claim=timedelta(minutes=10),
    undo_window=timedelta(seconds=10),
    confirm_within=timedelta(hours=48),
    abandon_after=timedelta(days=30),
    stuck_after=timedelta(hours=24),
    expires_soon=timedelta(days=90),
    second_person_codes=frozenset({-9104}),
)
