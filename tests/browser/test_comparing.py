"""Options side by side, each line with its passages."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from playwright.sync_api import expect

from tests.browser.steps import COMPANY, ask, got, kept, tab

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


def choose(page: Page, *names: str) -> Locator:
    """Opens the tab, ticks options and waits for their table."""
    tab(page, "Compare")
    for name in names:
        page.get_by_role("checkbox", name=name, exact=True).check()
    table = page.locator("#compare-table table")
    expect(table.locator("thead th")).to_have_count(len(names))
    return table


def test_two_options_stand_side_by_side_and_every_line_is_cited(page: Page) -> None:
    tab(page, "Compare")
    expect(page.locator("#compare-table")).to_contain_text("Choose two or three")
    page.get_by_role("checkbox", name="Factory", exact=True).check()
    expect(page.locator("#compare-table")).to_contain_text("Choose one more.")
    page.get_by_role("checkbox", name="Centralised", exact=True).check()
    table = page.locator("#compare-table table")
    expect(table).to_be_visible()
    assert sorted(table.locator("thead th").all_inner_texts()) == ["Centralised", "Factory"]
    expect(table.locator("tbody th")).to_have_text(["What it is", "Pros", "Cons", "When it suits"])
    lines = table.locator("tbody li")
    assert lines.count() > 10
    for line in lines.all():
        assert line.locator("button.cite").count() >= 1


def test_a_citation_opens_its_passage_in_a_dialog_and_escape_gives_the_focus_back(page: Page) -> None:
    table = choose(page, "Factory", "Centralised")
    number = table.locator("button.cite").nth(3)
    wanted = number.get_attribute("data-passage")
    assert wanted is not None
    number.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert (
        dialog.locator("mark").evaluate("m => m.textContent") == got(page, f"passages/{quote(wanted, safe='')}")["text"]
    )
    expect(dialog.locator("mark")).to_be_in_viewport()
    page.keyboard.press("Tab")
    # The focus stays in the dialog.
    assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(number).to_be_focused()
    # The same again, and by its button.
    number.click()
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)


def test_three_options_with_the_fit_of_the_conversation(page: Page) -> None:
    ask(page, COMPANY)
    standing = {one["name"]: one["score"] for one in kept(page)[0]["recommendation"]["ranking"]}
    table = choose(page, "Factory", "Centralised", "Decentralised")
    row = table.locator("tbody tr").first
    expect(row.locator("th")).to_have_text("Fit for you")
    names = table.locator("thead th").all_inner_texts()
    for name, cell in zip(names, row.locator("td").all_inner_texts(), strict=True):
        assert cell.startswith(f"{standing[name]:.0f} of 100")


def test_a_fourth_option_is_too_many_and_says_so(page: Page) -> None:
    choose(page, "Factory", "Centralised", "Decentralised")
    page.get_by_role("checkbox", name="Functional", exact=True).check()
    expect(page.locator("#compare-table").get_by_role("alert")).to_be_visible()
    page.get_by_role("checkbox", name="Factory", exact=True).uncheck()
    expect(page.locator("#compare-table table thead th")).to_have_count(3)


def test_another_decision_has_its_own_options(page: Page) -> None:
    choose(page, "Factory", "Centralised")
    decisions = got(page, "options")["decisions"]
    page.get_by_role("radio", name=decisions[1]["name"]).check()
    expect(page.locator("#compare-table table")).to_have_count(0)
    names = [one["name"] for one in decisions[1]["options"]]
    expect(page.get_by_role("checkbox")).to_have_count(len(names))
    table = choose(page, *names[:2])
    assert table.locator("thead th").all_inner_texts() == names[:2]
