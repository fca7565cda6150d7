"""Our rules as tables: numbers, dates, and what counts as not checked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc_portal.submissions import policy
from kyc_portal.submissions.checks import dates, grammar, latin_names, rules, words
from kyc_portal.submissions.checks.results import Result
from kyc_portal.submissions.clocks.working_time import HONG_KONG
from kyc_portal.submissions.pictures import quality
from kyc_portal.submissions.reading import text_fields
from ocr_integration.contract import PermitType, ZoneValues
from ocr_integration.specimens.names import _HOKKIEN, Population, made_up
from tests.cast import HK_BACK_READING, HK_FRONT_READING, TAIWAN_READING

TODAY = date(2026, 11, 20)
_PLANTED = import_module("kyc_portal.submissions.migrations.0008_first_policy").CONTENT
FIRST = policy.read("1", _PLANTED)


@pytest.mark.parametrize(
    ("permit", "number", "life"),
    [
        (PermitType.HK_MACAO_RESIDENT, "H12345678", "H12345678"),
        (PermitType.HK_MACAO_RESIDENT, "M1234567801", "M12345678"),
        (PermitType.HK_MACAO_RESIDENT, "HA1234567", "HA1234567"),
        (PermitType.HK_MACAO_RESIDENT, "h 1234 5678", "H12345678"),
        (PermitType.HK_MACAO_RESIDENT, "Ｈ１２３４５６７８", "H12345678"),
        (PermitType.HK_MACAO_RESIDENT, "12345678", None),
        (PermitType.HK_MACAO_RESIDENT, "H123456789", None),
        (PermitType.TAIWAN_RESIDENT, "08320271", "08320271"),
        (PermitType.TAIWAN_RESIDENT, "0012345678(B)", "0012345678"),
        (PermitType.TAIWAN_RESIDENT, "8320271", None),
        (PermitType.EXIT_ENTRY_HK_MACAO, "C12345678", "C12345678"),
        (PermitType.EXIT_ENTRY_HK_MACAO, "CA3273201", "CA3273201"),
        (PermitType.EXIT_ENTRY_HK_MACAO, "CO3273201", None),
        (PermitType.EXIT_ENTRY_TAIWAN, "L12345678", "L12345678"),
    ],
)
def test_a_number_has_the_form_of_its_type(permit: PermitType, number: str, life: str | None) -> None:
    assert grammar.life_number(permit, number) == life


@pytest.mark.parametrize(
    "text", ["1986.03.02", "1986-3-2", "1986/03/02", "19860302", "1986年3月2日", "１９８６．０３．０２"]
)
def test_a_date_is_understood_however_it_is_written(text: str) -> None:
    assert dates.day(text) == date(1986, 3, 2)


@pytest.mark.parametrize("text", ["", "1986.02.30", "1986.13.01", "02.03.1986", "yesterday"])
def test_what_is_no_date_is_none_and_no_error(text: str) -> None:
    assert dates.day(text) is None


def test_an_open_ended_permit_has_no_last_day() -> None:
    assert dates.span("2020.01.01-长期") == dates.Span(date(2020, 1, 1), None)


def test_a_span_that_ends_before_it_starts_is_none() -> None:
    assert dates.span("2021.02.02-2016.02.03") is None


@given(st.text(max_size=40))
def test_no_text_makes_the_parsers_raise(text: str) -> None:
    dates.day(text)
    dates.span(text)
    grammar.permit_of(text)
    for permit in PermitType:
        grammar.form_of(permit, text)


def evidence(**changes: object) -> rules.Evidence:
    base = rules.Evidence(
        declared=frozenset({PermitType.TAIWAN_RESIDENT}),
        front=text_fields(TAIWAN_READING),
        back=None,
        back_needed=False,
        warnings_checked=True,
        today=TODAY,
        differing_fields=frozenset(),
        was_asked_to_confirm=True,
        other_holders=0,
        picture_met="",
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def results(found: rules.Evidence) -> dict[str, Result]:
    return {finding.rule: finding.result for finding in rules.run(found, FIRST)}


def front(**changes: str) -> dict[str, str]:
    return text_fields(replace(TAIWAN_READING, **changes))  # type: ignore[arg-type]


def test_a_good_card_passes_every_rule() -> None:
    assert set(results(evidence()).values()) == {Result.PASS}


@pytest.mark.parametrize(
    ("changes", "rule", "result"),
    [
        ({"front": None}, "type_allowed", Result.NOT_CHECKED),
        ({"front": None}, "required_fields", Result.NOT_CHECKED),
        ({"front": front(type="身份证")}, "type_allowed", Result.FAIL),
        ({"front": front(type=PermitType.EXIT_ENTRY_HK_MACAO.value)}, "type_allowed", Result.FAIL),
        ({"front": front(type="臺灣居民來往大陸通行證")}, "type_allowed", Result.PASS),
        ({"front": front(type=PermitType.HK_MACAO_RESIDENT.value)}, "type_declared", Result.FAIL),
        ({"front": front(number="832027")}, "number_grammar", Result.FAIL),
        ({"front": front(number="")}, "number_grammar", Result.NOT_CHECKED),
        ({"front": front(number="")}, "required_fields", Result.FAIL),
        ({"front": front(birthday="1986.02.30")}, "dates_plausible", Result.NOT_CHECKED),
        ({"front": front(birthday="2025.01.01")}, "dates_plausible", Result.FAIL),
        ({"front": front(valid_date="2021.11.20-2026.11.19")}, "not_expired", Result.FAIL),
        ({"front": front(valid_date="2021.11.21-2026.11.20")}, "not_expired", Result.WARN),
        ({"front": front(valid_date="2020.01.01-长期")}, "not_expired", Result.PASS),
        ({"front": front(valid_date="?")}, "not_expired", Result.NOT_CHECKED),
        ({"front": front(valid_date="2020.02.29-2030.02.28")}, "validity_span", Result.PASS),
        ({"front": front(valid_date="2024.02.03-2034.02.04")}, "validity_span", Result.WARN),
        ({"front": front(valid_date="2020.01.01-长期")}, "validity_span", Result.WARN),
        ({"front": front(birthday="2010.03.02")}, "validity_span", Result.PASS),
        ({"front": front(birthday="2010.03.02", valid_date="2024.02.03-2034.02.02")}, "validity_span", Result.WARN),
        ({"front": front(birthday="2006.02.03", valid_date="2024.02.03-2034.02.02")}, "validity_span", Result.PASS),
        ({"front": front(birthday="2006.02.04", valid_date="2024.02.03-2034.02.02")}, "validity_span", Result.WARN),
        ({"front": front(birthday="?")}, "validity_span", Result.NOT_CHECKED),
        ({}, "renewal_chain", Result.PASS),
        ({"back_needed": True}, "renewal_chain", Result.NOT_CHECKED),
        ({"other_holders": 1}, "number_elsewhere", Result.FAIL),
        ({"other_holders": None}, "number_elsewhere", Result.NOT_CHECKED),
        ({"picture_met": "exact"}, "picture_elsewhere", Result.FAIL),
        ({"picture_met": "near"}, "picture_elsewhere", Result.FAIL),
        ({"picture_met": None}, "picture_elsewhere", Result.NOT_CHECKED),
        ({}, "zone_agrees", Result.PASS),
        ({"differing_fields": None}, "confirmation_agrees", Result.NOT_CHECKED),
        ({"differing_fields": frozenset({"name"})}, "confirmation_agrees", Result.FAIL),
        ({"warnings_checked": False}, "forgery_tested", Result.NOT_CHECKED),
        ({"back_needed": True}, "front_agrees_with_back", Result.NOT_CHECKED),
        ({"front": front(english_name="CHAN,YOU-TU")}, "latin_name", Result.WARN),
        ({"front": front(english_name="")}, "latin_name", Result.NOT_CHECKED),
        ({"front": front(name="")}, "latin_name", Result.NOT_CHECKED),
        ({"back_needed": True}, "sides_of_one_kind", Result.NOT_CHECKED),
        ({"picture_faults": None}, "picture_quality", Result.NOT_CHECKED),
        ({"picture_faults": frozenset({"blur"})}, "picture_quality", Result.FAIL),
    ],
)
def test_each_rule_says_what_it_should(changes: dict[str, object], rule: str, result: Result) -> None:
    assert results(evidence(**changes))[rule] is result


@pytest.mark.parametrize(
    ("zone", "result"),
    [
        (None, Result.NOT_CHECKED),
        (ZoneValues(), Result.NOT_CHECKED),
        (ZoneValues(number="H01234567", birth="860302", expiry="290202", id_number="A1234567"), Result.PASS),
        (ZoneValues(number="H01234568", birth="860302"), Result.FAIL),
        (ZoneValues(number="H01234567", expiry="290203"), Result.FAIL),
        (ZoneValues(id_number="A1234568"), Result.FAIL),
    ],
)
def test_the_line_on_the_back_is_compared_with_the_print_of_both_sides(zone: ZoneValues | None, result: Result) -> None:
    found = evidence(
        front=text_fields(HK_FRONT_READING), back=text_fields(HK_BACK_READING), back_needed=True, zone=zone
    )
    assert results(found)["zone_agrees"] is result


@pytest.mark.parametrize(
    ("number", "earlier", "result"),
    [
        ("H01234567", "H0123456700", Result.PASS),
        ("H0123456703", "H0123456702", Result.PASS),
        ("H01234567", "", Result.PASS),
        ("H01234567", "H0123456800", Result.FAIL),
        ("H01234567", "M0123456700", Result.FAIL),
        ("H01234567", "12", Result.NOT_CHECKED),
        ("", "H0123456700", Result.NOT_CHECKED),
    ],
)
def test_the_earlier_number_is_the_same_holders(number: str, earlier: str, result: Result) -> None:
    back = {**text_fields(HK_BACK_READING), "back_history_number": earlier}
    found = evidence(front=text_fields(replace(HK_FRONT_READING, number=number)), back=back, back_needed=True)
    assert results(found)["renewal_chain"] is result


@given(
    life=st.from_regex(r"[HM][0-9]{8}", fullmatch=True), renewals=st.integers(0, 99), typed=st.sampled_from(" \u3000")
)
def test_a_holder_keeps_the_life_number_over_every_renewal(life: str, renewals: int, typed: str) -> None:
    permit = PermitType.HK_MACAO_RESIDENT
    assert grammar.life_number(permit, life) == life
    assert grammar.life_number(permit, f"{typed.join(life)}{renewals:02d}") == life


DAYS = st.dates(date(1990, 1, 1), date(2080, 12, 31))


@given(issued=DAYS, expires=DAYS, today=DAYS)
def test_the_last_printed_day_is_the_last_valid_one(issued: date, expires: date, today: date) -> None:
    printed = f"{issued:%Y.%m.%d}-{expires:%Y.%m.%d}"
    result = results(evidence(front=front(valid_date=printed), today=today))["not_expired"]
    if expires <= issued:
        assert result is Result.NOT_CHECKED
    else:
        assert (result is Result.FAIL) == (expires < today)


def test_a_permit_of_29_february_runs_out_that_day_and_no_other() -> None:
    printed = front(valid_date="2018.03.01-2028.02.29")
    assert results(evidence(front=printed, today=date(2028, 2, 29)))["not_expired"] is Result.WARN
    assert results(evidence(front=printed, today=date(2028, 3, 1)))["not_expired"] is Result.FAIL
    assert dates.day("2027.02.29") is None


@given(start=st.dates(), years=st.integers(1, 30))
def test_years_are_counted_to_the_same_day_or_to_the_first_of_march(start: date, years: int) -> None:
    if start.year + years > date.max.year:
        return
    later = dates.years_later(start, years)
    assert later.year == start.year + years
    assert (later.month, later.day) in {(start.month, start.day), (3, 1)}


@given(day=DAYS, hours=st.integers(0, 23))
def test_today_is_the_day_in_hong_kong(day: date, hours: int) -> None:
    instant = datetime(day.year, day.month, day.day, hours, tzinfo=UTC)
    there = instant.astimezone(HONG_KONG).date()
    assert there == (day if hours < 16 else day + timedelta(days=1))


def test_a_name_in_either_script_is_one_name() -> None:
    found = evidence(front=text_fields(HK_FRONT_READING), back=text_fields(HK_BACK_READING), back_needed=True)
    assert results(found)["front_agrees_with_back"] is Result.PASS


def test_a_holder_of_another_nationality_needs_no_chinese_name() -> None:
    assert results(evidence(front=front(name="", nationality="英国")))["required_fields"] is Result.PASS


@pytest.mark.parametrize(
    ("back_type", "result"),
    [
        (PermitType.HK_MACAO_RESIDENT.value, Result.PASS),
        ("港澳居民來往內地通行證", Result.PASS),
        (PermitType.TAIWAN_RESIDENT.value, Result.FAIL),
        ("身份证", Result.FAIL),
        ("", Result.NOT_CHECKED),
    ],
)
def test_a_back_of_another_kind_of_permit_is_no_back_of_this_one(back_type: str, result: Result) -> None:
    back = {**text_fields(HK_BACK_READING), "back_type": back_type}
    found = evidence(front=text_fields(HK_FRONT_READING), back=back, back_needed=True)
    assert results(found)["sides_of_one_kind"] is result


def test_each_fault_of_a_picture_has_a_reason_of_its_own_and_the_gravest_is_said() -> None:
    def reason(*faults: str) -> str:
        return rules.picture_quality(evidence(picture_faults=frozenset(faults)), FIRST).reason

    assert {reason(fault) for fault in quality.WORDS} == {f"picture_{fault}" for fault in quality.WORDS}
    assert reason("blur", "dark") == "picture_dark"
    assert reason("dark", "wrong_side") == "picture_wrong_side"
    assert reason() == "picture_taken_well"


@pytest.mark.parametrize(
    ("name", "latin", "usual"),
    [
        ("陳大文", "CHAN,TAI MAN", True),
        ("陈大文", "CHEN,DAWEN", True),  # one word for two characters: the surname alone is compared
        ("歐陽娜", "AU YEUNG,NA", True),
        ("黃志明", "VONG,CHI MENG", True),  # as Macao writes it
        ("葉問", "IP,MAN", True),
        ("李小龍", "LEE,BRUCE SIU LUNG", True),
        ("張鵬", "CHANG,P'ENG", True),
        ("陳大文", "LEE,TAI MAN", False),
        ("陳大文", "CHAN,PING FAI", False),
        ("王淑芬", "ONG,SIOK HOON", False),  # Hokkien: nothing is wrong, and it is only pointed out
        ("約翰·史密斯", "SMITH,JOHN", None),
        ("", "SMITH,JOHN", None),
        ("陳大文", "", None),
        ("陳大文", "陳", None),
    ],
)
def test_a_latin_name_is_compared_by_the_first_letters_of_its_syllables(
    name: str, latin: str, usual: bool | None
) -> None:
    assert latin_names.is_spelling(name, latin) is usual


@given(st.integers(0, 2**32), st.sampled_from([Population.HK_MACAO, Population.TAIWAN, Population.MAINLAND]))
def test_no_drawn_holder_is_pointed_out_but_for_hokkien(seed: int, population: Population) -> None:
    who = made_up(Random(seed), population, sex="女" if seed % 2 else "男")
    if who.latin in {latin for _traditional, _simplified, latin, _sex in _HOKKIEN}:
        return
    for written in (who.traditional, who.simplified):
        assert latin_names.is_spelling(written, who.latin) is not False, (written, who.latin)


@given(st.text(max_size=12), st.text(max_size=30))
def test_no_name_makes_the_comparison_raise(name: str, latin: str) -> None:
    assert latin_names.is_spelling(name, latin) in (True, False, None)


@given(
    st.fixed_dictionaries(
        {name: st.sampled_from(["", "x", value]) for name, value in text_fields(TAIWAN_READING).items()}
    ),
    st.booleans(),
    st.booleans(),
)
def test_no_answer_lacks_its_words_and_only_failures_count(fields: dict[str, str], tested: bool, back: bool) -> None:
    for finding in rules.run(evidence(front=fields, warnings_checked=tested, back_needed=back), FIRST):
        assert finding.rule in words.TITLES
        assert finding.reason in words.SENTENCES
        assert bool(finding.points) == (finding.result is Result.FAIL)
