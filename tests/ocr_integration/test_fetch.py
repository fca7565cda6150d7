"""Downloads and names: a name that changes its mind, leads inside, or is never answered. Names are answered by the test."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from ocr_integration.client import Client
from ocr_integration.contract import ReadRequest
from ocr_integration.errors import RetryError
from ocr_integration.server import fetch
from ocr_integration.server.fetch import Fetcher, FetchFailedError
from tests.scripted_service import Answer, ScriptedService

OUTSIDE, INSIDE = "127.0.0.2", "127.0.0.1"
Names = Callable[..., list[tuple[str, int]]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Answer names with addresses by turns, the last one for ever; gives what was asked."""
    real = socket.getaddrinfo

    def answer(**known: list[str]) -> list[tuple[str, int]]:
        asked: list[tuple[str, int]] = []

        def look_up(host: str, port: int, *args: Any, **options: Any) -> Any:
            label = host.partition(".")[0]
            if label not in known:
                return real(host, port, *args, **options)
            asked.append((host, port))
            addresses = known[label]
            address = addresses.pop(0) if len(addresses) > 1 else addresses[0]
            return [found for each in address.split() for found in real(each, port, type=socket.SOCK_STREAM)]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        return asked

    return answer


@pytest.fixture(autouse=True)
def _one_loopback_address_is_the_internet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "is_public", lambda address: address == OUTSIDE)


def port_of(service: ScriptedService) -> int:
    return int(urlsplit(service.url).port or 0)


def listen_outside(service: ScriptedService) -> ScriptedService:
    """Another service, on the same port of the address that counts as the internet."""
    return ScriptedService(default=Answer(b"outside"), port=port_of(service), address=OUTSIDE)


def test_a_name_that_leads_inside_after_it_was_checked_is_asked_once_and_gains_nothing(
    service: ScriptedService, names: Names
) -> None:
    asked = names(rebinding=[OUTSIDE, INSIDE])
    with listen_outside(service) as outside:
        url = f"http://rebinding.example:{port_of(service)}/a.jpg"
        assert Fetcher().fetch(url, max_bytes=100) == b"outside"
    assert len(asked) == 1
    assert outside.requests[0].headers["host"] == f"rebinding.example:{port_of(service)}"
    assert not service.requests


@pytest.mark.parametrize("addresses", [INSIDE, f"{OUTSIDE} {INSIDE}", f"{INSIDE} {OUTSIDE}"])
def test_a_name_that_leads_inside_with_any_address_is_refused(
    service: ScriptedService, names: Names, addresses: str
) -> None:
    names(mixed=[addresses])
    with listen_outside(service) as outside, pytest.raises(FetchFailedError, match="address"):
        Fetcher().fetch(f"http://mixed.example:{port_of(service)}/", max_bytes=100)
    assert not service.requests
    assert not outside.requests


@pytest.mark.parametrize("where", ["http://inside.example:{port}/", f"http://{INSIDE}:{{port}}/"])
def test_a_redirect_to_the_inside_is_refused(service: ScriptedService, names: Names, where: str) -> None:
    names(outside=[OUTSIDE], inside=[INSIDE])
    with listen_outside(service) as outside:
        outside.default = Answer(status=302, headers={"Location": where.format(port=port_of(service))})
        with pytest.raises(FetchFailedError, match="address"):
            Fetcher().fetch(f"http://outside.example:{port_of(service)}/", max_bytes=100)
        assert len(outside.requests) == 1
    assert not service.requests


def ends(act: Callable[[], object]) -> BaseException:
    """The error of something that would take half a minute when nobody ended it."""
    ended = threading.Event()
    errors: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except (FetchFailedError, RetryError) as error:
            errors.append(error)
        ended.set()

    threading.Thread(target=run, daemon=True).start()
    assert ended.wait(20)
    return errors[0]


@pytest.fixture
def no_answer_to_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: threading.Event().wait(30))


@pytest.mark.usefixtures("no_answer_to_names")
def test_a_name_nobody_answers_ends_with_the_deadline() -> None:
    error = ends(lambda: Fetcher(timeout_seconds=0.5).fetch("http://slow.example/", max_bytes=100))
    assert isinstance(error, FetchFailedError)


@pytest.mark.usefixtures("no_answer_to_names")
def test_a_call_to_a_name_nobody_answers_ends_with_its_deadline() -> None:
    client = Client("http://slow.example", "id", "key", deadline_seconds=0.5)
    error = ends(lambda: client.read(ReadRequest(image=b"picture")))
    assert isinstance(error, RetryError)
    assert error.code == "Transport.Timeout"


def test_a_call_to_many_addresses_that_take_nothing_ends_with_its_deadline(names: Names) -> None:
    """A full listen queue swallows connections without an answer; each address would cost its own wait."""
    with socket.create_server((INSIDE, 0), backlog=0) as full:
        port = full.getsockname()[1]
        held = [socket.socket() for _each in range(3)]
        for each in held:
            each.setblocking(False)
            each.connect_ex((INSIDE, port))
        names(many=[" ".join([INSIDE] * 60)])
        client = Client(f"http://many.example:{port}", "id", "key", deadline_seconds=0.5)
        error = ends(lambda: client.read(ReadRequest(image=b"picture")))
        assert isinstance(error, RetryError)
        assert error.code == "Transport.Timeout"
        for each in held:
            each.close()


def test_the_next_address_is_tried_where_one_refuses(service: ScriptedService, names: Names) -> None:
    names(two=[f"127.0.0.3 {INSIDE}"])
    client = Client(f"http://two.example:{port_of(service)}", "id", "key")
    assert client.read(ReadRequest(image=b"picture")).request_id
