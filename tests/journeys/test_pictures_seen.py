"""A picture counts as seen when it really stood before its reader: whole, large enough, uncovered, for a moment."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Browser, Page, expect

from kyc_portal.local.stack import LocalStack
from tests.journeys.pages import PATIENCE_MS, open_page, sign_in
from tests.journeys.test_reviewer_by_keys import REST_MS

pytestmark = [pytest.mark.browser, pytest.mark.long]
LONGER_THAN_A_MOMENT_MS = 900

LOOKS = """
from kyc_portal.audit.models import Entry
from kyc_portal.submissions.models import Submission
case = Submission.objects.get(reference="{reference}")
for scan in case.scans.order_by("side"):
    acts = Entry.objects.filter(object_id=str(scan.pk), actor="{actor}", action__startswith="picture.").order_by("id")
    print(scan.side, *acts.values_list("action", flat=True))
"""


def looks(stack: LocalStack, reference: str, email: str) -> dict[str, set[str]]:
    """What the log says one person did with each side of a case."""
    name = stack.manage(
        "shell",
        "-c",
        f"""
from kyc_portal.accounts.models import User
print(User.objects.get(email="{email}").actor.name)
""",
    ).split()[-1]
    said = stack.manage("shell", "-c", LOOKS.format(reference=reference, actor=name)).splitlines()
    return {line.split()[0]: set(line.split()[1:]) for line in said if line.startswith(("FRONT", "BACK"))}


def until(page: Page, script: str, about: object = None) -> None:
    """Wait for what a script says of a page; the page's policy lets nothing wait inside of it."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not page.evaluate(script, about):
        assert time.monotonic() < deadline, script
        time.sleep(0.05)


def open_a_case_whose_back_was_not_seen(page: Page) -> str:
    page.goto("/console/queue/")
    for link in page.locator(".row-link").evaluate_all("links => links.map((link) => link.href)"):
        page.goto(link)
        back = page.locator("[data-strip]").nth(1)
        if back.count() and back.locator("[data-unseen]").is_visible():
            return page.locator("h1").inner_text()
    raise AssertionError("every back was seen")


@pytest.mark.timeout(600)
def test_only_what_was_shown_counts(stack: LocalStack, chromium: Browser) -> None:
    stack.manage("demo_cards", "--many", "8")
    rob = open_page(chromium, stack)
    sign_in(rob, "rob@kyc.example")
    reference = open_a_case_whose_back_was_not_seen(rob)
    rob.wait_for_timeout(REST_MS)
    rob.keyboard.press("c")
    expect(rob.locator(".lease")).to_contain_text("Yours")
    front, back = (rob.locator("[data-strip]").nth(at) for at in range(2))
    approve, why = rob.locator("[data-approve]"), rob.locator("[data-approve-reason]")

    # The back is here, behind its tab: nobody saw it.
    expect(front.locator("[data-seen]")).to_be_visible()
    until(rob, "[...document.querySelectorAll('[data-scan]')].every((each) => each.naturalWidth > 0)")
    expect(why).to_have_text("Approve is off until you open the back.")
    expect(approve).to_have_attribute("aria-disabled", "true")
    seen = looks(stack, reference, "rob@kyc.example")
    assert seen["FRONT"] == {"picture.fetched_ahead", "picture.viewed"}
    assert seen["BACK"] == {"picture.fetched_ahead"}

    # Flicked through; under a dialog; too small: none of that is looking.
    rob.evaluate("document.querySelectorAll('[data-side]').forEach((tab, at, all) => all[1 - at].click())")
    rob.keyboard.press("r")
    rob.wait_for_selector("dialog[open]")
    rob.evaluate("document.querySelectorAll('[data-side]')[1].click()")
    rob.wait_for_timeout(LONGER_THAN_A_MOMENT_MS)
    expect(back.locator("[data-unseen]")).to_be_visible()
    rob.evaluate("document.querySelectorAll('[data-side]')[0].click()")
    rob.keyboard.press("Escape")
    expect(rob.locator("dialog[open]")).to_have_count(0)
    rob.evaluate("""() => {
      document.querySelectorAll("[data-side]")[1].click();
      for (let times = 0; times < 5; times += 1) document.querySelector("[data-tool=out]").click();
    }""")
    rob.wait_for_timeout(LONGER_THAN_A_MOMENT_MS)
    expect(back.locator("[data-unseen]")).to_be_visible()
    expect(why).to_have_text(
        "Approve is off: the back is shown too small or in part. 0 shows it whole, a wider window larger."
    )
    assert looks(stack, reference, "rob@kyc.example")["BACK"] == {"picture.fetched_ahead"}

    # Zooming the front leaves the back whole, and whole and at rest it counts.
    rob.keyboard.press("1")
    rob.keyboard.press("+")
    expect(rob.locator("[data-zoom]")).to_have_text("125 %")
    rob.keyboard.press("2")
    expect(rob.locator("[data-zoom]")).not_to_have_text("125 %")
    rob.keyboard.press("0")
    expect(back.locator("[data-seen]")).to_be_visible()
    expect(why).to_have_text("All pictures seen.")
    expect(approve).not_to_have_attribute("aria-disabled", "true")
    assert looks(stack, reference, "rob@kyc.example")["BACK"] == {"picture.fetched_ahead", "picture.viewed"}
    rob.click("text=Give back")
    rob.wait_for_url("**/queue/")


@pytest.mark.timeout(600)
def test_a_picture_fetched_ahead_counts_when_its_case_opens(stack: LocalStack, chromium: Browser) -> None:
    stack.manage("demo_cards", "--many", "8")
    sue = open_page(chromium, stack)
    sign_in(sue, "sue@kyc.example")
    sue.goto("/console/queue/")
    sue.wait_for_timeout(REST_MS)
    with sue.expect_response(lambda answer: "next-pictures" in answer.url) as named:
        sue.keyboard.press("n")
    addresses = [each["address"] for each in named.value.json()["pictures"]]
    assert addresses
    for address in addresses:  # each is fetched, and none is shown
        until(
            sue,
            "address => performance.getEntriesByType('resource').some((each) => each.name.endsWith(`${address}?ahead`))",
            address,
        )
    first = sue.locator("h1").inner_text()
    sue.wait_for_timeout(REST_MS)
    sue.keyboard.press("s")
    sue.wait_for_selector("dialog[open]")
    sue.keyboard.press("1")
    expect(sue.locator("dialog [name=sides]:checked")).to_have_count(1)
    sue.keyboard.press("Control+Enter")
    expect(sue.locator("h1")).not_to_have_text(first)
    assert sue.url.rstrip("/").endswith(addresses[0].split("/")[3]), "the case that was fetched ahead is open"
    expect(sue.locator("[data-strip] [data-seen]").first).to_be_visible()
    assert "picture.viewed" in looks(stack, sue.locator("h1").inner_text(), "sue@kyc.example")["FRONT"]
    sue.click("text=Give back")
    sue.wait_for_url("**/queue/")
