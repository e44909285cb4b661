"""What must not disturb a conversation: a server that is killed, other people, and markup in what is written."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.server import serving
from tests.browser.steps import (
    BOX,
    COMPANY,
    answer_of,
    answers,
    ask,
    correct,
    kept,
    open_page,
    questions,
    ranking,
    session_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Page

EVIL = "<img src=x onerror='window.harmed=true'><script>window.harmed=true</script>"
MARKDOWN = "[a](javascript:window.harmed=true) ![b](http://127.0.0.1:9/b.png) **c** `d` $e$"


def test_a_killed_server_that_comes_back_goes_on_with_the_conversation(
    opened: Callable[[str], Page], real_home: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(real_home, home)
    with serving(home) as first:
        page = opened(first)
        ask(page, COMPANY)
        before, port = ranking(page), first.port
        first.kill()
    # Meanwhile nothing is answered, and the page says so instead of waiting for ever.
    page.fill(BOX, "What are the pros of the factory model?")
    page.press(BOX, "Enter")
    expect(page.get_by_text("Connection to the server was lost").first).to_be_visible()
    with serving(home, port=port):
        # The page goes on by itself, and what could not be sent is still in the box.
        expect(page.get_by_text("Connection to the server was lost")).to_have_count(0)
        expect(answers(page)).to_have_count(1)
        assert ranking(page) == before
        expect(page.locator(BOX)).to_have_value("What are the pros of the factory model?")
        page.press(BOX, "Enter")
        expect(answers(page)).to_have_count(2)
        expect(answer_of(page)).to_contain_text("Pros of Factory")
        expect(page.locator(BOX)).to_have_value("")
        # ... and knows what was said before.
        correct(page, "use-cases", "many")
        facts = {one["criterion"] for one in kept(page)[2]["recommendation"]["facts"]}
        assert {"use-cases", "stage", "governance"} <= facts
        page.reload()
        expect(answers(page)).to_have_count(3)
        assert ranking(page) != before
        # What was sent does not come back.
        expect(page.locator(BOX)).to_have_value("")


def test_two_people_at_once_are_kept_apart(page: Page, browser: Browser, server: str) -> None:
    elsewhere = browser.new_context()
    ada, ben = page, open_page(elsewhere.new_page(), server)
    ask(ada, "What are the pros of the factory model?")
    ask(ben, "What are the pros of the federated model?")
    for one in (ada, ben):
        one.fill(BOX, "and the cons?")
    for one in (ada, ben):
        one.press(BOX, "Enter")
    expect(answer_of(ada)).to_contain_text("Cons of Factory")
    expect(answer_of(ben)).to_contain_text("Cons of Federated")
    assert session_of(ada) != session_of(ben)
    ask(ada, COMPANY)
    ask(ben, "Which model fits us?")
    assert kept(ben)[2]["recommendation"] is None or kept(ben)[2]["recommendation"]["facts"] == []
    assert [one["question"] for one in kept(ada)][2] == COMPANY
    assert len(kept(ben)) == 3
    elsewhere.close()


def test_markup_in_questions_stays_text_wherever_it_is_shown(page: Page, server: str) -> None:
    question = f"What are the pros of the factory model {EVIL} {MARKDOWN}?"
    ask(page, question)
    ask(page, f"and the cons {EVIL}?")
    for reopened in (False, True):
        if reopened:
            page.reload()
        expect(answers(page)).to_have_count(2)
        assert questions(page).first.inner_text().strip() == question
        check_harmless(page)
    page.get_by_role("button", name="Edit last question").click()
    expect(page.locator(BOX)).to_have_value(f"and the cons {EVIL}?")
    check_harmless(page)
    page.press(BOX, "Escape")
    session = session_of(page)
    # Beside the page, which would have to be loaded again.
    beside = page.context.new_page()
    for form in ("html", "markdown", "json"):
        beside.goto(f"{server}/api/conversations/{session}/transcript?format={form}&inline=true")
        check_harmless(beside)
        assert EVIL in beside.locator("body").inner_text() or form == "markdown"
    beside.close()


def test_markup_in_what_somebody_says_of_themselves_stays_text(page: Page) -> None:
    ask(page, f"We are 30 people {EVIL} with two models live {EVIL}. How should we organise?")
    expect(page.locator("#decision .facts").first).to_be_visible()
    check_harmless(page)
    ask(page, f"Who won the 2018 World Cup {EVIL}?")
    check_harmless(page)


def check_harmless(page: Page) -> None:
    """No element of what was written is one on the page, and no script of it ran."""
    assert page.evaluate("window.harmed") is None
    assert page.locator("img[src='x'], img[src*='127.0.0.1:9'], [onerror], a[href^='javascript']").count() == 0
    assert page.locator("#chat .user strong, #chat .user code, #chat .user .katex").count() == 0
