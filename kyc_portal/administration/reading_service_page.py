"""What the page of the reading service shows: everything it knows, gathered once. Never the secret key, no person."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from kyc_portal.submissions import (
    breaker,
    budget,
    causes,
    delayed_work,
    masks,
    ocr,
    policies,
    service_clock,
    trying_again,
)
from kyc_portal.submissions.breaker import Phase
from kyc_portal.submissions.causes import Cause
from kyc_portal.submissions.delayed_work import Line
from kyc_portal.submissions.models import ProviderBreaker
from kyc_portal.submissions.service_clock import Clocks


@dataclass(frozen=True, slots=True)
class Box:
    """One phase as a box: what it is called, since or until when, or what leads there."""

    phase: Phase
    detail: str
    icon: str
    is_present: bool


@dataclass(frozen=True, slots=True)
class Breaker:
    """The breaker's phase and a person's hold; `row` None while nothing ever stopped."""

    phase: Phase
    row: ProviderBreaker | None
    cause: Cause | None

    @property
    def is_held(self) -> bool:
        return self.row is not None and self.row.held_since is not None

    @property
    def boxes(self) -> list[Box]:
        """The three phases in their order; the present one is filled, none while a person holds all calls."""
        return [_box(phase, self) for phase in Phase]

    @property
    def may_probe(self) -> bool:
        return self.phase is Phase.OPEN and not self.is_held


@dataclass(frozen=True, slots=True)
class Account:
    """Whom we call, as whom, and how much of the day's calls is used; `budget` 0 where as many as come are made."""

    host: str
    provider: str
    region: str
    key_id: str
    rate: int
    charged: int
    budget: int
    clocks: Clocks

    @property
    def is_spent(self) -> bool:
        return bool(self.budget) and self.charged >= self.budget


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One delayed reading and its cause in words."""

    line: Line
    cause: Cause
    may_try: bool
    may_hand_over: bool


def gather(*, now: datetime, may_act: bool) -> dict[str, Any]:
    """Everything for the template."""
    row = breaker.standing()
    found = Breaker(breaker.phase_of(row, now=now), row, causes.cause_of(row.cause) if row and row.cause else None)
    work = delayed_work.delayed()
    calls_are_made = found.phase is Phase.CLOSED and not found.is_held
    return {
        "now": now,
        "breaker": found,
        "rules": _rules(),
        "account": account(now=now),
        "delayed": work,
        "lines": [_line(each, now=now, calls_are_made=calls_are_made) for each in work.lines],
        "codes": [(code, many, causes.cause_of(code)) for code, many in work.by_code],
        "movable": min(trying_again.movable(now).count(), trying_again.at_once()) if calls_are_made else 0,
        "calls_are_made": calls_are_made,
        "alarm_hours": int(policies.in_force().stuck_after / timedelta(hours=1)),
        "may_act": may_act,
    }


def account(*, now: datetime) -> Account:
    """The account as the settings and the day's counter have it."""
    return Account(
        host=urlsplit(settings.OCR_ENDPOINT).netloc.rpartition("@")[2] or settings.OCR_ENDPOINT,
        provider=settings.OCR_PROVIDER,
        region=settings.OCR_REGION_NAME,
        key_id=masks.key_id(settings.OCR_SECRET_ID),
        rate=settings.OCR_CALLS_PER_SECOND,
        charged=budget.charged(now=now),
        budget=settings.OCR_CALLS_PER_DAY,
        clocks=service_clock.compare(),
    )


def etag(shown: Mapping[str, Any], *, language: str) -> str:
    """Changes when anything the page shows changes; ages count in minutes."""
    known = {name: value for name, value in shown.items() if name not in {"now", "account", "breaker"}}
    standing, whole = shown["breaker"], shown["account"]
    parts = [
        language,
        shown["now"].strftime("%H:%M"),
        standing.phase,
        _columns(standing.row),
        whole.charged,
        whole.clocks.service_at,
        sorted((name, repr(value)) for name, value in known.items()),
    ]
    return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'


_ICONS = {Phase.CLOSED: "pass", Phase.OPEN: "fail", Phase.PROBING: "clock"}


def _box(phase: Phase, standing: Breaker) -> Box:
    is_present = phase is standing.phase and not standing.is_held
    details = {Phase.CLOSED: _of_closed, Phase.OPEN: _of_open, Phase.PROBING: _of_probing}
    return Box(phase, details[phase](standing), _ICONS[phase], is_present)


def _of_closed(standing: Breaker) -> str:
    if standing.phase is not Phase.CLOSED:
        return _("after the first answer")
    if standing.is_held:
        return _("once they are let go on")
    if standing.row is None:
        return _("never stopped so far")
    return _("since %(at)s") % {"at": _at(standing.row.since, "j M, H:i")}


def _of_open(standing: Breaker) -> str:
    if standing.phase is Phase.OPEN and standing.row:
        return _("since %(at)s") % {"at": _at(standing.row.since, "j M, H:i")}
    return _("after %(faults)d faults in a row") % {"faults": breaker.FAULTS_THAT_STOP}


def _of_probing(standing: Breaker) -> str:
    row = standing.row
    if standing.phase is Phase.PROBING and row and row.probing_until:
        return _("until %(at)s at most") % {"at": _at(row.probing_until, "H:i:s")}
    if standing.may_probe and row and row.probe_at:
        return _("next at %(at)s") % {"at": _at(row.probe_at, "H:i:s")}
    return _("after %(first)d s of pause") % {"first": int(breaker.FIRST_PAUSE.total_seconds())}


def _at(instant: datetime, form: str) -> str:
    return date_format(timezone.localtime(instant), form)


def _columns(row: ProviderBreaker | None) -> list[Any]:
    return [] if row is None else [getattr(row, field.attname) for field in row._meta.concrete_fields]


def _rules() -> dict[str, int]:
    return {
        "faults": breaker.FAULTS_THAT_STOP,
        "first_seconds": int(breaker.FIRST_PAUSE.total_seconds()),
        "longest_minutes": int(breaker.LONGEST_PAUSE.total_seconds() // 60),
        "deadline_seconds": int(ocr.DEADLINE_SECONDS),
    }


def _line(line: Line, *, now: datetime, calls_are_made: bool) -> ShownLine:
    waits = not line.is_being_read and line.next_at is not None and line.next_at > now
    return ShownLine(
        line=line,
        cause=causes.cause_of(line.code),
        may_try=waits and calls_are_made,
        may_hand_over=line.is_stuck and not line.is_being_read,
    )
