"""A conversation is changed, copied, reopened and deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.steps import (
    BOX,
    COMPANY,
    answer_of,
    answers,
    ask,
    citation,
    got,
    kept,
    notice,
    open_page,
    questions,
    ranking,
    session_of,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

PROS, CONS = "What are the pros of the factory model?", "What are the cons of the factory model?"

# The last of two exchanges is another one than that of a given time.
ANOTHER = """([address, at]) => fetch(address).then((one) => one.json())
  .then(({ exchanges }) => exchanges.length === 2 && exchanges[1].at !== at)"""


def told_at(page: Page) -> str:
    """When the last answer was given."""
    return str(got(page, f"conversations/{session_of(page)}")["exchanges"][-1]["at"])


def copied(page: Page) -> str:
    """What lies on the clipboard."""
    return str(page.evaluate("navigator.clipboard.readText()"))


def copy_button(page: Page, which: str) -> None:
    page.locator(f"#chat .message-buttons-{which}").last.get_by_role("button", name="Copy message").click()


def test_the_last_question_is_asked_anew_in_its_place(page: Page) -> None:
    ask(page, COMPANY)
    ask(page, PROS)
    session = session_of(page)
    page.get_by_role("button", name="Edit last question").click()
    expect(page.locator(BOX)).to_have_value(PROS)
    expect(page.locator(BOX)).to_be_focused()
    page.fill(BOX, CONS)
    page.press(BOX, "Enter")
    expect(answer_of(page)).to_contain_text("Cons of Factory")
    expect(questions(page)).to_have_text([COMPANY, CONS])
    expect(answers(page)).to_have_count(2)
    expect(page.get_by_role("button", name="Cancel editing")).to_have_count(0)
    assert session_of(page) == session
    assert [one["question"] for one in kept(page)] == [COMPANY, CONS]


def test_a_fact_that_is_edited_away_is_not_known_any_more(page: Page) -> None:
    ask(page, COMPANY)
    page.get_by_role("button", name="Edit last question").click()
    expect(page.locator(BOX)).to_have_value(COMPANY)
    page.fill(BOX, "We have two models live. How should we organise?")
    page.press(BOX, "Enter")
    expect(questions(page)).to_have_text(["We have two models live. How should we organise?"])
    expect(answers(page)).to_have_count(1)
    (answer,) = kept(page)
    assert [one["criterion"] for one in answer["recommendation"]["facts"]] == ["use-cases"]
    expect(page.locator("#decision .facts").first.locator(".fact")).to_have_count(1)
    assert [name for name, _ in ranking(page)] == [one["name"] for one in answer["recommendation"]["ranking"]]


def test_editing_is_called_off_by_button_and_by_escape(page: Page) -> None:
    ask(page, PROS)
    page.get_by_role("button", name="Edit last question").click()
    expect(page.locator(BOX)).to_have_value(PROS)
    page.get_by_role("button", name="Cancel editing").click()
    expect(page.locator(BOX)).to_have_value("")
    expect(page.get_by_role("button", name="Edit last question")).to_be_visible()
    page.press(BOX, "ArrowUp")
    expect(page.locator(BOX)).to_have_value(PROS)
    page.press(BOX, "Escape")
    expect(page.locator(BOX)).to_have_value("")
    expect(page.get_by_role("button", name="Edit last question")).to_be_visible()
    # What is asked now is a new question.
    ask(page, CONS)
    assert [one["question"] for one in kept(page)] == [PROS, CONS]


def test_the_arrow_up_leaves_words_in_the_box_alone(page: Page) -> None:
    ask(page, PROS)
    page.fill(BOX, "and")
    page.press(BOX, "ArrowUp")
    page.press(BOX, "End")
    page.keyboard.type(" the cons?")
    expect(page.locator(BOX)).to_have_value("and the cons?")
    page.press(BOX, "Enter")
    expect(answers(page)).to_have_count(2)


def test_retrying_takes_the_answers_place(page: Page) -> None:
    ask(page, COMPANY)
    ask(page, PROS)
    first = kept(page)
    before = told_at(page)
    page.get_by_role("button", name="Retry").click()
    page.wait_for_function(ANOTHER, arg=[f"api/conversations/{session_of(page)}", before])
    expect(answers(page)).to_have_count(2)
    expect(answer_of(page)).to_contain_text("Pros of Factory")
    again = kept(page)
    assert [one["question"] for one in again] == [COMPANY, PROS]
    assert again[1]["answer"] == first[1]["answer"]


def test_an_answer_is_copied_as_it_is_read_with_its_sources(page: Page) -> None:
    ask(page, PROS)
    (answer,) = kept(page)
    copy_button(page, "left")
    expect(notice(page)).to_have_text("The message is copied.")
    text = copied(page)
    said, _, sources = text.rpartition("\n\n")
    assert "](#" not in text
    assert "**" not in text
    for cited in answer["citations"]:
        assert cited["quote"] in said
        assert f"[{cited['number']}]" in said
    assert [line.split(" ")[0] for line in sources.splitlines()] == ["[1]", "[2]", "[3]", "[4]"]
    assert all("Ordax 2024" in line for line in sources.splitlines())
    copy_button(page, "right")
    page.wait_for_function("q => navigator.clipboard.readText().then(t => t === q)", arg=PROS)


def test_the_link_reopens_the_conversation_elsewhere(page: Page, browser: Browser) -> None:
    ask(page, COMPANY)
    ask(page, PROS)
    page.get_by_role("button", name="Copy link").click()
    expect(notice(page)).to_have_text("The link is copied.")
    link = copied(page)
    assert link == page.url
    elsewhere = browser.new_context()
    other = open_page(elsewhere.new_page(), link)
    expect(questions(other)).to_have_text([COMPANY, PROS])
    expect(other.locator(".citations article")).to_have_count(4)
    # The decision was made before the last question, and stands all the same.
    other.locator("#sides").get_by_role("tab", name="Decision").click()
    assert ranking(other) == [
        (one["name"], f"{one['score']:.0f}") for one in kept(page)[0]["recommendation"]["ranking"]
    ]
    citation(other, 1).click()
    expect(other.locator("#sources mark")).to_be_visible()
    ask(other, "and the cons?")
    page.reload()
    expect(questions(page)).to_have_text([COMPANY, PROS, "and the cons?"])
    elsewhere.close()


def test_a_link_to_a_conversation_that_is_gone_says_so(page: Page, server: str) -> None:
    open_page(page, f"{server}/?chat=nobody")
    expect(notice(page)).to_contain_text("not kept any more")
    expect(page.locator(".beginning")).to_be_visible()
    assert session_of(page) == ""
    ask(page, PROS)


def test_deleting_asks_first_and_then_nothing_is_left(page: Page, server: str) -> None:
    ask(page, PROS)
    session = session_of(page)
    said: list[str] = []

    def refuse(dialog: Dialog) -> None:
        said.append(dialog.message)
        dialog.dismiss()

    page.once("dialog", refuse)
    page.get_by_role("button", name="Delete").click()
    assert "cannot be undone" in said[0]
    expect(answers(page)).to_have_count(1)
    assert len(kept(page)) == 1
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete").click()
    expect(notice(page)).to_have_text("The conversation is deleted.")
    expect(answers(page)).to_have_count(0)
    expect(page.locator(".beginning")).to_be_visible()
    assert session_of(page) == ""
    assert page.request.get(f"{server}/api/conversations/{session}").status == 404
