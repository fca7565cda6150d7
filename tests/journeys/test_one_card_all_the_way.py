"""The story in a real browser, on real parts, without any stand-in: from signing up to the audit log."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from kyc_portal.audit.words import ACTS
from kyc_portal.local.stack import LocalStack
from ocr_integration.specimens import draw
from tests.journeys.pages import PATIENCE_MS, mailed_code, open_page, shoot, sign_in

pytestmark = [pytest.mark.browser]


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
    ann.click(".foot .button-primary")
    ann.fill("[name=code]", mailed_code(stack, "carol@customer.example"))
    shoot(ann, "02-code")
    ann.click(".foot .button-primary")
    ann.wait_for_url("**/identity/start/")
    ann.check("[value=taiwan_resident]")
    ann.check("[name=notice]")
    ann.check("[name=reading]")
    shoot(ann, "03-consent")
    ann.click("text=Agree and start")
    ann.set_input_files("#picture", {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": b"not a picture"})
    expect(ann.locator("[data-problem]")).to_contain_text("not a photo")
    shoot(ann, "04-fault")
    ann.set_input_files("#picture", str(photo))
    ann.click("[data-send]")
    ann.click("text=Send in")
    shoot(ann, "05-progress")

    # It is read for real; the customer compares and confirms.
    ann.wait_for_url("**/identity/details/")
    for value in (specimen.truth.name, specimen.truth.number, specimen.truth.birthday, specimen.truth.valid_date):
        expect(ann.locator("dl.box")).to_contain_text(value)
    shoot(ann, "06-details")
    ann.click("text=Yes, all of it")
    expect(ann.locator("h1")).to_contain_text("looking at your permit")

    # The reviewer claims the head of the queue and sees the fields equal to the specimen's truth.
    rob = open_page(chromium, stack)
    sign_in(rob, "rob@kyc.example")
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
        expect(rob.locator(".case-fields")).to_contain_text(value)
    expect(rob.locator("[data-approve]")).not_to_have_attribute("aria-disabled", "true")
    shoot(rob, "09-case")
    rob.click("[data-approve]")
    expect(rob.locator(".toast")).to_contain_text(f"{reference}: approved")
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
    ada.click("text=Make the file")
    # A worker makes it; the open page brings the link by itself.
    with ada.expect_download(timeout=PATIENCE_MS) as download:
        ada.click("text=Download", timeout=PATIENCE_MS)
    rows = list(csv.DictReader(Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()))
    mine = next(row for row in rows if row["reference"] == reference)
    assert mine["state"] == "approved"
    assert mine["number_ends"] == specimen.truth.number[-4:]
    assert specimen.truth.name not in Path(download.value.path()).read_text(encoding="utf-8-sig")
    ada.goto("/admin/submissions/submission/")
    expect(ada.locator("#result_list")).to_contain_text(reference)

    ada.goto("/administration/people/")
    shoot(ada, "14-people")
    ada.goto(f"/administration/privacy/?customer={reference}")
    expect(ada.locator("h1")).to_contain_text("C-")
    shoot(ada, "16-privacy-customer")
    ada.goto("/administration/privacy/")
    shoot(ada, "17-privacy")
    rob.goto("/console/search/")
    rob.fill("[name=what]", specimen.truth.number)
    rob.click("main button[type=submit]")
    expect(rob.locator(".related")).to_contain_text(reference)
    assert specimen.truth.number not in rob.url
    shoot(rob, "15-search")

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
        assert str(ACTS[act]) in text, act
    assert specimen.truth.name not in text
    assert specimen.truth.number not in text
