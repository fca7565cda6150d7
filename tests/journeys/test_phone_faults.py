"""What goes wrong on a phone: a bad photo, no network, a slow one, no mouse, two windows, two presses."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from kyc_portal.customer_site import words
from kyc_portal.local.stack import LocalStack
from tests.faults.doors import Portal
from tests.journeys.customers import choose, customer, in_every_dress, phone, photo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

# What the browser itself names before anything is sent.
AT_ONCE = {
    "dark": photo(capture="dark"),
    "blur": photo(capture="blur"),
    "cut_off": photo(capture="cut_off"),
    "too_small_card": photo(capture="small", scale=0.5),
}


def uploads(page: Page) -> list[Request]:
    """The uploads sent from now on, as they are sent."""
    sent: list[Request] = []
    page.on("request", lambda each: sent.append(each) if re.search("/pictures/(FRONT|BACK)/", each.url) else None)
    return sent


def scans_of(stack: LocalStack, email: str) -> list[tuple[str, str, str]]:
    """(side, state, taken despite) of every scan of a customer."""
    with Portal(stack).rows() as rows:
        return rows.execute(
            "SELECT c.side, c.state, c.taken_despite FROM submissions_scan c"
            " JOIN accounts_customer k ON k.id = c.customer_id JOIN accounts_user u ON u.id = k.user_id"
            " WHERE u.email = %s ORDER BY c.received_at",
            [email],
        ).fetchall()


def test_a_bad_photo_is_named_before_it_is_sent_and_the_customer_may_insist(
    stack: LocalStack, chromium: Browser
) -> None:
    page = phone(chromium, stack)
    email, sent = customer(page, stack), uploads(page)
    choose(page, AT_ONCE["cut_off"])
    expect(page.locator("[data-problem] .tip")).to_contain_text(str(words.TIPS["cut_off"].do))
    assert sent == []
    page.check("[name=insist]")
    page.click("[data-send]")
    page.wait_for_selector("form[action$='/submit/']")
    assert scans_of(stack, email) == [("FRONT", "kept", "cut_off")]
    page.context.close()


@pytest.mark.long
@pytest.mark.parametrize("fault", AT_ONCE)
def test_the_browser_names_each_fault_with_its_tip_and_drawing(
    stack: LocalStack, chromium: Browser, fault: str
) -> None:
    page = phone(chromium, stack)
    email, sent = customer(page, stack), uploads(page)
    choose(page, AT_ONCE[fault])
    problem = page.locator("[data-problem]")
    expect(problem).to_contain_text(str(words.TIPS[fault].title))
    expect(problem.locator(".tip use")).to_have_attribute("href", re.compile(f"#tip-{fault}$"))
    in_every_dress(page, fault)
    # The server names the same, and keeps nothing; the same photo is then not sent again.
    page.click("[data-send]")
    expect(problem).to_contain_text(str(words.TIPS[fault].title))
    expect(page.locator("[data-send]")).not_to_have_attribute("aria-disabled", "true")
    assert len(sent) == 1
    page.click("[data-send]")
    expect(problem).to_contain_text(str(words.TIPS["same_as_failed"].title))
    assert len(sent) == 1
    assert scans_of(stack, email) == []
    page.context.close()


@pytest.mark.long
def test_glare_is_named_by_the_server(stack: LocalStack, chromium: Browser) -> None:
    page = phone(chromium, stack)
    email = customer(page, stack)
    choose(page, photo(capture="glare"))
    page.click("[data-send]")
    expect(page.locator("[data-problem]")).to_contain_text(str(words.TIPS["glare"].title))
    assert scans_of(stack, email) == []
    page.context.close()


@pytest.mark.long
@pytest.mark.parametrize(
    ("shown", "tip"), [("hk_macao_front", "wrong_side"), ("not_a_card", "no_card")], ids=["wrong side", "no card"]
)
def test_what_the_reading_sees_asks_for_that_side_only(
    stack: LocalStack, chromium: Browser, shown: str, tip: str
) -> None:
    page = phone(chromium, stack)
    customer(page, stack, declared="hk_macao_resident")
    choose(page, photo("hk_macao_front", seed=7310))
    page.click("[data-send]")
    expect(page.locator("[data-upload]")).to_have_attribute("data-side", "BACK")
    choose(page, photo(shown, seed=7311))
    page.click("[data-send]")
    page.wait_for_selector("form[action$='/submit/']")
    page.click(".foot .button-primary")
    page.wait_for_url("**/identity/pictures/")
    expect(page.locator("h1")).to_have_text(str(words.SIDES["BACK"].again))
    expect(page.locator(".sides")).to_contain_text("Accepted, nothing to do")
    expect(page.locator(".tip use").first).to_have_attribute("href", re.compile(f"#tip-{tip}$"))
    in_every_dress(page, tip)
    page.context.close()


@pytest.mark.long
def test_offline_the_photo_stays_and_goes_out_when_the_network_is_back(stack: LocalStack, chromium: Browser) -> None:
    page = phone(chromium, stack)
    email = customer(page, stack, declared="hk_macao_resident")
    choose(page, photo("hk_macao_front", seed=7320))
    page.click("[data-send]")
    expect(page.locator("[data-upload]")).to_have_attribute("data-side", "BACK")
    choose(page, photo("hk_macao_back", seed=7320))
    page.context.set_offline(True)
    page.click("[data-send]")
    expect(page.locator("[data-fault]")).to_contain_text("Your photo is still here")
    page.context.set_offline(False)
    page.click("[data-send]")
    page.wait_for_selector("form[action$='/submit/']")
    assert [each[:2] for each in scans_of(stack, email)] == [("FRONT", "kept"), ("BACK", "kept")]
    page.context.close()


@pytest.mark.long
def test_a_reload_in_the_middle_keeps_the_accepted_side(stack: LocalStack, chromium: Browser) -> None:
    page = phone(chromium, stack)
    email = customer(page, stack, declared="hk_macao_resident")
    choose(page, photo("hk_macao_front", seed=7321))
    page.click("[data-send]")
    expect(page.locator("[data-upload]")).to_have_attribute("data-side", "BACK")
    choose(page, photo("hk_macao_back", seed=7321))
    page.route("**/pictures/BACK/", lambda route: route.abort("connectionreset"))
    page.click("[data-send]")
    expect(page.locator("[data-fault]")).not_to_be_empty()
    page.unroute("**/pictures/BACK/")
    page.reload()
    expect(page.locator("[data-upload]")).to_have_attribute("data-side", "BACK")
    expect(page.locator(".banner-pass")).to_contain_text(str(words.SIDES["FRONT"].stored))
    assert scans_of(stack, email) == [("FRONT", "kept", "")]
    page.context.close()


@pytest.mark.long
def test_on_slow_3g_the_way_through_shows_what_was_sent(stack: LocalStack, chromium: Browser) -> None:
    page = phone(chromium, stack)
    customer(page, stack)
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000},
    )
    page.reload()
    choose(page, photo(seed=7322, capture="width_640"))
    shown: list[float] = []
    page.expose_function("shown", lambda value: shown.append(value))
    page.evaluate(
        "const bar = document.querySelector('[data-progress] progress');"
        "new MutationObserver(() => shown(bar.value)).observe(bar, {attributes: true});"
    )
    page.click("[data-send]")
    expect(page.locator("[data-progress]")).to_be_visible()
    page.wait_for_selector("form[action$='/submit/']")
    assert any(0 < value < 100 for value in shown), shown
    assert shown == sorted(shown)
    page.context.close()


@pytest.mark.long
def test_by_keys_only(stack: LocalStack, chromium: Browser) -> None:
    page = phone(chromium, stack)
    customer(page, stack)

    def tab_to(selector: str) -> None:
        for _each in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"no Tab stop at {selector}")

    tab_to("#picture")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files({"name": "x.jpg", "mimeType": "image/jpeg", "buffer": photo(seed=7324)})
    tab_to("[data-send]")
    page.keyboard.press("Enter")
    page.wait_for_selector("form[action$='/submit/']")
    tab_to(".foot .button-primary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/identity/details/")
    tab_to(".foot .button-primary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/identity/progress/")
    page.context.close()


@pytest.mark.long
def test_two_windows_and_two_presses_keep_one_photo_and_one_submission(stack: LocalStack, chromium: Browser) -> None:
    page = phone(chromium, stack)
    email, sent = customer(page, stack), uploads(page)
    other = page.context.new_page()
    other.goto("/identity/pictures/")
    for each in (page, other):
        choose(each, photo(seed=7325))
    page.evaluate("document.querySelector('[data-send]').click(); document.querySelector('[data-send]').click()")
    other.click("[data-send]")
    for each in (page, other):
        each.wait_for_selector("form[action$='/submit/']")
    assert len(sent) == 1, "a double press sends once"
    assert [each[1] for each in scans_of(stack, email)] == ["kept"]
    for each in (page, other):
        each.evaluate("document.querySelector(\"form[action$='/submit/']\").requestSubmit()")
    for each in (page, other):
        each.wait_for_url(re.compile("/identity/(progress|details)/"))
    with Portal(stack).rows() as rows:
        found = rows.execute(
            "SELECT count(*) FROM audit.entry e JOIN accounts_customer k ON k.id = e.subject"
            " JOIN accounts_user u ON u.id = k.user_id WHERE u.email = %s AND e.action = 'submission.submitted'",
            [email],
        ).fetchone()
    assert found == (1,)
    page.context.close()
