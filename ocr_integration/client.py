"""One honest attempt over requests: signed afresh, pooled, with a deadline over the whole call.

Retries are the caller's. Foreign exceptions are translated here and nowhere else. Nothing is logged.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from threading import local
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from ocr_integration import signing, wire
from ocr_integration.contract import PermitReading, ReadRequest
from ocr_integration.errors import ConfigError, RetryError, ServiceError

ACTION = "MainlandPermitOCR"
VERSION = "2018-11-19"
CONTENT_TYPE = "application/json"
CLIENT_NAME = "permit_kyc_portal_0.1"
MAX_ANSWER_BYTES = 20_000_000
_CHUNK = 65_536


class Client:
    """Calls one endpoint with one key. Safe to share between threads: each has its own pooled session."""

    def __init__(
        self,
        endpoint: str,
        secret_id: str,
        secret_key: str,
        *,
        region: str = "",
        token: str = "",
        deadline_seconds: float = 15.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._endpoint = endpoint.rstrip("/") + "/"
        self._host = urlsplit(self._endpoint).netloc
        self._secret_id = secret_id
        self._secret_key = secret_key
        self._region = region
        self._token = token
        self._deadline_seconds = deadline_seconds
        self._clock = clock
        self._sessions = local()

    def read(self, request: ReadRequest) -> PermitReading:
        """Read one picture. Raises ServiceError of the class that says who must act.

        A clock said to be off gets exactly one new try, with the offset of the answer's own Date header.
        """
        deadline = time.monotonic() + self._deadline_seconds
        body = wire.request_body(request)
        answer, date = self._post(body, deadline, offset=0.0)
        try:
            return wire.parse_answer(answer)
        except ConfigError as error:
            offset = self._offset(date) if error.code == "AuthFailure.SignatureExpire" else None
            if offset is None:
                raise
        answer, _date = self._post(body, deadline, offset=offset)
        return wire.parse_answer(answer)

    def _offset(self, date: str) -> float | None:
        """How far the service's clock is from ours in seconds, or None when its answer does not say."""
        try:
            return parsedate_to_datetime(date).timestamp() - self._clock()
        except (TypeError, ValueError):
            return None

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._sessions, "session", None)
        if session is None:
            session = requests.Session()
            session.mount("http://", HTTPAdapter(pool_connections=1, pool_maxsize=2, max_retries=0))
            session.mount("https://", HTTPAdapter(pool_connections=1, pool_maxsize=2, max_retries=0))
            session.trust_env = False
            self._sessions.session = session
        return session

    def _headers(self, body: bytes, offset: float) -> dict[str, str]:
        timestamp = int(self._clock() + offset)
        headers = {
            "Host": self._host,
            "Content-Type": CONTENT_TYPE,
            "X-TC-Action": ACTION,
            "X-TC-Version": VERSION,
            "X-TC-Timestamp": str(timestamp),
            "X-TC-Language": "en-US",
            "X-TC-RequestClient": CLIENT_NAME,
            "Authorization": signing.authorization(
                secret_id=self._secret_id,
                secret_key=self._secret_key,
                timestamp=timestamp,
                host=self._host,
                content_type=CONTENT_TYPE,
                body=body,
            ),
        }
        if self._region:
            headers["X-TC-Region"] = self._region
        if self._token:
            headers["X-TC-Token"] = self._token
        return headers

    def _post(self, body: bytes, deadline: float, *, offset: float) -> tuple[bytes, str]:
        """The answer's body and Date header; chunks are timed, as a read timeout does not stop a trickling answer."""
        try:
            with self._session().post(
                self._endpoint,
                data=body,
                headers=self._headers(body, offset),
                timeout=(min(5.0, self._deadline_seconds), max(0.1, deadline - time.monotonic())),
                stream=True,
                allow_redirects=False,
            ) as response:
                _require_ok(response)
                return _body(response, deadline), response.headers.get("Date", "")
        except ServiceError:
            raise
        except requests.exceptions.SSLError as error:
            raise ConfigError("Transport.Certificate") from error
        except requests.exceptions.Timeout as error:
            raise RetryError("Transport.Timeout") from error
        except (
            requests.exceptions.InvalidURL,
            requests.exceptions.InvalidSchema,
            requests.exceptions.MissingSchema,
        ) as error:
            raise ConfigError("Transport.Http404") from error
        except requests.exceptions.RequestException as error:
            raise RetryError("Transport.ConnectionFailed") from error


def _require_ok(response: requests.Response) -> None:
    """Every answer of the service is a 200; anything else comes from something in between."""
    status = response.status_code
    if status == 200:
        return
    if status in (403, 404):
        raise ConfigError(f"Transport.Http{status}")
    if status == 429:
        raise RetryError("Transport.Http429", retry_after_seconds=_seconds(response.headers.get("Retry-After")))
    raise RetryError("Transport.Http5xx" if status >= 500 else "Transport.HttpOther")


def _seconds(value: str | None) -> float | None:
    return float(value) if value and value.isdigit() else None


def _body(response: requests.Response, deadline: float) -> bytes:
    chunks: list[bytes] = []
    size = 0
    # One byte a chunk at most from a trickling answer: `raw.read1` gives what is there.
    raw: Any = response.raw
    while True:
        if time.monotonic() > deadline:
            raise RetryError("Transport.Timeout")
        chunk = _some(raw)
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_ANSWER_BYTES:
            raise RetryError(wire.BAD_ANSWER)


def _some(raw: Any) -> bytes:
    """What has arrived, up to a chunk; the transport library's own errors become ours at this seam."""

    try:
        return bytes(raw.read1(_CHUNK, decode_content=True))
    except urllib3.exceptions.ReadTimeoutError as error:
        raise RetryError("Transport.Timeout") from error
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise RetryError("Transport.ConnectionFailed") from error
