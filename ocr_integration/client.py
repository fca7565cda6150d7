"""One honest attempt over requests: signed afresh, pooled, with a deadline over the whole call.

Retries are the caller's. Foreign exceptions are translated here and nowhere else. Nothing is logged.
"""

from __future__ import annotations

import http.client
import http.cookiejar
import ssl
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from ocr_integration import deadline as deadlines
from ocr_integration import signing, wire
from ocr_integration.contract import ACTION, API_VERSION, PermitReading, ReadRequest
from ocr_integration.errors import ConfigError, RetryError, ServiceError

CONTENT_TYPE = "application/json"
CLIENT_NAME = "permit_kyc_portal_0.1"
MAX_ANSWER_BYTES = 20_000_000
MAX_CONNECT_SECONDS = 5.0
_CHUNK = 65_536


class _TimedAdapter(HTTPAdapter):
    """requests' transport over connections that honour the thread's deadline."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": deadlines.TimedHTTPPool,
            "https": deadlines.TimedHTTPSPool,
        }


def _session(pool_size: int) -> requests.Session:
    """One session for all threads: nothing in it changes after this, cookies included."""
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("http://", "https://"):
        session.mount(scheme, _TimedAdapter(pool_connections=1, pool_maxsize=pool_size, max_retries=0))
    return session


def _blank(endpoint: str) -> requests.PreparedRequest | None:
    """A request with its address prepared, None for an address that is none: the call itself then says so.

    Each call fills a copy: preparing anew is a third of a small call's CPU.
    """
    try:
        return requests.Request("POST", endpoint).prepare()
    except (requests.RequestException, ValueError):
        return None


class Client:
    """Calls one endpoint with one key. Safe to share between threads."""

    def __init__(
        self,
        endpoint: str,
        secret_id: str,
        secret_key: str,
        *,
        region: str = "",
        token: str = "",
        deadline_seconds: float = 15.0,
        pool_size: int = 16,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._endpoint = endpoint.rstrip("/") + "/"
        self._host = _host_of(self._endpoint)
        self._secret_id = secret_id
        self._secret_key = secret_key
        self._region = region
        self._token = token
        self._deadline_seconds = deadline_seconds
        self._clock = clock
        # The Date header of the newest answer, and our clock when it came.
        self._newest_date: tuple[str, float] | None = None
        self._session = _session(pool_size)
        self._blank = _blank(self._endpoint)

    def read(self, request: ReadRequest) -> PermitReading:
        """Read one picture. Raises ServiceError of the class that says who must act.

        A clock said to be off gets exactly one new try, with the offset of the answer's own Date header.
        """
        deadline = time.monotonic() + self._deadline_seconds
        body = wire.request_body(request)
        extra = {wire.REGIONS_HEADER: "1"} if request.with_regions else {}
        answer, date = self._post(body, deadline, offset=0.0, extra=extra)
        try:
            return wire.parse_answer(answer)
        except ConfigError as error:
            offset = _offset(date, self._clock()) if error.code == "AuthFailure.SignatureExpire" else None
            if offset is None:
                raise
        answer, _date = self._post(body, deadline, offset=offset, extra=extra)
        return wire.parse_answer(answer)

    def service_clock(self) -> tuple[float, float] | None:
        """(how far the service's clock is ahead of ours in seconds, our clock when its newest answer said so).

        The header counts whole seconds: the middle of its second is taken. None before an answer said a date.
        """
        if self._newest_date is None:
            return None
        date, came_at = self._newest_date
        offset = _offset(date, came_at)
        return None if offset is None else (offset + 0.5, came_at)

    def _headers(self, body: bytes, offset: float) -> dict[str, str]:
        timestamp = int(self._clock() + offset)
        headers = {
            "Host": self._host,
            "User-Agent": CLIENT_NAME,
            "Content-Type": CONTENT_TYPE,
            "X-TC-Action": ACTION,
            "X-TC-Version": API_VERSION,
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

    def _post(self, body: bytes, deadline: float, *, offset: float, extra: Mapping[str, str]) -> tuple[bytes, str]:
        """The answer's body and Date header. Every foreign exception ends here."""
        if self._blank is None:
            raise ConfigError("Transport.BadEndpoint")
        left = max(0.05, deadline - time.monotonic())
        prepared = self._blank.copy()
        prepared.headers.update({**self._headers(body, offset), **extra, "Content-Length": str(len(body))})
        prepared.body = body
        try:
            with (
                deadlines.until(deadline),
                self._session.send(
                    prepared,
                    timeout=(min(MAX_CONNECT_SECONDS, left), left),
                    stream=True,
                    allow_redirects=False,
                ) as response,
            ):
                _require_ok(response)
                date = response.headers.get("Date", "")
                self._newest_date = (date, self._clock())
                return _body(response), date
        except ServiceError:
            raise
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            http.client.HTTPException,
            OSError,
            ValueError,
        ) as error:
            raise _no_answer(error) from error


def _offset(date: str, now: float) -> float | None:
    """How far a Date header is ahead of an instant in seconds, or None when it says no date."""
    try:
        return parsedate_to_datetime(date).timestamp() - now
    except (TypeError, ValueError):
        return None


def _host_of(endpoint: str) -> str:
    """The host as it is signed, "" for an address that is none: the call itself then says so."""
    try:
        return urlsplit(endpoint).netloc
    except ValueError:
        return ""


def _no_answer(error: BaseException) -> ServiceError:
    """What a failed exchange means, by what lies at its root."""
    causes = _causes(error)
    if any(isinstance(each, ssl.SSLCertVerificationError) for each in causes):
        return ConfigError("Transport.Certificate")
    # A key or an address with blanks or foreign letters in it, which cannot even be sent.
    if isinstance(error, (ValueError, urllib3.exceptions.LocationValueError)):
        return ConfigError("Transport.BadEndpoint")
    # The library files a refused connection under its timeouts too.
    slow = [each for each in causes if isinstance(each, (TimeoutError, urllib3.exceptions.TimeoutError))]
    if any(not isinstance(each, urllib3.exceptions.NewConnectionError) for each in slow):
        return RetryError("Transport.Timeout")
    return RetryError("Transport.ConnectionFailed")


def _causes(error: BaseException) -> list[BaseException]:
    """An exception and everything it was made from; the libraries hide causes in arguments and `reason` too."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        each = waiting.pop()
        if isinstance(each, BaseException) and each not in found:
            found.append(each)
            waiting += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
    return found


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


def _body(response: requests.Response) -> bytes:
    chunks: list[bytes] = []
    size = 0
    for chunk in response.iter_content(_CHUNK):
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_ANSWER_BYTES:
            raise RetryError(wire.BAD_ANSWER)
    return b"".join(chunks)
