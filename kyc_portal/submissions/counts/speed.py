"""How long decisions take, and runs of them too fast to have looked. A matter of evidence, never a ranking of people.

The time is from the claim to the press, of decisions that took effect; older ones know no claim and count nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Aggregate, Count, F, FloatField, Q

from kyc_portal.submissions.models import Decision, DecisionStage

# So many fast ones on end, by one person, are reported.
RUN_FROM = 3
SHOWN = 50


class _Median(Aggregate):
    """The middle of an ordered set."""

    function = "PERCENTILE_CONT"
    name = "median"
    output_field = FloatField()
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY EXTRACT(EPOCH FROM %(expressions)s))"


@dataclass(frozen=True, slots=True)
class Speed:
    """Of so many timed decisions: the median in seconds, and how many took less than the policy calls fast."""

    timed: int
    median_seconds: float | None
    fast: int

    @property
    def fast_percent(self) -> int | None:
        return round(100 * self.fast / self.timed) if self.timed else None

    @property
    def median_words(self) -> str:
        """2 m 48 s; a dash where nothing was timed."""
        if self.median_seconds is None:
            return "–"
        minutes, seconds = divmod(round(self.median_seconds), 60)
        return f"{minutes} m {seconds:02} s" if minutes else f"{seconds} s"


def of_decisions(since: datetime, *, fast: timedelta) -> Speed:
    """The speed of the decisions that took effect since an instant."""
    timed = Decision.objects.filter(stage=DecisionStage.FINAL, final_at__gte=since, held_since__isnull=False)
    took = timed.annotate(took=F("decided_at") - F("held_since"))
    found = took.aggregate(
        timed=Count("pk"),
        median=_Median("took"),
        fast=Count("pk", filter=Q(took__lt=fast)),
    )
    return Speed(found["timed"], found["median"], found["fast"])


@dataclass(frozen=True, slots=True)
class Run:
    """Fast decisions on end by one person, with the first and the last press and the shortest time."""

    reviewer: str
    many: int
    began_at: datetime
    ended_at: datetime
    shortest_seconds: float


_RUNS = """
WITH timed AS (
    SELECT decided_by_id, decided_at, decided_at - held_since AS took, decided_at - held_since < %(fast)s AS is_fast
    FROM submissions_decision
    WHERE stage = 'final' AND final_at >= %(since)s AND held_since IS NOT NULL
), islands AS (
    SELECT *, row_number() OVER (PARTITION BY decided_by_id ORDER BY decided_at)
            - row_number() OVER (PARTITION BY decided_by_id, is_fast ORDER BY decided_at) AS island
    FROM timed
)
SELECT person.display_name, count(*), min(decided_at), max(decided_at), extract(epoch FROM min(took))::float
FROM islands JOIN accounts_user person ON person.id = decided_by_id
WHERE is_fast
GROUP BY decided_by_id, person.display_name, island
HAVING count(*) >= %(least)s
ORDER BY max(decided_at) DESC LIMIT %(shown)s
"""


def fast_runs(since: datetime, *, fast: timedelta) -> list[Run]:
    """Runs of fast decisions that took effect since an instant, the newest first. A slow one in between ends a run."""
    with connection.cursor() as cursor:
        asked: dict[str, Any] = {"fast": fast, "since": since, "least": RUN_FROM, "shown": SHOWN}
        cursor.execute(_RUNS, asked)
        return [Run(*row) for row in cursor.fetchall()]
