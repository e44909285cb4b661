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

    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory, real_home: Path) -> tuple[Path, str]:
    """A home with an index and a key, and the key."""
    home = tmp_path_factory.mktemp("keyed") / "home"
    shutil.copytree(real_home, home)
    return home, add_key(home, "me", "read")[1]


@pytest.fixture(scope="module")
def guarded_server(key: tuple[Path, str]) -> Iterator[str]:
    with serving(key[0]) as address:
        yield address


def complaints_of(page: Page) -> list[str]:
    """What the browser has against the page: errors of scripts, and what the policy forbade."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


def test_a_key_opens_the_page_and_logging_out_closes_it(
    browser: Browser, guarded_server: str, key: tuple[Path, str]
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{guarded_server}/?a=b")
    expect(page).to_have_title("Log in: Groundrule")
    page.get_by_label("API key").fill("gr_wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("That is no key of this server.")
    complaints = complaints_of(page)
    page.get_by_label("API key").fill(key[1])
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
    context.close()


def test_the_policy_forbids_the_page_nothing_and_a_script_of_others_everything(browser: Browser, server: str) -> None:
    context = browser.new_context()
    page = context.new_page()
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
    context.close()
