"""One running copy of the whole product for the journeys: real servers, worker, reading service, web, browser.

It ends with the last journey, so that nothing of it runs beside the tests that follow.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from kyc_portal.local.layout import free_port
from kyc_portal.local.stack import LocalStack


@pytest.fixture(scope="package")
def stack() -> Iterator[LocalStack]:
    """A copy in a folder of its own, on a free port; ended and removed after the run."""
    folder = Path(tempfile.mkdtemp(prefix="kyc-journey-"))
    copy = LocalStack(folder, free_port(), say=lambda text: None)
    copy.start()
    yield copy
    copy.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """One for all: a second one in the same process is refused."""
    with sync_playwright() as play:
        yield play


@pytest.fixture(scope="package")
def browser_path() -> str | None:
    """The machine's Chromium."""
    return os.environ.get("KYC_BROWSER") or shutil.which("chromium")


@pytest.fixture(scope="package")
def chromium(playwright: Playwright, browser_path: str | None) -> Iterator[Browser]:
    """The machine's Chromium, which never talks to the outside."""
    browser = playwright.chromium.launch(
        executable_path=browser_path, args=["--no-sandbox", "--disable-background-networking", "--disable-gpu"]
    )
    yield browser
    browser.close()
