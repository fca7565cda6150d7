"""What leaves by the browser: a customer's own data, and an examiner's pack, verified as a stranger would."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from kyc_portal.local.stack import LocalStack
from tests.journeys import customers
from tests.journeys.pages import open_page, shoot, sign_in

pytestmark = [pytest.mark.browser]


def taken(page: Page, button: str, folder: Path) -> Path:
    """Press, save what comes, unpack it; gives the pack's one folder."""
    with page.expect_download() as download:
        page.click(button)
    with zipfile.ZipFile(download.value.path()) as archive:
        archive.extractall(folder)
    [found] = folder.iterdir()
    return found


def looked_at(page: Page, pack: Path, name: str) -> None:
    """The pack's page as it opens from the folder: at both widths nothing scrolls sideways, axe finds nothing."""
    page.goto((pack / "index.html").as_uri())
    shoot(page, name)


@pytest.mark.timeout(600)
def test_two_packs_leave_and_the_examiners_verifies(stack: LocalStack, chromium: Browser, tmp_path: Path) -> None:
    assert stack.layout is not None
    ann = customers.phone(chromium, stack)
    address = customers.customer(ann, stack)
    customers.choose(ann, customers.photo())
    ann.click("[data-send]")
    ann.click("text=Send in")
    ann.wait_for_url("**/identity/details/")
    ann.click("text=Yes, all of it")
    expect(ann.locator("h1")).to_contain_text("looking at your permit")

    ann.goto("/your-data/")
    ann.click("text=Download my data")
    shoot(ann, "packs-1-download")
    own = taken(ann, ".foot .button-primary", tmp_path / "own")
    held = json.loads((own / "data.json").read_text())
    assert held["email"] == address
    [application] = held["applications"]
    assert (own / application["photos"][0]["file"]).read_bytes() == customers.photo()
    looked_at(ann, own, "packs-2-own")

    aud = open_page(chromium, stack)
    sign_in(aud, "aud@kyc.example")
    aud.goto("/administration/consents/")
    expect(aud.locator("main")).to_contain_text(held["reference"])
    shoot(aud, "packs-3-consents")
    aud.goto(f"/console/queue/?find={application['reference']}")
    aud.click("a.row-link")
    aud.wait_for_url("**/console/cases/**")
    aud.click("text=Case pack")
    shoot(aud, "packs-4-case-pack")
    aud.fill("[name=purpose]", "Journey: an examiner asks for this case")
    pack = taken(aud, "main .button-primary", tmp_path / "case")
    assert (
        pack / json.loads((pack / "case.json").read_text())["pictures"][0]["file"]
    ).read_bytes() == customers.photo()
    verified = subprocess.run(
        [sys.executable, "-S", "verify.py", "--key", stack.layout.environment["AUDIT_VERIFY_KEY"]],
        cwd=pack, env={}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (verified.returncode, verified.stderr) == (0, ""), verified.stdout
    looked_at(aud, pack, "packs-5-case")
