"""Which submissions a list holds: a filter, as it is typed, stored and asked of the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Max, QuerySet

from kyc_portal.submissions.clocks.working_time import HONG_KONG
from kyc_portal.submissions.models import Submission


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter; what is empty does not narrow. The days are Hong Kong's, both counted in, of `received_at`."""

    state: str = ""
    code: int | None = None
    permit_type: str = ""
    received_from: str = ""
    received_to: str = ""

    def as_json(self) -> dict[str, Any]:
        """What narrows, for the row and the log."""
        return {name: value for name, value in asdict(self).items() if value not in ("", None)}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Wanted:
        """The filter of a stored export."""
        return cls(**stored)

    def rows(self) -> QuerySet[Submission]:
        """What matches now."""
        found = Submission.objects.all()
        if self.state:
            found = found.filter(state=self.state)
        if self.code is not None:
            found = found.filter(codes__contains=[self.code])
        if self.permit_type:
            found = found.filter(permit_type=self.permit_type)
        if self.received_from:
            found = found.filter(received_at__gte=_midnight(self.received_from))
        if self.received_to:
            found = found.filter(received_at__lt=_midnight(self.received_to) + timedelta(days=1))
        return found


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), HONG_KONG)


def newest_key() -> int:
    """The key of the newest submission: an export goes no further than what was there when it began."""
    return Submission.objects.aggregate(newest=Max("number"))["newest"] or 0
