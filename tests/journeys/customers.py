"""What the customers' journeys share: a phone of one's own, consent, photos, and looking at a page in every dress."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from functools import cache

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from kyc_portal.accounts import demo
from kyc_portal.local.stack import LocalStack
from ocr_integration.specimens import draw
from tests.journeys.pages import PATIENCE_MS

_numbers = itertools.count(700)
# An error of the browser's own that a journey means to cause.
_MEANT = ("Content Security Policy",)


def phone(chromium: Browser, stack: LocalStack, *, locale: str = "en-GB", **options: object) -> Page:
    """A phone of one person's own; a script error or a broken policy fails the journey."""
    assert stack.layout is not None
    context = chromium.new_context(
        base_url=stack.layout.address,
        locale=locale,
        viewport={"width": 390, "height": 844},
        has_touch=True,
        **options,  # type: ignore[arg-type]
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
    page.on("console", lambda said: pytest.fail(said.text) if any(each in said.text for each in _MEANT) else None)
    return page


def customer(
    page: Page,
    stack: LocalStack,
    *,
    declared: str = "taiwan_resident",
    agrees_to_portraits: bool | None = None,
    looks: Callable[[Page], None] = lambda page: None,
) -> str:
    """A new customer signs in, consents and stands before the first photo; gives the address.

    `agrees_to_portraits` answers the third box where the policy asks; `looks` is called before anything is ticked.
    """
    number = next(_numbers)
    stack.manage("shell", "--no-imports", "-c", f"from kyc_portal.accounts import demo; demo.customer({number})")
    email = f"sample{number}@kyc.example"
    page.goto("/accounts/login/")
    page.fill("[name=login]", email)
    page.fill("[name=password]", demo.PASSWORD)
    page.click("main form button[type=submit]")
    page.wait_for_url("**/identity/start/")
    looks(page)
    if agrees_to_portraits:
        page.check("[name=portraits]")
    consent(page, declared)
    return email


def consent(page: Page, declared: str = "taiwan_resident") -> None:
    page.check(f"[value={declared}]")
    page.check("[name=notice]")
    page.check("[name=reading]")
    page.click(".foot .button-primary")
    page.wait_for_url("**/identity/pictures/")


@cache
def photo(kind: str = "taiwan_front", *, seed: int = 7301, capture: str = "table", scale: float = 1.0) -> bytes:
    """A specimen's file, shrunk by `scale`."""
    data = draw(kind, seed=seed, capture=capture).image
    if scale == 1.0:
        return data
    image, out = Image.open(io.BytesIO(data)), io.BytesIO()
    image.resize((round(image.width * scale), round(image.height * scale))).save(out, "JPEG", quality=90)
    return out.getvalue()


def choose(page: Page, data: bytes) -> None:
    """Choose a photo, and wait until the page has looked at it."""
    page.set_input_files("#picture", {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": data})
    expect(page.locator("[data-preview] img")).to_be_visible()


# What can be pressed and is smaller than 44 pixels either way; a tick is pressed by its label.
_SMALL_TARGETS = """() => [...document.querySelectorAll("a[href], button, summary, select, textarea, input")]
  .filter((each) => each.type !== "hidden" && each.checkVisibility({ visibilityProperty: true }) && !each.closest(".skip, .photo-row"))
  .map((each) => [each, (each.closest("label") || each).getBoundingClientRect()])
  .filter(([, box]) => box.width && box.height && (box.width < 44 || box.height < 43.5))
  .map(([each, box]) => `${each.outerHTML.slice(0, 90)} ${Math.round(box.width)}x${Math.round(box.height)}`)"""


def in_every_dress(page: Page, name: str, *, is_customers: bool = True) -> None:
    """Nothing scrolls sideways and axe finds nothing, in both themes, at three widths.

    Then targets, zoom and print as the customers' pages must have them.
    """
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        for width in (320, 390, 1440):
            page.set_viewport_size({"width": width, "height": 844})
            at = (name, theme, width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{at} scrolls sideways"
            found = Axe().run(page).response["violations"]
            assert not found, [(at, each["id"], each["nodes"][0]["target"]) for each in found]
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 390, "height": 844})
    if not is_customers:
        return
    small = page.evaluate(_SMALL_TARGETS)
    assert not small, (name, small)
    _zoomed(page, name)
    _printed(page, name)
    page.set_viewport_size({"width": 390, "height": 844})


def _zoomed(page: Page, name: str) -> None:
    """A window of 1280 by 1024 at 400 %: one column, and nothing that stays put covers what is under it."""
    page.set_viewport_size({"width": 320, "height": 256})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, f"{name} scrolls sideways at 400 %"
    stays = "[...document.querySelectorAll('main *')].filter(each => getComputedStyle(each).position === 'sticky')"
    assert page.evaluate(f"{stays}.length") == 0, f"{name}: something stays put at 400 %"


def _printed(page: Page, name: str) -> None:
    """On A4: the heading and what is said, and nothing to press."""
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 690, "height": 980})
    expect(page.locator("h1")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 690, f"{name} is cut on paper"
    shown = page.locator("main button:visible, main .foot:visible, .languages:visible")
    assert shown.count() == 0, (name, shown.first.evaluate("each => each.outerHTML") if shown.count() else "")
    page.emulate_media(media="screen")
