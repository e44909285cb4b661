"""A citation leads to its passage, in its document, marked to the character; by pointer and by keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.browser.steps import COMPANY, ask, citation, got, kept, side

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

AT_ITS_END = """() => {
  const text = document.querySelector('#sources .text');
  return text.scrollTop + text.clientHeight >= text.scrollHeight - 2;
}"""
PROS = "What are the pros of the factory model?"


def document(page: Page) -> Locator:
    return page.locator("#sources .document")


def in_sight(mark: Locator) -> bool:
    """Whether its first line stands within the part of the document that can be seen."""
    within = "(m) => { const t = m.closest('.text').getBoundingClientRect(), r = m.getClientRects()[0];"
    return bool(mark.evaluate(f"{within} return r.top >= t.top && r.bottom <= t.bottom && r.bottom <= innerHeight; }}"))


def check_opened(page: Page, cited: dict[str, Any]) -> None:
    """Holds what is shown against the citation and the passage that the server keeps."""
    passage = got(page, f"passages/{quote(cited['passage_id'], safe='')}")
    assert passage["text"] == cited["quote"]
    mark = document(page).locator("mark")
    expect(mark).to_have_text(cited["quote"])
    assert mark.evaluate("m => m.textContent") == passage["text"]
    expect(document(page).locator("h2")).to_contain_text(cited["title"])
    expect(document(page).locator("h2")).to_contain_text(f"[{cited['number']}]")
    shown = document(page).locator(".origin").inner_text()
    for known in (cited["author"] or "author unknown", cited["publisher"], cited["published"], cited["section"]):
        if known is not None:
            assert known in shown
    assert f"{cited['start']:,} to {cited['end']:,}" in shown
    assert in_sight(mark)


@pytest.mark.parametrize("question", [PROS, COMPANY])
def test_every_number_opens_its_passage_in_its_document(page: Page, question: str) -> None:
    ask(page, question)
    for cited in kept(page)[0]["citations"]:
        citation(page, cited["number"]).click()
        expect(document(page).locator("h2 .number")).to_have_text(f"[{cited['number']}]")
        check_opened(page, cited)


def test_the_document_around_is_the_document(page: Page) -> None:
    ask(page, PROS)
    (answer,) = kept(page)
    citation(page, 2).click()
    expect(document(page)).to_be_visible()
    cited = answer["citations"][1]
    text = document(page).locator(".text").evaluate("t => t.textContent")
    assert text[cited["start"] : cited["end"]] == cited["quote"]


def test_the_list_opens_passages_too_and_comes_back(page: Page) -> None:
    ask(page, PROS)
    cited = kept(page)[0]["citations"][2]
    page.locator("#citation-3").get_by_role("button", name="Show in the document").click()
    check_opened(page, cited)
    page.get_by_role("button", name="All cited passages").click()
    expect(page.locator(".citations article")).to_have_count(4)
    expect(document(page)).to_have_count(0)
    expect(page.locator("#citation-3").get_by_role("button", name="Show in the document")).to_be_focused()


def test_a_number_shows_the_sources_where_the_decision_stood(page: Page) -> None:
    ask(page, COMPANY)
    expect(page.locator("#decision .ranking").first).to_be_visible()
    citation(page, 1).click()
    expect(document(page)).to_be_visible()
    check_opened(page, kept(page)[0]["citations"][0])
    side(page, "Decision")
    expect(page.locator("#decision .ranking").first).to_be_visible()


def test_the_keyboard_opens_a_passage_and_goes_back_to_its_number(page: Page) -> None:
    ask(page, PROS)
    cited = kept(page)[0]["citations"][3]
    number = citation(page, 4)
    number.focus()
    expect(number).to_be_focused()
    page.keyboard.press("Enter")
    expect(document(page).locator("h2")).to_be_focused()
    check_opened(page, cited)
    page.keyboard.press("Escape")
    expect(document(page)).to_have_count(0)
    expect(page.locator(".citations article")).to_have_count(4)
    expect(number).to_be_focused()


def test_the_document_is_reached_and_scrolled_by_keyboard(page: Page) -> None:
    ask(page, PROS)
    citation(page, 1).press("Enter")
    expect(document(page).locator("h2")).to_be_focused()
    text = document(page).locator(".text")
    for _ in range(3):
        if text.evaluate("t => t === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(text).to_be_focused()
    page.keyboard.press("End")
    page.wait_for_function(AT_ITS_END)


def test_a_number_says_what_it_leads_to(page: Page) -> None:
    ask(page, PROS)
    cited = kept(page)[0]["citations"][0]
    title = citation(page, 1).get_attribute("title")
    assert title is not None
    assert cited["section"].split(" › ")[-1] in title
