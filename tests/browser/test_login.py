"""The chat page behind its guard: with a key, without one, and under the content security policy."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from bot.surfaces.guard.keys import add_key
from tests.browser.server import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page


@pytest.fixture(scope="module")
def keyed_home(tmp_path_factory: pytest.TempPathFactory, real_home: Path) -> Path:
    """A home with an index, for which the server asks for a key."""
    home = tmp_path_factory.mktemp("keyed") / "home"
    shutil.copytree(real_home, home)
    return home


@pytest.fixture(scope="module")
def keys(keyed_home: Path) -> dict[str, str]:
    """A key of each kind."""
    return {kind: add_key(keyed_home, kind, kind)[1] for kind in ("read", "admin")}


@pytest.fixture(scope="module")
def guarded_server(keyed_home: Path, keys: dict[str, str]) -> Iterator[str]:
    assert keys
    with serving(keyed_home) as address:
        yield address


@pytest.fixture
def stranger(desktop: BrowserContext) -> Iterator[Page]:
    """A page of somebody who has not logged in."""
    desktop.clear_cookies()
    page = desktop.new_page()
    yield page
    page.close()
    desktop.clear_cookies()


def complaints_of(page: Page) -> list[str]:
    """What the browser has against the page: errors of scripts, and what the policy forbade."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


def test_a_key_opens_the_page_and_logging_out_closes_it(
    stranger: Page, guarded_server: str, keys: dict[str, str]
) -> None:
    page = stranger
    page.goto(f"{guarded_server}/?a=b")
    expect(page).to_have_title("Log in: Groundrule")
    page.get_by_label("API key").fill("gr_wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("That is no key of this server.")
    complaints = complaints_of(page)
    page.get_by_label("API key").fill(keys["read"])
    page.get_by_role("button", name="Log in").click()
    page.wait_for_selector("#question textarea")
    assert page.url == f"{guarded_server}/?a=b"
    assert page.evaluate("document.cookie") == ""
    page.fill("#question textarea", "What are the pros of the factory model?")
    page.press("#question textarea", "Enter")
    expect(page.locator(".citations article")).to_have_count(4)
    assert complaints == []
    page.goto(f"{guarded_server}/logout")
    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_title("Log in: Groundrule")
    page.goto(guarded_server)
    expect(page).to_have_title("Log in: Groundrule")


def test_who_may_only_read_is_told_and_an_admin_key_unlocks(
    stranger: Page, guarded_server: str, keys: dict[str, str]
) -> None:
    page = stranger

    def log_in(key: str) -> None:
        page.get_by_label("API key").fill(key)
        page.keyboard.press("Enter")
        page.wait_for_selector("#library .documents li")

    page.goto(f"{guarded_server}/login?next=%2F%23library")
    log_in(keys["read"])
    expect(page.locator(".door")).to_contain_text("Uploading needs an admin key")
    expect(page.locator("[data-choose], [data-remove]")).to_have_count(0)
    refused = page.evaluate("fetch('api/documents/x', { method: 'DELETE' }).then((one) => one.status)")
    assert refused == 403
    page.get_by_role("link", name="Log in with an admin key").click()
    log_in(keys["admin"])
    assert page.url == f"{guarded_server}/#library"
    expect(page.get_by_role("button", name="Choose files…")).to_be_visible()


def test_the_policy_forbids_the_page_nothing_and_a_script_of_others_everything(stranger: Page, server: str) -> None:
    page = stranger
    complaints = complaints_of(page)
    page.goto(server)
    page.wait_for_selector("#question textarea")
    page.fill("#question textarea", "Compare centralised and decentralised")
    page.press("#question textarea", "Enter")
    expect(page.locator("#chat .bot table")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="New chat").click()
    expect(page.locator("#chat .bot")).to_have_count(0)
    assert complaints == []
    script = "document.createElement('script')"
    tried = (
        "fetch('http://127.0.0.1:9/')",
        (
            f"new Promise((load, error) => document.head.append(Object.assign({script}, "
            "{onload: load, onerror: error, src: 'http://127.0.0.1:9/x.js'})))"
        ),
    )
    for one in tried:
        assert page.evaluate(f"{one}.then(() => 'done', () => 'refused')") == "refused"
    assert sum("Content Security Policy" in one for one in complaints) >= 2
