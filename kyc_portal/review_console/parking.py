"""Until when a case can be put aside: some hours, or the morning of a day the desk works."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from kyc_portal.submissions.clocks import desk


class Until(TextChoices):
    """What a reviewer chooses."""

    HOURS = "hours", _("In three hours")
    MORNING = "morning", _("The next morning the desk works")
    WEEK = "week", _("In a week, in the morning")


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice with its digit and the instant it means now."""

    digit: int
    value: str
    label: str
    until: datetime


def until(chosen: str, *, now: datetime) -> datetime:
    """The instant a choice means."""
    if chosen == Until.HOURS:
        return now + timedelta(hours=3)
    return desk.morning_after(now if chosen == Until.MORNING else now + timedelta(days=6))


def choices(*, now: datetime) -> list[Choice]:
    """Every choice, by its digit."""
    return [
        Choice(digit, value, str(label), until(value, now=now)) for digit, (value, label) in enumerate(Until.choices, 1)
    ]
