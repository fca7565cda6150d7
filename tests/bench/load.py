"""`make load`: the real server with the real engine under 32 callers at once, and its memory over 2,000 requests.

Five parts, each of which ends by itself: as many calls at once as there are callers; one key that floods beside one that
does not; a long mixture of readings, refusals and broken pictures while memory is sampled; good pictures among bad ones,
each with the answer it should have; two pictures of very many pixels at once.
Options: how many requests the long part sends (2000), and after how many minutes it ends (20).
"""

from __future__ import annotations

import io
import statistics
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from PIL import Image

from ocr_integration import specimens
from ocr_integration.client import Client
from ocr_integration.contract import ReadRequest
from ocr_integration.errors import ServiceError
from tests.fuzz import images
from tests.ocr_integration import pictures
from tests.ocr_integration.served import Served, memory_mb, serving

CALLERS = 32
KEYS = {"OCR_SERVER_KEYS": "AKIDload:load-key,AKIDcalm:calm-key"}
LARGE = (8160, 6120)
OPTIONS = ("--calls-per-second", "100000")


@dataclass(frozen=True, slots=True)
class Call:
    """One call's outcome: "ok" or its code, the number read, and how long it took."""

    code: str
    number: str
    seconds: float


def card(seed: int, *, size: tuple[int, int] | None = None) -> tuple[bytes, str]:
    """A small specimen, or one stretched to a size, and its number."""
    drawn = specimens.draw("taiwan_front", seed=seed)
    image = Image.open(io.BytesIO(drawn.image)).convert("RGB")
    if size:
        image = image.resize(size, Image.Resampling.BICUBIC)
    else:
        image.thumbnail((1200, 1200))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85)
    return out.getvalue(), drawn.truth.number


def call(client: Client, image: bytes) -> Call:
    """One call, whatever comes of it."""
    began = time.monotonic()
    try:
        code, number = "ok", client.read(ReadRequest(image=image)).number
    except ServiceError as error:
        code, number = error.code, ""
    return Call(code, number, time.monotonic() - began)


def until_read(client: Client, image: bytes) -> Call:
    """As a caller with patience: again while the server is busy."""
    while (outcome := call(client, image)).code == "ResourceUnavailable":
        time.sleep(0.3)
    return outcome


def at_once(served: Served, client: Client, image: bytes) -> list[Call]:
    """Every caller's one call, all sent together; the server's health is asked meanwhile."""
    with ThreadPoolExecutor(CALLERS + 1) as threads:
        waiting = [threads.submit(call, client, image) for _each in range(CALLERS)]
        healthy = threads.submit(lambda: urllib.request.urlopen(f"{served.url}/health", timeout=60).status)
        outcomes = [each.result() for each in waiting]
        print(f"  health meanwhile: {healthy.result()}")
    return outcomes


def say(outcomes: list[Call]) -> None:
    """How many ended how, and how long that took."""
    for code, count in Counter(each.code for each in outcomes).most_common():
        seconds = [each.seconds for each in outcomes if each.code == code]
        print(f"  {count:4}  {code:24} median {statistics.median(seconds):5.2f} s, longest {max(seconds):5.2f} s")


def beside_a_flood(served: Served, flooding: Client, image: bytes, *, calls: int = 10) -> list[Call]:
    """One key's calls, one after the other, while another's callers never rest."""
    calm = Client(served.url, "AKIDcalm", "calm-key", deadline_seconds=60)
    over = threading.Event()

    def flood() -> None:
        while not over.is_set():
            call(flooding, image)

    with ThreadPoolExecutor(CALLERS) as threads:
        for _each in range(CALLERS):
            threads.submit(flood)
        outcomes = [call(calm, image) for _each in range(calls)]
        over.set()
    return outcomes


def peak_mb(served: Served, act: Callable[[], object]) -> float:
    """The most memory the server had while something was done."""
    over, peak = threading.Event(), memory_mb(served)

    def watch() -> None:
        nonlocal peak
        while not over.wait(0.01):
            peak = max(peak, memory_mb(served))

    watcher = threading.Thread(target=watch)
    watcher.start()
    act()
    over.set()
    watcher.join()
    return peak


def mixture(many: int) -> list[bytes]:
    """One reading in twenty; the rest are noise, broken or hostile, so that thousands fit into minutes."""
    good = card(3)[0]
    bad = [pictures.jpeg(pictures.noise(400, 300)), b"no picture", pictures.png_of_size(50_000, 50_000), good[:-9000]]
    bad += [images.mutant(number) for number in range(3)]
    return [good if number % 20 == 0 else bad[number % len(bad)] for number in range(many)]


def long_part(served: Served, client: Client, many: int, minutes: float) -> None:
    """Send the mixture from eight callers; print memory as it goes."""
    ends, sent, codes = time.monotonic() + minutes * 60, 0, Counter[str]()
    step = max(1, many // 10)
    with ThreadPoolExecutor(8) as threads:
        for start in range(0, many, step):
            if time.monotonic() > ends:
                print(f"  ended after {minutes:.0f} minutes")
                break
            batch = mixture(many)[start : start + step]
            codes.update(each.code for each in threads.map(lambda image: until_read(client, image), batch))
            sent += len(batch)
            print(f"  {sent:5} answered, server at {memory_mb(served):4.0f} MB")
    for code, count in codes.most_common():
        print(f"  {count:6}  {code}")


def main(many: int = 2000, minutes: float = 20.0) -> None:
    """Print the figures."""
    good, number = card(3)
    with serving(*OPTIONS, **KEYS) as served:
        client = Client(served.url, "AKIDload", "load-key", deadline_seconds=60, pool_size=CALLERS)
        print(f"server started: {memory_mb(served):.0f} MB")
        print(f"{CALLERS} callers at once, one call each")
        say(at_once(served, client, good))
        print(f"{CALLERS} callers of one key that never rest, and 10 calls of another key beside them; its calls")
        say(beside_a_flood(served, client, good))
        print(f"{many} requests from 8 callers, one in twenty a card")
        long_part(served, client, many, minutes)
        print("good pictures among bad ones")
        with ThreadPoolExecutor(8) as threads:
            mixed = [good if each % 3 == 0 else images.mutant(each) for each in range(60)]
            answers = list(threads.map(lambda image: until_read(client, image), mixed))
        right = sum(each.number == number for place, each in enumerate(answers) if place % 3 == 0)
        print(f"  {right} of {len(answers[::3])} read right; server at {memory_mb(served):.0f} MB")
        print(f"two pictures of {LARGE[0]} x {LARGE[1]} at once")
        large, _number = card(3, size=LARGE)
        with ThreadPoolExecutor(2) as threads:
            reads = [partial(until_read, client, large)] * 2
            peak = peak_mb(served, lambda: [each.result() for each in [threads.submit(read) for read in reads]])
        print(f"  at most {peak:.0f} MB, {memory_mb(served):.0f} MB after")


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:3]))
