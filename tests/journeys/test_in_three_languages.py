"""From opening the link to "decided", on a phone, in each language: nothing in between is said in another."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from kyc_portal.local.stack import LocalStack
from tests.faults.doors import Portal
from tests.journeys.customers import choose, consent, in_every_dress, phone, photo
from tests.journeys.pages import PATIENCE_MS, mailed_code, open_page, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.long]

# The language: what the browser asks for, the outcome's heading, and a permit that has not run out.
LANGUAGES = {
    "zh-Hant": ("zh-HK", "身分已確認", 7400),
    "zh-Hans": ("zh-CN", "身份已确认", 7401),
    "en": ("en-GB", "Your identity is confirmed", 7404),
}
# English words that a Chinese page may hold: names, units, formats.
_ALLOWED = re.compile(r"[A-Z0-9][\w.'/-]*|JPEG|PNG|MB|English|Permit Desk|[\w.+-]+@[\w.-]+", re.ASCII)


def said_in_english(page: Page) -> list[str]:
    """Runs of lower-case Latin words in what the page says: an untranslated sentence."""
    text = page.locator("main").inner_text()
    return re.findall(r"\b[a-z]{2,}(?: [a-z]{2,})+", _ALLOWED.sub(" ", text))


def approve(chromium: Browser, stack: LocalStack, email: str) -> None:
    """A senior colleague opens this customer's case and approves it."""
    with Portal(stack).rows() as rows:
        found = rows.execute(
            "SELECT s.id FROM submissions_submission s JOIN accounts_customer k ON k.id = s.customer_id"
            " JOIN accounts_user u ON u.id = k.user_id WHERE u.email = %s",
            [email],
        ).fetchone()
    assert found
    sue = open_page(chromium, stack)
    sign_in(sue, "sue@kyc.example")
    sue.goto(f"/console/cases/{found[0]}/")
    if sue.locator("form[action$='/claim/'] button").count():
        sue.locator("form[action$='/claim/'] button").first.click()
    expect(sue.locator("[data-approve]")).not_to_have_attribute("aria-disabled", "true")
    sue.click("[data-approve]")
    expect(sue.locator(".toast")).to_be_visible()
    sue.context.close()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("language", LANGUAGES)
def test_from_the_link_to_the_outcome(stack: LocalStack, chromium: Browser, language: str) -> None:
    locale, outcome, seed = LANGUAGES[language]
    email = f"journey-{language.lower()}@customer.example"
    page = phone(chromium, stack, locale=locale)
    seen: list[str] = []

    def look(name: str) -> None:
        seen.append(name)
        expect(page.locator("html")).to_have_attribute("lang", re.compile(f"^{language}$", re.IGNORECASE))
        in_every_dress(page, f"{language} {name}")
        if language != "en":
            assert said_in_english(page) == [], name

    page.goto("/")
    look("welcome")
    page.click(".foot .button-primary")
    look("address")
    page.fill("[name=email]", email)
    page.click(".foot .button-primary")
    page.fill("[name=code]", mailed_code(stack, email))
    look("code")
    page.click(".foot .button-primary")
    page.wait_for_url("**/identity/start/")
    look("consent")
    page.goto("/identity/delete/")
    look("delete")
    page.goto("/identity/start/")
    consent(page)
    look("capture")
    choose(page, photo(seed=seed))
    page.click("[data-send]")
    page.wait_for_selector("form[action$='/submit/']")
    look("all photos")
    page.click(".foot .button-primary")
    page.wait_for_url(re.compile("/identity/(progress|details)/"))
    if "progress" in page.url:
        look("progress")
    page.wait_for_url("**/identity/details/")
    look("details")
    page.click(".foot .button-primary")
    page.wait_for_url("**/identity/progress/")
    look("in review")
    approve(chromium, stack, email)
    expect(page.locator("h1")).to_have_text(outcome, timeout=PATIENCE_MS)
    look("outcome")
    page.context.close()
    assert {"welcome", "consent", "capture", "details", "in review", "outcome"} <= set(seen)
