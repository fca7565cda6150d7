"""Four eyes without the mouse: look, then be told why; confirm, take it back, return, decide otherwise, a third person."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from kyc_portal.local.stack import LocalStack
from tests.journeys.cases import make_edited
from tests.journeys.pages import open_page, shoot, sign_in
from tests.journeys.test_reviewer_by_keys import REST_MS, claim_next, look_at_every_picture

pytestmark = [pytest.mark.browser, pytest.mark.long]
NOTE = "the last digits stand lower"
MAY = ("may@kyc.example", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXQ")
A_THIRD_PERSON = """
from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from kyc_portal import audit
from kyc_portal.accounts import demo
from kyc_portal.accounts.models import Role, User
with audit.acting(audit.system("command_demo")):
    if not User.objects.filter(email="{email}").exists():
        may = User.objects.create_user("{email}", demo.PASSWORD, display_name="May Yip", role=Role.SENIOR_REVIEWER)
        EmailAddress.objects.create(user=may, email=may.email, verified=True, primary=True)
        TOTP.activate(may, "{secret}")
        RecoveryCodes.activate(may)
"""


def propose_a_rejection(page: Page) -> str:
    """Rob's rejection of the head of the queue, which is edited: the reference of the case that waits for a second."""
    reference = claim_next(page)
    expect(page.locator(".why-bar").first).to_contain_text("What you press is a proposal")
    page.keyboard.press("r")
    page.wait_for_selector("dialog[open] [name=note]")
    page.keyboard.press("1")
    page.locator("dialog [name=note]").focus()
    page.keyboard.type(NOTE)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toast")).to_contain_text(f"{reference}: rejection proposed")
    return reference


def take_up_second_review(page: Page, reference: str) -> None:
    """From the queue by G 4, J to the row, Enter to read it, C to hold it."""
    page.goto("/console/queue/")
    page.wait_for_timeout(REST_MS)
    page.keyboard.press("g")
    page.keyboard.press("4")
    page.wait_for_url("**/queue/second/")
    row = page.locator(".row-link", has_text=reference)
    for _each in range(page.locator(".row-link").count()):
        page.keyboard.press("j")
        if row.evaluate("(link) => link === document.activeElement"):
            break
    expect(row).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/**")
    page.wait_for_timeout(REST_MS)
    page.keyboard.press("c")
    expect(page.locator(".lease")).to_contain_text("Yours")
    page.wait_for_timeout(REST_MS)


@pytest.mark.timeout(900)
def test_a_second_person_confirms_returns_and_decides_otherwise_by_keys(stack: LocalStack, chromium: Browser) -> None:
    stack.manage("demo_cards", "--many", "8", "--further", "9")
    stack.manage("shell", "-c", A_THIRD_PERSON.format(email=MAY[0], secret=MAY[1]))
    make_edited(stack, many=2)
    rob, sue = open_page(chromium, stack), open_page(chromium, stack)
    sign_in(rob, "rob@kyc.example")
    sign_in(sue, "sue@kyc.example")

    # What was proposed is said at once; why is said to who has looked. Y is off until then.
    reference = propose_a_rejection(rob)
    take_up_second_review(sue, reference)
    address = sue.url
    bar = sue.locator(".why-proposal")
    expect(bar).to_contain_text("Rob Lam proposes: Reject")
    expect(sue.locator("[data-strip] [data-seen]").first).to_be_visible()
    if sue.locator("[data-strip] [data-unseen]:visible").count():
        expect(bar).to_contain_text("Their note opens once you have opened every picture")
        expect(bar).not_to_contain_text(NOTE)
        sue.keyboard.press("y")
        expect(sue.locator("[data-approve]")).to_have_attribute("aria-disabled", "true")
        assert sue.url == address
    look_at_every_picture(sue)
    expect(bar).to_contain_text(NOTE)
    shoot(sue, "80-second-review")
    sue.keyboard.press("y")
    sue.wait_for_url("**/queue/second/")
    expect(sue.locator(".toast")).to_contain_text(f"{reference}: rejected")

    # Taken back, it is hers to decide again; then she returns it, and says why.
    sue.wait_for_timeout(REST_MS)
    sue.keyboard.press("z")
    sue.wait_for_url(address)
    expect(bar).to_contain_text("Rob Lam proposes: Reject")
    sue.wait_for_timeout(REST_MS)
    sue.keyboard.press("b")
    sue.wait_for_selector("dialog[open] [name=why]")
    expect(sue.locator("dialog [name=why]")).to_be_focused()
    sue.keyboard.press("Control+Enter")
    expect(sue.locator("dialog [role=alert]")).to_contain_text("Say why")
    sue.locator("dialog [name=why]").focus()
    sue.keyboard.type("look at the portrait")
    sue.keyboard.press("Control+Enter")
    sue.wait_for_url("**/queue/second/")
    rob.goto(address)
    expect(rob.locator("main")).to_contain_text("look at the portrait")
    expect(rob.locator(".why-proposal")).to_have_count(0)

    # Otherwise than proposed: her own outcome waits for a third person, and is closed to her.
    again = propose_a_rejection(rob)
    take_up_second_review(sue, again)
    address = sue.url
    look_at_every_picture(sue)
    sue.keyboard.press("d")
    expect(sue.locator("dialog[open] h2")).to_have_text(f"Decide {again} otherwise")
    shoot(sue, "81-otherwise")
    sue.keyboard.press("2")
    sue.wait_for_selector("dialog[open] [name=reasons]")
    sue.keyboard.press("1")
    expect(sue.locator("dialog [name=sides]:checked")).to_have_count(1)
    sue.keyboard.press("Control+Enter")
    sue.wait_for_url("**/queue/second/")
    expect(sue.locator(".toast")).to_contain_text(f"{again}: asking again proposed")
    sue.goto(address)
    expect(sue.locator("main")).to_contain_text("You proposed this. Someone else decides.")
    for key in ("c", "y", "b", "d"):
        expect(sue.locator(f"[data-key={key}]")).to_have_count(0)

    may = open_page(chromium, stack)
    sign_in(may, *MAY)
    take_up_second_review(may, again)
    expect(may.locator(".why-proposal")).to_contain_text("Sue Ho proposes: Ask again")
    look_at_every_picture(may)
    may.keyboard.press("y")
    may.wait_for_url("**/queue/second/")
    expect(may.locator(".toast")).to_contain_text(f"{again}: asked again")
