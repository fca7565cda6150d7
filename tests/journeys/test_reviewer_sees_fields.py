"""A reviewer moves along the fields: each is pointed out on the picture, through every view, and shown from close by."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from kyc_portal.local.stack import LocalStack
from tests.journeys.pages import open_page, shoot, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.long]

# Where the box's middle should be, told from the picture's own rectangle, and where it is; in pixels of the page.
MIDDLES = """() => {
  const field = document.querySelector("[data-field].pointed");
  const corners = field.dataset.corners.split(" ").map((pair) => pair.split(",").map(Number));
  const u = corners.reduce((sum, [x]) => sum + x, 0) / 4, v = corners.reduce((sum, [, y]) => sum + y, 0) / 4;
  const image = document.querySelector("[data-scan]:not([hidden])");
  const rect = image.getBoundingClientRect();
  const turned = new DOMMatrix(getComputedStyle(image).transform);
  const quarter = Math.round(Math.atan2(turned.b, turned.a) / (Math.PI / 2)) & 3;
  const [x, y] = [[u, v], [1 - v, u], [1 - u, 1 - v], [v, 1 - u]][quarter];
  const box = document.querySelector("[data-overlay-box]").getBoundingClientRect();
  return [rect.x + x * rect.width, rect.y + y * rect.height, box.x + box.width / 2, box.y + box.height / 2];
}"""
# How many different greys the close-up shows.
GREYS = """() => {
  const crop = document.querySelector("[data-closeup-picture]");
  const pixels = crop.getContext("2d").getImageData(0, 0, crop.width, crop.height).data;
  return new Set(pixels.filter((_value, at) => at % 4 === 0)).size;
}"""


def assert_box_lies_on_the_field(page: Page) -> None:
    want_x, want_y, x, y = page.evaluate(MIDDLES)
    assert abs(want_x - x) < 3
    assert abs(want_y - y) < 3


# The answers of a case as a service without places would have given them.
FORGET_PLACES = """
from kyc_portal import audit
from kyc_portal.submissions.models import Reading
with audit.acting(audit.system("command_test")):
    Reading.objects.filter(submission_id="{case}").update(regions_sealed=None)
"""
DASHES = "() => getComputedStyle(document.querySelector('[data-overlay-box]')).strokeDasharray"


@pytest.mark.timeout(600)
def test_a_field_is_pointed_out_by_keys_through_zoom_turn_and_side(stack: LocalStack, chromium: Browser) -> None:
    stack.manage("demo_cards", "--many", "6")
    rob = open_page(chromium, stack)
    sign_in(rob, "rob@kyc.example")
    rob.goto("/console/queue/")
    links = rob.locator(".row-link").evaluate_all("links => links.map((link) => link.href)")
    for link in links:
        rob.goto(link)
        if rob.locator("[data-side]").count() == 2 and rob.locator("[data-corners*=',']").count() > 6:
            break
    expect(rob.locator("[data-closeup]")).to_be_visible()
    expect(rob.locator("[data-overlay]")).to_be_hidden()

    number = rob.locator("[data-field]").filter(has=rob.get_by_role("button", name="Number", exact=True))
    number.locator("[data-point]").focus()
    expect(rob.locator("[data-overlay]")).to_be_visible()
    assert_box_lies_on_the_field(rob)
    assert rob.evaluate(DASHES) == "none"
    expect(rob.locator("[data-overlay-name]")).to_have_text("Number")
    expect(rob.locator("[data-closeup]")).to_contain_text("% sure")
    expect(rob.locator("[data-closeup-value]")).to_have_text(number.locator("[data-value]").inner_text())
    assert rob.evaluate(GREYS) > 20
    shoot(rob, "60-pointed-out")

    rob.keyboard.press("+")
    rob.keyboard.press("t")
    assert_box_lies_on_the_field(rob)
    rob.locator("[data-well]").press("ArrowLeft")
    assert_box_lies_on_the_field(rob)
    number.locator("[data-point]").press("Enter")
    assert_box_lies_on_the_field(rob)
    shoot(rob, "61-zoomed-in")
    rob.keyboard.press("p")
    expect(rob.locator("[data-overlay]")).to_be_hidden()
    rob.keyboard.press("p")
    rob.keyboard.press("0")

    # A field of the other side brings that side forward; the mouse alone does not.
    back = rob.locator("[data-field]").filter(has=rob.get_by_role("button", name="ID card number", exact=True))
    rob.mouse.move(300, 300)
    back.hover()
    expect(rob.locator("[data-overlay]")).to_be_hidden()
    expect(rob.locator("[data-side]").first).to_have_attribute("aria-pressed", "true")
    back.locator("[data-point]").focus()
    expect(rob.locator("[data-side]").nth(1)).to_have_attribute("aria-pressed", "true")
    assert_box_lies_on_the_field(rob)

    # No place is made up where none is known.
    rob.get_by_role("button", name="Permit type", exact=True).focus()
    expect(rob.locator("[data-overlay]")).to_be_hidden()
    expect(rob.locator("[data-closeup]")).to_contain_text("knows no place")
    rob.set_viewport_size({"width": 390, "height": 844})
    number.locator("[data-point]").click()
    assert_box_lies_on_the_field(rob)
    shoot(rob, "62-on-a-phone")


@pytest.mark.timeout(600)
def test_where_the_service_says_no_place_the_usual_one_is_dashed_and_called_approximate(
    stack: LocalStack, chromium: Browser
) -> None:
    stack.manage("demo_cards", "--many", "6")
    rob = open_page(chromium, stack)
    sign_in(rob, "rob@kyc.example")
    rob.goto("/console/queue/")
    links = rob.locator(".row-link").evaluate_all("links => links.map((link) => link.href)")
    for link in links:
        rob.goto(link)
        if rob.locator("[data-corners*=',']").count() > 6:
            break
    stack.manage("shell", "-c", FORGET_PLACES.format(case=rob.url.rstrip("/").rpartition("/")[2]))
    rob.reload()

    number = rob.get_by_role("button", name="Number", exact=True)
    expect(number).to_have_accessible_description("its place on the picture is approximate")
    number.focus()
    expect(rob.locator("[data-overlay]")).to_be_visible()
    assert_box_lies_on_the_field(rob)
    assert rob.evaluate(DASHES) != "none"
    expect(rob.locator("[data-overlay-name]")).to_have_text("Number, approximate")
    expect(rob.locator("[data-closeup-place]")).to_contain_text("approximate: where such cards usually print it")
    expect(rob.locator("[data-closeup]")).not_to_contain_text("% sure")
    rob.keyboard.press("Enter")
    assert_box_lies_on_the_field(rob)
    shoot(rob, "63-approximate")
