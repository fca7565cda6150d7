"""Both signatures against vectors of the official client (fake keys), and what a check accepts and refuses."""

from __future__ import annotations

import hashlib

import pytest

from ocr_integration import signing

SECRET_ID = "AKIDEXAMPLE1234567890abcdefghijkl"
SECRET_KEY = "EXAMPLEsecretKey0123456789abcdef"
HOST = "ocr.intl.tencentcloudapi.com"
BEFORE_MIDNIGHT = 1767225599
BODY_A = (
    b'{"ImageUrl": "https://ocr-demo-1254418846.cos.ap-guangzhou.myqcloud.com/card/MainlandPermitOCR/'
    b'MainlandPermitOCR1.png", "RetProfile": false}'
)
BODY_B = b'{"ImageBase64": "iVBORw0KGgo=", "CardSide": "BACK", "RetProfile": true}'
BODY_D = '{"ImageUrl":"https://example.com/通行证.png"}'.encode()
QUERY_C = "ImageUrl=https%3A%2F%2Fexample.com%2Fa+b.png&RetProfile=True"
SIGNATURE_A = "e3d3c48f3fece2ca323813eba64238ec0f4b49e6372b350fd1509dfd414d6b59"
SIGNATURE_B = "f031c5d4bb9040b7cafc48ff75602bb03e21f181b7f5ebb5e98ef227692819e2"
SIGNATURE_C = "a98b97e7d8cd000b9a27671f53a90bb042a7c187c51a2e3c8e6ddcd71ea01363"
SIGNATURE_D = "3d2672350708d09031f30e48b432a1ada3466074055c8a8f20482d036e6d79c8"


def made(timestamp: int, host: str, body: bytes) -> str:
    return signing.authorization(
        secret_id=SECRET_ID,
        secret_key=SECRET_KEY,
        timestamp=timestamp,
        host=host,
        content_type="application/json",
        body=body,
    )


def header(signature: str, date: str = "2025-12-31", names: str = "content-type;host") -> str:
    return (
        f"TC3-HMAC-SHA256 Credential={SECRET_ID}/{date}/ocr/tc3_request, SignedHeaders={names}, Signature={signature}"
    )


def test_vector_a_to_the_letter() -> None:
    assert len(BODY_A) == 140
    assert made(BEFORE_MIDNIGHT, HOST, BODY_A) == header(SIGNATURE_A)


def test_vector_a_in_its_steps() -> None:
    canonical = signing.canonical_request(
        method="POST",
        query="",
        headers={"content-type": "application/json", "host": HOST},
        signed_headers=("content-type", "host"),
        payload_hash="a8831f3671ed5a35eeb854beaa043b8238ec05c41cf7c4d31a84ae95a08de247",
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    assert digest == "6466478dc3e06776bf5113edc4e8c8a53d4a7cb154c5fcb32561f4eadef5e0d1"


def test_vector_b_a_second_later_is_another_day() -> None:
    assert made(BEFORE_MIDNIGHT + 1, "127.0.0.1:8000", BODY_B) == header(SIGNATURE_B, "2026-01-01")


def is_valid(authorization: str, **changes: object) -> bool:
    given = signing.parse(authorization)
    assert given is not None
    request: dict = {
        "secret_key": SECRET_KEY,
        "timestamp": BEFORE_MIDNIGHT,
        "method": "POST",
        "query": "",
        "headers": {"content-type": "application/json", "host": HOST},
        "body": BODY_A,
        **changes,
    }
    return signing.is_valid(given, **request)


def test_a_check_accepts_vectors_a_c_and_d() -> None:
    form = {"content-type": "application/x-www-form-urlencoded", "host": HOST}
    more = {
        "content-type": "application/json; charset=utf-8",
        "host": HOST,
        "x-tc-action": "MainlandPermitOCR",
    }
    d = header(SIGNATURE_D, names="content-type;host;x-tc-action")
    assert is_valid(header(SIGNATURE_A))
    assert is_valid(header(SIGNATURE_C), method="GET", query=QUERY_C, headers=form, body=b"")
    assert is_valid(d, headers=more, body=BODY_D)


def test_a_check_accepts_values_signed_as_sent() -> None:
    headers = {"content-type": "application/json", "host": "LocalHost:8000"}
    lines = "content-type:application/json\nhost:LocalHost:8000\n"
    digest = hashlib.sha256(BODY_A).hexdigest()
    canonical = f"POST\n/\n\n{lines}\ncontent-type;host\n{digest}"
    signature = signing.signature(secret_key=SECRET_KEY, timestamp=BEFORE_MIDNIGHT, canonical=canonical)
    assert is_valid(header(signature), headers=headers)
    assert is_valid(made(BEFORE_MIDNIGHT, "localhost:8000", BODY_A), headers=headers)


def test_a_body_left_out_of_the_signature_is_accepted_when_said() -> None:
    headers = {"content-type": "application/json", "host": HOST}
    canonical = signing.canonical_request(
        method="POST",
        query="",
        headers=headers,
        signed_headers=("content-type", "host"),
        payload_hash=hashlib.sha256(b"UNSIGNED-PAYLOAD").hexdigest(),
    )
    signed = header(signing.signature(secret_key=SECRET_KEY, timestamp=BEFORE_MIDNIGHT, canonical=canonical))
    assert is_valid(signed, headers={**headers, "x-tc-content-sha256": "UNSIGNED-PAYLOAD"}, body=b"any")
    assert not is_valid(signed, headers=headers, body=b"any")


@pytest.mark.parametrize(
    "changes",
    [
        {"body": BODY_A + b" "},
        {"secret_key": "other"},
        {"timestamp": BEFORE_MIDNIGHT - 1},
        {"timestamp": BEFORE_MIDNIGHT + 1},
        {"method": "GET"},
        {"headers": {"content-type": "application/json", "host": "elsewhere.example"}},
        {"headers": {"content-type": "application/json; charset=utf-8", "host": HOST}},
        {"headers": {"content-type": "application/json"}},
    ],
    ids=str,
)
def test_a_check_refuses_whatever_was_not_signed(changes: dict) -> None:
    assert not is_valid(header(SIGNATURE_A), **changes)


def test_a_get_signs_its_query_and_a_post_signs_none() -> None:
    form = {"content-type": "application/x-www-form-urlencoded", "host": HOST}
    changed = QUERY_C.replace("True", "False")
    assert not is_valid(header(SIGNATURE_C), method="GET", query=changed, headers=form, body=b"")
    assert is_valid(header(SIGNATURE_A), query="a=b")
    with_query = signing.canonical_request(
        method="POST",
        query="a=b",
        headers={"content-type": "application/json", "host": HOST},
        signed_headers=("content-type", "host"),
        payload_hash=hashlib.sha256(BODY_A).hexdigest(),
    )
    signed = header(signing.signature(secret_key=SECRET_KEY, timestamp=BEFORE_MIDNIGHT, canonical=with_query))
    assert not is_valid(signed, query="a=b")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Bearer abc",
        header(SIGNATURE_A)[:-1],
        header(SIGNATURE_A, names="host"),
        header(SIGNATURE_A, names="content-type"),
        header(SIGNATURE_A).replace("TC3-HMAC-SHA256", "TC3-HMAC-SHA1"),
        header(SIGNATURE_A).replace("tc3_request", "tc2_request"),
    ],
)
def test_a_header_that_is_not_well_formed_is_not_parsed(text: str) -> None:
    assert signing.parse(text) is None


def test_another_services_scope_is_refused() -> None:
    assert not is_valid(header(SIGNATURE_A).replace("/ocr/", "/cvm/"))


OLDER = {
    "Action": "MainlandPermitOCR",
    "ImageUrl": "https://example.com/a b.png",
    "Language": "en-US",
    "Nonce": "11886",
    "RequestClient": "kyc_1.0",
    "RetProfile": "True",
    "SecretId": SECRET_ID,
    "SignatureMethod": "HmacSHA256",
    "Timestamp": "1767225599",
    "Version": "2018-11-19",
    "Signature": "is left out",
}


def test_the_older_signature_gives_its_vector() -> None:
    made_older = signing.older_signature(secret_key=SECRET_KEY, method="POST", host=HOST, path="/", parameters=OLDER)
    assert made_older == "33I8HwIS4i0ydNQ0lcQoT6qG9D/fgSOQIXQ5aExHksM="


def test_the_older_signature_is_sha1_where_no_method_is_named() -> None:
    unnamed = {name: value for name, value in OLDER.items() if name != "SignatureMethod"}
    made_older = signing.older_signature(secret_key=SECRET_KEY, method="POST", host=HOST, path="/", parameters=unnamed)
    assert len(made_older) == 28
