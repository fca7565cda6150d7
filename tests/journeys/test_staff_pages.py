"""Every staff page in both themes at four widths: nothing scrolls sideways, axe finds nothing; the case on one page."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from kyc_portal.local.stack import LocalStack
from tests.journeys.pages import SHOTS, open_page, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.long]
SIZES = ((1440, 900), (1366, 768), (390, 844), (320, 640))
LANES = ("rescue", "mine", "second", "asked", "delayed", "parked")
OF_SENIORS = (
    "/console/",
    "/console/queue/",
    *(f"/console/queue/{lane}/" for lane in LANES),
    "/console/queue/?find=S-ZZZZZZ",
    "/console/queue/?warning=code:-9104",
    "/console/search/",
    "/console/shortcuts/",
    "/console/second-looks/",
    "/console/second-looks/agreement/",
    "/administration/policy/",
    "/administration/policy/propose/",
)
OF_ADMINISTRATORS = (
    "/administration/exports/",
    "/administration/audit-log/",
    "/administration/audit-log/1/",
    "/administration/audit-log/outside/",
    "/administration/privacy/",
    "/administration/consents/",
    "/administration/invitations/",
    "/administration/people/",
    "/administration/policy/1/",
    "/administration/reading-service/",
)


# What reaches beyond the window's right side, for whoever has to mend it.
_BEYOND = """(width) => [...document.querySelectorAll("body *")]
  .filter((each) => each.getBoundingClientRect().right > width + 1 && each.checkVisibility())
  .slice(0, 5).map((each) => each.outerHTML.slice(0, 120))"""


def dressed(page: Page, name: str) -> None:
    """The page as it is now, in every dress; a picture of each of the two large sizes for people to look at."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            at = (name, theme, width)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{at} scrolls sideways to {wide}: {page.evaluate(_BEYOND, width)}"
            if width > 1000 and page.locator("[data-case]").count():
                assert page.evaluate("document.documentElement.scrollHeight") <= height, f"{at} scrolls"
            found = Axe().run(page).response["violations"]
            assert not found, [(at, each["id"], each["nodes"][0]["target"]) for each in found]
            if width > 1000:
                page.screenshot(path=SHOTS / f"staff-{name}-{theme}-{width}.png")


@pytest.mark.timeout(1800)
def test_every_staff_page_in_every_dress(stack: LocalStack, chromium: Browser) -> None:
    stack.manage("demo_cards")
    sue = open_page(chromium, stack)
    sign_in(sue, "sue@kyc.example")
    for path in OF_SENIORS:
        sue.set_viewport_size({"width": 1440, "height": 900})
        sue.goto(path)
        dressed(sue, path.strip("/").replace("/", "-").replace("?", "-").replace("=", "-").replace(":", "-"))


@pytest.mark.timeout(1800)
def test_a_case_with_its_dialogs_in_every_dress(stack: LocalStack, chromium: Browser) -> None:
    stack.manage("demo_cards")
    sue = open_page(chromium, stack)
    sign_in(sue, "sue@kyc.example")
    sue.goto("/console/queue/")
    sue.locator("[data-row]", has_text="Free").first.locator(".row-link").click()
    sue.wait_for_url("**/cases/**")
    dressed(sue, "case-read-only")
    sue.set_viewport_size({"width": 1440, "height": 900})
    sue.locator("[data-key=c]").click()
    sue.wait_for_selector("[data-lease]")
    dressed(sue, "case")
    for key, name in (("r", "reject"), ("s", "ask-again"), ("w", "park"), ("?", "keys"), ("h", "history")):
        sue.set_viewport_size({"width": 1440, "height": 900})
        sue.keyboard.press(key)
        sue.wait_for_selector("dialog[open] h2")
        dressed(sue, f"case-{name}")
        sue.keyboard.press("Escape")
        sue.wait_for_selector("dialog[open]", state="detached")


@pytest.mark.timeout(1800)
def test_every_page_of_an_administrator_in_every_dress(stack: LocalStack, chromium: Browser) -> None:
    stack.manage("demo_cards")
    ada = open_page(chromium, stack)
    sign_in(ada, "ada@kyc.example")
    for path in OF_ADMINISTRATORS:
        ada.set_viewport_size({"width": 1440, "height": 900})
        ada.goto(path)
        dressed(ada, path.strip("/").replace("/", "-"))
    ada.goto("/administration/consents/")
    ada.locator("main a[href*='/privacy/']").first.click()
    ada.wait_for_url("**/privacy/**")
    dressed(ada, "administration-customer")
    for link, name in (("data pack", "subject-pack"), ("Case pack", "case-pack")):
        ada.set_viewport_size({"width": 1440, "height": 900})
        ada.locator(f"main a:has-text('{link}')").first.click()
        ada.wait_for_url("**pack/**")
        dressed(ada, f"administration-{name}")
        ada.go_back()
