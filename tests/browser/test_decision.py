"""The decision beside the chat: what was understood is corrected, and what each score rests on is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.steps import (
    COMPANY,
    answer_of,
    answers,
    ask,
    correct,
    fact,
    got,
    kept,
    notice,
    questions,
    ranking,
    side,
    tab,
    tell_more,
)

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

RESTING = "Point at a score"


def squares(page: Page) -> Locator:
    return page.locator("#decision .heat[data-grid]").first.locator("button.square")


def evidence(page: Page) -> Locator:
    return page.locator("#decision .evidence").first


def lists(facts: Locator) -> dict[str, str]:
    """What the lists of facts say, by criterion."""
    read = "all => all.map(one => [one.dataset.criterion, one.value])"
    return dict(facts.locator("select").evaluate_all(read))


def heat_rows(page: Page) -> list[str]:
    """The criteria of the heat map, each with how it stands."""
    return page.locator("#decision .heat[data-grid]").first.locator("tbody th").all_inner_texts()


def test_the_panel_shows_what_the_answer_holds(page: Page) -> None:
    ask(page, COMPANY)
    made = kept(page)[0]["recommendation"]
    assert ranking(page) == [(one["name"], f"{one['score']:.0f}") for one in made["ranking"]]
    bars = page.locator("#decision .ranking").first.locator("rect.score")
    assert [float(width) for width in bars.evaluate_all("r => r.map(one => one.getAttribute('width'))")] == [
        one["score"] for one in made["ranking"]
    ]
    for one in made["facts"]:
        expect(fact(page, one["criterion"])).to_have_value(one["level"])
        described = fact(page, one["criterion"]).get_attribute("aria-describedby")
        expect(page.locator(f"#{described}")).to_contain_text(one["said"])
    expect(page.locator("#decision .tips li").first).to_contain_text("would come first")
    expect(page.locator("#decision .stamp").first).to_contain_text(made["rubric_sha256"][:12])


def test_a_corrected_fact_changes_ranking_chat_and_heat_map(page: Page) -> None:
    ask(page, COMPANY)
    before, rows = ranking(page), heat_rows(page)
    correct(page, "use-cases", "many")
    expect(questions(page).last).to_contain_text("fifty and more")
    expect(answer_of(page)).to_contain_text("Federated")
    expect(fact(page, "use-cases")).to_have_value("many")
    now = kept(page)[1]["recommendation"]
    assert ranking(page) == [(one["name"], f"{one['score']:.0f}") for one in now["ranking"]]
    assert ranking(page)[0] != before[0]
    assert [row for row in heat_rows(page) if row not in rows] == [
        row for row in heat_rows(page) if "fifty and more" in row
    ]
    assert ("use-cases", "many") in {(one["criterion"], one["level"]) for one in now["facts"]}
    # It is told in the conversation, so it can be corrected again, and reloading shows the same.
    correct(page, "use-cases", "few")
    assert ranking(page) == before
    page.reload()
    expect(answers(page)).to_have_count(3)
    assert ranking(page) == before


def test_a_fact_is_made_unknown_and_another_told(page: Page) -> None:
    ask(page, COMPANY)
    correct(page, "governance", "")
    expect(page.locator("#decision .facts").first.locator(".fact")).to_have_count(2)
    assert "governance" not in {one["criterion"] for one in kept(page)[1]["recommendation"]["facts"]}
    tell_more(page)
    expect(fact(page, "governance")).to_have_value("")
    correct(page, "platform", "none")
    assert ("platform", "none") in {
        (one["criterion"], one["level"]) for one in kept(page)[2]["recommendation"]["facts"]
    }
    expect(page.locator("#decision .facts").first.locator(".fact")).to_have_count(3)


def test_a_choice_of_facts_is_changed_beside_the_chat_not_edited(page: Page) -> None:
    ask(page, COMPANY)
    correct(page, "use-cases", "many")
    page.get_by_role("button", name="Retry").click()
    expect(notice(page)).to_contain_text("choice of facts")
    assert len(kept(page)) == 2


def test_the_lists_say_what_the_server_knows_after_each_correction(page: Page) -> None:
    ask(page, COMPANY)
    for number, (criterion, level) in enumerate([("governance", ""), ("use-cases", "many"), ("platform", "none")], 1):
        correct(page, criterion, level)
        made = kept(page)[number]["recommendation"]
        expect(page.locator("#decision .facts").first.locator(".fact")).to_have_count(len(made["facts"]))
        known = {one["criterion"]: one["level"] for one in made["facts"]}
        assert lists(page.locator("#decision .facts").first) == known
        assert set(lists(page.locator("#decision .more .facts").first).values()) == {""}


def test_two_facts_changed_quickly_by_keyboard_both_count(page: Page) -> None:
    ask(page, COMPANY)
    before = lists(page.locator("#decision .facts").first)
    fact(page, "use-cases").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    fact(page, "stage").focus()
    page.keyboard.press("ArrowDown")
    expect(answers(page)).to_have_count(3)
    now = lists(page.locator("#decision .facts").first)
    assert {name for name in now if now[name] != before[name]} == {"use-cases", "stage"}
    expect(questions(page)).to_have_count(3)
    levels = list(got(page, "rubric")["criteria"]["use-cases"]["levels"])
    assert levels.index(now["use-cases"]) == levels.index(before["use-cases"]) + 2


def test_a_correction_by_keyboard_keeps_the_place(page: Page) -> None:
    ask(page, COMPANY)
    fact(page, "stage").focus()
    page.keyboard.press("ArrowDown")
    expect(answers(page)).to_have_count(2)
    expect(fact(page, "stage")).to_have_value("large-startup")
    expect(fact(page, "stage")).to_be_focused()


def test_arrow_keys_move_in_the_heat_map_and_show_the_evidence(page: Page) -> None:
    ask(page, COMPANY)
    expect(evidence(page)).to_contain_text(RESTING)
    options = len(ranking(page))
    squares(page).first.focus()
    expect(evidence(page)).not_to_contain_text(RESTING)
    first = evidence(page).inner_text()
    page.keyboard.press("ArrowRight")
    expect(squares(page).nth(1)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(squares(page).nth(options + 1)).to_be_focused()
    expect(evidence(page)).to_contain_text(ranking(page)[1][0])
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(squares(page).first).to_be_focused()
    assert evidence(page).inner_text() == first
    # The table is one stop for the Tab key.
    assert squares(page).evaluate_all("all => all.filter(one => one.tabIndex === 0).length") == 1
    assert page.locator("#decision details[open]").count() == 0


def test_the_evidence_of_a_score_opens_its_passage(page: Page) -> None:
    ask(page, COMPANY)
    for place in range(squares(page).count()):
        squares(page).nth(place).hover()
        source = evidence(page).get_by_role("button").first
        if source.count():
            break
    words = evidence(page).locator("p").nth(1).inner_text()
    source.click()
    mark = page.locator("#sources mark")
    expect(mark).to_be_visible()
    assert words.startswith(mark.inner_text()) or words.split(" our notes")[0].strip("“” ") in mark.inner_text()


def test_the_second_decision_shows_its_own(page: Page) -> None:
    ask(page, "We're a 12-person start-up with two models live and one data scientist. How should we organise?")
    others = kept(page)[0]["other_decisions"]
    shown = page.locator("#decision details.other")
    assert others
    expect(shown).to_have_count(len(others))
    for place, other in enumerate(others):
        panel = shown.nth(place)
        panel.locator("> summary").click()
        expect(panel.locator(".ranking tbody th")).to_have_text([one["name"] for one in other["ranking"]])
        expect(panel.locator(".points")).to_have_text([f"{one['score']:.0f}" for one in other["ranking"]])
        assert lists(panel.locator("> .facts")) == {one["criterion"]: one["level"] for one in other["facts"]}
        expect(panel.locator(".heat[data-grid] thead th")).to_have_text([one["name"] for one in other["ranking"]])


def test_a_question_about_something_else_leaves_the_decision(page: Page) -> None:
    ask(page, COMPANY)
    before = ranking(page)
    ask(page, "What are the pros of the factory model?")
    side(page, "Decision")
    assert ranking(page) == before
    page.get_by_role("button", name="New chat").click()
    expect(page.locator("#decision .hint").first).to_contain_text("Tell about your organisation")


def test_the_rubric_is_shown_whole_with_its_version_and_hash(page: Page) -> None:
    tab(page, "Rubric")
    rubric = got(page, "rubric")
    shown = page.locator("#rubric")
    expect(shown).to_contain_text(f"Version {rubric['version']}, SHA-256 {rubric['sha256']}")
    cards = sum(len(decision["criteria"]) for decision in rubric["decisions"].values())
    expect(shown.locator("details.card")).to_have_count(cards)
    shown.locator("summary").first.click()
    first = shown.locator("details.card").first
    expect(first.locator(".heat")).to_be_visible()
    proof = first.locator(".proofs button").first
    proof.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(dialog.locator("mark")).not_to_be_empty()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(proof).to_be_focused()


def test_the_stamp_of_a_decision_leads_to_the_rubric(page: Page) -> None:
    ask(page, COMPANY)
    page.get_by_role("button", name="the whole rubric").first.click()
    expect(page.locator("#rubric h2")).to_be_visible()
