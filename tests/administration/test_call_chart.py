"""Where the line of calls and the line of the limit lie; no database, no page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kyc_portal.administration import call_chart

FIRST = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)  # noon in Hong Kong


def minutes(*calls: int) -> list[tuple[datetime, int]]:
    return [(FIRST + timedelta(minutes=at), many) for at, many in enumerate(calls)]


def heights(chart: call_chart.CallChart) -> list[float]:
    return [float(point.split(",")[1]) for point in chart.line.split()]


def test_no_call_lies_on_the_floor_and_the_limit_on_its_line() -> None:
    chart = call_chart.draw(minutes(0, 1200), limit=20)
    assert heights(chart) == [call_chart.FLOOR, round(chart.limit_y, 1)]


@pytest.mark.parametrize("busiest", [0, 60, 1200, 6000])
def test_nothing_is_drawn_above_the_chart(busiest: int) -> None:
    chart = call_chart.draw(minutes(0, busiest, 0), limit=20)
    assert min([*heights(chart), chart.limit_y]) >= call_chart.TOP
    assert max(heights(chart)) <= call_chart.FLOOR


def test_the_line_reaches_from_edge_to_edge_and_time_goes_to_the_right() -> None:
    chart = call_chart.draw(minutes(*range(60)), limit=20)
    across = [float(point.split(",")[0]) for point in chart.line.split()]
    assert (across[0], across[-1]) == (call_chart.LEFT, call_chart.RIGHT)
    assert across == sorted(across)
    assert [label.words for label in chart.times] == ["12:00", "12:15", "12:30", "12:45", "12:59"]


def test_the_table_has_the_same_numbers() -> None:
    chart = call_chart.draw(minutes(30, 0), limit=20)
    assert [(calls, rate) for _minute, calls, rate in chart.rows] == [(30, 0.5), (0, 0.0)]
    assert (chart.calls, chart.busiest) == (30, 0.5)
