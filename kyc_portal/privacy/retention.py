"""How long what is kept: presets with their sources, each customer's clock, and what is due.

An approved customer's clock starts when the business says that the relationship ended, and stops again when they come
back and are approved anew; others' starts when their last submission ended. Nothing here removes anything: `erasure`
does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kyc_portal import audit
from kyc_portal.accounts.models import Customer, User
from kyc_portal.privacy.models import Erasure, Hold, RelationshipEnd
from kyc_portal.submissions.models import Decision, DecisionStage, Submission
from kyc_portal.submissions.reasons import Outcome
from kyc_portal.submissions.states import ENDS, State

HONG_KONG = ZoneInfo("Asia/Hong_Kong")


class BeforeItBeganError(Exception):
    """A relationship does not end before the approval that began it."""


@dataclass(frozen=True, slots=True)
class Preset:
    """How long each class of customer is kept, and who says so."""

    key: str
    approved: relativedelta
    refused: relativedelta
    abandoned: relativedelta
    source: Promise


_REFUSED, _ABANDONED = relativedelta(years=1), relativedelta(months=6)
PRESETS = {
    each.key: each
    for each in (
        Preset(
            "hk",
            relativedelta(years=5),
            _REFUSED,
            _ABANDONED,
            _("Hong Kong: Cap. 615, Schedule 2, section 20: five years after the relationship ended"),
        ),
        Preset(
            "mainland",
            relativedelta(years=10),
            _REFUSED,
            _ABANDONED,
            _("Mainland: Anti-Money Laundering Law of 2024, article 34: ten years after the relationship ended"),
        ),
        Preset(
            "fatf",
            relativedelta(years=5),
            _REFUSED,
            _ABANDONED,
            _("FATF Recommendation 11: at least five years after the relationship ended"),
        ),
    )
}
# Adding a span to a date and taking it from another differ by the length of a month, and dates by the time zone.
_SLACK = relativedelta(days=4)
_APPROVED = (State.APPROVED, State.LAPSED)
_KINDS: dict[str, Promise] = {
    "open": _("Not finished"),
    "approved": _("Approved"),
    "refused": _("Refused"),
    "abandoned": _("Abandoned or withdrawn"),
}


@dataclass(frozen=True, slots=True)
class Clock:
    """One customer's retention. `due_on` is None while it has not started; then `waits_for` says what it waits for."""

    customer: Customer
    kind: str
    started_on: date | None
    due_on: date | None
    is_held: bool
    waits_for: str = ""

    @property
    def kind_name(self) -> Promise:
        """The class, for people."""
        return _KINDS[self.kind]

    def is_due(self, today: date) -> bool:
        return self.due_on is not None and self.due_on <= today and not self.is_held


def today(now: datetime) -> date:
    """The day in Hong Kong."""
    return now.astimezone(HONG_KONG).date()


def preset() -> Preset:
    """The preset the business runs under."""
    return PRESETS[settings.RETENTION_PRESET]


def was_approved(customer: Customer) -> bool:
    """Whether there was a relationship: any approval that took effect, whatever became of it when it was reopened."""
    approved = Decision.objects.filter(customer=customer, outcome=Outcome.APPROVE, stage=DecisionStage.FINAL)
    return approved.exists() or Submission.objects.filter(customer=customer, state__in=_APPROVED).exists()


def began_at(customer: Customer) -> datetime | None:
    """When the newest approval took effect: since then there is a relationship, until its end is said."""
    approved = Decision.objects.filter(customer=customer, outcome=Outcome.APPROVE, stage=DecisionStage.FINAL)
    return approved.aggregate(at=Max("final_at"))["at"]


def ended_on(customer: Customer) -> date | None:
    """When the relationship ended; None while it goes on, also for somebody who came back after an earlier end."""
    end, began = RelationshipEnd.objects.filter(customer=customer).first(), began_at(customer)
    return None if end is None or (began and end.ended_on < today(began)) else end.ended_on


def clock(customer: Customer) -> Clock:
    """Where one customer's retention stands."""
    rules = preset()
    submissions = Submission.objects.filter(customer=customer)
    held = Hold.objects.filter(customer=customer, lifted_at__isnull=True).exists()
    if submissions.exclude(state__in=sorted(ENDS)).exists():
        return Clock(customer, "open", None, None, held, "open")
    if was_approved(customer):
        ended = ended_on(customer)
        if ended is None:
            return Clock(customer, "approved", None, None, held, "relationship")
        due = ended + rules.approved
        others = submissions.exclude(state__in=_APPROVED)
        if others.exists():  # refused or given up since: kept for its own time too
            due = max(due, _of_the_others(others, customer, rules)[1])
        return Clock(customer, "approved", ended, due, held)
    started, due, kind = _of_the_others(submissions, customer, rules)
    return Clock(customer, kind, started, due, held)


def _of_the_others(submissions: QuerySet[Submission], customer: Customer, rules: Preset) -> tuple[date, date, str]:
    """(when the last of these ended, until when they are kept, as which class)."""
    started = today(submissions.aggregate(at=Max("state_since"))["at"] or customer.created_at)
    refused = submissions.filter(state=State.REJECTED).exists()
    return started, started + (rules.refused if refused else rules.abandoned), "refused" if refused else "abandoned"


def due(today: date) -> Iterator[Clock]:
    """Everybody whose time is over, by key range; the held are given too, with `is_held`."""
    last = None
    while True:
        page = _candidates(today).select_related("user").order_by("pk")
        if last is not None:
            page = page.filter(pk__gt=last)
        customers = list(page[:500])
        for customer in customers:
            found = clock(customer)
            if found.due_on is not None and found.due_on <= today:
                yield found
        if len(customers) < 500:
            return
        last = customers[-1].pk


def _candidates(today: date) -> QuerySet[Customer]:
    """Customers whose time may be over: all who are due and few others, so that `clock` is asked for those only."""
    rules, own = preset(), {"customer": OuterRef("pk")}
    open_ones = Submission.objects.filter(**own).exclude(state__in=sorted(ENDS))
    approved = Submission.objects.filter(**own, state__in=_APPROVED)
    ended = RelationshipEnd.objects.filter(**own, ended_on__lte=today - rules.approved + _SLACK)
    old = today - min(rules.refused, rules.abandoned, key=lambda span: today + span) + _SLACK
    ever = Submission.objects.filter(**own)
    young = Submission.objects.filter(**own, state_since__date__gt=old)
    return Customer.objects.filter(
        ~Exists(Erasure.objects.filter(**own)),
        ~Exists(open_ones),
        Exists(ended) | (~Exists(approved) & ~Exists(young) & (Exists(ever) | Q(created_at__date__lte=old))),
    )


def end_relationship(*, customer: Customer, ended_on: date, by: User, now: datetime) -> RelationshipEnd:
    """Say when the relationship ended; a later word replaces an earlier one, and both stand in the log.

    Raises BeforeItBeganError for a day before the newest approval.
    """
    began = began_at(customer)
    if began and ended_on < today(began):
        raise BeforeItBeganError
    with audit.acting(by.actor):
        made, _is_new = RelationshipEnd.objects.update_or_create(
            customer=customer, defaults={"ended_on": ended_on, "said_by": by, "said_at": now}
        )
        audit.record(
            "relationship.ended",
            object_type="accounts.customer",
            object_id=str(customer.pk),
            subject=customer.id,
            details={"on": ended_on.isoformat()},
        )
    return made
