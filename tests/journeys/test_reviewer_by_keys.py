"""A reviewer's day without the mouse: claim, look, reject, take it back, reject again, the next case is there."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from kyc_portal.local.stack import LocalStack
from tests.journeys.pages import open_page, shoot, sign_in

pytestmark = [pytest.mark.browser]
REST_MS = 450  # decision keys rest 400 ms on a new page


@pytest.mark.timeout(600)
def test_claim_look_reject_undo_reject_next_by_keys_only(stack: LocalStack, chromium: Browser) -> None:
    stack.manage("demo_cards", "--many", "4")
    rob = open_page(chromium, stack)
    sign_in(rob, "rob@kyc.example")
    rob.goto("/console/queue/")
    head = rob.locator("[data-row]", has_text="Free").first.locator(".row-link").inner_text()
    rob.keyboard.press("j")
    expect(rob.locator(".row-link").first).to_be_focused()
    shoot(rob, "20-queue-focus")
    rob.wait_for_timeout(REST_MS)
    rob.keyboard.press("n")
    rob.wait_for_url("**/cases/**")
    expect(rob.locator("h1")).to_have_text(head)

    # At 1366 x 768 all of it stands on one page.
    rob.set_viewport_size({"width": 1366, "height": 768})
    assert rob.evaluate("document.documentElement.scrollHeight") <= 768
    rob.set_viewport_size({"width": 1440, "height": 900})

    rob.keyboard.press("2")
    rob.keyboard.press("+")
    rob.keyboard.press("t")
    expect(rob.locator("[data-zoom]")).to_have_text("125 %")
    rob.wait_for_timeout(REST_MS)
    rob.keyboard.press("r")
    expect(rob.locator("dialog[open] h2")).to_contain_text(f"Reject {head}")
    rob.keyboard.press("5")
    expect(rob.locator("dialog [name=reasons]:checked")).to_have_count(1)
    shoot(rob, "21-reject")

    # Escape keeps the case and gives the focus back.
    rob.keyboard.press("Escape")
    expect(rob.locator("dialog[open]")).to_have_count(0)
    expect(rob.locator("[data-key=r]")).to_be_focused()
    rob.keyboard.press("r")
    rob.wait_for_selector("dialog[open]")
    rob.keyboard.press("5")
    rob.keyboard.press("Control+Enter")
    expect(rob.locator(".toast")).to_contain_text(head)
    assert rob.locator("h1").inner_text() != head, "the next case is open"
    rob.keyboard.press("z")
    expect(rob.locator("h1")).to_have_text(head)
    expect(rob.locator(".lease")).to_contain_text("Yours")

    # What was chosen is there again.
    rob.wait_for_timeout(REST_MS)
    rob.keyboard.press("r")
    expect(rob.locator("dialog[open] [name=reasons]:checked")).to_have_count(1)
    rob.keyboard.press("Control+Enter")
    expect(rob.locator(".toast")).to_contain_text(head)
    shoot(rob, "22-next-and-undo")  # not before taking back: that takes a part of the ten seconds
    rob.keyboard.press("?")
    expect(rob.locator("dialog[open] h2")).to_have_text("Keys")
    shoot(rob, "23-shortcuts")
    rob.keyboard.press("Escape")
    expect(rob.locator("dialog[open]")).to_have_count(0)


@pytest.mark.timeout(600)
def test_a_decision_without_a_reason_is_asked_for_it_and_keeps_the_note(stack: LocalStack, chromium: Browser) -> None:
    stack.manage("demo_cards", "--many", "4")
    sue = open_page(chromium, stack)
    sign_in(sue, "sue@kyc.example")
    sue.goto("/console/queue/")
    sue.wait_for_timeout(REST_MS)
    sue.keyboard.press("n")
    sue.wait_for_url("**/cases/**")
    sue.wait_for_timeout(REST_MS)
    sue.keyboard.press("s")
    sue.wait_for_selector("dialog[open]")
    sue.fill("dialog [name=note]", "the lower edge is soft")
    sue.keyboard.press("Control+Enter")
    expect(sue.locator("dialog [role=alert]")).to_contain_text("Choose at least one reason")
    expect(sue.locator("dialog [name=note]")).to_have_value("the lower edge is soft")
    shoot(sue, "24-reason-missing")


def claim_next(page: Page) -> str:
    """From the queue by N: the reference of the case that opens."""
    page.goto("/console/queue/")
    page.wait_for_timeout(REST_MS)
    page.keyboard.press("n")
    page.wait_for_url("**/cases/**")
    page.wait_for_timeout(REST_MS)
    return page.locator("h1").inner_text()


def look_at_every_picture(page: Page) -> None:
    """By keys, each for as long as it takes to count."""
    for at in range(page.locator("[data-strip]").count()):
        page.keyboard.press(str(at + 1))
        expect(page.locator("[data-strip] [data-seen]").nth(at)).to_be_visible()
    expect(page.locator("[data-approve]")).not_to_have_attribute("aria-disabled", "true")


@pytest.mark.timeout(600)
def test_every_other_decision_by_keys_only(stack: LocalStack, chromium: Browser) -> None:
    stack.manage("demo_cards", "--many", "8", "--further", "2")
    rob = open_page(chromium, stack)
    sign_in(rob, "rob@kyc.example")

    parked = claim_next(rob)
    rob.keyboard.press("w")
    rob.wait_for_selector("dialog[open] [name=why]")
    rob.keyboard.press("2")
    rob.locator("dialog [name=why]").focus()
    rob.keyboard.type("waits for a colleague")
    rob.keyboard.press("Control+Enter")
    rob.wait_for_url("**/queue/")
    rob.wait_for_timeout(REST_MS)
    rob.keyboard.press("g")
    rob.keyboard.press("7")
    rob.wait_for_url("**/queue/parked/")
    expect(rob.locator(".row-link", has_text=parked)).to_be_visible()

    escalated = claim_next(rob)
    assert escalated != parked
    rob.keyboard.press("e")
    rob.wait_for_url("**/queue/")
    expect(rob.locator("[data-row]", has_text=escalated)).to_contain_text("Escalated")

    asked = claim_next(rob)
    assert asked not in (parked, escalated)
    rob.keyboard.press("2")  # the side in view is the one to take again
    rob.keyboard.press("s")
    rob.wait_for_selector("dialog[open]")
    rob.keyboard.press("1")
    side = "BACK" if rob.locator("dialog [name=sides]").count() > 1 else "FRONT"
    expect(rob.locator("dialog [name=sides]:checked")).to_have_count(1)
    expect(rob.locator("dialog [name=sides]:checked")).to_have_value(side)
    rob.keyboard.press("Control+Enter")
    expect(rob.locator(".toast")).to_contain_text(re.compile(f"{asked}: (asked again|asking again proposed)"))

    approved = rob.locator("h1").inner_text()
    assert approved != asked
    look_at_every_picture(rob)
    rob.wait_for_timeout(REST_MS)
    # Held down it counts once, and whatever is pressed before the answer is pressed on nothing.
    for key in ("a", "a", "e", "a"):
        rob.keyboard.down(key)
    expect(rob.locator(".toast")).to_contain_text(re.compile(f"{approved}: (approved|approval proposed)"))
    for key in ("a", "e"):
        rob.keyboard.up(key)
    assert rob.locator("h1").inner_text() != approved
    expect(rob.locator(".lease")).to_contain_text("Yours")
    rob.keyboard.press("z")
    expect(rob.locator("h1")).to_have_text(approved)
    expect(rob.locator(".lease")).to_contain_text("Yours")


@pytest.mark.timeout(600)
def test_a_filter_is_set_and_cleared_by_keys_and_outlives_a_refresh(stack: LocalStack, chromium: Browser) -> None:
    stack.manage("demo_cards", "--many", "4")
    rob = open_page(chromium, stack)
    sign_in(rob, "rob@kyc.example")
    rob.goto("/console/queue/")
    many = rob.locator("[data-row]").count()
    rob.keyboard.press("f")
    rob.keyboard.press("Enter")
    shoot(rob, "25-filter-menu")
    rob.keyboard.press("Escape")
    expect(rob.locator(".menu[open]")).to_have_count(0)
    rob.keyboard.press("Enter")
    rob.keyboard.press("Tab")
    rob.keyboard.press("Enter")
    rob.wait_for_url("**/queue/?warning=*")
    with rob.expect_response(lambda answer: "warning=" in answer.url and answer.request.resource_type == "xhr"):
        pass  # a live refresh asks through the filter
    assert rob.locator("[data-row]").count() < many
    assert rob.locator("[data-row]").count() == rob.locator("[data-row].rail-5").count()
    rob.keyboard.press("f")
    rob.keyboard.press("Enter")
    rob.wait_for_url("**/console/queue/")
    expect(rob.locator("[data-row]")).to_have_count(many)
