"""A real server and a real browser."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from tests.browser.server import serving
from tests.browser.steps import open_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DESKTOP: ViewportSize = {"width": 1360, "height": 860}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("GROUNDRULE_REQUIRE_BROWSER"):
            pytest.fail("no Chromium is installed, and GROUNDRULE_REQUIRE_BROWSER asks for one")
        pytest.skip("no Chromium is installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(real_home: Path) -> Iterator[str]:
    with serving(real_home) as address:
        yield address


@pytest.fixture(scope="module")
def desktop(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that keeps what it loaded from one test of a file to the next; its pages may use the clipboard."""
    context = browser.new_context(viewport=DESKTOP, permissions=["clipboard-read", "clipboard-write"])
    yield context
    context.close()


@pytest.fixture
def opened(desktop: BrowserContext) -> Iterator[Callable[[str], Page]]:
    """Opens pages, which have to get by with their own server and without an error in a script."""
    pages: list[Page] = []
    outside: list[str] = []
    errors: list[str] = []

    def open_one(address: str) -> Page:
        page = desktop.new_page()
        pages.append(page)
        page.on("request", lambda request: outside.append(request.url) if not _is_local(request.url) else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        return open_page(page, address)

    yield open_one
    for page in pages:
        page.close()
    assert outside == []
    assert errors == []


@pytest.fixture
def page(opened: Callable[[str], Page], server: str) -> Page:
    return opened(server)


def _is_local(url: str) -> bool:
    return bool(re.match(r"(?:https?|wss?)://127\.0\.0\.1[:/]|data:|blob:|about:", url))
