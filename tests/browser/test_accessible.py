"""axe-core on every tab and in every state, light and dark; a phone; and people who want no motion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.pages import DESKTOP, PHONE_SIZE, Pages, begin_anew
from tests.browser.steps import (
    BOX,
    COMPANY,
    answers,
    ask,
    citation,
    fact,
    questions,
    send,
    side,
    tab,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

PHONE = {"viewport": PHONE_SIZE, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}
# What reaches sideways beyond the screen, or beyond what cuts it off, and is not within something that is to be scrolled.
OVERFLOW = """() => {
  const cut = (one) => {
    const box = one.getBoundingClientRect();
    if (box.width < 2 || box.height < 2 || !one.checkVisibility({ visibilityProperty: true })) return false;
    for (let at = one; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.position === 'fixed' || style.clipPath !== 'none') return false;
      if (at === one) continue;
      if (['auto', 'scroll'].includes(style.overflowX)) return false;
      if (style.overflowX !== 'visible' && box.right > at.getBoundingClientRect().right + 1) return true;
    }
    return box.right > innerWidth + 1;
  };
  const wide = [...document.querySelectorAll('body *')].filter((one) => !one.closest('svg') && cut(one));
  return [document.documentElement.scrollWidth - innerWidth, wide.slice(0, 5).map((one) => one.outerHTML.slice(0, 120))];
}"""
# WCAG 2.2, 2.5.8: 24 by 24 pixels, or a circle of that width around it that meets no other target; links in running
# text and the browser's own controls are excepted.
SMALL_TARGETS = """() => {
  const seen = (one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const boxed = (one) => {
    const r = one.getBoundingClientRect();
    return { one, r, x: r.x + r.width / 2, y: r.y + r.height / 2 };
  };
  const all = [...document.querySelectorAll('button, a[href], summary, select, textarea, input, [role=tab]')]
    .filter((one) => seen(one) && one.getBoundingClientRect().width > 1).map(boxed);
  const apart = (a, b) => Math.hypot(
    Math.max(b.r.left - a.x, 0, a.x - b.r.right), Math.max(b.r.top - a.y, 0, a.y - b.r.bottom));
  return all.filter((a) => (a.r.width < 24 || a.r.height < 24)
    && !a.one.closest('p, td, li:not(.fact), .visually-hidden, label')
    && all.some((b) => b !== a && !a.one.contains(b.one) && !b.one.contains(a.one) && apart(a, b) < 12))
    .map((a) => a.one.outerHTML.slice(0, 120));
}"""

# Notes how everything is scrolled into sight from now on.
MOVED = """() => {
  window.moved = [];
  window.into ??= Element.prototype.scrollIntoView;
  Element.prototype.scrollIntoView = function (how) { moved.push(how && how.behavior); return into.call(this, how); };
}"""


def beginning(_page: Page) -> None:
    """Nothing has been asked."""


def unfold(page: Page) -> None:
    """Opens all that is folded in the decision."""
    for summary in page.locator("#decision summary").all():
        summary.click()


def decided(page: Page) -> None:
    ask(page, COMPANY)
    expect(page.locator("#decision .ranking").first).to_be_visible()
    unfold(page)
    page.locator("#decision button.square").first.focus()


def reading(page: Page) -> None:
    ask(page, "What are the pros of the factory model?")
    citation(page, 1).click()
    expect(page.locator("#sources mark")).to_be_visible()


def listed(page: Page) -> None:
    side(page, "Sources")
    expect(page.locator("#citation-1")).to_be_visible()


def table(page: Page) -> None:
    ask(page, "Compare centralised and decentralised")


def refused(page: Page) -> None:
    ask(page, "Who won the 2018 World Cup?")


def told(page: Page) -> None:
    send(page, "???")
    expect(page.locator("#said")).not_to_be_empty()


def editing(page: Page) -> None:
    page.get_by_role("button", name="Edit last question").click()
    expect(page.locator(BOX)).not_to_have_value("")
    page.locator(".menu summary").click()


def judging(page: Page) -> None:
    page.get_by_role("button", name="Dislike").click()
    expect(page.get_by_label("What was right or wrong with it?")).to_be_visible()


def compared(page: Page) -> None:
    tab(page, "Compare")
    for name in ("Factory", "Centralised", "Functional"):
        page.get_by_role("checkbox", name=name, exact=True).check()
    expect(page.locator("#compare-table thead th")).to_have_count(3)


def dialog(page: Page) -> None:
    page.locator("#compare-table .cite").first.click()
    expect(page.get_by_role("dialog").locator("mark")).to_be_visible()


def rubric(page: Page) -> None:
    tab(page, "Rubric")
    page.locator("#rubric .card summary").first.click()
    expect(page.locator("#rubric .card .heat").first).to_be_visible()


# Each row begins anew; what follows in it goes on from there.
STATES = [
    (beginning, told),
    (decided, listed),
    (reading, judging, editing),
    (table, refused),
    (compared, dialog),
    (rubric,),
]


@pytest.fixture(scope="module")
def phone(browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Gives the page at its beginning on a telephone."""
    context = browser.new_context(**PHONE)  # type: ignore[arg-type]
    yield Pages(context).at_its_beginning
    context.close()


def violations(page: Page, *rules: str) -> list[str]:
    """What axe-core has against a page that is serious or critical, by all its rules or by these."""
    # What fades in would be measured half faded.
    page.wait_for_function("() => document.getAnimations().every((one) => one.playState !== 'running')")
    # Style sheets would be fetched again for one rule alone, which is an experiment and switched off.
    options = {"resultTypes": ["violations"], "preload": {"assets": ["media"]}} | (
        {"runOnly": list(rules)} if rules else {}
    )
    # Once a page: it is half a megabyte, and runs in half the time when it is not new.
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found: list[dict[str, Any]] = page.evaluate(
        "(options) => axe.run(document, options).then((found) => found.violations)", options
    )
    return [
        f"{one['id']} ({one['impact']}): {node['target']} {node['html'][:160]} {node['failureSummary'][:200]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def tabs(page: Page) -> list[str]:
    """The names of all tabs of the page, those in the menu of a narrow screen too."""
    menu = page.get_by_role("button", name="More tabs")
    if menu.count():
        menu.click()
    shown = page.locator("#tabs > .tab-wrapper").locator("[role=tab]:visible, .overflow-dropdown button:visible")
    names = [name.strip() for name in shown.all_inner_texts()]
    if menu.count():
        menu.click()
    return names


def in_light_and_dark(page: Page) -> list[str]:
    """What axe-core has against a page in one colour scheme or the other; of all that it looks for, only the contrast
    depends on the colours. The page is left in those that it did not have: to change them draws everything anew."""
    found = violations(page)
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    page.emulate_media(color_scheme="light" if dark else "dark")
    page.wait_for_selector("body:not(.dark)" if dark else "body.dark")
    return found + violations(page, "color-contrast")


def test_axe_finds_what_is_wrong(page: Page) -> None:
    page.evaluate("""() => {
      const pale = Object.assign(document.createElement('p'), { textContent: 'pale', style: 'color: #777; background: #888' });
      window.planted = [new Image(), document.createElement('button'), pale];
      document.querySelector('main').append(...planted);
    }""")
    found = in_light_and_dark(page)
    page.evaluate("planted.forEach((one) => one.remove())")
    planted = ["button-name", "color-contrast", "color-contrast", "image-alt"]
    assert sorted(one.partition(" ")[0] for one in found) == planted


def test_axe_finds_nothing_serious_and_nothing_is_scrolled_sideways_in_any_state(page: Page) -> None:
    # One page for all: to load it takes as long as to look at it.
    for states in STATES:
        begin_anew(page, DESKTOP)
        for state in states:
            page.set_viewport_size(DESKTOP)
            state(page)
            assert in_light_and_dark(page) == [], state.__name__
            page.set_viewport_size(PHONE_SIZE)
            check_fits(page, state.__name__)
            assert page.evaluate(SMALL_TARGETS) == [], state.__name__


def test_axe_finds_nothing_serious_on_any_tab(page: Page) -> None:
    names = tabs(page)
    assert {"Chat", "Compare", "Rubric"} <= set(names)
    # The chat at its beginning is one of the states above. The other tabs show here what they show at first.
    for name in names:
        if name == "Chat":
            continue
        tab(page, name)
        expect(page.locator(".loading:visible")).to_have_count(0)
        assert in_light_and_dark(page) == [], name


def check_fits(page: Page, shown: str) -> None:
    beyond, wide = page.evaluate(OVERFLOW)
    assert (beyond, wide) == (0, []), shown


def check_phone(page: Page, shown: str) -> None:
    """What a finger needs; that it is a finger changes the page's style, so it is looked at on a phone, too."""
    check_fits(page, shown)
    assert page.evaluate(SMALL_TARGETS) == [], shown


def test_no_tab_is_scrolled_sideways_on_a_phone(phone: Callable[[str], Page], server: str) -> None:
    page = phone(server)
    for name in tabs(page):
        tab(page, name)
        expect(page.locator(".loading:visible")).to_have_count(0)
        check_fits(page, name)
    compared(page)
    dialog(page)
    check_phone(page, "dialog")


def test_the_answer_comes_into_sight_and_the_box_is_small_again(phone: Callable[[str], Page], server: str) -> None:
    page = phone(server)
    small = page.locator(BOX).bounding_box()
    ask(page, COMPANY)
    expect(questions(page).last).to_be_in_viewport()
    now = page.locator(BOX).bounding_box()
    assert small is not None
    assert now is not None
    assert now["height"] == small["height"]
    # Who corrects a fact stays where the facts are.
    fact(page, "stage").focus()
    fact(page, "stage").select_option("enterprise")
    expect(answers(page)).to_have_count(2)
    expect(fact(page, "stage")).to_be_in_viewport()
    unfold(page)
    check_phone(page, "decided")


@pytest.mark.parametrize(("motion", "behaviour"), [("reduce", "auto"), ("no-preference", "smooth")])
def test_a_tap_on_a_number_brings_the_marked_passage_into_sight_moving_only_for_who_wants_it(
    phone: Callable[[str], Page], server: str, motion: Any, behaviour: str
) -> None:
    page = phone(server)
    page.emulate_media(reduced_motion=motion)
    page.evaluate(MOVED)
    ask(page, "What are the pros of the factory model?")
    citation(page, 2).tap()
    expect(page.locator("#sources mark")).to_be_in_viewport()
    assert set(page.evaluate("moved")) == {behaviour}
    check_phone(page, "reading")
    longest = "Math.max(...document.getAnimations().map((one) => one.effect.getTiming().duration), 0)"
    if motion == "reduce":
        assert page.evaluate(longest) < 1
        assert page.evaluate("getComputedStyle(document.querySelector('#send')).transitionDuration") == "1e-05s"
