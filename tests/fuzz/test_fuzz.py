"""The first few hundred mutants, as on every machine; `make fuzz` sends five thousand of each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fuzz import images, run
from tests.ocr_integration.served import Served, serving


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with serving(*run.OPTIONS, **run.ENVIRONMENT) as running:
        yield running


def test_mutants_are_the_same_each_time_and_none_like_another() -> None:
    made = [images.mutant(number) for number in range(60)]
    assert made == [images.mutant(number) for number in range(60)]
    assert len(set(made)) > 50


@pytest.mark.parametrize(("act", "many"), [(run.calls, 200), (run.pictures, 300)], ids=["requests", "pictures"])
def test_no_mutant_is_a_fault_of_the_server(server: Served, act, many: int) -> None:
    workers = server.workers()
    report = act(server, range(many))
    assert report.faults == []
    assert len(report.answers) > 2
    assert server.workers() == workers
