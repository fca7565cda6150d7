"""One face under two names: two customers are asked and agree, their cards are really read, a reviewer sees both portraits.

The faces are drawn, and one person to the model, so the two are called alike. Changes the policy of its running copy, and
puts the first one's content in force again.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from kyc_portal.local.stack import LocalStack
from tests.journeys.customers import choose, customer, in_every_dress, phone, photo
from tests.journeys.pages import open_page, shoot, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(900)]

_PUBLISH = """
import itertools
from tests import cast
from kyc_portal.submissions import policies
cast._numbers = itertools.count(%(people)s)  # in each process its own people
asked = {"check:portrait_elsewhere:fail": "second_review" if %(on)s else "approve"}
cast.policy_in_force(cast.policy_content(asks_for_portrait=%(on)s, compares_portraits=%(on)s, signals=asked))
"""


@pytest.fixture
def comparing(stack: LocalStack, chromium: Browser) -> Iterator[None]:
    stack.manage("shell", "--no-imports", "-c", _PUBLISH % {"on": True, "people": 9100})
    page = phone(chromium, stack)
    page.goto("/")
    while page.get_by_text("We do not compare your face").count():  # the web has not looked again yet what is in force
        page.reload()
    page.close()
    yield
    stack.manage("shell", "--no-imports", "-c", _PUBLISH % {"on": False, "people": 9200})


def sent_in(page: Page, seed: int) -> None:
    """The front photographed and confirmed; the page then says that it is looked at."""
    choose(page, photo(seed=seed))
    page.click("[data-send]")
    page.click("text=Send in")
    page.wait_for_url("**/identity/details/")
    page.click("text=Yes, all of it")
    page.wait_for_url("**/identity/progress/")


def third_box(page: Page) -> None:
    """The consents before anything is ticked, in every dress."""
    in_every_dress(page, "third box")
    shoot(page, "26-third-box")


@pytest.mark.usefixtures("comparing")
def test_who_agreed_is_compared_and_takes_it_back(stack: LocalStack, chromium: Browser) -> None:
    pages = []
    for seed, agrees in ((7301, True), (7302, True), (7303, False)):
        page = phone(chromium, stack)
        pages.append(page)
        page.goto("/")
        expect(page.locator("main")).not_to_contain_text("We do not compare your face")
        customer(page, stack, agrees_to_portraits=agrees, looks=third_box)
        sent_in(page, seed)
        page.goto("/your-data/")
        shoot(page, "26-your-data-portraits")
        in_every_dress(page, "your data, with portraits")
        take_back = page.get_by_role("button", name="Do not compare my portrait any more")
        expect(take_back).to_have_count(1 if agrees else 0)

    sue = open_page(chromium, stack)
    sign_in(sue, "sue@kyc.example")
    sue.goto("/console/queue/")
    links = sue.locator(".row-link").evaluate_all("links => links.map((link) => link.href)")
    for link in links:
        sue.goto(link)
        sue.wait_for_selector("[data-related] h3 .right")
        if sue.get_by_text("Portrait looks the same").count():
            break
    both = sue.locator(".two-portraits").first
    both.locator("summary").press("Enter")
    expect(both.locator("img")).to_have_count(2)
    for at in range(2):
        sue.wait_for_function(
            "each => each.complete && each.naturalWidth > 50", arg=both.locator("img").nth(at).element_handle()
        )
    both.scroll_into_view_if_needed()
    shoot(sue, "27-both-portraits")

    with pages[0].expect_navigation():
        pages[0].get_by_role("button", name="Do not compare my portrait any more").click()
    expect(pages[0].locator("main")).to_contain_text("Your portrait is not compared any more.")
    sue.reload()
    sue.wait_for_selector("[data-related] h3 .right")
    expect(sue.locator(".two-portraits")).to_have_count(0)
