"""The real client against a scripted service over real sockets: every outcome ends in its class, nothing else escapes."""

from __future__ import annotations

import contextlib
import http.client
import logging
import socket
import ssl
import threading
import time
from email.utils import formatdate

import pytest
import requests
import urllib3

from ocr_integration import client as client_module
from ocr_integration import signing
from ocr_integration.client import Client
from ocr_integration.contract import ReadRequest, Side
from ocr_integration.errors import ConfigError, ErrorClass, RetryError, ServiceError
from tests.ocr_integration.published_codes import PUBLISHED
from tests.scripted_service import Answer, ScriptedService, failure, html, success

SECRET_ID, SECRET_KEY = "AKIDclient", "client-secret"
REQUEST = ReadRequest(image=b"picture")


def client_of(service: ScriptedService, **options) -> Client:
    return Client(service.url, SECRET_ID, SECRET_KEY, **options)


def refused(service: ScriptedService, **options) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        client_of(service, **options).read(REQUEST)
    return caught.value


def test_a_success_is_a_reading_with_its_request(service: ScriptedService) -> None:
    service.queue(success(Name="李明", WarnCardInfos=[-9103], RequestId="the-request"))
    reading = client_of(service).read(REQUEST)
    assert (reading.name, reading.warnings, reading.request_id) == ("李明", (-9103,), "the-request")


@pytest.mark.parametrize(("code", "kind"), PUBLISHED.items())
def test_every_published_code_ends_in_its_class_after_one_attempt(
    service: ScriptedService, code: str, kind: str
) -> None:
    service.default = failure(code, request_id="the-request", headers={"Date": "not a date"})
    error = refused(service)
    assert (error.error_class, error.code, error.request_id) == (ErrorClass(kind), code, "the-request")
    assert len(service.requests) == 1


def test_what_is_sent_is_what_was_signed(service: ScriptedService) -> None:
    client_of(service, token="a-token", region="ap-singapore", clock=lambda: 1767225600.9).read(REQUEST)
    (seen,) = service.requests
    given = signing.parse(seen.headers["authorization"])
    assert given is not None
    assert signing.is_valid(
        given, secret_key=SECRET_KEY, timestamp=1767225600, method="POST", query="", headers=seen.headers, body=seen.body
    )  # fmt: skip
    common = {name: value for name, value in seen.headers.items() if name.startswith("x-tc-")}
    assert common == {
        "x-tc-action": "MainlandPermitOCR",
        "x-tc-version": "2018-11-19",
        "x-tc-timestamp": "1767225600",
        "x-tc-language": "en-US",
        "x-tc-requestclient": "permit_kyc_portal_0.1",
        "x-tc-region": "ap-singapore",
        "x-tc-token": "a-token",
    }
    assert (seen.headers["content-type"], seen.headers["content-length"]) == ("application/json", str(len(seen.body)))
    assert "transfer-encoding" not in seen.headers


def test_optional_parameters_and_headers_are_left_out(service: ScriptedService) -> None:
    client_of(service).read(REQUEST)
    client_of(service).read(ReadRequest(image=b"picture", side=Side.BACK, with_portrait=True))
    plain, full = service.requests
    assert set(plain.parameters) == {"ImageBase64"}
    assert set(full.parameters) == {"ImageBase64", "CardSide", "RetProfile"}
    assert not {"x-tc-token", "x-tc-region", "x-tc-content-sha256"} & set(plain.headers)


def test_only_our_own_server_is_asked_for_regions_and_another_may_not_know_them(service: ScriptedService) -> None:
    assert client_of(service).read(ReadRequest(image=b"picture", with_regions=True)).regions is None
    client_of(service).read(REQUEST)
    asked, plain = (seen.headers for seen in service.requests)
    assert asked["x-permit-portal-regions"] == "1"
    assert "x-permit-portal-regions" not in plain


def test_connections_are_kept_and_reused(service: ScriptedService) -> None:
    client = client_of(service)
    for _ in range(5):
        client.read(REQUEST)
    assert len({seen.client_port for seen in service.requests}) == 1


NOT_THE_SERVICE = {
    "HTML with 200": (html(), "Transport.BadAnswer"),
    "empty": (Answer(b""), "Transport.BadAnswer"),
    "no Response": (Answer(b"{}"), "Transport.BadAnswer"),
    "cut off": (Answer(success().body, cut=True), "Transport.ConnectionFailed"),
    "hung up": (Answer(hang_up=True), "Transport.ConnectionFailed"),
    "reset": (Answer(reset=True), "Transport.ConnectionFailed"),
    "no RequestId": (Answer(b'{"Response": {"Name": "x"}}'), "Transport.BadAnswer"),
    "chunks without an end": (
        Answer(b'9\r\n{"Respons\r\n', headers={"Transfer-Encoding": "chunked"}, cut=True),
        "Transport.ConnectionFailed",
    ),
    "longer than said": (Answer(success().body, headers={"Content-Length": "20"}), "Transport.BadAnswer"),
    "a status that is none": (Answer(b"", status=99), "Transport.ConnectionFailed"),
    "204": (Answer(b"", status=204), "Transport.HttpOther"),
    "401": (html(401), "Transport.HttpOther"),
    "503": (html(503), "Transport.Http5xx"),
    "500": (html(500), "Transport.Http5xx"),
    "502": (html(502), "Transport.Http5xx"),
    "429": (html(429), "Transport.Http429"),
    "302": (Answer(b"", status=302, headers={"Location": "/elsewhere"}), "Transport.HttpOther"),
    "packed badly": (Answer(b"no gzip", headers={"Content-Encoding": "gzip"}), "Transport.ConnectionFailed"),
}


@pytest.mark.parametrize(("answer", "code"), NOT_THE_SERVICE.values(), ids=NOT_THE_SERVICE)
def test_what_comes_from_something_in_between_is_retried(service: ScriptedService, answer: Answer, code: str) -> None:
    service.default = answer
    error = refused(service)
    assert (type(error), error.code) == (RetryError, code)
    assert len(service.requests) == 1


@pytest.mark.parametrize("status", [403, 404])
def test_a_wrong_address_is_the_operators(service: ScriptedService, status: int) -> None:
    service.default = html(status)
    error = refused(service)
    assert (type(error), error.code) == (ConfigError, f"Transport.Http{status}")


def test_being_told_when_to_come_back_is_kept(service: ScriptedService) -> None:
    service.default = Answer(b"", status=429, headers={"Retry-After": "7"})
    assert refused(service).retry_after_seconds == 7


SLOW = {
    "no answer": Answer(success().body, pause_seconds=30),
    "trickling body": Answer(success().body, byte_pause_seconds=0.1),
    "trickling headers": Answer(success().body, byte_pause_seconds=0.1, trickled_headers=True),
}


@pytest.mark.parametrize("answer", SLOW.values(), ids=SLOW)
def test_a_slow_answer_ends_with_the_whole_calls_deadline(service: ScriptedService, answer: Answer) -> None:
    service.default = answer
    ended = threading.Event()
    errors: list[ServiceError] = []

    def call() -> None:
        errors.append(refused(service, deadline_seconds=0.5))
        ended.set()

    threading.Thread(target=call, daemon=True).start()
    assert ended.wait(20)  # each of these answers takes longer than that when nobody ends it
    assert (type(errors[0]), errors[0].code) == (RetryError, "Transport.Timeout")


@pytest.mark.parametrize("trickle", [False, True], ids=["silent", "trickling"])
def test_a_secure_port_that_never_greets_ends_with_the_deadline(trickle: bool) -> None:
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            connection, _address = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(b"\x16\x03\x03\x40\x00" if trickle else b"")
                while not ended.wait(0.1):
                    connection.sendall(b"\x02" if trickle else b"")

        threading.Thread(target=greet, daemon=True).start()
        errors: list[ServiceError] = []

        def call() -> None:
            try:
                Client(f"https://127.0.0.1:{listener.getsockname()[1]}", "id", "key", deadline_seconds=0.5).read(
                    REQUEST
                )
            except ServiceError as error:
                errors.append(error)
            ended.set()

        threading.Thread(target=call, daemon=True).start()
        assert ended.wait(20)
    assert [(type(each), each.code) for each in errors] == [(RetryError, "Transport.Timeout")]


def test_an_endpoint_that_is_down_is_retried() -> None:
    with ScriptedService() as service:
        pass
    assert refused(service).code == "Transport.ConnectionFailed"


def test_a_service_that_comes_back_is_used_again(service: ScriptedService) -> None:
    client = client_of(service)
    client.read(REQUEST)
    service.stop()
    with pytest.raises(RetryError):
        client.read(REQUEST)
    service.start()
    assert client.read(REQUEST).request_id


def test_a_name_nobody_knows_is_retried() -> None:
    with pytest.raises(RetryError) as caught:
        Client("http://nowhere.invalid", SECRET_ID, SECRET_KEY).read(REQUEST)
    assert caught.value.code == "Transport.ConnectionFailed"


def test_a_service_without_a_trusted_certificate_is_the_operators(tmp_path) -> None:
    url = _serve_with_own_certificate(tmp_path)
    with pytest.raises(ConfigError) as caught:
        Client(url, SECRET_ID, SECRET_KEY).read(REQUEST)
    assert caught.value.code == "Transport.Certificate"


def test_plain_talk_to_a_secure_port_is_retried(service: ScriptedService) -> None:
    with pytest.raises(RetryError):
        Client(service.url.replace("http", "https"), SECRET_ID, SECRET_KEY).read(REQUEST)


@pytest.mark.parametrize(
    ("endpoint", "secret_id"),
    [
        ("", SECRET_ID),
        ("ocr.example.com", SECRET_ID),
        ("ftp://ocr.example.com", SECRET_ID),
        ("http://", SECRET_ID),
        ("http://127.0.0.1:99999", SECRET_ID),
        ("http://[::1", SECRET_ID),
        ("http://127.0.0.1:1", "with\nbreak"),
        ("http://127.0.0.1:1", "通行"),
    ],
)
def test_an_endpoint_or_key_that_cannot_be_sent_is_the_operators(endpoint: str, secret_id: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Client(endpoint, secret_id, SECRET_KEY).read(REQUEST)
    assert caught.value.code == "Transport.BadEndpoint"


def _all(of: type[BaseException]) -> list[type[BaseException]]:
    return [of, *(each for child in of.__subclasses__() for each in _all(child))]


FOREIGN = sorted(
    {
        *_all(requests.RequestException),
        *_all(urllib3.exceptions.HTTPError),
        *_all(http.client.HTTPException),
        OSError,
        TimeoutError,
        ValueError,
    },
    key=lambda kind: f"{kind.__module__}.{kind.__name__}",
)


@pytest.mark.parametrize("kind", FOREIGN, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_no_exception_of_the_libraries_beneath_escapes(kind: type[BaseException], monkeypatch) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise kind.__new__(kind)

    client = Client("http://127.0.0.1:1", SECRET_ID, SECRET_KEY)
    monkeypatch.setattr(client._session, "send", fail)
    with pytest.raises(ServiceError):
        client.read(REQUEST)


def test_a_clock_an_hour_off_gets_one_new_try_with_the_services_time(service: ScriptedService) -> None:
    now = 1767225600
    expired = failure("AuthFailure.SignatureExpire", headers={"Date": formatdate(now, usegmt=True)})
    service.queue(expired)
    client_of(service, clock=lambda: now - 3600.0).read(REQUEST)
    stamps = [int(seen.headers["x-tc-timestamp"]) for seen in service.requests]
    assert stamps == [now - 3600, now]


def test_a_clock_that_stays_wrong_is_the_operators_after_that_one_try(service: ScriptedService) -> None:
    service.default = failure("AuthFailure.SignatureExpire")
    error = refused(service, clock=lambda: time.time() - 3600)
    assert (type(error), error.code) == (ConfigError, "AuthFailure.SignatureExpire")
    assert len(service.requests) == 2


def test_nothing_secret_or_personal_is_logged_or_said(service: ScriptedService, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    service.queue(success(Name="李明", Number="08320271"), failure("AuthFailure.SignatureFailure"))
    client = client_of(service, token="session-token")
    client.read(REQUEST)
    with pytest.raises(ServiceError) as caught:
        client.read(REQUEST)
    said = caplog.text + repr(caught.value) + str(caught.value) + repr(client)
    assert not any(
        secret in said for secret in (SECRET_KEY, SECRET_ID, "session-token", "李明", "08320271", "Signature=")
    )


def test_an_answer_without_end_is_given_up(service: ScriptedService, monkeypatch) -> None:
    monkeypatch.setattr(client_module, "MAX_ANSWER_BYTES", 1000)
    service.default = success(Name="x" * 5000)
    assert refused(service).code == "Transport.BadAnswer"


def test_many_threads_share_one_client(service: ScriptedService) -> None:
    client, readings = client_of(service, pool_size=4), []
    threads = [threading.Thread(target=lambda: readings.append(client.read(REQUEST))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len({reading.request_id for reading in readings}) == 1
    assert len(readings) == len(service.requests) == 12


def _serve_with_own_certificate(folder) -> str:
    """A TLS listener with a certificate nobody signed but itself."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = folder / "own.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        with listener:
            connection, _address = listener.accept()
            try:
                context.wrap_socket(connection, server_side=True).close()
            except OSError:
                connection.close()

    threading.Thread(target=accept, daemon=True).start()
    return f"https://127.0.0.1:{listener.getsockname()[1]}"


def test_the_services_clock_is_known_from_its_newest_answer(service: ScriptedService) -> None:
    now = 1767225600
    client = client_of(service, clock=lambda: now + 100.0)
    assert client.service_clock() is None
    service.queue(
        success(),
        Answer(success().body, headers={"Content-Type": "application/json", "Date": formatdate(now, usegmt=True)}),
    )
    client.read(REQUEST)
    client.read(REQUEST)
    assert client.service_clock() == (-99.5, now + 100.0)


def test_a_date_that_is_none_says_nothing_of_the_clock(service: ScriptedService) -> None:
    client = client_of(service)
    service.queue(Answer(success().body, headers={"Content-Type": "application/json", "Date": "yesterday"}))
    client.read(REQUEST)
    assert client.service_clock() is None
