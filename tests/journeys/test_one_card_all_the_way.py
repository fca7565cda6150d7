"""The story in a real browser, on real parts, without any stand-in: from signing up to the audit log."""

from __future__ import annotations

import csv
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from kyc_portal.accounts import demo
from kyc_portal.local.stack import LocalStack
from ocr_integration.specimens import draw

pytestmark = [pytest.mark.browser]
SHOTS = Path("build/journey")
PATIENCE_MS = 60_000


def shoot(page: Page, name: str) -> None:
    """A screenshot at both widths, for people to look at; nothing scrolls sideways at either."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    for width, height in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=SHOTS / f"{name}-{width}.png", full_page=width == 390)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} scrolls sideways at {width}"
    page.set_viewport_size({"width": 1440, "height": 900})


def mailed_code(stack: LocalStack, address: str) -> str:
    """The code of the newest mail to an address."""
    assert stack.layout is not None
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for path in sorted(stack.layout.mail_folder.iterdir(), key=lambda each: each.stat().st_mtime, reverse=True):
            text = path.read_text()
            code = re.search(r"^\s*([A-Z0-9]{3,4}-[A-Z0-9]{3,4})\s*$", text, re.MULTILINE)
            if address in text and code:
                return code[1]
        time.sleep(0.2)
    raise AssertionError("no mail with a code came")


def open_page(chromium: Browser, stack: LocalStack) -> Page:
    """A browser of one person's own; a script error or a broken policy fails the journey."""
    page = chromium.new_context(base_url=stack.layout.address if stack.layout else None).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
    page.on("console", lambda said: pytest.fail(said.text) if "Content Security Policy" in said.text else None)
    return page


def sign_in(page: Page, email: str) -> None:
    person = next(each for each in demo.CAST if each.email == email)
    page.goto("/accounts/login/")
    page.fill("[name=login]", email)
    page.fill("[name=password]", demo.PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/2fa/authenticate/**")
    page.fill("[name=code]", demo.current_code(person.totp_secret))
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "2fa" not in url)


@pytest.mark.timeout(600)
def test_one_card_all_the_way(stack: LocalStack, chromium: Browser, tmp_path: Path) -> None:
    specimen = draw("taiwan_front", seed=7301, capture="table")
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(specimen.image)

    # The customer signs up by e-mail code, consents, sends a photo taken on a table.
    ann = open_page(chromium, stack)
    ann.goto("/")
    shoot(ann, "01-welcome")
    ann.click("text=Start")
    ann.fill("[name=email]", "carol@customer.example")
    ann.fill("[name=password1]", "a-long-enough-phrase")
    ann.click("main button[type=submit]")
    ann.fill("[name=code]", mailed_code(stack, "carol@customer.example"))
    shoot(ann, "02-code")
    ann.click("main button[type=submit]")
    ann.wait_for_url("**/identity/start/")
    ann.check("[value=taiwan_resident]")
    ann.check("[name=notice]")
    ann.check("[name=reading]")
    shoot(ann, "03-consent")
    ann.click("text=Agree and go on")
    ann.set_input_files("#picture", {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": b"not a picture"})
    ann.click("[data-upload] button")
    expect(ann.locator("[data-fault]")).to_contain_text("not a photo")
    shoot(ann, "04-fault")
    ann.set_input_files("#picture", str(photo))
    ann.click("[data-upload] button")
    ann.click("text=Send in")
    shoot(ann, "05-progress")

    # It is read for real; the customer compares and confirms.
    ann.wait_for_url("**/identity/details/")
    for value in (specimen.truth.name, specimen.truth.number, specimen.truth.birthday, specimen.truth.valid_date):
        expect(ann.locator("dl.box")).to_contain_text(value)
    shoot(ann, "06-details")
    ann.click("text=Yes, send this")
    expect(ann.locator("h1")).to_contain_text("looking at your permit")

    # The reviewer claims the head of the queue and sees the fields equal to the specimen's truth.
    rob = open_page(chromium, stack)
    sign_in(rob, "rob@kyc.example")
    shoot(rob, "07-dashboard")
    rob.goto("/console/queue/")
    shoot(rob, "08-queue")
    rob.keyboard.press("Escape")
    rob.click("text=Claim next")
    rob.wait_for_url("**/console/cases/**")
    reference = rob.locator("h1").inner_text()
    for value in (
        specimen.truth.name,
        specimen.truth.english_name,
        specimen.truth.number,
        specimen.truth.issue_authority,
    ):
        expect(rob.locator("dl.pane-scroll")).to_contain_text(value)
    expect(rob.locator("[data-approve]")).not_to_have_attribute("aria-disabled", "true")
    shoot(rob, "09-case")
    rob.click("[data-approve]")
    expect(rob.locator("text=Undo")).to_be_visible()
    shoot(rob, "10-undo")

    # The customer's open page brings the outcome by itself.
    expect(ann.locator("h1")).to_contain_text("Your identity is confirmed", timeout=PATIENCE_MS)
    shoot(ann, "11-outcome")

    # The administrator exports, the auditor finds every step.
    ada = open_page(chromium, stack)
    sign_in(ada, "ada@kyc.example")
    ada.goto("/administration/exports/")
    ada.fill("[name=purpose]", "Journey: shown to the compliance officer")
    shoot(ada, "12-exports")
    with ada.expect_download() as download:
        ada.click("text=Make the file")
    rows = list(csv.DictReader(Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()))
    mine = next(row for row in rows if row["reference"] == reference)
    assert mine["state"] == "approved"
    assert mine["number_ends"] == specimen.truth.number[-4:]
    assert specimen.truth.name not in Path(download.value.path()).read_text(encoding="utf-8-sig")
    ada.goto("/admin/submissions/submission/")
    expect(ada.locator("#result_list")).to_contain_text(reference)

    aud = open_page(chromium, stack)
    sign_in(aud, "aud@kyc.example")
    aud.goto(f"/administration/audit-log/?case={reference}")
    shoot(aud, "13-audit-log")
    text = aud.locator("table.list").inner_text()
    while aud.locator("text=Older").count():
        aud.click("text=Older")
        text += aud.locator("table.list").inner_text()
    for act in (
        "submission.started", "picture.added", "submission.submitted", "reading.stored", "submission.confirmed",
        "claim.taken", "case.opened", "picture.viewed", "decision.made", "decision.took_effect", "customer.told",
    ):  # fmt: skip
        assert act in text, act
    assert specimen.truth.name not in text
    assert specimen.truth.number not in text
