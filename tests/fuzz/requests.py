"""Requests that were right once, as raw bytes: nonsense that is signed as it should be, and signed ones that were hurt.

Nothing here may reach a name server or another machine: addresses to download from are chosen, never made by chance.
"""

from __future__ import annotations

import base64
import json
import random
import time
from typing import Any
from urllib.parse import urlencode

from ocr_integration import signing
from tests.fuzz.images import SEED
from tests.ocr_integration import pictures

ID, KEY = "AKIDfuzz", "fuzz-key"
_SMALL = base64.b64encode(pictures.jpeg(pictures.noise(60, 60), quality=30)).decode()
_TEXTS = (
    "", " ", "A", "====", _SMALL, _SMALL[:-3], "data:image/png;base64," + _SMALL, "\x00", "\ud800", "通行证", "A" * 70_000,
    "FRONT", "BACK", "front", "true", "null", "{}", "%s%n", "../../etc/passwd", "\r\nX-Evil: 1", "☃" * 500,
)  # fmt: skip
_URLS = (
    "", "http://", "http://127.0.0.1:1/a.jpg", "https://127.0.0.1:1/", "http://[::1]:1/", "http://[::1", "file:///etc/passwd",
    "gopher://127.0.0.1:1/", "http://127.0.0.1:99999/", "http://127.0.0.1:-1/", "http://a:b@127.0.0.1/", "//127.0.0.1/",
    "http://169.254.169.254/latest", "http://2130706433:1/", "http://127.0.0.1:1/\r\nHost: x", "http://\ud800/",
    "http://" + "a" * 300 + "/", "http://127.0.0.1:1/" + "%" * 5000, "javascript:1", "http://0/", "http://..../",
)  # fmt: skip
_ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1e308, float("nan"), float("inf"), 10**400, [], {}, [[[]]], {"a": {"b": []}}, "",
)  # fmt: skip
_NAMES = (
    "ImageBase64", "ImageUrl", "RetProfile", "CardSide", "imagebase64", "ImageBase64 ", "Action", "", "\ud800", "__class__",
)  # fmt: skip
_HEADERS = (
    "Host", "Content-Type", "X-TC-Action", "X-TC-Version", "X-TC-Timestamp", "X-TC-Token", "X-TC-Region", "X-TC-Language",
    "X-TC-RequestClient", "X-TC-TraceId", "X-TC-Content-SHA256", "Authorization", "X-Permit-Portal-Regions",
    "Content-Length", "Transfer-Encoding", "Connection", "Expect", "Cookie", "X-" + "y" * 300,
)  # fmt: skip
_VALUES = (
    b"", b" ", b"\xff\xfe", b"0", b"-1", b"99999999999999999999", b"chunked", b"UNSIGNED-PAYLOAD", b"close", b"100-continue",
    b"application/json", b"application/json;charset=\xe9", b"multipart/form-data; boundary=x", b"a" * 9000, b"MainlandPermitOCR",
    b"TC3-HMAC-SHA256 Credential=a/2026-01-01/ocr/tc3_request, SignedHeaders=content-type;host, Signature=" + b"0" * 64,
    b"TC3-HMAC-SHA256 Credential=//ocr/tc3_request, SignedHeaders=;;, Signature=", "通".encode(), b"%00%ff", b"'\"<>",
)  # fmt: skip


def mutant(number: int, host: str) -> bytes:
    """The request of this number, whole as bytes for a socket."""
    chance = random.Random(f"{SEED} request {number}")
    kind = chance.randrange(4)
    if kind == 0:
        head, body = _signed(chance, host, _json(chance))
    elif kind == 1:
        head, body = _form(chance, host, method="POST")
    elif kind == 2:
        head, body = _form(chance, host, method="GET")
    else:
        head, body = _signed(chance, host, _json(chance), charset="; charset=utf-8")
    if chance.random() < 0.5:
        head = _other_headers(head, chance)
    raw = b"\r\n".join(head) + b"\r\n\r\n" + body
    return _hurt(raw, chance) if chance.random() < 0.4 else raw


def _parameters(chance: random.Random) -> dict[str, Any]:
    """Often three right parameters, with some that are not."""
    chosen: dict[str, Any] = {"ImageBase64": _SMALL} if chance.random() < 0.7 else {}
    for _each in range(chance.randrange(4)):
        name = chance.choice(_NAMES)
        values = _URLS if name == "ImageUrl" else _TEXTS
        chosen[name] = chance.choice(values) if chance.random() < 0.7 or name == "ImageUrl" else chance.choice(_ODD)
    return chosen


def _json(chance: random.Random) -> bytes:
    parameters = _parameters(chance)
    text = json.dumps(parameters, ensure_ascii=chance.random() < 0.5, indent=chance.choice((None, 3)))
    plain = text.encode("utf-8", "surrogatepass")
    others = (
        b"", b"null", b"[]", b"5", b'"x"', b"{", b"[" * 50_000, b'{"a":' * 20_000, b"\xff\xfe" + text.encode("utf-16-le", "replace"),
        b'{"ImageBase64":"a","ImageBase64":{}}', plain.replace(b"/", b"\\/"), b"\xef\xbb\xbf" + plain, plain + b"}", b"9" * 5000,
    )  # fmt: skip
    return plain if chance.random() < 0.6 else chance.choice(others)


def _signed(chance: random.Random, host: str, body: bytes, charset: str = "") -> tuple[list[bytes], bytes]:
    kind, now = f"application/json{charset}", int(time.time()) + chance.choice((0, 0, 0, 0, 299, -400, 10**9))
    given = signing.authorization(secret_id=ID, secret_key=KEY, timestamp=now, host=host, content_type=kind, body=body)
    lines = [
        "POST / HTTP/1.1", f"Host: {host}", f"Content-Type: {kind}", f"Content-Length: {len(body)}",
        "X-TC-Action: MainlandPermitOCR", "X-TC-Version: 2018-11-19", f"X-TC-Timestamp: {now}", f"Authorization: {given}",
        "Connection: close",
    ]  # fmt: skip
    return [line.encode() for line in lines], body


def _form(chance: random.Random, host: str, *, method: str) -> tuple[list[bytes], bytes]:
    """The older signature."""
    fields: dict[str, str] = {
        "Action": "MainlandPermitOCR", "Version": "2018-11-19", "Timestamp": str(int(time.time())), "Nonce": "5",
        "SecretId": ID, "SignatureMethod": chance.choice(("HmacSHA1", "HmacSHA256", "None")),
    }  # fmt: skip
    for name, value in _parameters(chance).items():
        plain = json.dumps(value) if not isinstance(value, str) else value
        fields[_sendable(name)] = _sendable(plain[:20_000])
    if chance.random() < 0.2:
        del fields[chance.choice(sorted(fields))]
    made = signing.older_signature(secret_key=KEY, method=method, host=host, path="/", parameters=fields)
    coded = urlencode({**fields, "Signature": made}).encode("ascii")
    lines = [f"Host: {host}".encode(), b"Content-Type: application/x-www-form-urlencoded", b"Connection: close"]
    if method == "GET":
        return [b"GET /?" + coded + b" HTTP/1.1", *lines], b""
    return [b"POST / HTTP/1.1", *lines, b"Content-Length: %d" % len(coded)], coded


def _sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _other_headers(head: list[bytes], chance: random.Random) -> list[bytes]:
    out = list(head)
    for _each in range(chance.randrange(1, 4)):
        line = chance.choice(_HEADERS).encode() + b": " + chance.choice(_VALUES)
        if chance.random() < 0.4 and len(out) > 2:
            out[chance.randrange(1, len(out))] = line
        else:
            out.insert(chance.randrange(1, len(out) + 1), line)
    if chance.random() < 0.15:
        methods = (
            b"PUT / HTTP/1.1",
            b"POST /? HTTP/1.1",
            b"OPTIONS * HTTP/1.1",
            b"POST /x HTTP/1.1",
            b"POST / HTTP/1.0",
        )
        out[0] = chance.choice((*methods, b"POST /%00%ff?%ff HTTP/1.1", b"HEAD / HTTP/1.1", b"POST http://x/ HTTP/1.1"))
    return out


def _hurt(raw: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(raw))
    if chance.random() < 0.3:
        return raw[:at]
    out = bytearray(raw)
    for _each in range(chance.randrange(1, 8)):
        out[chance.randrange(min(len(out), 900))] = chance.randrange(256)
    return bytes(out)
