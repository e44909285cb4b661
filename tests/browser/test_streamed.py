"""A language model writes: its sentences are shown as they come, and Stop leaves no trace of the question."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser.server import serving
from tests.browser.steps import BOX, answer_of, answers, ask, kept, notice, questions, send, session_of
from tests.endpoint import Endpoint, listening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.browser.pages import Pages

PROS, CONS = "What are the pros of the factory model?", "What are the cons of the factory model?"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    with listening() as served:
        yield served


@pytest.fixture(scope="module")
def writing_server(endpoint: Endpoint, real_home: Path, pages: Pages) -> Iterator[str]:
    model = {"llm_url": endpoint.url, "llm_model": "small", "llm_first_token": "30", "llm_timeout": "60"}
    with serving(real_home, settings=model) as address:
        yield address
        pages.let_go(address)


@pytest.fixture
def page(pages: Pages, writing_server: str) -> Iterator[Page]:
    yield pages.at_its_beginning(writing_server)
    pages.check()


class Slow:
    """A model that says what the passages say, one after the other, each when it is told to."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.go_on = threading.Semaphore(0)
        self.said: list[str] = []
        self.endpoint = endpoint
        endpoint.script = self.write

    def write(self, asked: dict[str, Any], say: Callable[[str | bytes], None]) -> None:
        passages = re.findall(r"^\[(\d+)\] (.+)$", asked["messages"][-1]["content"], re.MULTILINE)
        for number, text in passages:
            assert self.go_on.acquire(timeout=60)
            say(f"{text} [{number}]\n")
            self.said.append(text)

    def finish(self) -> None:
        self.go_on.release(1000)


def test_sentences_appear_before_the_last_is_written(page: Page, endpoint: Endpoint) -> None:
    model = Slow(endpoint)
    send(page, PROS)
    # The question stands there at once, and that it is being worked on.
    expect(questions(page)).to_have_text([PROS])
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    expect(page.get_by_role("button", name="Ask", exact=True)).not_to_be_visible()
    expect(answer_of(page)).to_contain_text("Reading the passages")
    model.go_on.release(2)
    expect(answer_of(page)).to_contain_text("[1]")
    first = answer_of(page).inner_text()
    assert model.said[0][:40] in first
    assert len(model.said) <= 2
    model.finish()
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).not_to_be_visible()
    (answer,) = kept(page)
    assert answer["generator"] == "small"
    assert len(answer["citations"]) == answer_of(page).get_by_role("link").count()
    answer_of(page).get_by_role("link").first.click()
    expect(page.locator("#sources mark")).to_have_text(answer["citations"][0]["quote"])


def test_stop_leaves_no_exchange(page: Page, endpoint: Endpoint) -> None:
    Slow(endpoint).finish()
    ask(page, PROS)
    model = Slow(endpoint)
    send(page, CONS)
    model.go_on.release(2)
    expect(answers(page)).to_have_count(2)
    expect(answer_of(page)).to_contain_text("[1]")
    page.get_by_role("button", name="Stop").click()
    expect(answers(page)).to_have_count(1)
    expect(questions(page)).to_have_text([PROS])
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    model.finish()
    # It goes on as if nothing had been asked.
    Slow(endpoint).finish()
    ask(page, CONS)
    assert [one["question"] for one in kept(page)] == [PROS, CONS]


def test_what_is_sent_while_the_model_writes_waits_in_the_box(page: Page, endpoint: Endpoint) -> None:
    model = Slow(endpoint)
    send(page, PROS)
    expect(answer_of(page)).to_contain_text("Reading the passages")
    send(page, CONS)
    expect(notice(page)).to_contain_text("still being written")
    expect(page.locator(BOX)).to_have_value(CONS)
    model.finish()
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    assert [one["question"] for one in kept(page)] == [PROS]
    Slow(endpoint).finish()
    page.press(BOX, "Enter")
    expect(answers(page)).to_have_count(2)
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    assert [one["question"] for one in kept(page)] == [PROS, CONS]


def test_stopping_the_first_question_begins_anew(page: Page, endpoint: Endpoint) -> None:
    model = Slow(endpoint)
    send(page, PROS)
    model.go_on.release(1)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".beginning")).to_be_visible()
    expect(answers(page)).to_have_count(0)
    assert session_of(page) == ""
    model.finish()
    expect(page.locator(BOX)).to_be_editable()


def test_stopping_an_edited_question_keeps_what_was_there(page: Page, endpoint: Endpoint) -> None:
    Slow(endpoint).finish()
    ask(page, PROS)
    page.get_by_role("button", name="Edit last question").click()
    expect(page.locator(BOX)).to_have_value(PROS)
    model = Slow(endpoint)
    send(page, CONS)
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    model.finish()
    expect(questions(page)).to_have_text([PROS])
    assert [one["question"] for one in kept(page)] == [PROS]


def test_a_model_that_fails_leaves_the_answer_of_the_passages(page: Page, endpoint: Endpoint) -> None:
    endpoint.script = lambda _asked, _say: 500
    ask(page, PROS)
    expect(answer_of(page)).to_contain_text("Pros of Factory")
    assert kept(page)[0]["generator"].startswith("extractive (small")
    expect(page.locator(".citations article")).to_have_count(4)
