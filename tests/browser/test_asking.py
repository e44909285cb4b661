"""Questions and answers on the chat page, in Chromium, as a person asks them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.steps import (
    BOX,
    COMPANY,
    answer_of,
    answers,
    ask,
    kept,
    notice,
    questions,
    ranking,
    send,
    session_of,
    side,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

PROS = "What are the pros of the factory model?"


def test_enter_asks_and_the_answer_cites_passages_by_numbers_that_are_links(page: Page) -> None:
    ask(page, PROS)
    (answer,) = kept(page)
    shown = answer_of(page).inner_text()
    assert "four from our notes on Ordax 2024" in shown
    links = answer_of(page).get_by_role("link")
    assert links.all_inner_texts() == ["[1]", "[2]", "[3]", "[4]"]
    assert sorted(re.findall(r"\[\d+\]", shown)) == ["[1]", "[2]", "[3]", "[4]"]
    listed = page.locator(".citations article")
    expect(listed).to_have_count(4)
    for place, one in enumerate(answer["citations"]):
        assert one["number"] == place + 1
        expect(listed.nth(place)).to_contain_text(one["quote"])
        expect(listed.nth(place)).to_contain_text(one["title"])
        assert one["quote"] in shown
    expect(page.locator(BOX)).to_have_value("")


def test_the_button_asks_too_and_shift_enter_is_a_new_line(page: Page) -> None:
    page.fill(BOX, "What are the pros")
    page.press(BOX, "Shift+Enter")
    page.locator(BOX).press_sequentially("of the factory model?")
    expect(answers(page)).to_have_count(0)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(answer_of(page)).to_contain_text("Pros of Factory")
    assert kept(page)[0]["question"] == "What are the pros\nof the factory model?"
    expect(questions(page).locator("p")).to_have_text(["What are the pros", "of the factory model?"])


def test_what_is_sent_while_an_answer_is_on_its_way_is_asked_after_it(page: Page) -> None:
    send(page, PROS)
    expect(page.locator(BOX)).to_have_value("")
    send(page, "and the cons?")
    expect(answers(page)).to_have_count(2)
    expect(answer_of(page)).to_contain_text("Cons of Factory")
    assert [one["question"] for one in kept(page)] == [PROS, "and the cons?"]


def test_pressing_twice_asks_once_and_an_empty_box_asks_nothing(page: Page) -> None:
    page.fill(BOX, PROS)
    page.press(BOX, "Enter")
    page.press(BOX, "Enter")
    expect(answers(page)).to_have_count(1)
    page.press(BOX, "Enter")
    page.get_by_role("button", name="Ask", exact=True).click()
    ask(page, "and the cons?")
    assert [one["question"] for one in kept(page)] == [PROS, "and the cons?"]


def test_each_example_is_answered_at_a_click(page: Page) -> None:
    examples = page.locator(".beginning .chip")
    count = examples.count()
    assert count == 7
    for place in range(count):
        kind, question = examples.nth(place).inner_text().split("\n")
        assert kind
        examples.nth(place).click()
        expect(answers(page)).to_have_count(1)
        expect(questions(page)).to_have_text([question])
        # Each example must be answered, not refused.
        expect(answer_of(page).get_by_role("link").first).to_be_visible()
        page.get_by_role("button", name="New chat").click()
        expect(answers(page)).to_have_count(0)


def test_a_follow_up_refers_back_and_a_new_chat_does_not(page: Page) -> None:
    ask(page, "What are the pros of the federated model?")
    first = session_of(page)
    assert first
    ask(page, "and the cons?")
    expect(answer_of(page)).to_contain_text("Cons of Federated")
    assert session_of(page) == first
    page.get_by_role("button", name="New chat").click()
    expect(answers(page)).to_have_count(0)
    expect(page.locator(".beginning")).to_be_visible()
    expect(page.locator(".citations")).to_contain_text("appear here")
    assert session_of(page) == ""
    ask(page, "and the cons?")
    expect(answer_of(page)).to_contain_text("Which one do you mean?")
    assert session_of(page) not in ("", first)


def test_a_suggestion_asks(page: Page) -> None:
    ask(page, PROS)
    offered = page.locator(".under .chip")
    assert offered.all_inner_texts()[0] == "What are the cons of Factory?"
    offered.first.click()
    expect(answers(page)).to_have_count(2)
    expect(questions(page).last).to_have_text("What are the cons of Factory?")
    expect(answer_of(page)).to_contain_text("Cons of Factory")
    assert [one["kind"] for one in kept(page)] == ["pros_cons", "pros_cons"]


def test_the_next_question_is_answered_by_a_button_for_each_level(page: Page) -> None:
    ask(page, COMPANY)
    asked = page.locator(".under fieldset")
    expect(asked.locator("legend")).to_have_text(kept(page)[0]["recommendation"]["next_question"])
    levels = asked.get_by_role("button")
    assert levels.all_inner_texts()[-1] == "I don’t know"
    before = ranking(page)
    levels.filter(has_text="research into new AI").click()
    expect(answers(page)).to_have_count(2)
    now = kept(page)[1]["recommendation"]
    assert ("aim", "research") in {(one["criterion"], one["level"]) for one in now["facts"]}
    assert ranking(page) != before
    assert [name for name, _ in ranking(page)] == [one["name"] for one in now["ranking"]]


def test_i_do_not_know_is_an_answer_and_the_question_is_not_put_again(page: Page) -> None:
    ask(page, COMPANY)
    legend = page.locator(".under legend")
    asked = legend.inner_text()
    page.locator(".under fieldset").get_by_role("button", name="I don’t know").click()
    expect(answers(page)).to_have_count(2)
    expect(page.locator("#tools nav")).to_be_visible()
    expect(legend.filter(has_text=asked)).to_have_count(0)
    assert kept(page)[1]["recommendation"]["facts"] == kept(page)[0]["recommendation"]["facts"]


def test_a_refusal_cites_nothing_says_so_and_offers_what_can_be_asked(page: Page) -> None:
    ask(page, "Who won the 2018 World Cup?")
    expect(answer_of(page)).to_contain_text("do not answer that")
    assert kept(page)[0]["refused"] is True
    expect(page.locator(".citations article")).to_have_count(0)
    expect(page.locator(".citations")).to_contain_text("cites nothing")
    expect(page.locator(".under")).to_contain_text("You could ask instead:")
    page.locator(".under .chip").first.click()
    expect(answers(page)).to_have_count(2)
    assert kept(page)[1]["refused"] is False


def test_a_comparison_is_a_table_in_the_chat(page: Page) -> None:
    ask(page, "Compare centralised and decentralised")
    expect(answer_of(page).locator("th")).to_have_text(["", "Centralised", "Decentralised"])
    expect(answer_of(page).locator("td").get_by_role("link").first).to_be_visible()


def test_a_question_that_is_none_stays_in_the_box_and_why_is_said(page: Page) -> None:
    send(page, "???")
    expect(notice(page)).to_contain_text("the question is empty")
    expect(page.locator(BOX)).to_have_value("???")
    expect(answers(page)).to_have_count(0)
    long = "Is it right? " * 400
    send(page, long)
    expect(notice(page)).to_contain_text("4,000")
    expect(page.locator(BOX)).to_have_value(long)
    expect(answers(page)).to_have_count(0)
    # What was asked before is none the worse for it.
    ask(page, PROS)
    send(page, long)
    expect(notice(page)).to_contain_text("4,000")
    expect(answers(page)).to_have_count(1)
    assert len(kept(page)) == 1


def test_what_is_typed_while_the_page_begins_is_not_lost(page: Page, server: str) -> None:
    held: list[Route] = []
    page.route("**/queue/join*", lambda route: held.append(route))
    with page.expect_request("**/queue/join*"):
        page.goto(server)
    page.locator(BOX).press_sequentially("What are the pros")
    expect(page.locator(".beginning")).not_to_be_visible()
    held.pop().continue_()
    expect(page.locator(".beginning")).to_be_visible()
    expect(page.locator(BOX)).to_have_value("What are the pros")


def test_the_answer_begins_at_its_question_and_long_ones_are_scrolled(page: Page) -> None:
    ask(page, PROS)
    ask(page, COMPANY)
    chat = page.locator("#chat .bubble-wrap")
    expect(questions(page).last).to_be_in_viewport()
    box, asked = chat.bounding_box(), questions(page).last.bounding_box()
    assert box is not None
    assert asked is not None
    assert abs(asked["y"] - box["y"]) < 30
    # It scrolls within itself: the box for the next question is where it was.
    expect(page.locator(BOX)).to_be_in_viewport()
    side(page, "Sources")
    expect(page.locator("#citation-1")).to_be_visible()
