"""What hides rows of a lane: signals, permit, wait, holder, language, tag. A filter never changes the order.

Each is one condition on the submission's own row, so that a filtered lane is still a walk of the queue's indexes:
warning codes, permits and languages have indexes in queue order, the rest is looked at on the way (docs/queue.md).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from kyc_portal.accounts.models import User
from kyc_portal.submissions.clocks import desk
from kyc_portal.submissions.models import Submission

Narrow = Callable[[QuerySet[Submission]], QuerySet[Submission]]

# Working hours a case waits at least: a third of a day, a day, two days of the desk.
WAITED_HOURS = (3, 9, 18)


class Holder(TextChoices):
    """Who holds a case, seen from the person who asks."""

    MINE = "mine", _("Me")
    ANOTHER = "another", _("Another reviewer")
    NOBODY = "nobody", _("Nobody")
    OFFERED = "offered", _("Offered to me")


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked for; an empty value asks nothing. `warning` and `check` are signals as the policy names them."""

    warning: str = ""
    check: str = ""
    permit: str = ""
    waited: str = ""
    holder: str = ""
    language: str = ""
    tag: str = ""

    def narrow(self, *, reader: User, now: datetime) -> Narrow:
        """The filter of any lane, as this person sees it at this instant."""
        asked = self._conditions(reader, now)
        return lambda rows: rows.filter(asked)

    def _conditions(self, reader: User, now: datetime) -> Q:
        asked = Q()
        for signal in filter(None, (self.warning, self.check)):
            asked &= Q(signals__contains=[signal])
        if self.permit:
            asked &= Q(declared_type=self.permit)
        if self.language:
            asked &= Q(language=self.language)
        if self.tag:
            asked &= Q(tags__contains=[self.tag])
        if self.waited:
            asked &= Q(waiting_since__lte=desk.before(now, timedelta(hours=int(self.waited))))
        if self.holder == Holder.MINE:
            asked &= Q(claimed_by=reader, claimed_until__gt=now)
        elif self.holder == Holder.ANOTHER:
            asked &= Q(claimed_until__gt=now) & ~Q(claimed_by=reader)
        elif self.holder == Holder.NOBODY:
            asked &= Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
        elif self.holder == Holder.OFFERED:
            asked &= Q(offered_to=reader, offered_until__gt=now)
        return asked


def everything(rows: QuerySet[Submission]) -> QuerySet[Submission]:
    """No filter."""
    return rows
