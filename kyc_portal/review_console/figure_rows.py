"""The dashboard's tables as rows of a file: (table, row, column, number). Pure."""

from __future__ import annotations

from collections.abc import Iterator

from kyc_portal.review_console import charts
from kyc_portal.submissions.counts.days import Days
from kyc_portal.submissions.counts.figures import AGE_SPAN, Figures
from kyc_portal.submissions.counts.speed import Speed
from kyc_portal.submissions.warning_codes import MEANINGS, Severity

FigureRow = tuple[str, str, str, int]


def figure_rows(waits: Figures, past: Days, took: Speed) -> Iterator[FigureRow]:
    """Every number of the dashboard once."""
    for day in past.days:
        on = day.on.isoformat()
        for tier in reversed(Severity):
            yield "came to review", on, _words(tier), day.came.get(tier, 0)
        yield "decided", on, "in time", day.in_time
        yield "decided", on, "late", day.late
        yield "decided", on, "not known", day.untold
    for outcome, many in past.outcomes.items():
        yield "decided", "all days", str(outcome.label), many
    hours = int(AGE_SPAN.total_seconds() // 3600)
    for at, many in enumerate(waits.by_age):
        row = f"past {at * hours}" if at == len(waits.by_age) - 1 else f"{at * hours} to {(at + 1) * hours}"
        yield "waiting now, by working hours", row, "cases", many
    for tier, many in waits.by_severity.items():
        yield "waiting now, by gravest warning", _words(tier), "cases", many
    for label, outcome, many in past.reasons:
        yield "reasons", label, str(outcome.label), many
    for name, many in past.calls.items():
        yield "calls to the reading service", name, "calls", many
    yield "second review", "all days", "confirmed", past.confirmed
    yield "second review", "all days", "returned or decided otherwise", past.returned
    yield "second look", "all days", "same outcome", past.looks.agreed
    yield "second look", "all days", "another outcome", past.looks.differed
    yield "time to decide", "all days", "decisions timed", took.timed
    yield "time to decide", "all days", "median, seconds", round(took.median_seconds or 0)
    yield "time to decide", "all days", "fast", took.fast


def _words(tier: Severity) -> str:
    return str(charts.NO_CODE if tier is Severity.NONE else MEANINGS[tier].label)
