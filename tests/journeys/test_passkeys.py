"""A customer adds a passkey and signs in by it, in a browser with a device of its own that knows its owner."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from kyc_portal.local.stack import LocalStack
from tests.faults.doors import Portal
from tests.journeys.customers import customer, in_every_dress, phone

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def device(page: Page) -> CDPSession:
    """A phone's own authenticator, as the browser's own test switch gives it."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return session


def acts_of(stack: LocalStack, email: str) -> list[str]:
    with Portal(stack).rows() as rows:
        found = rows.execute(
            "SELECT e.action FROM audit.entry e JOIN accounts_user u ON e.object_id = u.id::text"
            " WHERE e.object_type = 'accounts.user' AND e.kind = 'act' AND u.email = %s ORDER BY e.id",
            [email],
        ).fetchall()
    return [action for (action,) in found]


def sign_out(page: Page) -> None:
    page.goto("/identity/passkeys/")
    page.context.clear_cookies()
    page.goto("/accounts/login/code/")


def test_a_passkey_is_added_signs_in_and_is_removed(stack: LocalStack, chromium: Browser, tmp_path: Path) -> None:
    page = phone(chromium, stack)
    device(page)
    email = customer(page, stack)
    page.goto("/your-data/")
    page.click("text=Sign in with a passkey")
    in_every_dress(page, "no passkey yet")
    page.set_viewport_size({"width": 390, "height": 844})
    page.fill("[name=name]", "<b>My phone</b>")
    page.click("#passkey-add")
    expect(page.locator(".card")).to_contain_text("<b>My phone</b>")
    in_every_dress(page, "a passkey")
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        page.screenshot(path=tmp_path / f"passkeys-{width}.png")

    sign_out(page)
    in_every_dress(page, "sign in by passkey")
    page.set_viewport_size({"width": 390, "height": 844})
    page.screenshot(path=tmp_path / "sign-in-390.png")
    page.click("#passkey-sign-in")
    page.wait_for_url("**/identity/pictures/")

    page.goto("/identity/passkeys/")
    page.click("text=Remove")
    expect(page.locator("body")).to_contain_text("You have no passkey yet.")
    sign_out(page)
    page.click("#passkey-sign-in")
    expect(page.locator("body")).not_to_contain_text("Your data is")
    page.wait_for_timeout(1000)
    assert "/accounts/login" in page.url
    acts = acts_of(stack, email)
    assert [each for each in acts if "passkey" in each] == ["passkey.added", "passkey.removed"]
    assert acts.count("sign_in.succeeded") == 2
    page.context.close()


def test_a_device_that_does_not_know_its_owner_adds_nothing(stack: LocalStack, chromium: Browser) -> None:
    page = phone(chromium, stack)
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    customer(page, stack)
    page.goto("/identity/passkeys/")
    page.click("#passkey-add")
    expect(page.locator("[data-passkey-fault]")).to_contain_text("That did not work")
    page.reload()
    expect(page.locator("body")).to_contain_text("You have no passkey yet.")
    page.context.close()
