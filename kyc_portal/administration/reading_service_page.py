"""What the page of the reading service shows: everything it knows, gathered once. Never the secret key, no person."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from kyc_portal.administration import call_chart
from kyc_portal.submissions import masks, ocr, policies
from kyc_portal.submissions.models import ProviderBreaker
from kyc_portal.submissions.reading_service import (
    breaker,
    budget,
    call_counts,
    causes,
    delayed_work,
    service_clock,
    trying_again,
    warning_service,
)
from kyc_portal.submissions.reading_service.breaker import Phase
from kyc_portal.submissions.reading_service.call_counts import Ending, Took
from kyc_portal.submissions.reading_service.causes import Cause
from kyc_portal.submissions.reading_service.delayed_work import Line
from kyc_portal.submissions.reading_service.service_clock import Clocks
from kyc_portal.submissions.reading_service.warning_service import Tested


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
class Warnings:
    """Whether the service tests for forgery: off since when, told when, and what the newest answers said."""

    off_since: datetime | None
    told_at: datetime | None
    lately: Tested


@dataclass(frozen=True, slots=True)
class Answers:
    """How calls of a span ended, in words, and how long answers took; `since` is the first hour that counts."""

    span: str
    since: datetime
    lines: Sequence[tuple[Ending, EndingWords]]
    took: Took | None

    @property
    def many(self) -> int:
        return sum(ending.many for ending, _words in self.lines)


@dataclass(frozen=True, slots=True)
class EndingWords:
    """A class of endings as people call it, who acts on it, and its shape."""

    label: Promise
    who_acts: Promise | str
    icon: str
    style: str


_ENDINGS: dict[str, EndingWords] = {
    call_counts.ANSWERED: EndingWords(_lazy("Read"), "–", "pass", "pass"),
    "customer": EndingWords(_lazy("Customer"), _lazy("customer, takes it again"), "warn", "warn"),
    "retry": EndingWords(_lazy("Retry"), _lazy("nobody, tried again"), "clock", "not_checked"),
    "throttle": EndingWords(_lazy("Throttle"), _lazy("nobody, the limiter"), "pause", "not_checked"),
    "config": EndingWords(_lazy("Config"), _lazy("administrator"), "system", "fail"),
    "defect": EndingWords(_lazy("Defect"), _lazy("developer, our bug"), "fail", "fail"),
}


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One delayed reading and its cause in words."""

    line: Line
    cause: Cause
    may_try: bool
    may_hand_over: bool


def gather(*, now: datetime, may_act: bool, span: str) -> dict[str, Any]:
    """Everything for the template; `span` is one of call_counts.SPANS."""
    row = breaker.standing()
    found = Breaker(breaker.phase_of(row, now=now), row, causes.cause_of(row.cause) if row and row.cause else None)
    work = delayed_work.delayed()
    calls_are_made = found.phase is Phase.CLOSED and not found.is_held
    return {
        "now": now,
        "breaker": found,
        "rules": _rules(),
        "account": account(now=now),
        "warnings": _warnings(row, now=now),
        "answers": _answers(span, now=now),
        "spans": list(call_counts.SPANS),
        "chart": call_chart.draw(call_counts.by_minute(now=now), limit=settings.OCR_CALLS_PER_SECOND),
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


def _warnings(row: ProviderBreaker | None, *, now: datetime) -> Warnings:
    since = row.warnings_off_since if row else None
    told_at = warning_service.told_at(since) if since else None
    return Warnings(since, told_at, warning_service.lately(now=now))


def _answers(span: str, *, now: datetime) -> Answers:
    length = call_counts.SPANS[span]
    return Answers(
        span=span,
        since=call_counts.first_hour(length, now=now),
        lines=[(each, _ENDINGS[each.kind]) for each in call_counts.endings(length, now=now)],
        took=call_counts.took(length, now=now),
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
