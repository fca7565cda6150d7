"""What goes wrong on a phone: a bad photo, no network, a slow one, no mouse, signed out, two windows, two presses."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Request, expect

from kyc_portal.accounts import demo
from kyc_portal.customer_site import words
from kyc_portal.local.stack import LocalStack
from tests.faults.doors import Portal
from tests.journeys.customers import choose, customer, in_every_dress, phone, photo
from tests.journeys.pages import shoot

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def bare() -> bytes:
    """A wall."""
    out = io.BytesIO()
    Image.new("RGB", (1200, 900), (186, 178, 164)).save(out, "JPEG", quality=90)
    return out.getvalue()


# What the browser itself names before anything is sent, for the front of a Hong Kong permit.
AT_ONCE = {
    **{fault: photo("hk_macao_front", capture=fault) for fault in ("dark", "glare", "blur", "cut_off", "two_cards")},
    "too_small_card": photo("hk_macao_front", capture="small", scale=0.5),
    "wrong_side": photo("hk_macao_back"),
    "no_card": bare(),
}
# Where the fault is seen on the photo, and what is written there.
MARKED = {"glare": "Glare", "cut_off": "Cut off", "too_small_card": "Too small", "two_cards": "Another card"}
# Files that are no photo, told by their first bytes.
FILES = {
    "gif": b"GIF89a" + bytes(400),
    "heic": b"\x00\x00\x00\x18ftypheic" + bytes(400),
    "webp": b"RIFF\x00\x00\x00\x00WEBP" + bytes(400),
    "pdf": b"%PDF-1.7" + bytes(400),
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"></svg>',
    "not_an_image": b"hello, I am a picture",
    "empty": b"",
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
def test_each_fault_is_named_in_the_browser_and_again_on_the_server(
    stack: LocalStack, chromium: Browser, fault: str
) -> None:
    page = phone(chromium, stack)
    email, sent = customer(page, stack, declared="hk_macao_resident"), uploads(page)
    choose(page, AT_ONCE[fault])
    problem, tip = page.locator("[data-problem]"), words.TIPS[fault]
    expect(problem).to_contain_text(str(tip.title))
    expect(problem).to_contain_text("nothing was sent")
    expect(problem.locator(".tip use")).to_have_attribute("href", re.compile(f"#tip-{fault}$"))
    if fault in MARKED:
        expect(problem.locator("[data-mark-name]")).to_have_text(MARKED[fault])
    assert problem.locator("[data-mark]").is_visible() == (fault in MARKED)
    expect(page.locator("[data-send]")).to_be_hidden()
    in_every_dress(page, fault)
    shoot(page, f"fault-{fault}")
    assert sent == []
    page.context.close()

    # Without scripts the server measures, names the same, and keeps nothing; the same photo is refused again.
    bare_page = phone(chromium, stack, java_script_enabled=False)
    email = customer(bare_page, stack, declared="hk_macao_resident")
    for title in (tip.title, words.TIPS["same_as_failed"].title):
        picture = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": AT_ONCE[fault]}
        bare_page.set_input_files("#picture", picture)
        bare_page.click("[data-send]")
        expect(bare_page.locator("main")).to_contain_text(str(title))
    expect(bare_page.locator("[data-problem]")).to_contain_text("was not kept")
    assert scans_of(stack, email) == []
    bare_page.context.close()


@pytest.mark.long
def test_each_kind_of_file_is_told_before_it_is_sent(stack: LocalStack, chromium: Browser) -> None:
    page = phone(chromium, stack)
    customer(page, stack)
    sent = uploads(page)
    for fault, data in FILES.items():
        page.set_input_files("#picture", {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": data})
        expect(page.locator("[data-problem]")).to_have_text(str(words.FAULTS[fault]))
        expect(page.locator("[data-send]")).to_be_hidden()
    shoot(page, "fault-of-a-file")
    assert sent == []
    page.context.close()


@pytest.mark.long
def test_a_photo_over_the_limit_is_made_smaller_and_every_other_goes_as_it_is(
    stack: LocalStack, chromium: Browser
) -> None:
    page = phone(chromium, stack)
    email, sent = customer(page, stack, declared="hk_macao_resident"), uploads(page)
    plain = photo("hk_macao_front", seed=7310)
    choose(page, plain)
    page.click("[data-send]")
    expect(page.locator("[data-upload]")).to_have_attribute("data-side", "BACK")
    choose(page, photo("hk_macao_back", seed=7310) + bytes(10_500_000))
    page.click("[data-send]")
    page.wait_for_selector("form[action$='/submit/']")
    assert len(sent) == 2
    with Portal(stack).rows() as rows:
        sizes = rows.execute(
            "SELECT c.size_bytes FROM submissions_scan c JOIN accounts_customer k ON k.id = c.customer_id"
            " JOIN accounts_user u ON u.id = k.user_id WHERE u.email = %s ORDER BY c.received_at",
            [email],
        ).fetchall()
    assert sizes[0] == (len(plain),)
    assert sizes[1][0] < 10_000_000
    page.context.close()


@pytest.mark.long
def test_who_has_insisted_once_is_counted_and_never_left_without_a_way(stack: LocalStack, chromium: Browser) -> None:
    page = phone(chromium, stack)
    email = customer(page, stack)
    choose(page, AT_ONCE["no_card"])
    page.check("[name=insist]")
    page.click("[data-send]")
    page.wait_for_selector("form[action$='/submit/']")
    page.click(".foot .button-primary")
    page.wait_for_url("**/identity/pictures/")
    expect(page.locator("h1")).to_have_text(str(words.SIDES["FRONT"].again))
    # The very photo that failed is told before it is sent.
    sent = uploads(page)
    choose(page, AT_ONCE["no_card"])
    expect(page.locator("[data-problem]")).to_contain_text(str(words.TIPS["same_as_failed"].title))
    assert sent == []
    # No tick any more: the server counts, says what is wrong, and takes the last one.
    choose(page, AT_ONCE["blur"])
    expect(page.locator("[name=insist]")).to_be_hidden()
    page.click("[data-send]")
    expect(page.locator("[data-tries]")).to_contain_text("Photo 2 of 3")
    expect(page.locator("[data-problem]")).to_contain_text("was not kept")
    choose(page, AT_ONCE["glare"])
    page.click("[data-send]")
    expect(page.locator("[data-tries]")).to_contain_text("Photo 3 of 3")
    choose(page, AT_ONCE["cut_off"])
    page.click("[data-send]")
    page.wait_for_selector("form[action$='/submit/']")
    assert [each[2] for each in scans_of(stack, email)] == ["no_card", "cut_off"]
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
    if page.locator("[name=insist]").is_visible():
        page.check("[name=insist]")
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
    expect(page.locator("[data-fault]")).to_contain_text("sent by itself as soon as there is one")
    in_every_dress(page, "offline")
    shoot(page, "offline")
    page.context.set_offline(False)  # nobody presses again
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
def test_who_was_signed_out_and_in_again_in_another_window_sends_the_same_photo(
    stack: LocalStack, chromium: Browser
) -> None:
    page = phone(chromium, stack)
    email = customer(page, stack)
    choose(page, photo(seed=7327))
    page.context.clear_cookies()
    page.click("[data-send]")
    expect(page.locator("[data-fault]")).to_contain_text("You were signed out")
    expect(page.locator("[data-sign-in] a")).to_be_visible()
    in_every_dress(page, "signed out")
    other = page.context.new_page()
    other.goto("/accounts/login/")
    other.fill("[name=login]", email)
    other.fill("[name=password]", demo.PASSWORD)
    other.click("main form button[type=submit]")
    other.wait_for_url("**/identity/pictures/")
    page.click("[data-send]")  # its token is of before the sign-in
    page.wait_for_selector("form[action$='/submit/']")
    assert [each[1] for each in scans_of(stack, email)] == ["kept"]
    page.context.close()


@pytest.mark.long
def test_a_page_that_watches_the_progress_goes_to_the_sign_in_when_it_ended(
    stack: LocalStack, chromium: Browser
) -> None:
    page = phone(chromium, stack)
    customer(page, stack)
    choose(page, photo(seed=7328))
    page.click("[data-send]")
    page.click("form[action$='/submit/'] button")
    page.wait_for_url(re.compile("/identity/(progress|details)/"))
    if "details" in page.url:
        page.click(".foot .button-primary")
        page.wait_for_url("**/identity/progress/")
    page.context.clear_cookies()
    page.wait_for_url("**/accounts/login/code/?next=/identity/progress/")
    expect(page.locator("h1")).to_have_text("Welcome back")
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
