"""The chat page in Chromium, as a person uses it."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

MARKER = re.compile(r"\[(\d+)\]")


def ask(page: Page, question: str) -> None:
    """Types a question and waits until its answer stands below it."""
    before = page.locator("#chat .bot").count()
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")
    expect(page.locator("#chat .bot")).to_have_count(before + 1, timeout=30_000)


def test_a_question_is_answered_with_numbered_citations_beside_it(page: Page) -> None:
    ask(page, "What are the pros of the factory model?")
    answer = page.locator("#chat .bot").last.inner_text()
    assert "four from our notes on Ordax 2024" in answer
    shown = page.locator(".citations article")
    expect(shown).to_have_count(4)
    assert {int(n) for n in MARKER.findall(answer)} == {1, 2, 3, 4}
    for number in range(1, 5):
        claim = page.locator(f"#citation-{number} .claim").inner_text()
        assert claim in answer
        assert "MLOps Operating Models: finding the right fit" in page.locator(f"#citation-{number}").inner_text()


def test_seven_examples_cover_the_kinds_and_one_click_asks(page: Page) -> None:
    examples = page.locator("#examples button")
    expect(examples).to_have_count(7)
    for index in range(7):
        question = examples.nth(index).inner_text()
        examples.nth(index).click()
        expect(page.locator("#chat .bot")).to_have_count(index + 1, timeout=30_000)
        assert question in page.locator("#chat .user").nth(index).inner_text()
        # Each example must be answered, not refused.
        expect(page.locator(".citations article").first).to_be_visible()


def test_a_follow_up_refers_back_and_a_new_chat_does_not(page: Page) -> None:
    ask(page, "What are the pros of the federated model?")
    ask(page, "and the cons?")
    expect(page.locator("#chat .bot").last).to_contain_text("Cons of Federated")
    page.click("#clear")
    expect(page.locator("#chat .bot")).to_have_count(0)
    expect(page.locator(".citations")).to_contain_text("appear here")
    ask(page, "and the cons?")
    expect(page.locator("#chat .bot").last).to_contain_text("Which one do you mean?")


def test_a_comparison_is_a_table(page: Page) -> None:
    ask(page, "Compare centralised and decentralised")
    expect(page.locator("#chat .bot table th")).to_have_text(["", "Centralised", "Decentralised"])


def test_a_refusal_shows_no_passages(page: Page) -> None:
    ask(page, "Who won the 2018 World Cup?")
    expect(page.locator("#chat .bot").last).to_contain_text("do not answer that")
    expect(page.locator(".citations article")).to_have_count(0)


def test_markup_in_a_question_stays_text(page: Page) -> None:
    page.evaluate("window.harmed = false")
    ask(page, "<img src=x onerror='window.harmed=true'><script>window.harmed=true</script> pros of <b>factory</b>?")
    expect(page.locator("#chat .bot").last).to_contain_text("Pros of Factory")
    assert page.evaluate("window.harmed") is False
    assert page.locator("#chat img[src='x']").count() == 0


def test_an_empty_question_keeps_the_page_as_it_is(page: Page) -> None:
    page.fill("#question textarea", "???")
    page.press("#question textarea", "Enter")
    expect(page.get_by_text("the question is empty")).to_be_visible()
    expect(page.locator("#chat .bot")).to_have_count(0)
    expect(page.locator("#question textarea")).to_have_value("???")


def test_the_page_fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    ask(page, "What are the cons of the factory model?")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
