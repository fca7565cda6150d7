"""How many keys a decision takes, and how long the next case takes to stand there, in a real browser.

python -m tests.bench.keys [CASES]      (default 12; KYC_BROWSER names a Chromium)

A run of its own, with everything the product runs on this machine. The time is from the last key of a decision to the next
case's heading, and to its picture.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

REST_MS = 450  # decision keys rest 400 ms on a new page
_PICTURE_STANDS = "[...document.querySelectorAll('.well img')].some((each) => each.complete && each.naturalWidth)"
_WAYS = {
    "approve": ("a",),
    "ask again": ("s", "1", "f", "Control+Enter"),
    "reject": ("r", "5", "Control+Enter"),
}


def decide(page: Page, way: str) -> tuple[int, float, float]:
    """One decision: its keys, and the milliseconds until the next heading and until its picture."""
    before, keys = page.locator("h1").inner_text(), 0
    if way == "approve":
        for key in ("2", "1") if page.locator("[data-side]").count() > 1 else ():
            page.keyboard.press(key)
            keys += 1
        page.wait_for_selector("[data-approve]:not([aria-disabled=true])")
    for key in _WAYS[way]:
        if key == "f" and page.locator("dialog [name=sides]").count() == 1:
            continue
        started = time.perf_counter()
        page.keyboard.press(key)
        keys += 1
        if key in "sr":
            page.wait_for_selector("dialog[open] [name=note]")
    expect(page.locator("h1")).not_to_have_text(before)
    heading = time.perf_counter() - started
    while not page.evaluate(_PICTURE_STANDS):  # the page's policy lets nothing evaluate inside of it
        time.sleep(0.01)
    return keys, heading * 1000, (time.perf_counter() - started) * 1000


def run(address: str, many: int) -> None:
    """Decide so many cases in turns of the three ways and print what each took."""
    from tests.journeys.pages import sign_in

    found: dict[str, list[tuple[int, float, float]]] = defaultdict(list)
    with sync_playwright() as play:
        path = os.environ.get("KYC_BROWSER") or shutil.which("chromium")
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900}).new_page()
        sign_in(page, "rob@kyc.example")
        page.goto("/console/queue/")
        page.wait_for_timeout(REST_MS)
        page.keyboard.press("n")
        page.wait_for_url("**/cases/**")
        for at in range(many):
            page.wait_for_timeout(REST_MS)
            way = list(_WAYS)[at % len(_WAYS)]
            found[way].append(decide(page, way))
        browser.close()
    print(
        "| decision | keys, fewest to most | ms to the next case, median (most) | to its picture |\n| --- | --- | --- | --- |"
    )
    for way, each in found.items():
        keys, heading, picture = zip(*each, strict=True)
        print(
            f"| {way} | {min(keys)} to {max(keys)} | {statistics.median(heading):.0f} ({max(heading):.0f})"
            f" | {statistics.median(picture):.0f} ({max(picture):.0f}) |"
        )


def main(many: int = 12) -> None:
    """A copy of the product in a folder of its own, removed at the end."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kyc_portal.settings")
    import django

    django.setup()
    from kyc_portal.local.layout import free_port
    from kyc_portal.local.stack import LocalStack

    folder = Path(tempfile.mkdtemp(prefix="kyc-keys-"))
    copy = LocalStack(folder, free_port(), say=lambda text: None)
    copy.start()
    try:
        copy.manage("demo_cards", "--many", str(many + 6))
        assert copy.layout is not None
        run(copy.layout.address, many)
    finally:
        copy.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
