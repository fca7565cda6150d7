"""`python -m tests.bench.page_weight`: what a first visit loads, as it comes over the wire, written to docs/page-weight.md.

Needs a Chromium (KYC_BROWSER). Times are of this machine, over a network slowed to 400 ms and 50 kB/s.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from kyc_portal.local.layout import free_port
from kyc_portal.local.stack import LocalStack

OPEN_PAGES = {
    "first page": "/",
    "address": "/accounts/signup/",
    "help": "/help/",
    "your data": "/your-data/",
}
LOCALES = {"en": "en-GB", "zh-Hant": "zh-HK", "zh-Hans": "zh-CN"}
SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
_WATCH = (
    "window.shift = 0; new PerformanceObserver(list => {"
    " for (const each of list.getEntries()) window.shift += each.value;"
    "}).observe({type: 'layout-shift', buffered: true});"
)


@dataclass(frozen=True, slots=True)
class Weight:
    """`sent`: bytes over the wire, headers included. `shift`: the sum of layout shifts; `painted_ms`: first text."""

    sent: int
    requests: int
    shift: float
    painted_ms: float


def weigh(browser: Browser, base: str, path: str, *, locale: str = "en-GB", is_slow: bool = False) -> Weight:
    """Load a page with nothing in the cache and wait until it is quiet."""
    context = browser.new_context(base_url=base, locale=locale, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.add_init_script(_WATCH)
    wire = context.new_cdp_session(page)
    loaded: list[float] = []
    wire.on("Network.loadingFinished", lambda each: loaded.append(each["encodedDataLength"]))
    wire.send("Network.enable")
    if is_slow:
        wire.send("Network.emulateNetworkConditions", SLOW)
    page.goto(path, wait_until="networkidle")
    found = Weight(sum(map(int, loaded)), len(loaded), page.evaluate("window.shift"), _painted(page))
    context.close()
    return found


def _painted(page: Page) -> float:
    return float(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1"))


def table(browser: Browser, base: str) -> str:
    """Markdown."""
    lines = [
        "| page | language | kB over the wire | requests | layout shift | first text on slow 3G |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, path in OPEN_PAGES.items():
        for language, locale in LOCALES.items():
            fast = weigh(browser, base, path, locale=locale)
            slow = weigh(browser, base, path, locale=locale, is_slow=True)
            shift = max(fast.shift, slow.shift)
            lines.append(
                f"| {name} | {language} | {fast.sent / 1000:.1f} | {fast.requests} | {shift:.3f} | {slow.painted_ms / 1000:.1f} s |"
            )
    return "\n".join(lines)


def document(measured: str) -> str:
    """The page of docs around the table."""
    return (
        "# What the first pages weigh\n\nBytes over the wire with an empty cache, headers included, not compressed as on one machine (production\n"
        "compresses styles and scripts), on a phone of 390 pixels; slow 3G is 400 ms and 50 kB/s. The first page may weigh 60 kB and nothing\n"
        f"may shift: a browser test holds both. Written by `python -m tests.bench.page_weight`.\n\n{measured}\n"
    )


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="kyc-weight-"))
    stack = LocalStack(folder, free_port(), say=lambda text: None)
    try:
        layout = stack.start()
        with sync_playwright() as play:
            path = os.environ.get("KYC_BROWSER") or shutil.which("chromium")
            browser = play.chromium.launch(
                executable_path=path, args=["--no-sandbox", "--disable-background-networking"]
            )
            measured = table(browser, layout.address)
            browser.close()
    finally:
        stack.stop()
        shutil.rmtree(folder, ignore_errors=True)
    text = document(measured)
    Path("docs/page-weight.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
