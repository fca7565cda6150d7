"""The accuracy report's own arithmetic, on outcomes made by hand, and one real picture from plan to sheet."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest
from PIL import Image

from ocr_integration.contract import BackFields, KnownWarning, PermitReading
from ocr_integration.engine import Engine
from ocr_integration.specimens import Capture, Forgery, Grade, SpecimenKind, captures_of
from tests.bench.accuracy import __main__ as report
from tests.bench.accuracy import tables
from tests.bench.accuracy.plan import CARDS, FULL, QUICK, REPORT_SEEDS, TUNING_SEEDS, Item, items
from tests.bench.accuracy.reading import read
from tests.bench.accuracy.scoring import BLANK, RIGHT, WRONG, Outcome, Sight, calibration, detection, tally, verdicts
from tests.bench.accuracy.worst import caption, save_sheet, worst

COPY, SCREEN, EDITED, UNTESTED = (int(code) for code in KnownWarning)
TRUTH = PermitReading(
    name="陈伟", sex="男", number="C12345678", type="往来港澳通行证", back=BackFields(type="往来港澳通行证")
)
ITEM = Item(SpecimenKind.EXIT_ENTRY_HK_MACAO_FRONT, Capture.FLAT, None, 70_000)


def outcome(reading: PermitReading = TRUTH, *, warnings=(), forged_as=(), sights=(), item: Item = ITEM) -> Outcome:
    return Outcome(
        item=item,
        look="above, chinese, sans",
        verdicts=verdicts(TRUTH, reading),
        sights=sights,
        type_right=reading.type == TRUTH.type,
        forged_as=forged_as,
        warnings=warnings,
        cpu_seconds=0.5,
    )


def test_the_seeds_of_a_report_are_none_that_anything_is_tuned_or_tested_on() -> None:
    assert not set(TUNING_SEEDS) & set(REPORT_SEEDS)
    assert {item.seed for item in items(FULL)} <= set(REPORT_SEEDS)


@pytest.mark.parametrize("size", [QUICK, FULL])
def test_a_plan_has_every_way_every_forgery_and_every_kind_on_seeds_of_their_own(size) -> None:
    plan = list(items(size))
    genuine = [item for item in plan if item.forgery is None and item.kind in CARDS]
    ways = {way for grade in (Grade.CLEAN, Grade.DEGRADED, Grade.HARD) for way in captures_of(grade)}
    assert {item.capture for item in genuine} == ways
    assert {item.forgery for item in plan} == {None, *Forgery}
    assert {item.kind for item in plan} == set(SpecimenKind)
    assert max(Counter(item.seed for item in plan).values()) == 1
    kinds = Counter(item.kind for item in genuine)
    assert max(kinds.values()) - min(kinds.values()) <= 1


def test_twice_the_plan_keeps_to_the_seeds_of_reports() -> None:
    assert len(list(items(QUICK, times=2))) == 2 * len(list(items(QUICK)))


def test_a_field_is_right_blank_or_wrong_and_one_that_is_not_printed_is_wrong() -> None:
    read_as = replace(TRUTH, name="", number="C12345679", nationality="英国")
    found = {each.name: each.outcome for each in verdicts(TRUTH, read_as)}
    assert found == {"name": BLANK, "sex": RIGHT, "number": WRONG, "nationality": WRONG}


def test_a_tally_counts_whole_cards_types_and_refusals() -> None:
    total = tally([outcome(), outcome(replace(TRUTH, name="")), outcome(PermitReading(), warnings=None)])
    assert (total.cards, total.whole, total.types, total.refused) == (3, 1, 2, 1)
    assert total.fields == {RIGHT: 5, BLANK: 4}
    assert total.share(BLANK) == pytest.approx(4 / 9)


def test_a_warning_is_caught_untested_missed_or_a_false_alarm() -> None:
    outcomes = [
        outcome(forged_as=(COPY,), warnings=(COPY,)),
        outcome(forged_as=(COPY,), warnings=(UNTESTED,)),
        outcome(forged_as=(COPY,), warnings=()),
        outcome(forged_as=(COPY,), warnings=(EDITED,)),
        outcome(forged_as=(EDITED,), warnings=(COPY, EDITED)),
        outcome(warnings=(COPY,)),
        outcome(warnings=None),
    ]
    found = detection(outcomes, COPY)
    assert (found.caught, found.untested, found.missed, found.false) == (1, 1, 2, 2)
    assert (found.recall, found.precision) == (0.25, pytest.approx(1 / 3))


def test_calibration_counts_values_by_the_engines_confidence() -> None:
    sights = (
        Sight("name", 0.99, True, True), Sight("sex", 0.97, True, True), Sight("number", 0.96, False, True),
        Sight("count", 0.2, False, False),
    )  # fmt: skip
    rows = {step: (seen, right, reported) for step, seen, right, reported in calibration([outcome(sights=sights)])}
    assert (rows[0.99], rows[0.95], rows[0.0]) == ((1, 1, 1), (2, 1, 2), (1, 0, 0))


def test_the_worst_come_first_and_what_is_right_is_left_out() -> None:
    fine, blank, wrong = outcome(), outcome(replace(TRUTH, name="")), outcome(replace(TRUTH, name="陳偉"))
    refused = outcome(PermitReading(), warnings=None)
    alarmed = outcome(warnings=(EDITED,))
    resaved = replace(ITEM, forgery=Forgery.EDITED_RESAVED)
    honest = outcome(item=resaved, forged_as=(EDITED,), warnings=(UNTESTED,))
    assert worst([fine, blank, refused, honest, wrong, alarmed]) == [wrong, refused, alarmed, blank]
    assert "name: 陈伟 read 陳偉" in caption(wrong)


def test_the_tables_say_what_was_counted() -> None:
    cards = [outcome(), outcome(replace(TRUTH, name=""))]
    assert "| clean | 100.0% / 100% | 2 | 1 (50%) | 6 | 83.33% | 16.67% | 0 (0.00%) | 2/2 | 0 |" in tables.groups(cards)
    assert "| name | 1 | 1 | 0 |" in tables.fields(cards)
    stranger = replace(ITEM, kind=SpecimenKind.NOT_A_CARD)
    taken = replace(outcome(item=stranger), look="receipt")
    assert "| receipt taken for a card | 1/1 |" in tables.refusals([*cards, taken])
    assert f"| {COPY} | 0.00% | 100.00% | 0 | 0 | 1 | 0 |" in tables.detections([outcome(forged_as=(COPY,))])


def test_a_card_and_a_receipt_go_from_plan_to_report(tmp_path, monkeypatch, capsys) -> None:
    plan = [ITEM, Item(SpecimenKind.NOT_A_CARD, Capture.FLAT, None, 70_006)]
    card, stranger = read(plan, Engine())
    assert (card.is_refused, card.type_right, stranger.is_refused) == (False, True, True)
    assert tally([card]).fields[WRONG] == 0
    assert {sight.name for sight in card.sights} >= {"number", "birthday"}
    save_sheet([card, stranger], tmp_path / "worst.png")
    with Image.open(tmp_path / "worst.png") as sheet:
        assert sheet.width > 1000

    monkeypatch.setattr("sys.argv", ["accuracy", "--quick", "--out", str(tmp_path / "out")])
    monkeypatch.setattr(report, "_chosen", lambda arguments: plan)
    report.main()
    written = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert [picture["item"]["seed"] for picture in written["pictures"]] == [70_000, 70_006]
    assert written["peak_memory_mb"] > 100
    assert "## Warnings: recall and precision" in capsys.readouterr().out
