"""The sweep: finds every row that waits for nothing any more and wakes or moves it. Bounded, safe to run twice.

A row that cannot be moved is set apart (`rounds`): it never keeps another one waiting.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Q

from kyc_portal import audit
from kyc_portal.audit import Actor
from kyc_portal.submissions import evidence, notices, nudges, operators, policies, policy_versions
from kyc_portal.submissions.clocks import clock
from kyc_portal.submissions.clocks.working_time import HONG_KONG
from kyc_portal.submissions.deciding import second_person, taking_effect
from kyc_portal.submissions.errors import TooLateError
from kyc_portal.submissions.models import Decision, DecisionStage, Notice, NoticeKind, Scan, Submission
from kyc_portal.submissions.moves import move
from kyc_portal.submissions.reading_service import breaker, telling_of_stops, warning_service
from kyc_portal.submissions.rounds import Round
from kyc_portal.submissions.states import ScanState, State

log = logging.getLogger(__name__)

BATCH = 200
# A scan that was just nudged is left alone this long, so that a backlog is not nudged twelve times a minute.
NUDGED_FOR_SECONDS = 15


def sweep(*, actor: Actor, now: datetime) -> None:
    """One round of everything. Raises RoundFailedError at its end where something of it failed."""
    this = Round()
    parts: dict[str, Callable[[], object]] = {
        "wake_scans": lambda: wake_scans(now=now),
        "finish_decisions": lambda: finish_decisions(actor=actor, now=now, this=this),
        "tell_customers": lambda: tell_customers(now=now),
        "confirm_overdue": lambda: confirm_overdue(actor=actor, now=now, this=this),
        "abandon": lambda: abandon(actor=actor, now=now, this=this),
        "unpark": lambda: unpark(actor=actor, now=now, this=this),
        "lapse": lambda: lapse(actor=actor, now=now, this=this),
        "mark_stuck": lambda: mark_stuck(actor=actor, now=now, this=this),
        "tell_of_stops": lambda: telling_of_stops.tell_operators(actor=actor),
        "look_at_the_warnings": lambda: warning_service.look(actor=actor, now=now),
        "tell_of_second_person": lambda: second_person.tell_operators(actor=actor),
        "tell_of_policies": lambda: policy_versions.tell_administrators(actor=actor),
    }
    for name, part in parts.items():
        with this.apart(name):
            part()
    this.end()


def wake_scans(*, now: datetime) -> None:
    """Scans that are due or whose reader is gone. While a person holds all calls, what is known as delayed rests."""
    due = Q(state=ScanState.DUE) & (Q(next_try_at__isnull=True) | Q(next_try_at__lte=now))
    if breaker.is_held():
        due &= Q(delayed_since__isnull=True)
    lost = Q(state=ScanState.READING, lease_until__lte=now)
    # What was withdrawn or ended meanwhile keeps its scans as they were: nobody waits for them.
    waiting = Q(submission__state__in=(State.RECEIVED, State.READING))
    ids = Scan.objects.filter(due | lost, waiting).order_by("next_try_at").values_list("id", flat=True)[:BATCH]
    nudges.read(str(scan_id) for scan_id in ids if cache.add(f"nudged:{scan_id}", 1, NUDGED_FOR_SECONDS))


def finish_decisions(*, actor: Actor, now: datetime, this: Round) -> None:
    """Decisions whose undo window is over and whose message was lost."""
    for decision in Decision.objects.filter(stage=DecisionStage.WINDOW, window_ends_at__lte=now)[:BATCH]:
        with this.apart("finish_decisions", row=decision.pk):
            taking_effect.finish(decision=decision, actor=actor, now=now)


def tell_customers(*, now: datetime) -> None:
    """Notices still owed half a minute after they came to be."""
    owed = Notice.objects.filter(sent_at__isnull=True, created_at__lt=now - timedelta(seconds=30))
    free = owed.filter(Q(sending_until__isnull=True) | Q(sending_until__lt=now))
    for notice_id in free.values_list("id", flat=True)[:BATCH]:
        nudges.tell(str(notice_id))


def _each(
    origin: State,
    *,
    actor: Actor,
    now: datetime,
    this: Round,
    to: State,
    action: str,
    condition: Q,
    changes: Callable[[Submission], dict[str, Any]] = lambda submission: {},
    tells: NoticeKind | None = None,
) -> None:
    """Move every submission of a state that meets a condition, each in its own transaction; `tells` the customer so."""
    for submission in Submission.objects.filter(condition, state=origin)[:BATCH]:
        # Somebody may have moved it in between, which is fine.
        with this.apart(action, row=submission.pk), suppress(TooLateError), audit.acting(actor):
            version = submission.version + 1
            move(submission, origin=origin, to=to, now=now, version=version, **changes(submission))
            if to == State.TO_REVIEW:
                evidence.weigh(submission, now=now)
            if tells is not None:
                notices.owe(submission=submission, kind=tells, now=now)
            audit.record(
                action,
                object_type="submissions.submission",
                object_id=str(submission.pk),
                subject=submission.customer_id,
            )


def _older(now: datetime, spans: Mapping[str, timedelta]) -> Q:
    """Rows that have stood longer than the policy they opened under allows; one condition for each span."""
    alike: dict[timedelta, list[str]] = {}
    for version, span in spans.items():
        alike.setdefault(span, []).append(version)
    found = Q()
    for span, versions in alike.items():
        found |= Q(policy_version__in=versions, state_since__lte=now - span)
    return found


def confirm_overdue(*, actor: Actor, now: datetime, this: Round) -> None:
    """The customer did not answer in time: a person goes on, and the case says "not confirmed"."""
    _each(
        State.CONFIRMING,
        actor=actor,
        now=now,
        this=this,
        to=State.TO_REVIEW,
        action="submission.not_confirmed",
        condition=_older(now, {each.version: each.confirm_within for each in policies.published()}),
        changes=lambda submission: {"waiting_since": clock.resumed(submission, now), "not_confirmed": True},
    )


def abandon(*, actor: Actor, now: datetime, this: Round) -> None:
    """Nothing was sent in for as long as the policy waits, thirty days at first."""
    for origin in (State.COLLECTING, State.ASKED_AGAIN):
        _each(
            origin,
            actor=actor,
            now=now,
            this=this,
            to=State.ABANDONED,
            action="submission.abandoned",
            condition=_older(now, {each.version: each.abandon_after for each in policies.published()}),
        )


def unpark(*, actor: Actor, now: datetime, this: Round) -> None:
    """Parked cases come back by themselves; their wait goes on."""
    _each(
        State.PARKED,
        actor=actor,
        now=now,
        this=this,
        to=State.TO_REVIEW,
        action="submission.unparked",
        condition=Q(parked_until__lte=now),
        changes=lambda submission: {"parked_until": None},
    )


def lapse(*, actor: Actor, now: datetime, this: Round) -> None:
    """An approved permit has run out, by the calendar of Hong Kong; its customer is told."""
    _each(
        State.APPROVED,
        actor=actor,
        now=now,
        this=this,
        to=State.LAPSED,
        action="submission.lapsed",
        condition=Q(expires_on__lt=now.astimezone(HONG_KONG).date()),
        tells=NoticeKind.LAPSED,
    )


def mark_stuck(*, actor: Actor, now: datetime, this: Round) -> None:
    """A delay of a day is an alarm for people, never the customer's fault."""
    stuck_after = policies.in_force().stuck_after
    late = Submission.objects.filter(
        state__in=[State.RECEIVED, State.READING], delayed_since__lte=now - stuck_after, is_stuck=False
    )
    marked = 0
    for submission in late[:BATCH]:
        with this.apart("mark_stuck", row=submission.pk), audit.acting(actor):
            if Submission.objects.filter(pk=submission.pk, is_stuck=False).update(is_stuck=True):
                marked += 1
                log.error("submission_stuck", extra={"submission": str(submission.pk)})
                audit.record(
                    "submission.stuck",
                    object_type="submissions.submission",
                    object_id=str(submission.pk),
                    subject=submission.customer_id,
                )
    if marked:
        operators.tell(
            "Submissions have waited a day for their reading",
            f"{marked} more could not be read within {stuck_after}. They are tried again whenever\n"
            "calls are made, and none is lost. The page Reading service says why each of them waits.",
        )
