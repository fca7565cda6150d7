"""The contract as JSON, both ways: what is sent, what is tolerated, what is no answer at all."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from ocr_integration import wire
from ocr_integration.contract import TEXT_FIELDS, BackFields, FieldRegion, PermitReading, ReadRequest, Side, ZoneValues
from ocr_integration.errors import ConfigError, CustomerError, RetryError

MAINLAND = """{"Response": {"Birthday": "1986.03.02", "EnglishName": "LI,YOU-TU", "IssueAddress": "广东",
 "IssueAuthority": "公安部出入境管理局", "IssueNumber": "02", "MainlandTravelPermitBackInfos":
 {"HistoryNumber": "", "IDNumber": "", "Name": "", "Type": "台湾居民来往大陆通行证"},
 "Name": "李优图", "Nationality": "", "Number": "08320271", "Profile": "",
 "RequestId": "bd8fb0bc-6558-48b5-b057-2b04edacf225", "Sex": "男", "Type": "台湾居民来往大陆通行证",
 "ValidDate": "2016.02.03-2021.02.02"}}"""
INTERNATIONAL = """{"Response": {"EnglishName": "LI,YOU-TU", "MainlandTravelPermitBackInfos":
 {"HistoryNumber": "", "IDNumber": ""}, "Nationality": "", "RequestId": "bd8fb0bc-6558-48b5-b057-2b04edacf225"}}"""


def parse(**response: Any) -> PermitReading:
    return wire.parse_answer(json.dumps({"Response": response}).encode())


def test_optional_parameters_are_left_out() -> None:
    assert json.loads(wire.request_body(ReadRequest(image=b"abc"))) == {"ImageBase64": "YWJj"}


def test_side_portrait_and_url_are_sent_where_asked_for() -> None:
    request = ReadRequest(image_url="https://example.com/a.png", side=Side.BACK, with_portrait=True)
    sent = {"ImageUrl": "https://example.com/a.png", "CardSide": "BACK", "RetProfile": True}
    assert json.loads(wire.request_body(request)) == sent


def test_the_complete_example_is_read_in_every_field() -> None:
    assert wire.parse_answer(MAINLAND.encode()) == PermitReading(
        name="李优图",
        english_name="LI,YOU-TU",
        sex="男",
        birthday="1986.03.02",
        issue_authority="公安部出入境管理局",
        valid_date="2016.02.03-2021.02.02",
        number="08320271",
        issue_address="广东",
        issue_number="02",
        type="台湾居民来往大陆通行证",
        back=BackFields(type="台湾居民来往大陆通行证"),
        warnings=None,
        request_id="bd8fb0bc-6558-48b5-b057-2b04edacf225",
    )


def test_the_example_with_most_fields_missing_is_a_reading() -> None:
    reading = wire.parse_answer(INTERNATIONAL.encode())
    assert (reading.english_name, reading.name, reading.back) == ("LI,YOU-TU", "", BackFields())


@pytest.mark.parametrize("nothing", [{}, {"Name": None}, {"Name": ""}, {"Name": 5}], ids=str)
def test_missing_null_and_empty_are_alike_not_read(nothing: dict) -> None:
    assert parse(RequestId="r", **nothing) == PermitReading(request_id="r")


def test_null_in_the_back_and_fields_nobody_knows_are_no_fault() -> None:
    back = {"Type": None, "Name": "陈大文", "Colour": "blue"}
    reading = parse(RequestId="r", MainlandTravelPermitBackInfos=back, Novelty=[1, {"a": 2}])
    assert reading.back == BackFields(name="陈大文")


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ([-9104, -9102], (-9104, -9102)),
        ([], ()),
        ([-1], (-1,)),
        (None, None),
        ("-9104", None),
        ([None], None),
        ([-9104, None], (-9104, -9109)),
        (["-9102", -9103, 0.5], (-9103, -9109)),
        ([True], None),
        ({"a": 1}, None),
    ],
    ids=str,
)
def test_warnings_are_a_list_of_codes_or_were_not_checked(sent: object, read: object) -> None:
    assert parse(RequestId="r", WarnCardInfos=sent).warnings == read


def test_an_absent_warning_list_is_not_a_clean_one() -> None:
    assert parse(RequestId="r").warnings is None


@pytest.mark.parametrize(("sent", "read"), [("/9j/", b"\xff\xd8\xff"), ("", b""), ("%%", b""), ("通", b""), (1, b"")])
def test_a_portrait_that_is_no_base64_is_not_read(sent: object, read: bytes) -> None:
    assert parse(RequestId="r", Profile=sent).profile == read


def test_text_that_no_database_takes_is_cleaned() -> None:
    reading = wire.parse_answer(b'{"Response": {"Name": "a\\u0000b\\ud800", "RequestId": "r"}}')
    assert reading.name == "ab\ufffd"


def test_an_error_becomes_the_error_of_its_code_with_its_request() -> None:
    with pytest.raises(ConfigError) as caught:
        parse(Error={"Code": "AuthFailure.SignatureFailure", "Message": "m"}, RequestId="r")
    assert (caught.value.code, caught.value.request_id) == ("AuthFailure.SignatureFailure", "r")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"<html></html>",
        b"null",
        b"[]",
        b'"Response"',
        b"{}",
        b"\xff\xfe",
        b'{"Response": null}',
        b'{"Response": []}',
        b'{"Response": {"Error": {}, "RequestId": "r"}}',
        b'{"Response": {"Error": "x", "RequestId": "r"}}',
        b'{"Response": {"Error": {"Code": null}, "RequestId": "r"}}',
        b'{"Response": {"Error": null, "Name": "x", "RequestId": "r"}}',
        b'{"Response": {}}',
        b'{"Response": {"Name": "x", "Number": "C00000000"}}',
        b'{"Response": {"Name": "x", "RequestId": ""}}',
        b'{"Response": {"Name": "x", "RequestId": null}}',
        b'{"Response": {"Name": "x", "RequestId": 5}}',
        b'{"Response": {"Error": {"Code": "FailedOperation.ImageNoSpecifiedCard"}}}',
        b'{"Response": {"Error": {"Code": "AuthFailure.SignatureFailure"}, "RequestId": " "}}',
        b'{"Response":' * 3 + b"[" * 100_000,
    ],
    ids=lambda body: str(body[:30]),
)
def test_whatever_is_no_answer_of_the_service_is_retried(body: bytes) -> None:
    with pytest.raises(RetryError) as caught:
        wire.parse_answer(body)
    assert caught.value.code == "Transport.BadAnswer"


def test_a_reading_comes_back_from_its_own_answer() -> None:
    reading = PermitReading(
        **{name: f"{name} 值" for name in TEXT_FIELDS},
        profile=b"\xff\xd8",
        back=BackFields(type="t", name="n", id_number="i", history_number="h"),
        warnings=(-9102, -9104),
        request_id="r",
    )
    assert wire.parse_answer(wire.envelope(wire.answer_body(reading))) == reading


@pytest.mark.parametrize("warnings", [None, ()])
def test_not_checked_and_clean_stay_apart_on_the_wire(warnings: tuple | None) -> None:
    reading = PermitReading(warnings=warnings, request_id="r")
    assert wire.parse_answer(wire.envelope(wire.answer_body(reading))).warnings == warnings


def test_every_published_field_is_in_an_answer() -> None:
    published = (
        "Birthday EnglishName IssueAddress IssueAuthority IssueNumber MainlandTravelPermitBackInfos Name Nationality "
        "Number Profile RequestId Sex Type ValidDate WarnCardInfos"
    )
    assert " ".join(sorted(wire.answer_body(PermitReading()))) == published


def test_no_field_of_a_reading_shows_in_its_repr() -> None:
    reading = PermitReading(name="李优图", number="08320271", back=BackFields(id_number="A123456(7)"))
    assert not any(value in repr(reading) for value in ("李优图", "08320271", "A123456"))
    assert base64.b64encode(b"secret").decode() not in repr(ReadRequest(image=b"secret"))


REGION = FieldRegion("number", 0.97, ((0.1, 0.2), (0.3, 0.2), (0.3, 0.25), (0.1, 0.25)))
BACK_REGION = FieldRegion("back.id_number", 0.5, ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))


def test_regions_stand_beside_the_published_answer_and_come_back() -> None:
    answer = wire.answer_body(PermitReading(number="08320271", request_id="r"))
    plain = json.loads(wire.envelope(answer))
    with_regions = json.loads(wire.envelope(answer, regions=(REGION, BACK_REGION)))
    assert set(plain) == {"Response"}
    assert with_regions["Response"] == plain["Response"]
    assert [each["Field"] for each in with_regions["PermitPortalRegions"]] == [
        "Number",
        "MainlandTravelPermitBackInfos.IDNumber",
    ]
    assert wire.parse_answer(json.dumps(with_regions).encode()).regions == (REGION, BACK_REGION)
    assert wire.parse_answer(json.dumps(plain).encode()).regions is None


def test_the_zone_stands_beside_the_published_answer_and_comes_back() -> None:
    zone = ZoneValues(number="C08320271", birth="860302", expiry="290202")
    body = wire.envelope(wire.answer_body(PermitReading(name="李明", request_id="r")), zone=zone)
    assert json.loads(body)["PermitPortalZone"]["Birth"] == "860302"
    assert wire.parse_answer(body).zone == zone


@pytest.mark.parametrize("zone", [None, [], "C0", 7])
def test_what_is_no_zone_says_nothing_and_spoils_nothing(zone: object) -> None:
    body = json.dumps({"Response": {"Name": "李明", "RequestId": "r"}, "PermitPortalZone": zone}).encode()
    reading = wire.parse_answer(body)
    assert (reading.name, reading.zone) == ("李明", None)


@pytest.mark.parametrize(
    "regions",
    [None, {}, "x", [1], [{}], [{"Field": "Nobody", "Confidence": 1, "Corners": [[0, 0]] * 4}],
     [{"Field": "Name", "Confidence": "much", "Corners": [[0, 0]] * 4}],
     [{"Field": "Name", "Confidence": 1, "Corners": [[0, 0]] * 3}],
     [{"Field": "Name", "Confidence": 1, "Corners": [[0]] * 4}]],
    ids=str,
)  # fmt: skip
def test_what_is_no_list_of_regions_says_nothing_and_spoils_nothing(regions: object) -> None:
    body = json.dumps({"Response": {"Name": "李明", "RequestId": "r"}, "PermitPortalRegions": regions}).encode()
    reading = wire.parse_answer(body)
    assert (reading.name, reading.regions) == ("李明", None)


NO_CARD = {"Error": {"Code": "FailedOperation.ImageNoSpecifiedCard", "Message": "m"}, "RequestId": "r"}


@pytest.mark.parametrize(
    ("fault", "finer"),
    [
        ("FailedOperation.CardSideError", "FailedOperation.CardSideError"),
        ("AuthFailure.SignatureFailure", ""),
        ("InternalError", ""),
        ("", ""),
        (None, ""),
        (["FailedOperation.CardSideError"], ""),
    ],
    ids=str,
)
def test_a_finer_code_says_more_about_an_error_and_never_changes_who_must_act(fault: object, finer: str) -> None:
    with pytest.raises(CustomerError) as caught:
        wire.parse_answer(json.dumps({"Response": NO_CARD, "PermitPortalFault": fault}).encode())
    assert (caught.value.code, caught.value.finer_code) == ("FailedOperation.ImageNoSpecifiedCard", finer)
