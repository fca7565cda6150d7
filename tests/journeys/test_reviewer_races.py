"""Two people in two browsers at one case: a take-over, a lease that ran out, evidence that changed, one's own proposal."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from kyc_portal.local.stack import LocalStack
from tests.journeys.cases import make_edited
from tests.journeys.pages import open_page, shoot, sign_in
from tests.journeys.test_reviewer_by_keys import REST_MS, claim_next, look_at_every_picture

pytestmark = [pytest.mark.browser, pytest.mark.long]

LET_LEASE_RUN_OUT = """
from django.utils import timezone
from kyc_portal import audit
from kyc_portal.submissions.models import Submission
with audit.acting(audit.system("command_test")):
    Submission.objects.filter(reference="{reference}").update(claimed_until=timezone.now())
"""


def look_at_the_page_again(page: Page) -> None:
    """What a browser says when its window comes to the front."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


@pytest.mark.timeout(900)
def test_two_browsers_at_one_case(stack: LocalStack, chromium: Browser) -> None:
    stack.manage("demo_cards", "--many", "8", "--further", "5")
    (edited,) = make_edited(stack, many=1)
    rob, sue = open_page(chromium, stack), open_page(chromium, stack)
    sign_in(rob, "rob@kyc.example")
    sign_in(sue, "sue@kyc.example")

    # Rob is about to reject; Sue takes the case over; Rob is told, nothing is saved, and his note is kept.
    rob.goto(edited)  # by its address: which case is next depends on what others did in this copy before
    rob.wait_for_timeout(REST_MS)
    first, address = rob.locator("h1").inner_text(), rob.url
    rob.keyboard.press("c")
    expect(rob.locator(".lease")).to_contain_text("Yours")
    rob.wait_for_timeout(REST_MS)
    rob.keyboard.press("r")
    rob.wait_for_selector("dialog[open] [name=note]")
    rob.keyboard.press("4")
    rob.fill("dialog [name=note]", "the corner is cut")
    sue.goto(address)
    expect(sue.locator(".lease-other")).to_contain_text("Held by Rob Lam")
    expect(sue.locator(".decide")).to_contain_text("Read only. Rob Lam holds this case.")
    sue.click("text=Take over")
    expect(sue.locator(".lease")).to_contain_text("Yours")
    rob.keyboard.press("Control+Enter")
    expect(rob.locator("[role=alert]").first).to_contain_text("Sue Ho holds it.")
    expect(rob.locator(".banner-fail")).to_contain_text("the corner is cut")
    expect(rob.locator("[data-approve]")).to_have_count(0)
    shoot(rob, "70-taken-over")
    look_at_the_page_again(sue)
    expect(sue.locator(".lease")).to_contain_text("Yours")

    # A claim that is lost while its page is only looked at turns the page read-only by itself.
    second = claim_next(rob)
    assert second != first
    other = open_page(chromium, stack)
    sign_in(other, "sue@kyc.example")
    other.goto(rob.url)
    other.click("text=Take over")
    expect(other.locator(".lease")).to_contain_text("Yours")
    look_at_the_page_again(rob)
    expect(rob.locator(".decide")).to_contain_text("Read only. Sue Ho holds this case.")
    other.click("text=Give back")
    other.wait_for_url("**/queue/")
    other.context.close()

    # A lease that ran out decides nothing, also while nobody else took the case.
    rob.reload()
    rob.wait_for_timeout(REST_MS)
    rob.keyboard.press("c")
    expect(rob.locator(".lease")).to_contain_text("Yours")
    rob.wait_for_timeout(REST_MS)
    look_at_every_picture(rob)
    stack.manage("shell", "-c", LET_LEASE_RUN_OUT.format(reference=second))
    rob.keyboard.press("a")
    expect(rob.locator("[role=alert]").first).to_contain_text("Claim it to go on.")
    rob.wait_for_timeout(REST_MS)
    rob.keyboard.press("c")
    expect(rob.locator(".lease")).to_contain_text("Yours")

    # Evidence that changed under a decision is said before anything is saved.
    beside = rob.context.new_page()
    beside.goto(rob.url)
    beside.locator("[data-field-name=number] [data-point]").focus()
    beside.keyboard.press("f")
    beside.keyboard.type("12")
    beside.keyboard.press("Tab")
    beside.keyboard.type("misread")
    beside.keyboard.press("Enter")
    expect(beside.locator("[data-field-name=number]")).to_contain_text("Corrected")
    look_at_every_picture(rob)
    rob.wait_for_timeout(REST_MS)
    rob.keyboard.press("r")
    rob.wait_for_selector("dialog[open] [name=note]")
    rob.keyboard.press("8")
    rob.keyboard.press("Control+Enter")
    stale = rob.locator("dialog[data-stale]")
    expect(stale).to_contain_text("This case changed while you were reading")
    expect(stale).to_contain_text("Number fits its type")
    shoot(rob, "71-stale")
    rob.keyboard.press("Enter")
    expect(rob.locator("dialog[open]")).to_have_count(0)
    expect(rob.locator("[data-heading]")).to_be_focused()
    expect(rob.locator("[data-field-name=number]")).to_contain_text("Corrected")
    beside.close()

    # What Sue proposes somebody else decides, by whatever way she goes.
    look_at_every_picture(sue)
    sue.wait_for_timeout(REST_MS)
    sue.keyboard.press("r")
    sue.wait_for_selector("dialog[open] [name=note]")
    sue.keyboard.press("1")
    sue.keyboard.press("Control+Enter")
    expect(sue.locator(".toast")).to_contain_text(f"{first}: rejection proposed")
    sue.goto(address)
    expect(sue.locator("main")).to_contain_text("You proposed this. Someone else decides.")
    for key in ("y", "b", "d", "c"):
        expect(sue.locator(f"[data-key={key}]")).to_have_count(0)
    shoot(sue, "72-own-proposal")
    token = sue.locator("[name=csrfmiddlewaretoken]").first.input_value()
    fields = {"csrfmiddlewaretoken": token, "version": "1", "outcome": "approve", "why": "because"}
    for name in ("claim", "take-over", "decide", "confirm", "return", "otherwise"):
        answer = sue.context.request.post(f"{address}{name}/", form=fields, headers={"Referer": address})
        assert answer.status == 403, (name, answer.status)
    sue.reload()
    expect(sue.locator("h1")).to_have_text(first)
    expect(sue.locator(".why-proposal")).to_contain_text("Sue Ho proposes: Reject")
