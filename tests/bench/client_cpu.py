"""CPU of one call: our client beside the official Python library, against the same service, in one run.

Both keep their connection, both are given the file's bytes and give the fields back. The service runs in a process of
its own, so that only the callers' CPU is counted.
"""

from __future__ import annotations

import base64
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from tencentcloud.common.credential import Credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.ocr.v20181119 import models
from tencentcloud.ocr.v20181119.ocr_client import OcrClient

from ocr_integration.client import Client
from ocr_integration.contract import ReadRequest

SIZES = {"0.1 kB": (100, 200), "300 kB": (300_000, 40)}
ROUNDS = 15
_SERVICE = """
import sys
from tests.scripted_service import ScriptedService, success
with ScriptedService(default=success(Name="李明", Number="C00000000", RequestId="r")) as service:
    service.take = lambda seen: service.default
    print(service.url, flush=True)
    sys.stdin.read()
"""


def official(url: str) -> Callable[[bytes], str]:
    """A call through the official library."""
    http = HttpProfile(protocol="http", endpoint=url.removeprefix("http://"), keepAlive=True)
    client = OcrClient(Credential("AKIDbench", "bench-key"), "", ClientProfile(httpProfile=http))

    def call(image: bytes) -> str:
        request = models.MainlandPermitOCRRequest()
        request.ImageBase64 = base64.b64encode(image).decode("ascii")
        return str(client.MainlandPermitOCR(request).Name)

    return call


def ours(url: str) -> Callable[[bytes], str]:
    """A call through our client."""
    client = Client(url, "AKIDbench", "bench-key")
    return lambda image: client.read(ReadRequest(image=image)).name


def cpu_ms(call: Callable[[bytes], str], image: bytes, many: int) -> float:
    """CPU of this process for one call, in milliseconds, over many."""
    began = time.process_time()
    for _each in range(many):
        assert call(image) == "李明"
    return (time.process_time() - began) / many * 1000


def table() -> None:
    """Medians of rounds that take turns, and their ratio."""
    service = subprocess.Popen(
        [sys.executable, "-c", _SERVICE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert service.stdin is not None
    assert service.stdout is not None
    url = service.stdout.readline().strip()
    callers = {"official": official(url), "ours": ours(url)}
    print(f"\nOne call; CPU ms of the caller, median of {ROUNDS} rounds in turns")
    for name, (size, many) in SIZES.items():
        image = os.urandom(size)
        rounds: dict[str, list[float]] = {each: [] for each in callers}
        for _round in range(ROUNDS):
            for each, call in callers.items():
                rounds[each].append(cpu_ms(call, image, many))
        middle = {each: statistics.median(values) for each, values in rounds.items()}
        ratio = middle["ours"] / middle["official"]
        print(f"  {name:8} official {middle['official']:7.3f} ms   ours {middle['ours']:7.3f} ms   {ratio:6.3f}")
    service.stdin.close()
    service.wait(30)
