"""TC3-HMAC-SHA256, made and checked. Pure: bytes and text in, text out; keys are passed in and never kept."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

ALGORITHM = "TC3-HMAC-SHA256"
SERVICE = "ocr"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
_AUTHORIZATION = re.compile(
    r"TC3-HMAC-SHA256\s+Credential=(?P<id>[^/,\s]+)/(?P<date>\d{4}-\d{2}-\d{2})/(?P<service>[a-z0-9_]+)/tc3_request\s*,\s*"
    r"SignedHeaders=(?P<headers>[a-z0-9;_-]+)\s*,\s*Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class Authorization:
    """A parsed `Authorization` header."""

    secret_id: str
    date: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str


def date_of(timestamp: int) -> str:
    """The UTC date of a Unix time, as the signature's scope wants it."""
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d")


def _sha256(data: bytes | bytearray) -> str:
    return hashlib.sha256(data).hexdigest()


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), hashlib.sha256)


def canonical_request(
    *, method: str, query: str, headers: Mapping[str, str], signed_headers: tuple[str, ...], payload_hash: str
) -> str:
    """The text whose hash is signed. `headers` are looked up by lower-case name; values are trimmed and lowered."""
    lines = "".join(f"{name}:{headers[name].strip().lower()}\n" for name in signed_headers)
    return "\n".join([method, "/", query, lines, ";".join(signed_headers), payload_hash])


def signature(*, secret_key: str, timestamp: int, canonical: str, service: str = SERVICE) -> str:
    """The signature (hex) of a canonical request."""
    date = date_of(timestamp)
    text = f"{ALGORITHM}\n{timestamp}\n{date}/{service}/tc3_request\n{_sha256(canonical.encode())}"
    key = _hmac(_hmac(_hmac(b"TC3" + secret_key.encode(), date), service), "tc3_request")
    return _hmac(key, text).hex()


def authorization(*, secret_id: str, secret_key: str, timestamp: int, host: str, content_type: str, body: bytes) -> str:
    """The `Authorization` header of a POST of exactly these body bytes."""
    signed = ("content-type", "host")
    canonical = canonical_request(
        method="POST",
        query="",
        headers={"content-type": content_type, "host": host},
        signed_headers=signed,
        payload_hash=_sha256(body),
    )
    made = signature(secret_key=secret_key, timestamp=timestamp, canonical=canonical)
    return (
        f"{ALGORITHM} Credential={secret_id}/{date_of(timestamp)}/{SERVICE}/tc3_request, "
        f"SignedHeaders={';'.join(signed)}, Signature={made}"
    )


def parse(header: str) -> Authorization | None:
    """The parts of an `Authorization` header, or None when it is not well formed."""
    match = _AUTHORIZATION.fullmatch(header.strip())
    if match is None:
        return None
    signed = tuple(match["headers"].split(";"))
    if "host" not in signed or "content-type" not in signed:
        return None
    return Authorization(match["id"], match["date"], match["service"], signed, match["signature"])


def is_valid(
    given: Authorization,
    *,
    secret_key: str,
    timestamp: int,
    method: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes | bytearray,
) -> bool:
    """Whether a request carries the signature it should; compared in constant time.

    The signer may have lowered header values or signed them as sent: both are accepted. A POST signs no query,
    whatever its address holds.
    """
    if (
        given.service != SERVICE
        or given.date != date_of(timestamp)
        or any(n not in headers for n in given.signed_headers)
    ):
        return False
    query = query if method == "GET" else ""
    unsigned = headers.get("x-tc-content-sha256") == UNSIGNED_PAYLOAD
    payload_hash = _sha256(UNSIGNED_PAYLOAD.encode() if unsigned else (b"" if method == "GET" else body))
    lowered = canonical_request(
        method=method,
        query=query,
        headers=headers,
        signed_headers=given.signed_headers,
        payload_hash=payload_hash,
    )
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in given.signed_headers)
    as_sent = "\n".join([method, "/", query, lines, ";".join(given.signed_headers), payload_hash])
    wanted = [signature(secret_key=secret_key, timestamp=timestamp, canonical=text) for text in (lowered, as_sent)]
    return True in [hmac.compare_digest(each, given.signature) for each in wanted]


def older_signature(*, secret_key: str, method: str, host: str, path: str, parameters: Mapping[str, str]) -> str:
    """The signature of the older scheme (Base64), over all parameters but `Signature` itself."""
    pairs = "&".join(
        f"{name.replace('_', '.')}={value}" for name, value in sorted(parameters.items()) if name != "Signature"
    )
    text = f"{method}{host}{path}?{pairs}".encode()
    algorithm = hashlib.sha256 if parameters.get("SignatureMethod") == "HmacSHA256" else hashlib.sha1
    return base64.b64encode(hmac.digest(secret_key.encode(), text, algorithm)).decode()
