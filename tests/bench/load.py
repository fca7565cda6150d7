"""`make load`: the real server with the real engine under 32 callers at once, and its memory over 2,000 requests.

Three parts, each of which ends by itself: as many calls at once as there are callers; a long mixture of readings,
refusals and broken pictures while memory is sampled; good pictures among bad ones, each with the answer it should have.
Options: how many requests the long part sends (2000), and after how many minutes it ends (20).
"""

from __future__ import annotations

import io
import statistics
import sys
import time
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from PIL import Image

from ocr_integration import specimens
from ocr_integration.client import Client
from ocr_integration.contract import ReadRequest
from ocr_integration.errors import ServiceError
from tests.fuzz import images
from tests.ocr_integration import pictures
from tests.ocr_integration.served import Served, memory_mb, serving

CALLERS = 32
KEYS = {"OCR_SERVER_KEYS": "AKIDload:load-key"}
OPTIONS = ("--calls-per-second", "100000")


@dataclass(frozen=True, slots=True)
class Call:
    """One call's outcome: "ok" or its code, the number read, and how long it took."""

    code: str
    number: str
    seconds: float


def card(seed: int) -> tuple[bytes, str]:
    """A small specimen and its number."""
    drawn = specimens.draw("taiwan_front", seed=seed)
    image = Image.open(io.BytesIO(drawn.image))
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
        outcomes = at_once(served, client, good)
        for code, count in Counter(each.code for each in outcomes).most_common():
            seconds = [each.seconds for each in outcomes if each.code == code]
            print(f"  {count:4}  {code:24} median {statistics.median(seconds):5.2f} s, longest {max(seconds):5.2f} s")
        print(f"{many} requests from 8 callers, one in twenty a card")
        long_part(served, client, many, minutes)
        print("good pictures among bad ones")
        with ThreadPoolExecutor(8) as threads:
            mixed = [good if each % 3 == 0 else images.mutant(each) for each in range(60)]
            answers = list(threads.map(lambda image: until_read(client, image), mixed))
        right = sum(each.number == number for place, each in enumerate(answers) if place % 3 == 0)
        print(f"  {right} of {len(answers[::3])} read right; server at {memory_mb(served):.0f} MB")


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:3]))
