"""What a person does on the chat page, and what the server then has of it. Shared by the browser tests and pictures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

__all__ = [
    "BOX",
    "COMPANY",
    "PATIENCE_MS",
    "answer_of",
    "answers",
    "ask",
    "citation",
    "correct",
    "fact",
    "got",
    "kept",
    "notice",
    "open_page",
    "questions",
    "ranking",
    "send",
    "session_of",
    "side",
    "tab",
    "tell_more",
]

BOX = "#question textarea"
# An answer takes a tenth of a second; machines that are shared by many take very much longer.
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)
COMPANY = "We are 30 people with two models live, and nobody regulates us. How should we organise?"


def open_page(page: Page, address: str) -> Page:
    """Opens the page, until it shows the beginning of a conversation or the one that its address names."""
    page.goto(address)
    expect(page.locator(".beginning, #chat .bot").first).to_be_visible()
    return page


def answers(page: Page) -> Locator:
    """The answers in the chat."""
    return page.locator("#chat .bot.message")


def questions(page: Page) -> Locator:
    """The questions in the chat."""
    return page.locator("#chat .user.message")


def answer_of(page: Page) -> Locator:
    """The last answer."""
    return answers(page).last


def send(page: Page, question: str) -> None:
    """Types a question and presses Enter."""
    page.fill(BOX, question)
    page.press(BOX, "Enter")


def ask(page: Page, question: str) -> None:
    """Types a question and waits until its answer stands below it, and all that belongs to it beside it."""
    before = answers(page).count()
    send(page, question)
    expect(answers(page)).to_have_count(before + 1)
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    expect(page.locator("#tools nav")).to_have_attribute("data-session", re.compile("."))


def session_of(page: Page) -> str:
    """Identifier of the conversation that the page shows; "" before the first answer."""
    return page.locator("#tools nav").get_attribute("data-session") or ""


def got(page: Page, path: str) -> Any:
    """What the server's API has at a path, as JSON."""
    address = urlsplit(page.url)
    response = page.request.get(f"{address.scheme}://{address.netloc}/api/{path}")
    assert response.ok, response.text()
    return response.json()


def kept(page: Page) -> list[dict[str, Any]]:
    """The answers of the page's conversation, as the server keeps them."""
    return [one["answer"] for one in got(page, f"conversations/{quote(session_of(page))}")["exchanges"]]


def citation(page: Page, number: int) -> Locator:
    """A number in the last answer."""
    return answer_of(page).get_by_role("link", name=f"[{number}]", exact=True).first


def tab(page: Page, name: str) -> None:
    """Opens one of the page's tabs; on a narrow screen some stand in a menu."""
    shown = page.locator("#tabs").get_by_role("tab", name=name, exact=True)
    if not shown.count():
        page.get_by_role("button", name="More tabs").click()
        shown = page.locator("#tabs .overflow-dropdown").get_by_role("button", name=name, exact=True)
    shown.click()


def side(page: Page, name: str) -> None:
    """Shows one of the two parts beside the chat."""
    page.locator("#sides").get_by_role("tab", name=name, exact=True).click()


def notice(page: Page) -> Locator:
    """The short message that goes away again."""
    return page.get_by_role("status").and_(page.locator("#said"))


def ranking(page: Page) -> list[tuple[str, str]]:
    """Name and points of each option of the decision that is shown, first to last."""
    rows = page.locator("#decision .ranking").first.locator("tbody tr")
    read = "rows => rows.map(r => [r.querySelector('th').innerText, r.querySelector('.points').innerText])"
    return [(name, points) for name, points in rows.evaluate_all(read)]


def fact(page: Page, criterion: str) -> Locator:
    """The list by which a fact of the first decision is corrected."""
    return page.locator(f'#decision select[data-criterion="{criterion}"]').first


def tell_more(page: Page) -> None:
    """Opens the list of what is not known yet."""
    page.locator("#decision summary").filter(has_text="Tell more").first.click()


def correct(page: Page, criterion: str, level: str) -> None:
    """Corrects a fact and waits until the chat says so."""
    before = answers(page).count()
    side(page, "Decision")
    if not fact(page, criterion).is_visible():
        tell_more(page)
    fact(page, criterion).select_option(level)
    expect(answers(page)).to_have_count(before + 1)
