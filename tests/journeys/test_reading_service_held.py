"""An administrator holds all calls on a running copy: a card waits as a delay of ours, and is read when they go on."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from kyc_portal.local.stack import LocalStack
from tests.journeys.customers import choose, customer, in_every_dress, phone, photo
from tests.journeys.pages import PATIENCE_MS, open_page, shoot, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.long]

PAGE = "/administration/reading-service/"


def press(page: Page, words: str, why: str) -> None:
    """Press, give the reason, press again."""
    page.click(f"main >> text={words}…")
    in_every_dress(page, words, is_customers=False)
    page.fill("[name=why]", why)
    page.click(f"main button:has-text('{words}')")
    page.wait_for_url(f"**{PAGE}")


def present(page: Page) -> str:
    return page.locator(".phase[aria-current]").inner_text().strip()


@pytest.mark.timeout(600)
def test_a_hold_keeps_a_card_waiting_and_its_end_has_it_read(stack: LocalStack, chromium: Browser) -> None:
    ada, ann = open_page(chromium, stack), phone(chromium, stack)
    sign_in(ada, "ada@kyc.example")
    customer(ann, stack)
    choose(ann, photo())
    ann.click("[data-send]")
    ada.goto(PAGE)
    expect(ada.locator(".phase[aria-current]")).to_contain_text("Calls are made")
    press(ada, "Hold all calls", "Held for a journey, nothing is wrong")
    try:
        assert present(ada).startswith("Held by a person")
        ann.click("text=Send in")
        expect(ann.locator("main")).to_contain_text("It is our reading service", timeout=PATIENCE_MS)
        expect(ann.locator("main")).not_to_contain_text("Next try at")
        # The open page finds by itself what waits now.
        expect(ada.locator("main")).to_contain_text(re.compile(r"S-\w+\s+Front"), timeout=PATIENCE_MS)
        expect(ada.locator("main")).to_contain_text("nothing can be tried now")
        shoot(ada, "25-reading-service-held")
        in_every_dress(ada, "reading service, held", is_customers=False)
    finally:
        press(ada, "Let calls go on", "The journey is over, calls go on")
    assert present(ada).startswith("Calls are made")
    ann.wait_for_url("**/identity/details/")
    expect(ada.locator("main")).to_contain_text("Nothing waits", timeout=PATIENCE_MS)
    shoot(ada, "26-reading-service")
    in_every_dress(ada, "reading service", is_customers=False)
    ada.goto("/administration/audit-log/?action=provider.held")
    expect(ada.locator("main")).to_contain_text("Held for a journey, nothing is wrong")
