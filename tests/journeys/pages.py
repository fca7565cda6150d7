"""What every journey does: open a page of one person's own, sign in, take pictures for people to look at."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page

from kyc_portal.accounts import demo
from kyc_portal.local.stack import LocalStack

SHOTS = Path("build/journey")
PATIENCE_MS = 60_000


def shoot(page: Page, name: str) -> None:
    """A screenshot at both widths, for people to look at; nothing scrolls sideways, and axe finds nothing, at either."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    for width, height in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        _take(page, SHOTS / f"{name}-{width}.png", full_page=width == 390)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} scrolls sideways at {width}"
        found = Axe().run(page).response["violations"]
        assert not found, [(name, width, each["id"], each["nodes"][0]["target"]) for each in found]
    page.set_viewport_size({"width": 1440, "height": 900})


def _take(page: Page, path: Path, *, full_page: bool) -> None:
    """Chromium without a screen now and then has no frame to give right after a change of size: ask once more."""
    try:
        page.screenshot(path=path, full_page=full_page)
    except Error as error:
        if "Unable to capture screenshot" not in error.message:
            raise
        page.screenshot(path=path, full_page=full_page)


def mailed_code(stack: LocalStack, address: str) -> str:
    """The code of the newest mail to an address."""
    assert stack.layout is not None
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for path in sorted(stack.layout.mail_folder.iterdir(), key=lambda each: each.stat().st_mtime, reverse=True):
            text = path.read_text()
            code = re.search(r"^\s*([A-Z0-9]{3,4}-[A-Z0-9]{3,4})\s*$", text, re.MULTILINE)
            if address in text and code:
                return code[1]
        time.sleep(0.2)
    raise AssertionError("no mail with a code came")


def open_page(chromium: Browser, stack: LocalStack) -> Page:
    """A browser of one person's own; a script error or a broken policy fails the journey."""
    page = chromium.new_context(base_url=stack.layout.address if stack.layout else None).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
    page.on("console", lambda said: pytest.fail(said.text) if "Content Security Policy" in said.text else None)
    return page


def sign_in(page: Page, email: str, totp_secret: str = "") -> None:
    """As one of the cast, or as a colleague with this secret."""
    secret = totp_secret or next(each.totp_secret for each in demo.CAST if each.email == email)
    page.goto("/accounts/login/")
    page.fill("[name=login]", email)
    page.fill("[name=password]", demo.PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/2fa/authenticate/**")
    used = demo.current_code(secret)
    page.fill("[name=code]", used)
    with page.expect_navigation():
        page.click("main button[type=submit]")
    if "2fa" in page.url:  # a code counts once: who signed in with this one a moment ago waits for the next
        while (code := demo.current_code(secret)) == used:
            time.sleep(0.5)
        page.fill("[name=code]", code)
        page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "2fa" not in url)
