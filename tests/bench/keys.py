"""How many keys a decision takes, and how long the next case takes to stand there, in a real browser.

python -m tests.bench.keys [CASES]      (default 60; KYC_BROWSER names a Chromium)

A run of its own, with everything the product runs on this machine. The time is from the last key of a decision to the next
case's heading, and to its picture. Beside it, in the same run and in turns, the same decisions by a reviewer whose browser
loads a new page each time: that is what the ratio is to.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

REST_MS = 450  # decision keys rest 400 ms on a new page
AHEAD_MS = 1500  # a person looks at a case at least this long; the next picture is fetched meanwhile
_PICTURE_STANDS = "[...document.querySelectorAll('.well img')].some((each) => each.complete && each.naturalWidth)"
_WAYS = {
    "approve": ("a",),
    "ask again": ("s", "1", "Control+Enter"),
    "reject": ("r", "5", "Control+Enter"),
}
IN_PLACE, NEW_PAGE = "in place", "a new page each"


@dataclass(frozen=True, slots=True)
class Took:
    """One decision: its keys, and the milliseconds until the next heading and until its picture."""

    keys: int
    heading: float
    picture: float


def decide(page: Page, way: str) -> Took:
    """Make one decision by keys."""
    before, keys = page.locator("h1").inner_text(), 0
    if way == "approve":
        if page.locator("[data-strip]").count() > 1:  # the front was seen since the case opened
            page.keyboard.press("2")
            keys += 1
        page.wait_for_selector("[data-approve]:not([aria-disabled=true])")
    for key in _WAYS[way]:
        started = time.perf_counter()
        page.keyboard.press(key)
        keys += 1
        if key in "sr":
            page.wait_for_selector("dialog[open] [name=note]")
    page.wait_for_selector(f"h1:not(:text-is('{before}'))")
    heading = time.perf_counter() - started
    while not page.evaluate(_PICTURE_STANDS):  # the page's policy lets nothing evaluate inside of it
        time.sleep(0.005)
    return Took(keys, heading * 1000, (time.perf_counter() - started) * 1000)


def _browser() -> str | None:
    return os.environ.get("KYC_BROWSER") or shutil.which("chromium")


def _begun(page: Page, email: str) -> None:
    from tests.journeys.pages import sign_in

    sign_in(page, email)
    page.goto("/console/queue/")
    page.wait_for_timeout(REST_MS)
    page.keyboard.press("n")
    page.wait_for_url("**/cases/**")


def run(address: str, many: int) -> None:
    """Decide so many cases, two of three in place, in turns of the three ways; print what each took."""
    found: dict[tuple[str, str], list[Took]] = defaultdict(list)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=_browser(), args=["--no-sandbox", "--disable-gpu"])
        pages = {}
        for how, email in ((IN_PLACE, "rob@kyc.example"), (NEW_PAGE, "sue@kyc.example")):
            page = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900}).new_page()
            if how is NEW_PAGE:
                page.add_init_script(
                    "document.addEventListener('submit', (press) => delete press.target.dataset.inPlace, true)"
                )
            _begun(page, email)
            pages[how] = page
        for at in range(many):
            how = NEW_PAGE if at % 3 == 2 else IN_PLACE
            page = pages[how]
            page.bring_to_front()
            page.wait_for_timeout(AHEAD_MS)
            way = list(_WAYS)[len(found[how, "turn"]) % len(_WAYS)]
            took = decide(page, way)
            found[how, way].append(took)
            found[how, "turn"].append(took)
            expect(page.locator("h1")).to_have_count(1)
        browser.close()
    _print(found)


def _print(found: dict[tuple[str, str], list[Took]]) -> None:
    print("| decision | how | decisions | keys | ms to the next case: median, p95 | to its picture: median, p95 |")
    print("| --- | --- | --- | --- | --- | --- |")
    for (how, way), each in sorted(found.items(), key=lambda item: (item[0][0] != IN_PLACE, item[0][1] == "turn")):
        keys = f"{min(took.keys for took in each)} to {max(took.keys for took in each)}"
        heading, picture = [took.heading for took in each], [took.picture for took in each]
        print(
            f"| {'all' if way == 'turn' else way} | {how} | {len(each)} | {keys}"
            f" | {statistics.median(heading):.0f}, {_p95(heading):.0f} | {statistics.median(picture):.0f}, {_p95(picture):.0f} |"
        )
    here, there = ([took.picture for took in found[how, "turn"]] for how in (IN_PLACE, NEW_PAGE))
    if here and there:
        ratio = statistics.median(here) / statistics.median(there)
        print(
            f"\nThe next picture stands in {ratio:.2f} of the time a new page takes (medians). Load: {os.getloadavg()[0]:.1f}."
        )


def _p95(each: list[float]) -> float:
    return sorted(each)[min(len(each) - 1, int(0.95 * len(each)))]


def main(many: int = 60) -> None:
    """A copy of the product in a folder of its own, removed at the end; nothing without a browser."""
    if not _browser():
        print("The keys were not counted: no Chromium is here (KYC_BROWSER names one).")
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kyc_portal.settings")
    import django

    django.setup()
    from kyc_portal.local.layout import free_port
    from kyc_portal.local.stack import LocalStack

    folder = Path(tempfile.mkdtemp(prefix="kyc-keys-"))
    copy = LocalStack(folder, free_port(), say=lambda text: None)
    copy.start()
    try:
        copy.manage("demo_cards", "--further", str(many))
        assert copy.layout is not None
        run(copy.layout.address, many)
    finally:
        copy.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
