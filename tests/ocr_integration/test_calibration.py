"""The measured curve behind each confidence, and that the documents show the one in force."""

from __future__ import annotations

import ast
import json
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

import pytest

from ocr_integration.engine import thresholds
from ocr_integration.engine.calibration import CURVES, MADE_BY, Bin
from tests.bench.calibration import (
    DOCS,
    MODULE,
    Observation,
    curve,
    curves,
    documented,
    kept_in,
    module,
    run_of,
    tables,
)


def test_the_engine_s_document_shows_the_curve_in_force() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert documented(text, CURVES, MADE_BY) == text


def test_the_curve_in_force_is_written_as_the_command_writes_it() -> None:
    assert ast.dump(ast.parse(module(CURVES, MADE_BY))) == ast.dump(ast.parse(MODULE.read_text(encoding="utf-8")))


def test_what_is_reported_from_the_threshold_on_was_wrong_in_less_than_two_of_a_thousand() -> None:
    kept = [bin for bins in CURVES.values() for bin in bins if bin.share >= thresholds.MIN_CONFIDENCE]
    reported = sum(bin.all for bin in kept)
    assert reported > 2000
    assert sum(bin.all - bin.right for bin in kept) <= 0.002 * reported


def test_neighbouring_bins_are_pooled_until_shares_rise_with_the_scores() -> None:
    seen = [Observation("NAME AGREED", 0.6, right=True)] * 9 + [Observation("NAME AGREED", 0.75, right=False)]
    assert curve([*seen, *[Observation("NAME AGREED", 0.99, right=True)] * 50]) == (Bin(0.5, 9, 10), Bin(0.99, 50, 50))


def test_each_kind_of_evidence_has_a_curve_of_its_own_and_the_tables_count_all() -> None:
    measured = curves(
        [Observation("NAME AGREED", 1.0, right=True)] * 98 + [Observation("CHOICE ALONE", 1.0, right=False)] * 2
    )
    assert set(measured) == {"NAME AGREED", "CHOICE ALONE"}
    assert "| name agreed | 0.99 | 98 / 98 | 0.9900 |" in tables(measured)
    assert "| 0.00 | 100 of 100 | 2 (2.00%) |" in tables(measured)
    assert "| 0.99 | 98 of 100 | 0 (0.00%) |" in tables(measured)


@pytest.mark.parametrize(("right", "all", "share"), [(0, 0, 0.5), (1, 1, 2 / 3), (99, 100, 100 / 102)])
def test_a_handful_of_lucky_values_proves_nothing(right: int, all: int, share: float) -> None:
    assert Bin(0.5, right, all).share == pytest.approx(share)


def test_parts_of_a_long_run_say_what_each_of_them_was(tmp_path: Path) -> None:
    runs = [
        Namespace(seeds="300-301", captures="table,hard", rare_names=False),
        Namespace(seeds="400", captures="flat", rare_names=True),
    ]
    seen = Observation("NAME AGREED", 0.6, right=True)
    paths = [tmp_path / "first", tmp_path / "second"]
    for path, run in zip(paths, runs, strict=True):
        path.write_text("\n".join(json.dumps(each) for each in ({"run": run_of(run)}, asdict(seen))))
    made_by, observations = kept_in(paths)
    assert made_by == "--seeds 300-301 --captures table,hard; --seeds 400 --captures flat --rare-names"
    assert observations == [seen, seen]
