"""The first page stays light and still: bytes over the wire and layout shifts, as the browser counts them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from kyc_portal.local.stack import LocalStack
from tests.bench.page_weight import weigh

pytestmark = [pytest.mark.browser]


@pytest.mark.parametrize("locale", ["en-GB", "zh-HK"])
def test_the_first_page_weighs_at_most_60_kb_and_nothing_shifts(
    stack: LocalStack, chromium: Browser, locale: str
) -> None:
    assert stack.layout is not None
    found = weigh(chromium, stack.layout.address, "/", locale=locale, is_slow=True)
    assert found.requests >= 3, "the page and its style sheets were counted"
    assert 3_000 < found.sent <= 60_000
    assert found.shift == 0
