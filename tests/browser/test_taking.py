"""What is taken away of a conversation, and what people say of its answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner
from playwright.sync_api import expect

from bot.surfaces.commands.feedback import feedback
from bot.surfaces.commands.record import replay
from tests.browser.steps import COMPANY, answers, ask, correct, kept, notice, session_of

if TYPE_CHECKING:
    from click import Command
    from playwright.sync_api import Page

PROS = "What are the pros of the factory model?"


def run(command: Command, home: Path, *arguments: str) -> str:
    result = CliRunner().invoke(command, [*arguments, "--home", str(home)])
    assert result.exit_code == 0, result.output
    return result.stdout


def menu(page: Page) -> None:
    page.locator(".menu summary").click()


def download(page: Page, name: str, folder: Path) -> Path:
    """Saves what a link of the menu gives, under the name that the server gives it."""
    menu(page)
    with page.expect_download() as loading:
        page.get_by_role("link", name=name).click()
    saved = folder / loading.value.suggested_filename
    loading.value.save_as(saved)
    menu(page)
    return saved


def votes(home: Path, session: str) -> list[dict[str, Any]]:
    """The votes on a conversation, as the command line exports them."""
    lines = [json.loads(line) for line in run(feedback, home, "export", "--kind", "up", "--kind", "down").splitlines()]
    return [one for one in lines if one["session"] == session]


def thumb(page: Page, name: str) -> None:
    page.locator("#chat .message-buttons-left").last.get_by_role("button", name=name, exact=True).click()


def test_the_decision_record_is_saved_and_can_be_computed_again(page: Page, real_home: Path, tmp_path: Path) -> None:
    ask(page, COMPANY)
    correct(page, "aim", "product")
    record = download(page, "Decision record, Markdown", tmp_path)
    assert record.name.startswith("groundrule-record-")
    assert record.suffix == ".md"
    text = record.read_text()
    made = kept(page)[1]["recommendation"]
    assert made["rubric_sha256"] in text
    assert f"{made['ranking'][0]['name']}" in text
    assert run(replay, real_home, str(record)).startswith(f"The same: {made['ranking'][0]['name']}")


def test_the_record_to_print_opens_beside_the_chat(page: Page) -> None:
    ask(page, COMPANY)
    menu(page)
    with page.context.expect_page() as opening:
        page.get_by_role("link", name="Decision record, to print").click()
    record = opening.value
    expect(record.locator("h1")).to_be_visible()
    made = kept(page)[0]["recommendation"]
    expect(record.locator("body")).to_contain_text(made["ranking"][0]["name"])
    expect(record.locator("body")).to_contain_text(made["rubric_sha256"])
    record.close()
    expect(answers(page)).to_have_count(1)


def test_the_conversation_is_saved_and_printed(page: Page, tmp_path: Path) -> None:
    ask(page, PROS)
    ask(page, "and the cons?")
    written = download(page, "Conversation, Markdown", tmp_path).read_text()
    saved = json.loads(download(page, "Conversation, JSON", tmp_path).read_text())
    assert [one["answer"] for one in saved["exchanges"]] == kept(page)
    for one in kept(page):
        assert one["question"] in written
        assert all(cited["quote"] in written for cited in one["citations"])
    menu(page)
    # Nothing was decided, so there is no record of it.
    expect(page.get_by_role("link", name="Decision record")).to_have_count(0)
    with page.context.expect_page() as opening:
        page.get_by_role("link", name="Conversation, to print").click()
    printed = opening.value
    expect(printed.locator("body")).to_contain_text("and the cons?")
    expect(printed.locator("body")).to_contain_text(kept(page)[0]["citations"][0]["quote"])
    printed.close()


def test_a_vote_and_its_words_are_stored_with_the_answer(page: Page, real_home: Path) -> None:
    ask(page, PROS)
    ask(page, "and the cons?")
    thumb(page, "Dislike")
    expect(notice(page)).to_have_text("Thank you. Your vote is stored.")
    session = session_of(page)
    (stored,) = votes(real_home, session)
    assert (stored["kind"], stored["comment"], stored["turns"]) == ("down", "", [PROS, "and the cons?"])
    assert stored["answer"] == kept(page)[1]
    words = page.get_by_label("What was right or wrong with it?")
    words.fill("It forgets <b>the costs</b>.")
    page.get_by_role("button", name="Send").click()
    expect(notice(page)).to_have_text("Thank you. Your words are stored.")
    expect(words).to_have_count(0)
    (stored,) = votes(real_home, session)
    assert (stored["kind"], stored["comment"]) == ("down", "It forgets <b>the costs</b>.")
    # It shows how they voted, also when they come back; and they may change their mind.
    page.reload()
    expect(answers(page)).to_have_count(2)
    thumb(page, "Like")
    expect(notice(page)).to_have_text("Thank you. Your vote is stored.")
    assert [one["kind"] for one in votes(real_home, session)] == ["up"]
    thumb(page, "Liked")
    expect(notice(page)).to_have_text("Your vote is taken back.")
    assert votes(real_home, session) == []
    thumb(page, "Dislike")
    expect(notice(page)).to_have_text("Thank you. Your vote is stored.")
    assert [one["kind"] for one in votes(real_home, session)] == ["down"]


def test_a_deleted_conversation_takes_its_votes_along(page: Page, real_home: Path) -> None:
    ask(page, PROS)
    thumb(page, "Like")
    expect(notice(page)).to_contain_text("stored")
    session = session_of(page)
    assert len(votes(real_home, session)) == 1
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete").click()
    expect(notice(page)).to_have_text("The conversation is deleted.")
    assert votes(real_home, session) == []
