"""One process that calls as fast as the shared limiter lets it, and writes down each place it was given.

python -m tests.ocr_integration.limited_caller STORE KEY ENDPOINT PLACES_FILE THREADS: calls until its input ends.
"""

from __future__ import annotations

import os
import sys
import threading
import time

from ocr_integration.client import Client
from ocr_integration.contract import ReadRequest
from ocr_integration.errors import ServiceError, ThrottleError
from ocr_integration.rate_limit import LimiterBusyError, LimiterDownError, SharedLimiter

REQUEST = ReadRequest(image=b"picture")


def call_on(limiter: SharedLimiter, client: Client, places: int) -> None:
    """Call again and again; what failed is called again with a place and a signature of its own."""
    while True:
        try:
            instant = limiter.acquire(5)
        except (LimiterBusyError, LimiterDownError):
            time.sleep(0.05)
            continue
        os.write(places, f"{instant:.6f}\n".encode())
        try:
            client.read(REQUEST)
        except ThrottleError as error:
            limiter.slow_down(error.retry_after_seconds or 1.0)
        except ServiceError:
            continue


def main(store_url: str, key: str, endpoint: str, places_file: str, threads: str) -> None:
    limiter = SharedLimiter(store_url, key, 20)
    client = Client(endpoint, "AKIDcaller", "caller-key", deadline_seconds=5)
    places = os.open(places_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    print("started", flush=True)
    sys.stdin.readline()
    for _ in range(int(threads)):
        threading.Thread(target=call_on, args=(limiter, client, places), daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
