"""The five steps of an application as the customer sees them: what is done and when, what goes on, what comes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from kyc_portal.customer_site import words
from kyc_portal.submissions.customer_progress import Progress


class StepState(StrEnum):
    """How a step stands."""

    DONE = "done"
    NOW = "now"
    LATE = "late"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `at`: when it was done, or since when it is late, Hong Kong time; `more`: a line under its name."""

    number: int
    name: Promise | str
    state: StepState
    at: datetime | None = None
    more: Promise | str = ""


_NAMES = (
    ("received", _("Received")),
    ("reading", _("Reading")),
    ("confirm", _("Check your details")),
    ("in_review", _("In review")),
    ("decided", _("Decided")),
)
_USUALLY = {
    "reading": _("Usually under 20 seconds"),
    "in_review": _("Usually within one working day"),
    "decided": _("We e-mail you"),
}


def steps(progress: Progress, *, now: datetime) -> list[Step]:
    """All five, in their order."""
    submission = progress.submission
    done_at = {
        "received": submission.received_at,
        "reading": submission.read_at,
        "confirm": submission.confirmed_at,
        "decided": submission.decided_at,
    }
    names = [key for key, _name in _NAMES]
    # While reading is late the customer waits for it, whether or not a worker has it in hand just now.
    here = names.index("reading" if progress.is_delayed else progress.step)
    found = []
    for at, (key, name) in enumerate(_NAMES):
        state = StepState.DONE if at < here else StepState.NOW if at == here else StepState.AHEAD
        if at == here and (progress.is_delayed or progress.is_late_review):
            state = StepState.LATE
        found.append(
            Step(
                number=at + 1,
                name=_("Reading, delayed") if key == "reading" and state is StepState.LATE else name,
                state=state,
                at=submission.delayed_since if state is StepState.LATE else done_at.get(key) if at < here else None,
                more=_more(key, state, progress, now=now),
            )
        )
    return found


def _more(key: str, state: StepState, progress: Progress, *, now: datetime) -> Promise | str:
    if key == "received":
        return words.photos(progress.submission.needed_sides)
    if state is StepState.DONE:
        return ""
    if state is StepState.LATE and key == "reading":
        return tried(progress.tries, progress.next_try_at, now=now)
    if state is StepState.LATE and progress.first_in_line_at:
        at = date_format(timezone.localtime(progress.first_in_line_at), "DATETIME_FORMAT")
        return gettext("By %(at)s, Hong Kong time, it is first in line") % {"at": at}
    return "" if state is StepState.LATE else _USUALLY.get(key, "")


def tried(tries: int, next_at: datetime | None, *, now: datetime) -> str:
    """How often reading was tried, and when it is tried next, where anybody knows; another day is named."""
    said = ngettext("Tried once.", "Tried %(count)d times.", tries) % {"count": tries} if tries else ""
    if next_at is None:
        return said
    if next_at <= now:
        soon = gettext("We are trying now.")
        return f"{said} {soon}".strip()
    local = timezone.localtime(next_at)
    is_today = local.date() == timezone.localtime(now).date()
    at = date_format(local, "TIME_FORMAT" if is_today else "SHORT_DATETIME_FORMAT")
    soon = gettext("Next try at %(at)s, Hong Kong time") % {"at": at}
    return f"{said} {soon}".strip()
