"""Who comes next in the waiting room, who is sent away, and how one key's hanging addresses leave the others alone."""

from __future__ import annotations

import asyncio
import gc
import random
import socket
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ocr_integration.client import Client
from ocr_integration.contract import PermitReading, ReadRequest, Side
from ocr_integration.errors import ServiceError, error_for_code
from ocr_integration.server import create_app
from ocr_integration.server.downloads import Downloads
from ocr_integration.server.fetch import Fetcher, FetchFailedError, FetchTooLargeError
from ocr_integration.server.pictures import Picture
from ocr_integration.server.refusals import RefusedError
from ocr_integration.server.room import WaitingRoom
from tests.ocr_integration import pictures
from tests.scripted_service import Answer, ScriptedService

PICTURE = pictures.jpeg()
SMALL, LARGE = 10, 60


def run(scene: Coroutine[Any, Any, None]) -> None:
    """Play a scene on an event loop of its own: a browser of another test may still keep one on this thread."""
    with ThreadPoolExecutor(1) as threads:
        threads.submit(asyncio.run, scene).result()


async def until(is_so: Callable[[], bool]) -> None:
    """Threads take their time on a busy machine."""
    for _each in range(3000):
        if is_so():
            return
        await asyncio.sleep(0.01)


class Visitors:
    """Pictures that are in a room until they are let go; keeps the order in which their turns began."""

    def __init__(self, room: WaitingRoom) -> None:
        self._room = room
        self._doors: dict[str, threading.Event] = {}
        self._visits: dict[str, asyncio.Task[str]] = {}
        self.begun: list[str] = []

    async def come(self, *names: str, pixels: int = SMALL) -> None:
        """One after the other; the first letter of a name is the key."""
        for name in names:
            self._doors[name] = threading.Event()
            self._visits[name] = asyncio.ensure_future(self._visit(name, pixels))
            await asyncio.sleep(0)

    async def _visit(self, name: str, pixels: int) -> str:
        def read() -> str:
            self.begun.append(name)
            assert self._doors[name].wait(30)
            return "read"

        try:
            return await self._room.turn(read, key=name[0], pixels=pixels)
        except RefusedError as error:
            return error.code

    async def go(self, *names: str) -> None:
        """Let these be read, each to its end, and whoever is next begin."""
        for name in names:
            self._doors[name].set()
            assert await self._visits[name] == "read"
            await asyncio.sleep(0)

    def cancel(self, name: str) -> None:
        self._visits[name].cancel()

    async def give_up(self, name: str, *, just_after: Coroutine[Any, Any, None]) -> None:
        """Its caller hangs up while the loop has something else to do first."""
        first = asyncio.ensure_future(just_after)
        await asyncio.sleep(0)  # it has begun, and has made its own task
        self.cancel(name)
        await first

    async def fate(self, name: str) -> str:
        return await self._visits[name]

    async def have_begun(self, *names: str) -> None:
        """These and no others had their turn, in this order."""
        await until(lambda: len(self.begun) >= len(names))
        assert self.begun == list(names)

    def is_waiting(self, name: str) -> bool:
        return not self._visits[name].done()


def room(*, turns: int = 1, waiting: int = 4, seconds: float = 60.0, pixels: int = 100) -> WaitingRoom:
    return WaitingRoom(turns=turns, waiting=waiting, max_wait_seconds=seconds, max_pixels=pixels)


def test_turns_are_given_in_the_order_of_coming() -> None:
    async def scene() -> None:
        visitors = Visitors(room())
        await visitors.come("a1", "a2", "a3")
        await visitors.go("a1", "a2", "a3")
        await visitors.have_begun("a1", "a2", "a3")

    run(scene())


def test_a_key_with_nothing_under_way_comes_before_one_that_has() -> None:
    async def scene() -> None:
        visitors = Visitors(room(turns=2))
        await visitors.come("a1", "a2", "a3", "a4", "b1")
        await visitors.go("a1")
        await visitors.have_begun("a1", "a2", "b1")
        await visitors.go("a2", "b1", "a3", "a4")
        await visitors.have_begun("a1", "a2", "b1", "a3", "a4")

    run(scene())


def test_a_full_room_sends_away_the_last_come_of_who_holds_most() -> None:
    async def scene() -> None:
        visitors = Visitors(room())
        await visitors.come("a1", "b1", "a2", "a3", "a4", "c1")
        assert await visitors.fate("a4") == "ResourceUnavailable"
        assert all(map(visitors.is_waiting, ["a1", "a2", "a3", "b1", "c1"]))
        await visitors.come("a5", "b2")
        assert await visitors.fate("a5") == "ResourceUnavailable"
        assert await visitors.fate("a3") == "ResourceUnavailable"
        await visitors.come("b3", "c2")
        assert await visitors.fate("b3") == "ResourceUnavailable"
        assert await visitors.fate("c2") == "ResourceUnavailable"  # two of c and one of b or a would be no fairer
        await visitors.go("a1", "b1", "a2", "c1", "b2")

    run(scene())


def test_one_key_alone_may_fill_the_room() -> None:
    async def scene() -> None:
        visitors = Visitors(room())
        await visitors.come("a1", "a2", "a3", "a4", "a5", "a6")
        assert await visitors.fate("a6") == "ResourceUnavailable"
        await visitors.go("a1", "a2", "a3", "a4", "a5")

    run(scene())


def test_large_pictures_are_read_one_at_a_time_and_not_overtaken() -> None:
    async def scene() -> None:
        visitors = Visitors(room(turns=2))
        await visitors.come("a1", "a2", pixels=LARGE)
        await visitors.come("a3")
        await visitors.have_begun("a1")
        await visitors.go("a1")
        await visitors.have_begun("a1", "a2", "a3")
        await visitors.go("a2", "a3")

    run(scene())


def test_a_picture_larger_than_all_that_may_be_read_at_once_is_read_alone() -> None:
    async def scene() -> None:
        visitors = Visitors(room(turns=2))
        await visitors.come("a1", pixels=500)
        await visitors.come("a2")
        await visitors.have_begun("a1")
        await visitors.go("a1", "a2")

    run(scene())


def test_who_waited_too_long_is_sent_away_and_the_next_has_the_turn() -> None:
    async def scene() -> None:
        visitors = Visitors(room(seconds=0.2))
        await visitors.come("a1", "a2")
        assert await visitors.fate("a2") == "ResourceUnavailable"
        await visitors.go("a1")
        await visitors.come("a3")
        await visitors.go("a3")
        await visitors.have_begun("a1", "a3")

    run(scene())


def test_who_is_just_leaving_is_neither_sent_away_nor_called() -> None:
    """A wait that was given up ends a moment later: what happens in that moment must not meet it."""

    async def scene() -> None:
        visitors = Visitors(room(waiting=1))
        await visitors.come("a1", "a2")
        await visitors.give_up("a2", just_after=visitors.come("b1"))
        await visitors.go("a1", "b1")
        await visitors.have_begun("a1", "b1")

    run(scene())


def test_a_turn_that_comes_free_goes_past_who_is_just_leaving() -> None:
    async def scene() -> None:
        rooms = room()
        visitors = Visitors(rooms)
        await visitors.come("a1", "a2", "a3")
        (first,) = rooms.reading
        visitors.cancel("a2")
        rooms.leave(first)  # before the loop has told who waits in vain
        await visitors.have_begun("a1")
        await visitors.go("a1", "a3")
        await visitors.have_begun("a1", "a3")

    run(scene())


def test_a_reading_nobody_waits_for_any_more_keeps_its_turn_until_it_ends() -> None:
    async def scene() -> None:
        rooms = room()
        door, order = threading.Event(), list[str]()

        def held() -> None:
            order.append("first")
            door.wait(30)

        first = asyncio.ensure_future(rooms.turn(held, key="a", pixels=SMALL))
        await until(lambda: order == ["first"])
        first.cancel()
        second = asyncio.ensure_future(rooms.turn(lambda: order.append("second"), key="a", pixels=SMALL))
        await asyncio.sleep(0.05)
        assert order == ["first"]
        door.set()
        await second
        assert order == ["first", "second"]

    run(scene())


def test_a_crowd_that_comes_hangs_up_and_loses_patience_leaves_an_empty_room() -> None:
    """Every end a wait can have, close together and in an order of chance, the same each time."""
    chance = random.Random(5)
    most, now = 0, 0

    def read(pixels: int) -> str:
        nonlocal most, now
        with lock:
            now += pixels
            most = max(most, now)
        time.sleep(0.002)
        with lock:
            now -= pixels
        return "read"

    async def scene() -> None:
        crowded = room(turns=2, waiting=6, seconds=0.01)
        fates = Counter[str]()

        async def visit(key: str, pixels: int) -> None:
            try:
                fates[await crowded.turn(lambda: read(pixels), key=key, pixels=pixels)] += 1
            except RefusedError as error:
                fates[error.code] += 1

        visits = []
        for _each in range(2000):
            visits.append(asyncio.ensure_future(visit(chance.choice("aaabc"), chance.choice((SMALL, SMALL, LARGE)))))
            if chance.random() < 0.2:
                asyncio.get_running_loop().call_later(chance.random() / 50, chance.choice(visits).cancel)
            await asyncio.sleep(chance.choice((0, 0, 0.002)))
        outcomes = await asyncio.gather(*visits, return_exceptions=True)
        assert {type(each) for each in outcomes if each is not None} <= {asyncio.CancelledError}
        assert set(fates) == {"read", "ResourceUnavailable"}
        await until(lambda: not crowded.reading)
        assert await crowded.turn(lambda: "read", key="z", pixels=SMALL) == "read"

    lock = threading.Lock()
    run(scene())
    assert most <= 100


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Downloads get no answer until the event is set."""
    let_go = threading.Event()

    def hang(_self: Fetcher, url: str, *, max_bytes: int) -> bytes:
        assert let_go.wait(30)
        return url.encode()

    monkeypatch.setattr(Fetcher, "fetch", hang)
    yield let_go
    let_go.set()


def test_a_key_holds_fewer_downloads_than_are_free_so_there_is_one_for_a_newcomer(hanging: threading.Event) -> None:
    async def scene() -> None:
        downloads = Downloads(Fetcher(), places=8)
        let_in: dict[str, list[asyncio.Task[bytes]]] = {}
        for key in "aabbccddeeaabb" * 3:
            task = asyncio.ensure_future(downloads.fetch(key, key=key, max_bytes=9))
            await asyncio.sleep(0)
            if not task.done():
                let_in.setdefault(key, []).append(task)
            else:
                with pytest.raises(RefusedError, match="ResourceUnavailable"):
                    task.result()
        assert {key: len(tasks) for key, tasks in let_in.items()} == {"a": 2, "b": 2, "c": 2, "d": 1, "e": 1}
        hanging.set()
        assert await asyncio.gather(*let_in["a"]) == [b"a", b"a"]

    run(scene())


def test_one_key_alone_gets_half_of_the_downloads_and_its_places_come_back(hanging: threading.Event) -> None:
    async def scene() -> None:
        downloads = Downloads(Fetcher(), places=8)
        tasks = [asyncio.ensure_future(downloads.fetch("u", key="a", max_bytes=9)) for _each in range(6)]
        done, under_way = await asyncio.wait(tasks, timeout=0.1)
        assert (len(done), len(under_way)) == (2, 4)
        assert all(isinstance(each.exception(), RefusedError) for each in done)
        hanging.set()
        await asyncio.wait(under_way)
        await until(lambda: not downloads.held)
        assert await downloads.fetch("u", key="a", max_bytes=9) == b"u"

    run(scene())


def test_a_name_that_is_not_answered_keeps_its_place_after_the_caller_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The look-up itself cannot be ended: without this, one key could use up those of all."""
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: answered.wait(30) and [])

    async def scene() -> None:
        downloads = Downloads(Fetcher(timeout_seconds=0.1), places=2)
        with pytest.raises(FetchFailedError):
            await downloads.fetch("http://silent.example/", key="a", max_bytes=9)
        with pytest.raises(RefusedError):
            await downloads.fetch("http://silent.example/", key="a", max_bytes=9)
        assert downloads.held == {"a": 1}
        answered.set()
        await until(lambda: not downloads.held)
        with pytest.raises(FetchFailedError):
            await downloads.fetch("http://silent.example/", key="a", max_bytes=9)

    run(scene())


def test_what_was_downloaded_in_vain_is_not_kept(service: ScriptedService) -> None:
    async def scene() -> None:
        downloads = Downloads(Fetcher(allow_private=True), places=4)
        for answer, fault in (
            (Answer(bytes(300_000)), FetchTooLargeError),
            (Answer(PICTURE, cut=True), FetchFailedError),
        ):
            service.default = answer
            with pytest.raises(fault) as caught:
                await downloads.fetch(service.url, key="a", max_bytes=200_000)
            frames = [frame.f_code.co_name for frame, _line in traceback.walk_tb(caught.value.__traceback__)]
            assert "_file" not in frames
            assert caught.value.__context__ is None

    run(scene())


class ReadsAtOnce:
    """A reader that takes no time."""

    def read(self, image: bytes, *, side: Side, with_portrait: bool) -> PermitReading:
        return PermitReading(number=str(len(image)))


def code_of(client: Client, request: ReadRequest) -> str:
    try:
        return client.read(request).number
    except ServiceError as error:
        return error.code


def test_one_keys_addresses_that_hang_leave_room_for_all_others(
    run_app: Callable[[Any], str], service: ScriptedService
) -> None:
    service.default = Answer(PICTURE)
    app = create_app(
        ReadsAtOnce(), {"AKIDone": "key-one", "AKIDtwo": "key-two"},
        allow_private_urls=True, calls_per_second=1000, max_readings=1, max_waiting=2, max_downloads=8,
    )  # fmt: skip
    url = run_app(app)
    one, two = Client(url, "AKIDone", "key-one", pool_size=40), Client(url, "AKIDtwo", "key-two")
    with ScriptedService(default=Answer(PICTURE, pause_seconds=30)) as hangs, ThreadPoolExecutor(40) as threads:
        asked = ReadRequest(image_url=hangs.url)
        answers = [threads.submit(code_of, one, asked) for _each in range(40)]
        while len(hangs.requests) < 4:
            threading.Event().wait(0.01)
        assert code_of(two, ReadRequest(image=PICTURE)) == str(len(PICTURE))
        assert code_of(two, ReadRequest(image_url=service.url)) == str(len(PICTURE))
        assert code_of(one, ReadRequest(image=PICTURE)) == str(len(PICTURE))
        outcomes = [each.result() for each in answers]
    assert set(outcomes) == {"FailedOperation.DownLoadError", "ResourceUnavailable"}
    assert outcomes.count("ResourceUnavailable") >= 30


class Breaks:
    """A reader that finds nothing, breaks, or reads, by the picture's length."""

    def read(self, image: bytes, *, side: Side, with_portrait: bool) -> PermitReading:
        if len(image) == len(PICTURE):
            raise error_for_code("FailedOperation.ImageNoSpecifiedCard")
        raise RuntimeError("broken")


@pytest.fixture
def uncollected() -> Iterator[Callable[[], int]]:
    """How many pictures are still held while nothing looks for rings of objects."""
    gc.collect()
    gc.disable()
    yield lambda: sum(type(each) is Picture for each in gc.get_objects())
    gc.enable()


def test_no_picture_outlives_its_call_whatever_became_of_it(
    run_app: Callable[[Any], str], uncollected: Callable[[], int], service: ScriptedService
) -> None:
    """An error's trace holds the picture: in a ring it would stay until rings are looked for, and thousands add up."""
    url = run_app(create_app(Breaks(), {"AKIDone": "key-one"}, allow_private_urls=True))
    client = Client(url, "AKIDone", "key-one")
    service.default = Answer(PICTURE)
    cut = PICTURE[:-20_000]
    for image, code in (
        (PICTURE, "ImageNoSpecifiedCard"),
        (pictures.jpeg(quality=20), "InternalError"),
        (cut, "ImageDecodeFailed"),
    ):
        assert code_of(client, ReadRequest(image=image)).endswith(code)
    assert code_of(client, ReadRequest(image_url=service.url)).endswith("ImageNoSpecifiedCard")
    for _patience in range(60):  # the last answer comes a moment before its call has ended
        if not uncollected():
            break
        time.sleep(0.05)
    assert uncollected() == 0
