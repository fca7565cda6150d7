"""Several cases chosen and offered without the mouse; a fresh list keeps the choice."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from kyc_portal.local.stack import LocalStack
from tests.journeys.pages import open_page, shoot, sign_in

pytestmark = [pytest.mark.browser]


@pytest.mark.timeout(600)
def test_two_rows_are_offered_to_a_colleague_by_keys_only(stack: LocalStack, chromium: Browser) -> None:
    stack.manage("demo_cards", "--many", "4")
    sue = open_page(chromium, stack)
    sign_in(sue, "sue@kyc.example")
    sue.goto("/console/queue/")
    bar = sue.locator("[data-several]")
    expect(bar).to_be_hidden()
    free = sue.locator("[data-row]", has_text="Free").filter(has_not_text="Escalated")
    two = [free.nth(at).locator(".row-link").inner_text() for at in range(2)]
    for wanted, said in zip(two, ("1 case chosen", "2 cases chosen"), strict=True):
        sue.keyboard.press("j")
        while sue.evaluate("document.activeElement.textContent") != wanted:
            sue.keyboard.press("j")
        sue.keyboard.press("x")
        expect(bar.locator("[data-chosen]")).to_have_text(said)

    # A list that comes anew keeps what was chosen.
    with sue.expect_response(lambda answer: "/console/queue/" in answer.url):
        sue.evaluate("document.querySelector('[data-queue]').removeAttribute('data-etag')")
        sue.evaluate("document.querySelector('[data-queue]').dispatchEvent(new Event('fresh'))")
    expect(sue.locator("[data-pick]:checked")).to_have_count(2)
    shoot(sue, "24-several-chosen")

    sue.keyboard.press("b")
    expect(sue.locator("#several-to")).to_be_focused()
    sue.keyboard.type("Rob")
    sue.keyboard.press("Tab")
    sue.keyboard.press("Enter")
    expect(sue.locator(".banner-info")).to_contain_text("2 cases offered.")
    expect(sue.locator("[data-row]", has_text="Offered to")).to_have_count(2)
    expect(bar).to_be_hidden()
    shoot(sue, "25-several-offered")

    rob = open_page(chromium, stack)
    sign_in(rob, "rob@kyc.example")
    rob.goto("/console/queue/?holder=offered")
    expect(rob.locator("[data-row]")).to_have_count(2)
