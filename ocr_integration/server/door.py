"""Who calls, and may they: from a raw request to its parameters, through the service's checks of size, common
parameters, key, clock, signature and token, in its order. Both signatures, POST and GET.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from ocr_integration import signing
from ocr_integration.server.call_log import Call
from ocr_integration.server.refusals import RefusedError, missing

MAX_BODY_BYTES = 10 * 1024 * 1024
MAX_FORM_BYTES = 1024 * 1024
MAX_QUERY_BYTES = 32 * 1024
# The action has four parameters, and a picture has none of the signs that part JSON. Ten megabytes of nothing but such
# parts would take twenty times as much memory.
MAX_JSON_PARTS = 10_000
MAX_CLOCK_DIFFERENCE_SECONDS = 300
# Common parameters that the older signature sends as form fields beside the action's own.
_COMMON = frozenset(
    {
        "Action",
        "Version",
        "Timestamp",
        "Nonce",
        "SecretId",
        "Signature",
        "SignatureMethod",
        "Token",
        "Region",
        "Language",
        "RequestClient",
    }
)


@dataclass(frozen=True, slots=True)
class RawRequest:
    """One HTTP request. Header names are lower-case; `query` is as sent; `body` is within the limits."""

    method: str
    query: str
    headers: Mapping[str, str]
    body: bytes | bytearray

    @property
    def media_type(self) -> str:
        """The content type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_older(self) -> bool:
        """Whether the common parameters stand in the form (or query) and not in headers."""
        is_form = self.method == "POST" and self.media_type == "application/x-www-form-urlencoded"
        return (is_form or self.method == "GET") and not (
            self.headers.get("authorization") or self.headers.get("x-tc-action")
        )


@dataclass(frozen=True, slots=True)
class Common:
    """What every call states about itself, wherever it stood."""

    action: str
    version: str
    timestamp: int
    token: str


@dataclass(frozen=True, slots=True)
class Admitted:
    """A call whose caller is known: `parameters` is the JSON text or the pairs of a form or query."""

    secret_id: str
    action: str
    version: str
    parameters: bytes | bytearray | dict[str, str]


def max_body_bytes(headers: Mapping[str, str]) -> int:
    """The limit of a POST's body; a form with the older signature may be a tenth of the others."""
    return MAX_FORM_BYTES if RawRequest("POST", "", headers, b"").is_older else MAX_BODY_BYTES


def too_large() -> RefusedError:
    """The request is larger than the service takes at all."""
    return RefusedError("RequestSizeLimitExceeded", "The request size exceeds the limit.")


@dataclass(frozen=True, slots=True)
class Door:
    """Who may come in: SecretKeys by SecretId, and the session tokens of the temporary ones."""

    keys: Mapping[str, str]
    tokens: Mapping[str, str]
    clock: Callable[[], float]

    def admit(self, raw: RawRequest, call: Call) -> Admitted:
        """Everything up to the token. Raises RefusedError with the first check that fails.

        A key that is known is written into `call` before its signature is looked at.
        """
        _require_form(raw)
        return self._older(raw, call) if raw.is_older else self._tc3(raw, call)

    def _tc3(self, raw: RawRequest, call: Call) -> Admitted:
        names = {"Action": "x-tc-action", "Version": "x-tc-version", "Timestamp": "x-tc-timestamp"}
        common = _common(
            {name: raw.headers.get(header, "") for name, header in names.items()}, raw.headers.get("x-tc-token", "")
        )
        call.action = common.action
        given = signing.parse(raw.headers.get("authorization", ""))
        if given is None:
            raise RefusedError("AuthFailure.InvalidAuthorization", "The request header `Authorization` is not valid.")
        secret_key = self._secret_key(given.secret_id, call)
        self._require_clock(common.timestamp)
        if not signing.is_valid(
            given, secret_key=secret_key, timestamp=common.timestamp, method=raw.method, query=raw.query,
            headers=raw.headers, body=raw.body,
        ):  # fmt: skip
            raise _signature_failure()
        self._require_token(given.secret_id, common.token)
        return Admitted(given.secret_id, common.action, common.version, _parameters(raw))

    def _older(self, raw: RawRequest, call: Call) -> Admitted:
        form = _pairs(raw.query if raw.method == "GET" else _form(raw.body))
        common = _common(form, form.get("Token", ""))
        call.action = common.action
        for name in ("Nonce", "SecretId", "Signature"):
            if not form.get(name):
                raise missing(name)
        if form.get("SignatureMethod", "HmacSHA1") not in ("HmacSHA1", "HmacSHA256"):
            raise RefusedError("InvalidParameter", "The parameter `SignatureMethod` is not supported.")
        secret_id = form["SecretId"]
        secret_key = self._secret_key(secret_id, call)
        self._require_clock(common.timestamp)
        wanted = signing.older_signature(
            secret_key=secret_key, method=raw.method, host=raw.headers.get("host", ""), path="/", parameters=form
        )
        if not hmac.compare_digest(wanted.encode(), form["Signature"].encode()):
            raise _signature_failure()
        self._require_token(secret_id, common.token)
        own = {name: value for name, value in form.items() if name not in _COMMON}
        return Admitted(secret_id, common.action, common.version, own)

    def _secret_key(self, secret_id: str, call: Call) -> str:
        secret_key = self.keys.get(secret_id)
        if secret_key is None:
            raise RefusedError("AuthFailure.SecretIdNotFound", "The SecretId is not found.")
        call.key_id = secret_id
        return secret_key

    def _require_clock(self, timestamp: int) -> None:
        if abs(self.clock() - timestamp) > MAX_CLOCK_DIFFERENCE_SECONDS:
            raise RefusedError("AuthFailure.SignatureExpire", "The signature has expired; check the clock.")

    def _require_token(self, secret_id: str, given: str) -> None:
        """Temporary credentials bring their token; lasting ones bring none."""
        if not hmac.compare_digest(given.encode(), self.tokens.get(secret_id, "").encode()):
            raise RefusedError("AuthFailure.TokenFailure", "The token does not match the credentials.")


def _require_form(raw: RawRequest) -> None:
    if len(raw.query) > MAX_QUERY_BYTES:
        raise too_large()
    if raw.method not in ("GET", "POST"):
        raise RefusedError("UnsupportedProtocol", "Only GET and POST requests are supported.")
    if raw.method == "POST" and raw.media_type not in (
        "application/json",
        "application/x-www-form-urlencoded",
    ):
        raise RefusedError("InvalidRequest", "The content type is not supported.")
    if raw.method == "POST" and ("transfer-encoding" in raw.headers or not raw.headers.get("content-length")):
        raise RefusedError("InvalidRequest", "The request does not state the length of its body.")


def _parameters(raw: RawRequest) -> bytes | bytearray | dict[str, str]:
    if raw.method == "POST" and raw.media_type == "application/json":
        return raw.body
    return _pairs(raw.query if raw.method == "GET" else _form(raw.body))


def _common(values: Mapping[str, str], token: str) -> Common:
    for name in ("Action", "Version", "Timestamp"):
        if not values.get(name):
            raise missing(name)
    timestamp = values["Timestamp"]
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 11):
        raise RefusedError("InvalidParameter", "The parameter `Timestamp` is not a whole number of seconds.")
    return Common(values["Action"], values["Version"], int(timestamp), token)


def _signature_failure() -> RefusedError:
    return RefusedError("AuthFailure.SignatureFailure", "The provided credentials could not be validated.")


def _form(body: bytes | bytearray) -> str:
    try:
        return body.decode("ascii")
    except UnicodeDecodeError:
        raise RefusedError("InvalidParameter", "The form is not URL-encoded.") from None


def _pairs(text: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=100))
    except ValueError:
        raise RefusedError("InvalidParameter", "The parameters cannot be parsed.") from None


def json_object(body: bytes | bytearray) -> dict[str, Any]:
    """The parameters of a JSON call. Raises RefusedError (InvalidParameter) for anything but an object in UTF-8."""
    value = None
    if sum(map(body.count, (b",", b"[", b"{"))) <= MAX_JSON_PARTS:
        with suppress(ValueError, RecursionError):
            value = json.loads(body.decode(), parse_constant=_no_constant)
    if not isinstance(value, dict):
        raise RefusedError("InvalidParameter", "The request body is not a JSON object.")
    return value


def _no_constant(name: str) -> None:
    """Python reads NaN and Infinity, which JSON does not know."""
    raise ValueError(name)
