"""The library's and the quality's tabs in Chromium: documents added, answered from and removed."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from bot.service.reports import FIGURES_FILE, REPORT_FILE, reports_folder
from bot.service.uploads import safe_name
from ingest.config import Settings
from tests.browser.pages import PHONE_SIZE
from tests.browser.server import serving
from tests.browser.steps import tab

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Dialog, Page, Route

    from tests.browser.pages import Pages

GOUDA = "Gouda ripens for thirty weeks in the cellar of the dairy."
TITLE = "<img src=x onerror='window.harmed=1'> ${1+1} {{value}}"
ASKED = "**/gradio_api/queue/join*"
NAME = "<img src=x onerror=window.harmed=1>.md"
ABOUT = f'---\ntitle: "{TITLE}"\n---\n\n# On cheese\n\n{GOUDA}\n'
# What the page says while files are sent and read.
STEPS = """() => {
  window.steps = [];
  window.watching ??= new MutationObserver(() => {
    const step = document.querySelector('#uploads .sending:not([hidden]) .step');
    if (step && step.textContent && window.steps.at(-1) !== step.textContent) window.steps.push(step.textContent);
  });
  watching.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
}"""
DROPPED = """(files) => {
  const dropped = new DataTransfer();
  for (const [name, text] of files) dropped.items.add(new File([text], name, { type: 'text/markdown' }));
  return dropped;
}"""


@pytest.fixture(scope="module")
def own_home(tmp_path_factory: pytest.TempPathFactory, real_home: Path) -> Path:
    """A home whose library these tests change."""
    home = tmp_path_factory.mktemp("library") / "home"
    shutil.copytree(real_home, home)
    return home


@pytest.fixture(scope="module")
def own_server(own_home: Path, pages: Pages) -> Iterator[str]:
    with serving(own_home) as address:
        yield address
        pages.let_go(address)


@pytest.fixture
def library(pages: Pages, own_server: str) -> Iterator[Page]:
    """The page, opened at the library, which shows all documents and tells of no file."""
    page = pages.at_its_beginning(own_server)
    # Else a test that holds what is asked of the server would hold what opening the tab asks.
    with page.expect_response(ASKED):
        tab(page, "Library")
    back = page.get_by_role("button", name="← All documents")
    if back.is_visible():
        back.click()
    words = page.get_by_label("Filter the documents")
    if words.input_value():
        with page.expect_response(ASKED):
            words.fill("")
    told = page.locator(".outcome [data-dismiss]")
    for _ in range(told.count()):
        told.first.click()
    expect(page.locator('[data-count-of="library"]')).to_have_text(re.compile(r"^\d+ documents$"))
    expect(page.locator("#passages")).to_be_hidden()
    page.evaluate(STEPS)
    yield page
    assert page.evaluate("window.harmed") is None
    pages.check()


def choose(page: Page, *files: tuple[str, str | bytes]) -> None:
    """Chooses files with the keyboard."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files…").press("Enter")
    sent: list[Any] = [
        {"name": name, "mimeType": "", "buffer": text.encode() if isinstance(text, str) else text}
        for name, text in files
    ]
    chooser.value.set_files(sent)


def ask(page: Page, question: str) -> str:
    page.get_by_role("tab", name="Chat").click()
    before = page.locator("#chat .bot").count()
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")
    expect(page.locator("#chat .bot")).to_have_count(before + 1)
    return page.locator("#chat .bot").last.inner_text()


def test_a_document_is_added_answered_from_and_removed(library: Page) -> None:
    choose(library, (NAME, ABOUT), ("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(64)))
    outcome = library.locator(".outcome")
    expect(outcome).to_contain_text("2 files: 1 added, 1 refused.")
    # A refusal is told in full, and stays.
    expect(outcome).to_have_attribute("role", "alert")
    added, refused = outcome.locator("li").all_inner_texts()
    assert added == f"added {NAME}, 1 passage, kept as {safe_name(NAME, b'')}"
    assert refused.startswith("refused picture.png: 'picture.png' is not a kind of file that can be read")
    expect(library.locator("#said[role=status]")).to_have_text("2 files: 1 added, 1 refused.")
    expect(library.locator("#library .documents li").last).to_contain_text(TITLE)
    steps = library.evaluate("window.steps")
    assert steps[0] == "Sending 2 files"
    assert any(re.search(r"Adding “.*”: computing the meaning of passages, \d+ of \d+", one) for one in steps)

    assert "thirty weeks" in ask(library, "How long does Gouda ripen?")
    expect(library.locator(".citations article").first).to_contain_text(TITLE)

    library.get_by_role("tab", name="Library").click()
    # What became of the files is still there.
    expect(outcome).to_be_visible()
    outcome.get_by_role("button", name="Dismiss").press("Enter")
    expect(outcome).to_have_count(0)
    asked: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    library.once("dialog", dismiss)
    library.get_by_role("button", name=f"Remove “{TITLE}”").click()
    assert asked
    assert TITLE in asked[0]
    library.once("dialog", lambda dialog: dialog.accept())
    library.get_by_role("button", name=f"Remove “{TITLE}”").press("Enter")
    expect(library.locator("[data-remove]")).to_have_count(0)
    expect(library.locator("#said[role=status]")).to_have_text(f"“{TITLE}” is removed.")
    expect(library.locator("#documents-title")).to_be_focused()
    assert "thirty weeks" not in ask(library, "How long does Gouda ripen?")


def test_files_are_dropped_and_each_is_reported(library: Page) -> None:
    def drop(*files: tuple[str, str]) -> None:
        library.dispatch_event("#library h2", "drop", {"dataTransfer": library.evaluate_handle(DROPPED, files)})

    drop(("edam.md", "# Edam\n\nEdam is round and red outside.\n"), ("edam.md", "twice"))
    outcomes = library.locator(".outcome")
    expect(outcomes.first).to_contain_text("1 refused, 1 added")
    expect(outcomes.first).to_contain_text("another file of this name was chosen with it")
    drop(("edam.md", "# Edam\n\nEdam is round and red outside.\n"), ("brie.md", "# Brie\n\nBrie is white.\n"))
    expect(outcomes.first).to_contain_text("2 files: 1 added, 1 unchanged.")
    drop(("edam.md", "# Edam\n\nEdam is round and yellow outside.\n"))
    expect(outcomes.first).to_contain_text("1 file: 1 replaced.")
    expect(outcomes).to_have_count(3)


def test_the_connection_is_lost_while_files_are_sent(library: Page) -> None:
    library.route("**/api/documents", lambda route: route.abort())
    choose(library, ("edam.md", "# Edam\n"))
    expect(library.locator(".outcome.problem")).to_contain_text("the connection to the server was lost")
    expect(library.locator("#uploads .sending")).to_be_hidden()


def test_passages_are_found_and_open_in_their_document(library: Page) -> None:
    opener = library.locator('#library [data-event="browse"]').nth(1)
    title = opener.inner_text()
    opener.press("Enter")
    expect(library.locator("#document-title")).to_be_focused()
    expect(library.locator("#document-title")).to_contain_text(title)
    expect(library.locator("#passages .claims li")).to_have_count(50)
    library.get_by_role("button", name="Next").press("Enter")
    expect(library.locator("#passages .pager")).to_contain_text("Page 2 of 3")
    expect(library.locator("#passages-title")).to_be_focused()
    library.get_by_label("Filter its passages").fill("platform")
    expect(library.locator('[data-count-of="passages"]')).to_have_text(re.compile(r"^\d+ of 1\d\d passages$"))
    expect(library.get_by_label("Filter its passages")).to_be_focused()
    claim = library.locator("#passages .claim").first
    words = claim.locator(".words").inner_text()
    claim.press("Enter")
    expect(library.locator("dialog[open] mark")).to_have_text(words)
    library.keyboard.press("Escape")
    expect(claim).to_be_focused()
    library.get_by_role("button", name="← All documents").press("Enter")
    expect(opener).to_be_focused()


def test_the_newest_words_are_listed_however_slow_the_server_is(library: Page) -> None:
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        held.append(route)
        if len(held) > 1:
            route.continue_()

    library.route(ASKED, hold_the_first)
    words, count = library.get_by_label("Filter the documents"), library.locator('[data-count-of="library"]')
    words.fill("p")
    library.wait_for_timeout(400)
    words.fill("no document has this")
    library.wait_for_timeout(400)
    assert len(held) == 1
    held[0].continue_()
    expect(count).to_have_text(re.compile(r"^0 of \d+ documents$"))
    # Opened again, the tab shows what its filter says.
    library.get_by_role("tab", name="Chat").click()
    with library.expect_response(ASKED):
        library.get_by_role("tab", name="Library").click()
    library.wait_for_timeout(400)
    assert words.input_value() == "no document has this"
    expect(count).to_have_text(re.compile(r"^0 of "))


def test_who_goes_back_while_typing_sees_the_documents(library: Page) -> None:
    opener = library.locator('#library [data-event="browse"]').first
    opener.click()
    library.get_by_label("Filter its passages").fill("platform")
    library.get_by_role("button", name="← All documents").click()
    expect(opener).to_be_focused()
    library.wait_for_timeout(600)
    expect(library.locator("#passages")).to_be_hidden()
    expect(library.locator("#passages")).to_have_text("")
    opener.click()
    expect(library.get_by_label("Filter its passages")).to_have_value("")
    expect(library.locator('[data-count-of="passages"]')).to_have_text(re.compile(r"^\d+ passages$"))


def test_a_removal_that_fails_can_be_tried_again(library: Page) -> None:
    choose(library, ("fails.md", "# Fails\n\nThis one stays for a while.\n"))
    button = library.get_by_role("button", name="Remove “Fails”")
    expect(button).to_be_visible(timeout=60_000)
    library.route("**/api/documents/*", lambda route: route.abort())
    library.once("dialog", lambda dialog: dialog.accept())
    button.press("Enter")
    expect(library.locator(".outcome.problem")).to_contain_text("“Fails” is not removed: the connection")
    expect(button).to_be_enabled()
    expect(button).to_be_focused()
    # The list that comes next takes nobody away from what they are at.
    words = library.get_by_label("Filter the documents")
    words.press_sequentially("fails")
    expect(library.locator('[data-count-of="library"]')).to_have_text(re.compile(r"^1 of "))
    expect(words).to_be_focused()
    library.unroute("**/api/documents/*")
    library.once("dialog", lambda dialog: dialog.accept())
    button.press("Enter")
    expect(button).to_have_count(0)
    expect(library.locator("#documents-title")).to_be_focused()


def test_both_tabs_fit_a_phone(library: Page) -> None:
    library.set_viewport_size(PHONE_SIZE)
    fits = "document.documentElement.scrollWidth <= window.innerWidth"
    assert library.evaluate(fits)
    library.locator('#library [data-event="browse"]').first.click()
    library.wait_for_selector("#passages .claims li")
    assert library.evaluate(fits)
    library.evaluate("groundrule.openTab('quality')")
    library.wait_for_selector("#quality h2")
    assert library.evaluate(fits)


def test_the_latest_evaluation_is_shown_with_its_report(library: Page, own_home: Path) -> None:
    library.get_by_role("tab", name="Quality").click()
    expect(library.locator("#quality")).to_contain_text("Nothing was measured here yet.")
    figure = {"title": TITLE, "meaning": "x", "value": 0.5, "low": 0.4, "high": 0.6, "n": 3}
    verdicts = {"right": 2, "missing": 1, "wrong": 0}
    figures = {"schema": 1, "about": {}, "cases": 3, "failures": 0, "verdicts": verdicts, "figures": [figure]}
    folder = reports_folder(Settings(home=own_home))
    folder.mkdir()
    (folder / REPORT_FILE).write_text("<title>Report</title><script>window.harmed = 1</script><h1>Figures</h1>")
    (folder / FIGURES_FILE).write_text(json.dumps(figures))
    library.get_by_role("tab", name="Library").click()
    library.get_by_role("tab", name="Quality").click()
    expect(library.get_by_role("row", name=TITLE)).to_contain_text("50.0 % (40.0 to 60.0)")
    expect(library.locator("#quality")).to_contain_text("Changed since: the rubric, the documents, the release.")
    with library.context.expect_page() as opened:
        library.get_by_role("link", name="The whole report").click()
    expect(opened.value.locator("h1")).to_have_text("Figures")
    assert opened.value.evaluate("window.harmed") is None
    opened.value.close()
