"""The compatible server over real HTTP: order of checks, both signatures, envelope, limits, downloads.

A small reader stands for the engine here: reading itself is tested elsewhere.
"""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from ocr_integration import signing
from ocr_integration.client import Client
from ocr_integration.contract import FieldRegion, PermitReading, ReadRequest, Side
from ocr_integration.errors import ConfigError, CustomerError, RetryError, error_for_code
from ocr_integration.server import create_app
from ocr_integration.server.fetch import is_public
from tests.ocr_integration import pictures
from tests.scripted_service import Answer, ScriptedService

NOW = 1767225599
KEYS = {"AKIDone": "key-one", "AKIDtwo": "key-two", "AKIDtemporary": "key-three"}
HOST = "ocr.example.com:8010"
PICTURE = pictures.jpeg()
PICTURE64 = base64.b64encode(PICTURE).decode()
REGION = FieldRegion("number", 0.97, ((0.1, 0.2), (0.3, 0.2), (0.3, 0.25), (0.1, 0.25)))
READING = PermitReading(name="李明", number="C00000000", profile=b"\xff\xd8", warnings=(-9103,), regions=(REGION,))


@dataclass
class KnownReader:
    """Answers one reading, or raises, and keeps what it was asked."""

    error: Exception | None = None
    asked: list[tuple[bytes, Side, bool]] = field(default_factory=list)

    def read(self, image: bytes, *, side: Side, with_portrait: bool) -> PermitReading:
        self.asked.append((image, side, with_portrait))
        if self.error:
            raise self.error
        return READING


class Caller:
    """Calls an application as the WSGI server would, with everything right but what a test changes."""

    def __init__(self, reader: KnownReader | None = None, **options: Any) -> None:
        self.reader = reader or KnownReader()
        self.monotonic = 1000.0
        options = {
            "clock": lambda: float(NOW),
            "monotonic": lambda: self.monotonic,
            "tokens": {"AKIDtemporary": "a-token"},
            **options,
        }
        self.app = create_app(self.reader, KEYS, **options)
        self.answers: list[bytes] = []

    def send(
        self,
        body: bytes = b"",
        *,
        method: str = "POST",
        query: str = "",
        headers: dict[str, str | None] | None = None,
        path: str = "/",
        raw: list[bytes] | None = None,
    ) -> tuple[int, dict[str, str], dict[str, Any]]:
        """(status, headers, the Response object)."""
        given = {"Content-Length": str(len(body)), **(headers or {})}
        pairs = [(name.lower().encode(), value.encode()) for name, value in given.items() if value is not None]
        scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": pairs}
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        # A thread of its own: a browser of another test may still keep an event loop on this one.
        with ThreadPoolExecutor(max_workers=1) as threads:
            threads.submit(asyncio.run, self.app(scope, receive, send)).result()
        if raw is not None:
            raw.append(sent[1]["body"])
        answer = json.loads(sent[1]["body"])
        heads = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], heads, answer.get("Response", answer)

    def call(
        self,
        parameters: Any = None,
        *,
        body: bytes | None = None,
        key: tuple[str, str] = ("AKIDone", "key-one"),
        timestamp: int = NOW,
        **changes: str | None,
    ) -> dict[str, Any]:
        """The Response object of a signed JSON call; `changes` replace headers by their words (None leaves out)."""
        body = (
            json.dumps({"ImageBase64": PICTURE64} if parameters is None else parameters).encode()
            if body is None
            else body
        )
        headers: dict[str, str | None] = {
            "Host": HOST,
            "Content-Type": "application/json",
            "X-TC-Action": "MainlandPermitOCR",
            "X-TC-Version": "2018-11-19",
            "X-TC-Timestamp": str(timestamp),
            "Authorization": signing.authorization(
                secret_id=key[0], secret_key=key[1], timestamp=timestamp, host=HOST,
                content_type="application/json", body=body,
            ),
            **{name.replace("_", "-"): value for name, value in changes.items()},
        }  # fmt: skip
        self.answers.clear()
        status, answer_headers, response = self.send(body, headers=headers, raw=self.answers)
        assert (status, answer_headers["content-type"]) == (200, "application/json")
        assert response["RequestId"]
        return response

    def whole(self, **options: Any) -> dict[str, Any]:
        """Everything that came with a call's answer, what stands beside the Response object too."""
        self.call(**options)
        found: dict[str, Any] = json.loads(self.answers[0])
        return found

    def code(self, *args: Any, **options: Any) -> str:
        """The code of a call that must fail."""
        error = self.call(*args, **options)["Error"]
        assert error["Message"]
        code: str = error["Code"]
        return code


def test_a_right_call_is_answered_with_every_field() -> None:
    caller = Caller()
    response = caller.call()
    assert (response["Name"], response["WarnCardInfos"], response["Profile"]) == ("李明", [-9103], "")
    assert len(response) == 15
    assert caller.reader.asked == [(PICTURE, Side.FRONT, False)]


def test_side_and_portrait_reach_the_reader_and_the_portrait_comes_back() -> None:
    caller = Caller()
    response = caller.call({"ImageBase64": PICTURE64, "CardSide": "BACK", "RetProfile": True})
    assert caller.reader.asked == [(PICTURE, Side.BACK, True)]
    assert base64.b64decode(response["Profile"]) == b"\xff\xd8"


def test_each_answer_has_a_request_id_of_its_own() -> None:
    caller = Caller()
    assert caller.call()["RequestId"] != caller.call()["RequestId"]


BAD = "TC3-HMAC-SHA256 nothing"
# Each row breaks one check more than the row after it may: a call that breaks this check and all later ones.
ORDER: list[tuple[str, dict[str, Any]]] = [
    ("RequestSizeLimitExceeded", {"body": bytes(10_485_761)}),
    ("MissingParameter", {"X_TC_Action": None}),
    ("MissingParameter", {"X_TC_Version": None}),
    ("MissingParameter", {"X_TC_Timestamp": None}),
    ("AuthFailure.InvalidAuthorization", {"Authorization": BAD}),
    ("AuthFailure.SecretIdNotFound", {"key": ("AKIDnobody", "any")}),
    ("AuthFailure.SignatureExpire", {"timestamp": NOW - 301}),
    ("AuthFailure.SignatureFailure", {"key": ("AKIDone", "another")}),
    ("AuthFailure.TokenFailure", {"X_TC_Token": "wrong"}),
    ("RequestLimitExceeded", {"spent": True}),
    ("InvalidAction", {"X_TC_Action": "IDCardOCR"}),
    ("NoSuchVersion", {"X_TC_Version": "2017-01-01"}),
    ("InvalidParameter", {"wrong": {"RetProfile": "yes"}}),
    ("UnknownParameter", {"wrong": {"Nonsense": 1}}),
    ("InvalidParameterValue.InvalidParameterValueLimit", {"wrong": {"CardSide": "TOP"}}),
    ("FailedOperation.DownLoadError", {"wrong": {"ImageUrl": "http://127.0.0.1:1/"}}),
    ("LimitExceeded.TooLargeFileError", {"wrong": {"ImageBase64": "%" * 7_340_033}}),
    ("FailedOperation.ImageDecodeFailed", {"wrong": {"ImageBase64": "%%%%"}}),
    ("FailedOperation.ImageNoSpecifiedCard", {"wrong": {}}),
]


@pytest.mark.parametrize("place", range(len(ORDER)), ids=[f"{i:02}-{row[0]}" for i, row in enumerate(ORDER)])
def test_the_first_check_that_fails_answers_though_all_later_ones_would_fail_too(place: int) -> None:
    no_card = error_for_code("FailedOperation.ImageNoSpecifiedCard")
    caller = Caller(KnownReader(error=no_card), calls_per_second=1)
    parameters: dict[str, Any] = {"ImageBase64": PICTURE64}
    options: dict[str, Any] = {}
    for _code, change in reversed(ORDER[place:]):
        change = dict(change)
        parameters.update(change.pop("wrong", {}))
        options.update(change)
    if options.pop("spent", False):
        caller.call({})
        options["key"] = options.get("key", ("AKIDone", "key-one"))
    if ORDER[place][0] == "RequestLimitExceeded":
        options.pop("X_TC_Token", None)
    assert caller.code(parameters, **options) == ORDER[place][0]


def test_a_missing_common_parameter_is_named() -> None:
    message = Caller().call(X_TC_Version=None)["Error"]["Message"]
    assert message == "The request is missing a required parameter `Version`."


@pytest.mark.parametrize("timestamp", [NOW - 300, NOW + 300])
def test_a_clock_five_minutes_off_is_accepted(timestamp: int) -> None:
    assert Caller().call(timestamp=timestamp)["Name"]


@pytest.mark.parametrize("timestamp", [NOW - 301, NOW + 301, NOW - 3600])
def test_a_clock_further_off_is_refused_both_ways(timestamp: int) -> None:
    assert Caller().code(timestamp=timestamp) == "AuthFailure.SignatureExpire"


@pytest.mark.parametrize("timestamp", ["soon", "-1", "1.5", "²", "1" * 40])
def test_a_timestamp_that_is_no_number_is_refused(timestamp: str) -> None:
    assert Caller().code(X_TC_Timestamp=timestamp) == "InvalidParameter"


def test_a_body_changed_on_its_way_is_refused() -> None:
    signed = signing.authorization(
        secret_id="AKIDone", secret_key="key-one", timestamp=NOW, host=HOST, content_type="application/json", body=b"{}"
    )  # fmt: skip
    assert Caller().code(Authorization=signed) == "AuthFailure.SignatureFailure"


def test_temporary_keys_come_with_their_token_and_lasting_ones_without() -> None:
    temporary = ("AKIDtemporary", "key-three")
    assert Caller().call(key=temporary, X_TC_Token="a-token")["Name"]
    assert Caller().code(key=temporary) == "AuthFailure.TokenFailure"
    assert Caller().code(X_TC_Token="a-token") == "AuthFailure.TokenFailure"


def test_the_twenty_first_call_in_a_second_is_refused_for_its_key_only() -> None:
    caller = Caller()
    codes = [caller.call().get("Error", {}).get("Code", "ok") for _ in range(21)]
    assert codes == ["ok"] * 20 + ["RequestLimitExceeded"]
    caller.monotonic += 0.999
    assert caller.code() == "RequestLimitExceeded"
    caller.monotonic += 0.001
    assert caller.call()["Name"]
    assert caller.call(key=("AKIDtwo", "key-two"))["Name"]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"null", b"{", b"\xff", b"[" * 100_000, b'{"ImageBase64": "AA" "AA"}', b"{'ImageBase64': 'AA'}",
        b'{"ImageBase64": "AA",}', b'{"ImageBase64": "AA", "RetProfile": NaN}', b'{"ImageBase64": -Infinity}',
        json.dumps({"ImageBase64": PICTURE64}).encode("utf-16"), json.dumps({"ImageBase64": PICTURE64}).encode("utf-32"),
        b"\xef\xbb\xbf{}", b'{"ImageUrl": "\xff"}', b'{"ImageBase64": "AA"} {}',
    ],
    ids=lambda body: str(body[:24]),
)  # fmt: skip
def test_a_body_that_is_no_object_in_json_and_utf_8_is_refused(body: bytes) -> None:
    assert Caller().code(body=body) == "InvalidParameter"


@pytest.mark.parametrize("part", [b"[]", b"{}", b"1", b'""'])
def test_json_of_a_hundred_thousand_parts_is_refused_before_it_takes_memory(part: bytes) -> None:
    body = b'{"ImageBase64": "AAAA", "Nonsense": [' + b",".join([part] * 100_000) + b"]}"
    assert Caller().code(body=body) == "InvalidParameter"


@pytest.mark.parametrize(
    "parameters",
    [{"ImageBase64": 5}, {"ImageBase64": None}, {"ImageUrl": []}, {"RetProfile": 1}, {"CardSide": False}],
    ids=str,
)
def test_parameters_of_a_wrong_type_are_refused(parameters: dict) -> None:
    assert Caller().code({"ImageBase64": PICTURE64, **parameters}) == "InvalidParameter"


@pytest.mark.parametrize("parameters", [{}, {"ImageBase64": ""}, {"ImageBase64": "", "ImageUrl": ""}], ids=str)
def test_a_call_without_a_picture_is_refused(parameters: dict) -> None:
    assert Caller().code(parameters) == "InvalidParameterValue.InvalidParameterValueLimit"


@pytest.mark.parametrize(
    "text",
    [
        "data:image/jpeg;base64," + PICTURE64,
        PICTURE64[:76] + "\n" + PICTURE64[76:],
        PICTURE64[:-1],
        "通行证",
        base64.b64encode(b"GIF89a" + bytes(100)).decode(),
        base64.b64encode(pictures.png_of_size(50_000, 50_000)).decode(),
        base64.b64encode(PICTURE[:-20_000]).decode(),
    ],
    ids=["data prefix", "line break", "cut", "not ASCII", "GIF", "bomb", "truncated"],
)
def test_what_is_no_whole_picture_in_plain_base64_cannot_be_decoded(text: str) -> None:
    caller = Caller()
    assert caller.code({"ImageBase64": text}) == "FailedOperation.ImageDecodeFailed"
    assert not caller.reader.asked


def test_escaped_slashes_in_base64_are_plain_json() -> None:
    body = json.dumps({"ImageBase64": PICTURE64}).replace("/", "\\/").encode()
    assert Caller().call(body=body)["Name"]


def test_a_charset_in_the_content_type_is_signed_as_sent() -> None:
    kind, body = "application/json; charset=utf-8", json.dumps({"ImageBase64": PICTURE64}).encode()
    signed = signing.authorization(
        secret_id="AKIDone", secret_key="key-one", timestamp=NOW, host=HOST, content_type=kind, body=body
    )
    assert Caller().call(body=body, Content_Type=kind, Authorization=signed)["Name"]


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "text/plain", ""])
def test_other_content_types_are_no_valid_request(kind: str) -> None:
    assert Caller().code(Content_Type=kind) == "InvalidRequest"


@pytest.mark.parametrize(
    "changes", [{"Transfer_Encoding": "chunked"}, {"Content_Length": None}, {"Content_Length": ""}], ids=str
)
def test_an_upload_that_does_not_state_its_length_is_no_valid_request(changes: dict) -> None:
    assert Caller().code(**changes) == "InvalidRequest"


def test_other_methods_are_not_supported() -> None:
    _status, _headers, response = Caller().send(method="PUT")
    assert response["Error"]["Code"] == "UnsupportedProtocol"


def test_unknown_common_headers_are_ignored() -> None:
    assert Caller().call(X_TC_Novelty="5", X_TC_TraceId="a", X_TC_Region="nowhere", X_TC_Language="zh-CN")["Name"]


def test_a_reader_that_breaks_is_an_internal_error_and_says_nothing_personal(caplog) -> None:
    caplog.set_level(logging.INFO)
    caller = Caller(KnownReader(error=RuntimeError("李明 C00000000")))
    assert caller.code() == "InternalError"
    assert "RuntimeError" in caplog.text
    assert not any(value in caplog.text for value in ("李明", "C00000000", "key-one"))


def test_a_reading_too_many_at_once_is_told_to_come_back() -> None:
    entered, leave = threading.Event(), threading.Event()

    class SlowReader(KnownReader):
        def read(self, image: bytes, *, side: Side, with_portrait: bool) -> PermitReading:
            entered.set()
            leave.wait(30)
            return READING

    caller = Caller(SlowReader(), max_readings=1, max_waiting=0)
    first: list[dict] = []
    thread = threading.Thread(target=lambda: first.append(caller.call()))
    thread.start()
    assert entered.wait(30)
    assert caller.code() == "ResourceUnavailable"
    leave.set()
    thread.join(30)
    assert first[0]["Name"]
    assert caller.call()["Name"]  # the place was given back


def test_health_is_answered_beside_the_protocol() -> None:
    status, _headers, answer = Caller().send(method="GET", path="/health")
    assert (status, answer) == (200, {"status": "ok"})


def test_another_path_is_not_there() -> None:
    assert Caller().send(path="/admin")[0] == 404


def test_a_get_with_a_signed_query_is_answered() -> None:
    query = urlencode({"ImageUrl": "http://127.0.0.1:1/a b.png", "RetProfile": "True"})
    headers: dict[str, str | None] = {"Host": HOST, "Content-Type": "application/x-www-form-urlencoded"}
    canonical = signing.canonical_request(
        method="GET",
        query=query,
        headers={name.lower(): str(value) for name, value in headers.items()},
        signed_headers=("content-type", "host"),
        payload_hash="e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    )
    signature = signing.signature(secret_key="key-one", timestamp=NOW, canonical=canonical)
    headers |= {
        "X-TC-Action": "MainlandPermitOCR",
        "X-TC-Version": "2018-11-19",
        "X-TC-Timestamp": str(NOW),
        "Authorization": f"TC3-HMAC-SHA256 Credential=AKIDone/2025-12-31/ocr/tc3_request, "
        f"SignedHeaders=content-type;host, Signature={signature}",
    }
    right = Caller().send(method="GET", query=query, headers=headers)[2]
    wrong = Caller().send(method="GET", query=query + "&CardSide=BACK", headers=headers)[2]
    long = Caller().send(method="GET", query="a=" + "x" * 32_768, headers=headers)[2]
    assert right["Error"]["Code"] == "FailedOperation.DownLoadError"  # through every check before the download
    assert wrong["Error"]["Code"] == "AuthFailure.SignatureFailure"
    assert long["Error"]["Code"] == "RequestSizeLimitExceeded"


def older(caller: Caller, *, key: str = "key-one", **fields: str | None) -> dict[str, Any]:
    form = {
        "Action": "MainlandPermitOCR",
        "Version": "2018-11-19",
        "Timestamp": str(NOW),
        "Nonce": "11886",
        "SecretId": "AKIDone",
        "SignatureMethod": "HmacSHA256",
        "RequestClient": "SDK_NODEJS_1",
        "ImageBase64": PICTURE64,
        "RetProfile": "True",
        **fields,
    }
    pairs = {name: value for name, value in form.items() if value is not None}
    pairs.setdefault(
        "Signature",
        signing.older_signature(secret_key=key, method="POST", host=HOST, path="/", parameters=pairs),
    )
    headers: dict[str, str | None] = {
        "Host": HOST,
        "Content-Type": "application/x-www-form-urlencoded",
        "X-TC-TraceId": "a",
    }
    return caller.send(urlencode(pairs).encode(), headers=headers)[2]


@pytest.mark.parametrize("flag", ["True", "true"])
@pytest.mark.parametrize("method", ["HmacSHA256", "HmacSHA1", None])
def test_a_form_with_the_older_signature_is_read(method: str | None, flag: str) -> None:
    caller = Caller()
    pictured = base64.b64encode(pictures.jpeg(quality=20)).decode()
    assert older(caller, SignatureMethod=method, RetProfile=flag, ImageBase64=pictured)["Name"]
    assert caller.reader.asked[0][2] is True


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"Action": None}, "MissingParameter"),
        ({"SecretId": None}, "MissingParameter"),
        ({"Signature": ""}, "MissingParameter"),
        ({"SecretId": "AKIDnobody"}, "AuthFailure.SecretIdNotFound"),
        ({"Timestamp": str(NOW - 301)}, "AuthFailure.SignatureExpire"),
        ({"Signature": "AAAA"}, "AuthFailure.SignatureFailure"),
        ({"Signature": "通"}, "AuthFailure.SignatureFailure"),
        ({"Token": "wrong"}, "AuthFailure.TokenFailure"),
        ({"Action": "Other"}, "InvalidAction"),
        ({"RetProfile": "maybe"}, "InvalidParameter"),
        ({"Novelty": "1"}, "UnknownParameter"),
        ({"CardSide": "TOP"}, "InvalidParameterValue.InvalidParameterValueLimit"),
        ({"ImageBase64": "x" * 1_048_576}, "RequestSizeLimitExceeded"),
    ],
    ids=str,
)
def test_the_older_signature_meets_the_same_checks(fields: dict, code: str) -> None:
    assert older(Caller(), **fields)["Error"]["Code"] == code


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b:1::7f00:1", "::127.0.0.1", "::ffff:0:127.0.0.1", "2002:7f00:1::", "2001:0:1::1",
        "ff02::1", "fec0::1", "192.0.0.192", "100.100.100.200", "168.63.129.16", "fd00:ec2::254",
    ],
)  # fmt: skip
def test_addresses_inside_the_network_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_addresses_in_the_open_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"])
def test_nothing_is_downloaded_from_inside_the_network(service: ScriptedService, host: str) -> None:
    url = f"http://{host}:{urlsplit(service.url).port}/a.jpg"
    assert Caller().code({"ImageUrl": url}) == "FailedOperation.DownLoadError"
    assert not service.requests


@pytest.mark.parametrize(
    "url", ["file:///etc/hostname", "ftp://example.com/a", "http://", "no url", "http://a:b@c/", "//"]
)
def test_what_is_no_web_address_is_not_fetched(url: str) -> None:
    assert Caller(allow_private_urls=True).code({"ImageUrl": url}) == "FailedOperation.DownLoadError"


def downloading() -> Caller:
    return Caller(allow_private_urls=True)


def test_a_url_wins_over_base64_which_is_not_looked_at(service: ScriptedService) -> None:
    service.default = Answer(PICTURE, headers={"Content-Type": "image/jpeg"})
    caller = downloading()
    assert caller.call({"ImageUrl": service.url + "/a.jpg?x=1", "ImageBase64": "%%"})["Name"]
    assert caller.reader.asked[0][0] == PICTURE
    assert service.requests[0].path == "/a.jpg?x=1"
    assert service.requests[0].headers["host"] == urlsplit(service.url).netloc


def test_redirects_are_followed_but_not_for_ever(service: ScriptedService) -> None:
    service.queue(Answer(status=302, headers={"Location": "/b"}), Answer(PICTURE))
    assert downloading().call({"ImageUrl": service.url})["Name"]
    service.default = Answer(status=302, headers={"Location": "/round"})
    assert downloading().code({"ImageUrl": service.url}) == "FailedOperation.DownLoadError"


def test_a_redirect_is_checked_like_the_first_address(service: ScriptedService) -> None:
    service.default = Answer(status=302, headers={"Location": "file:///etc/hostname"})
    assert downloading().code({"ImageUrl": service.url}) == "FailedOperation.DownLoadError"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(b"", status=404), "FailedOperation.DownLoadError"),
        (Answer(PICTURE, cut=True), "FailedOperation.DownLoadError"),
        (Answer(PICTURE, pause_seconds=30), "FailedOperation.DownLoadError"),
        (Answer(PICTURE, byte_pause_seconds=0.1), "FailedOperation.DownLoadError"),
        (Answer(bytes(5_505_025)), "LimitExceeded.TooLargeFileError"),
        (Answer(b"<html>"), "FailedOperation.ImageDecodeFailed"),
    ],
    ids=["404", "cut", "slow", "trickling", "too large", "no picture"],
)
def test_a_download_that_goes_wrong_has_its_code(service: ScriptedService, answer: Answer, code: str) -> None:
    service.default = answer
    assert downloading().code({"ImageUrl": service.url}) == code


def test_the_client_and_the_server_understand_each_other(run_app) -> None:
    reader = KnownReader()
    url = run_app(create_app(reader, KEYS))
    reading = Client(url, "AKIDone", "key-one").read(ReadRequest(image=PICTURE, with_portrait=True))
    assert (reading.name, reading.warnings, reading.profile) == ("李明", (-9103,), b"\xff\xd8")
    assert reading.request_id


def test_regions_are_told_to_those_who_ask_and_to_nobody_else(run_app) -> None:
    client = Client(run_app(create_app(KnownReader(), KEYS)), "AKIDone", "key-one")
    assert client.read(ReadRequest(image=PICTURE, with_regions=True)).regions == (REGION,)
    assert client.read(ReadRequest(image=PICTURE)).regions is None


@pytest.mark.parametrize("value", [None, "0", "yes"])
def test_without_the_header_the_answer_has_exactly_the_published_shape(value: str | None) -> None:
    assert set(Caller().whole(X_Permit_Portal_Regions=value)) == {"Response"}


def test_a_wrong_key_is_the_operators(run_app) -> None:
    url = run_app(create_app(KnownReader(), KEYS))
    with pytest.raises(ConfigError) as caught:
        Client(url, "AKIDone", "mistyped").read(ReadRequest(image=PICTURE))
    assert caught.value.code == "AuthFailure.SignatureFailure"
    assert caught.value.request_id


def test_a_client_whose_clock_is_an_hour_off_finds_its_way(run_app) -> None:
    reader = KnownReader()
    url = run_app(create_app(reader, KEYS, clock=lambda: float(NOW)))
    client = Client(url, "AKIDone", "key-one", clock=lambda: NOW + 3600.0)
    assert client.read(ReadRequest(image=PICTURE)).name == "李明"


def test_a_service_that_is_busy_is_retried(run_app) -> None:
    busy = create_app(KnownReader(error=error_for_code("ResourceUnavailable")), KEYS)
    with pytest.raises(RetryError):
        Client(run_app(busy), "AKIDone", "key-one").read(ReadRequest(image=PICTURE))


@pytest.mark.parametrize("query", ["?", "?a=b", "?Action=Other&CardSide=BACK&ImageBase64=%25"])
def test_a_post_signs_no_query_and_what_stands_there_says_nothing(run_app, query: str) -> None:
    reader = KnownReader()
    url = urlsplit(run_app(create_app(reader, KEYS, clock=lambda: float(NOW))))
    body = json.dumps({"ImageBase64": PICTURE64}).encode()
    signed = signing.authorization(
        secret_id="AKIDone", secret_key="key-one", timestamp=NOW, host=url.netloc,
        content_type="application/json", body=body,
    )  # fmt: skip
    connection = http.client.HTTPConnection(url.netloc, timeout=30)
    connection.request(
        "POST", f"/{query}", body,
        {
            "Content-Type": "application/json", "X-TC-Action": "MainlandPermitOCR", "X-TC-Version": "2018-11-19",
            "X-TC-Timestamp": str(NOW), "Authorization": signed,
        },
    )  # fmt: skip
    assert json.load(connection.getresponse())["Response"]["Name"] == "李明"
    assert reader.asked == [(PICTURE, Side.FRONT, False)]
    connection.close()


@pytest.mark.parametrize("more_exactly", ["FailedOperation.CardSideError", "FailedOperation.MultiCardError"])
def test_the_published_answer_is_the_same_whether_more_is_asked_for_or_not(more_exactly: str) -> None:
    caller = Caller(KnownReader(error=error_for_code(more_exactly, message="Another side is shown.")))
    plain, asking = caller.whole(), caller.whole(X_Permit_Portal_Regions="1")
    assert set(plain) == {"Response"}
    assert plain["Response"]["Error"]["Code"] == "FailedOperation.ImageNoSpecifiedCard"
    assert plain["Response"]["Error"] == asking["Response"]["Error"]
    assert set(plain["Response"]) == set(asking["Response"]) == {"Error", "RequestId"}
    assert asking["PermitPortalFault"] == more_exactly


def test_a_fault_that_is_published_needs_no_other_name() -> None:
    caller = Caller(KnownReader(error=error_for_code("FailedOperation.ImageNoSpecifiedCard")))
    assert set(caller.whole(X_Permit_Portal_Regions="1")) == {"Response"}


def test_a_reading_is_published_the_same_whether_more_is_asked_for_or_not() -> None:
    plain, asking = Caller().whole(), Caller().whole(X_Permit_Portal_Regions="1")
    for answer in (plain, asking):
        del answer["Response"]["RequestId"]
    assert plain["Response"] == asking["Response"]
    assert "PermitPortalRegions" in asking


@pytest.mark.parametrize(("with_regions", "finer"), [(False, ""), (True, "FailedOperation.CardSideError")])
def test_who_asks_for_more_is_told_which_fault_of_the_picture_it_is(run_app, with_regions: bool, finer: str) -> None:
    turned = create_app(KnownReader(error=error_for_code("FailedOperation.CardSideError")), KEYS)
    with pytest.raises(CustomerError) as caught:
        Client(run_app(turned), "AKIDone", "key-one").read(ReadRequest(image=PICTURE, with_regions=with_regions))
    assert (caught.value.code, caught.value.finer_code) == ("FailedOperation.ImageNoSpecifiedCard", finer)
