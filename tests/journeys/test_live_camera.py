"""The live camera, with a card before it: the browser plays a film of a drawn specimen as its camera."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Playwright, expect

from kyc_portal.local.stack import LocalStack
from ocr_integration.specimens import draw
from tests.faults.doors import Portal
from tests.journeys.customers import choose, customer, in_every_dress, phone, photo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
SEED = 7411


@pytest.fixture(scope="module")
def filming(
    tmp_path_factory: pytest.TempPathFactory, playwright: Playwright, browser_path: str | None
) -> Iterator[Browser]:
    """A browser whose camera sees a card on a table, all the time."""
    film = tmp_path_factory.mktemp("film") / "card.mjpeg"
    film.write_bytes(_frame() * 3)
    browser = playwright.chromium.launch(
        executable_path=browser_path,
        args=[
            "--no-sandbox",
            "--disable-background-networking",
            "--disable-gpu",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={film}",
        ],
    )
    yield browser
    browser.close()


def _frame() -> bytes:
    """The specimen as a camera of 1920 by 1080 has it."""
    card = Image.open(io.BytesIO(draw("taiwan_front", seed=SEED, capture="table").image)).convert("RGB")
    card.thumbnail((1920, 1080))
    frame, out = Image.new("RGB", (1920, 1080), (96, 84, 72)), io.BytesIO()
    frame.paste(card, ((1920 - card.width) // 2, (1080 - card.height) // 2))
    frame.save(out, "JPEG", quality=92)
    return out.getvalue()


def test_a_card_before_the_camera_is_taken_sent_and_read(stack: LocalStack, filming: Browser, tmp_path: Path) -> None:
    page = phone(filming, stack, permissions=["camera"])
    customer(page, stack)
    page.click("[data-open-camera]")
    live = page.locator("[data-live]")
    expect(live.locator("[data-shutter]")).to_be_focused()
    expect(live.locator("[data-guide]")).to_be_visible()
    expect(live.locator("video")).to_have_js_property("videoWidth", 1920)
    expect(live.locator("[data-hint]")).not_to_be_empty()
    page.screenshot(path=tmp_path / "live-390.png")
    page.keyboard.press("Escape")
    expect(live).to_be_hidden()
    expect(page.locator("[data-open-camera]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(live.locator("[data-shutter]")).to_be_focused()
    expect(live.locator("video")).to_have_js_property("videoWidth", 1920)
    page.keyboard.press("Enter")
    expect(live).to_be_hidden()
    expect(page.locator("[data-preview] img")).to_be_visible()
    assert page.evaluate("document.querySelector('[data-preview] img').naturalWidth") == 1920
    page.click("[data-send]")
    page.click("form[action$='/submit/'] button")
    page.wait_for_selector("text=" + draw("taiwan_front", seed=SEED, capture="table").truth.number[-4:])
    page.context.close()


def test_a_denied_camera_is_said_and_the_file_picker_leads_on(stack: LocalStack, filming: Browser) -> None:
    page = phone(filming, stack, permissions=[])
    email = customer(page, stack)
    assert page.evaluate("navigator.mediaDevices.getUserMedia({video: true}).catch((fault) => fault.name)") == (
        "NotAllowedError"
    ), "there is a camera, and it was denied"
    opener = page.locator("[data-open-camera]")
    opener.click()
    expect(page.locator("[data-fault]")).to_contain_text("choose a photo")
    expect(page.locator("#picture")).to_be_focused()
    expect(opener).to_be_hidden()
    in_every_dress(page, "denied camera")
    page.set_viewport_size({"width": 390, "height": 844})
    choose(page, photo(seed=7323))
    page.click("[data-send]")
    page.wait_for_selector("form[action$='/submit/']")
    with Portal(stack).rows() as rows:
        kept = rows.execute(
            "SELECT count(*) FROM submissions_scan c JOIN accounts_customer k ON k.id = c.customer_id"
            " JOIN accounts_user u ON u.id = k.user_id WHERE u.email = %s",
            [email],
        ).fetchone()
    assert kept == (1,)
    page.context.close()
