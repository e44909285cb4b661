"""A real server and a real browser."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.server import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


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


@pytest.fixture
def page(browser: Browser, server: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1360, "height": 860})
    page = context.new_page()
    outside: list[str] = []
    page.on("request", lambda request: outside.append(request.url) if not _is_local(request.url) else None)
    page.goto(server)
    page.wait_for_selector("#question textarea")
    yield page
    # The page needs nothing but its own server.
    assert outside == []
    context.close()


def _is_local(url: str) -> bool:
    return bool(re.match(r"(?:https?|wss?)://127\.0\.0\.1[:/]|data:|blob:|about:", url))
