"""A real server and a real browser."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.pages import DESKTOP, Pages
from tests.browser.server import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Ends, as the rest here does, with the last test that has a page: a page nobody looks at is drawn on for ever."""
    if CHROMIUM is None:
        if os.environ.get("GROUNDRULE_REQUIRE_BROWSER"):
            pytest.fail("no Chromium is installed, and GROUNDRULE_REQUIRE_BROWSER asks for one")
        pytest.skip("no Chromium is installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def server(real_home: Path) -> Iterator[str]:
    with serving(real_home) as address:
        yield address


@pytest.fixture(scope="package")
def desktop(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that keeps what it loaded from one test to the next; its pages may use the clipboard."""
    context = browser.new_context(viewport=DESKTOP, permissions=["clipboard-read", "clipboard-write"])
    yield context
    context.close()


@pytest.fixture(scope="package")
def pages(desktop: BrowserContext) -> Pages:
    return Pages(desktop)


@pytest.fixture
def opened(pages: Pages) -> Iterator[Callable[[str], Page]]:
    """Opens pages of their own."""
    own: list[Page] = []

    def open_one(address: str) -> Page:
        own.append(pages.open(address))
        return own[-1]

    yield open_one
    for page in own:
        page.close()
    pages.check()


@pytest.fixture
def page(pages: Pages, server: str) -> Iterator[Page]:
    """The page at its beginning."""
    yield pages.at_its_beginning(server)
    pages.check()
