"""Downloads of a caller's URL, within 3 s and never from inside the network.

A name is resolved once and the connection goes to that very address, so a name cannot change its mind between the
check and the call. Redirects are followed by hand, each checked like the first.
"""

from __future__ import annotations

import http.client
import ipaddress
import time
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

import urllib3
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.response import BaseHTTPResponse

from ocr_integration import deadline
from ocr_integration.deadline import TimedHTTPPool, TimedHTTPSPool

MAX_REDIRECTS = 3
_CHUNK = 65_536


class FetchFailedError(Exception):
    """Not to be had: bad URL, forbidden address, refused, slow, or an answer that is no file."""


class FetchTooLargeError(Exception):
    """The file is larger than asked for."""


def is_public(address: str) -> bool:
    """Whether an address lies in the open internet, mapped and translated forms looked through.

    Link-local addresses hold most clouds' metadata; the one that a cloud put among the public ones is refused too.
    """
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour
        if parsed.teredo or parsed.is_site_local:
            return False
        parsed = inner or parsed
    # The reserved ones hold every translated form of an IPv4 address besides the two above.
    closed = parsed.is_multicast or parsed.is_reserved or any(parsed in network for network in _CLOSED)
    return parsed.is_global and not closed


# Protocol assignments, which older Pythons count as global, and a cloud's metadata.
_CLOSED = (ipaddress.ip_network("192.0.0.0/24"), ipaddress.ip_network("168.63.129.16/32"))


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Downloads files. `allow_private` is for a test or a closed network that means it."""

    allow_private: bool = False
    timeout_seconds: float = 3.0

    def fetch(self, url: str, *, max_bytes: int) -> bytes:
        """The file behind a URL. Raises FetchFailedError or FetchTooLargeError."""
        moment = time.monotonic() + self.timeout_seconds
        try:
            with deadline.until(moment):
                for _hop in range(MAX_REDIRECTS + 1):
                    response = self._get(urlsplit(url), moment)
                    with response:
                        if response.status not in (301, 302, 303, 307, 308):
                            return _file(response, max_bytes)
                        url = urljoin(url, response.headers.get("Location", ""))
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError, UnicodeError) as error:
            raise FetchFailedError(type(error).__name__) from None
        raise FetchFailedError("redirects")

    def _get(self, url: SplitResult, moment: float) -> BaseHTTPResponse:
        if url.scheme not in ("http", "https") or not url.hostname or url.username:
            raise FetchFailedError("url")
        port = url.port or (443 if url.scheme == "https" else 80)
        address = self._resolve(url.hostname, port)
        pool = _pool(url, address, port, left=max(0.05, moment - time.monotonic()))
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        default = url.port in (None, 443 if url.scheme == "https" else 80)
        bare = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
        host = bare if default else f"{bare}:{port}"
        return pool.urlopen(
            "GET", target, headers={"Host": host, "Accept": "image/jpeg, image/png"}, redirect=False,
            retries=False, preload_content=False, assert_same_host=False,
        )  # fmt: skip

    def _resolve(self, host: str, port: int) -> str:
        """One address; a name that leads inside with any of its addresses is refused."""
        addresses = [str(each[4][0]) for each in deadline.look_up(host, port)]
        if not addresses or not (self.allow_private or all(is_public(each) for each in addresses)):
            raise FetchFailedError("address")
        return addresses[0]


def _pool(url: SplitResult, address: str, port: int, *, left: float) -> HTTPConnectionPool:
    timeout = urllib3.Timeout(connect=left, read=left)
    if url.scheme == "https":
        return TimedHTTPSPool(
            address, port, timeout=timeout, server_hostname=url.hostname, assert_hostname=url.hostname
        )
    return TimedHTTPPool(address, port, timeout=timeout)


def _file(response: BaseHTTPResponse, max_bytes: int) -> bytes:
    if response.status != 200:
        raise FetchFailedError("status")
    chunks, size = [], 0
    while chunk := response.read(_CHUNK, decode_content=False):
        size += len(chunk)
        if size > max_bytes:
            raise FetchTooLargeError
        chunks.append(chunk)
    return b"".join(chunks)
