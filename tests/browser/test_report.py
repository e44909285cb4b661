"""The evaluation's report in Chromium, opened as a file by somebody who is offline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from evals.gate import Gate, pass_gates
from evals.report.page import Extras, page
from evals.results import Change
from tests.browser.pages import DESKTOP
from tests.evals.made import cited, evaluation, marked, recommendation, reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

LONG = "Long" * 60
EVIL = "<script>window.harmed = true</script><img src=x onerror='window.harmed = true'>"
PHONE = {"width": 390, "height": 800}

# The colour behind an element is that of the nearest one around it that has any, or the page's own.
CONTRASTS = """() => {
  const probe = document.createElement('i'); probe.style.backgroundColor = 'Canvas'; document.body.append(probe);
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const canvas = channels(getComputedStyle(probe).backgroundColor); probe.remove();
  const over = (top, below) => top.slice(0, 3).map((c, i) => c * (top[3] ?? 1) + below[i] * (1 - (top[3] ?? 1)));
  const behind = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) layers.push(channels(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), canvas);
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((c) => c / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const own = (node) => [...node.childNodes].some((one) => one.nodeType === 3 && one.textContent.trim());
  return [...document.querySelectorAll('body *')].filter((node) => !node.closest('svg') && own(node)).map((node) => {
    const below = behind(node), [a, b] = [light(over(channels(getComputedStyle(node).color), below)), light(below)];
    return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), node.tagName, node.textContent.trim().slice(0, 40)];
  });
}"""
PLOTS = """() => [...document.querySelectorAll('figure svg')].map((svg) => {
  const box = svg.getBoundingClientRect();
  const sizes = [...svg.querySelectorAll('text')].map((text) => {
    const turned = text.getScreenCTM();
    return parseFloat(getComputedStyle(text).fontSize) * Math.hypot(turned.a, turned.b);
  });
  return { width: box.width, height: box.height, texts: sizes.length, smallest: Math.min(...sizes) };
})"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with every section, and with words that no line holds."""
    gas = reply("Gas.", kind="recommendation", recommendation=recommendation("gas", "wood", share=0.9))
    ones = [
        marked("fine", "right", reply(confidence=0.9), milliseconds=(10.0, 30.0)),
        marked("cold", "wrong", reply(f"Cold {EVIL} {LONG} [1].", cited(1, LONG)), turns=["x", LONG], why=LONG,
               milliseconds=(5.0, 80.0), kind="pros_cons", missed=(EVIL,), earlier=("earlier",)),
        marked("none", "missing", reply("Nothing.", kind="refusal", confidence=0.1), expect="refuse", kind="unanswerable"),
        marked("gas", "right", gas, kind="recommend", expect="recommend", best_models=["gas"], marks={"top_one": 1.0}),
        marked("wood", "wrong", gas, kind="recommend", expect="recommend", best_models=["a-very-long-option-name"],
               marks={"top_one": 0.0}),
        marked("burnt", "missing", failure=f"ValueError: {LONG}"),
    ]  # fmt: skip
    made = evaluation(*ones, about={"code_sha256": "f" * 64, "encoder": LONG})
    change = Change("20260101T000000-abc", 2, ("cold",), ("gas",), {"right": (0.25, 0.5)})
    row = {"ours": 0.5, "theirs": 0.25, "value": 0.25, "low": 0.1, "high": 0.4, "n": 9}
    area = {"value": 0.8, "low": 0.7, "high": 0.9}
    judged = {"mean": 0.5, "spread": 0.1, "low": 0.4, "high": 0.6, "changed": 1, "failed": 2, "calls": 9}
    gates = [Gate(metric="right", at_least=0.1, why="fine"), Gate(metric="right", at_least=0.99, why="too much")]
    extras = Extras(
        change=change,
        outcomes=pass_gates(gates, made.result, change),
        rival={
            "name": "Them",
            "about": "How they are asked.",
            "figures": [{"title": "Right", **row, "better": "Groundrule"}, {"title": "Facts", **row, "better": "Them"}],
            "only_theirs": ["cold"],
        },
        agreement=[{"set": "essays/test.jsonl", "n": 4, "auroc": area, "spearman": 0.5, "others": []}],
        judge={"model": "small", "runs": 3, "evaluators": {"faithfulness": judged}},
    )
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(page(made, extras), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def offline(browser: Browser) -> Iterator[Page]:
    """A page of a browser that reaches nobody. To begin one takes longer than to open the report in it again."""
    context = browser.new_context(offline=True)
    yield context.new_page()
    context.close()


@pytest.fixture
def opened(offline: Page, report: Path) -> Iterator[Callable[..., Page]]:
    """Opens the report offline; whatever it asks for beside itself, or complains of, fails the test."""
    asked: list[str] = []
    complaints: list[str] = []
    heard: dict[Any, Callable[[Any], None]] = {
        "request": lambda request: asked.append(request.url),
        "console": lambda message: complaints.append(message.text),
        "pageerror": lambda error: complaints.append(str(error)),
    }

    def open_it(size: Any = DESKTOP, scheme: Any = "light") -> Page:
        offline.set_viewport_size(size)
        offline.emulate_media(color_scheme=scheme)
        offline.goto(report.as_uri())
        return offline

    for event, hear in heard.items():
        offline.on(event, hear)
    yield open_it
    for event, hear in heard.items():
        offline.remove_listener(event, hear)
    assert {url for url in asked if not url.startswith("data:image/png;base64,")} == {report.as_uri()}
    assert complaints == []


def test_the_report_opens_offline_with_all_its_parts(opened: Callable[..., Page]) -> None:
    page = opened()
    expect(page).to_have_title("Groundrule: answer quality")
    expect(page.locator("h2")).to_have_count(11)
    expect(page.get_by_text("6 cases: 2 right, 2 missing, 2 wrong")).to_be_visible()
    assert page.locator("h2").evaluate_all("all => all.every((one) => one.getBoundingClientRect().height > 10)")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_plot_can_be_read(opened: Callable[..., Page], size: dict[str, int]) -> None:
    plots = opened(size).evaluate(PLOTS)
    assert len(plots) == 6
    for plot in plots:
        assert plot["width"] > 100
        assert plot["height"] > 100
        assert plot["texts"] > 5
        # Rounding in the browser's matrices leaves a 9 a hair below itself.
        assert plot["smallest"] > 8.99, plots


def test_every_plot_is_drawn(opened: Callable[..., Page]) -> None:
    """Of each plot some part is neither white nor the colour of its words: its dots, bars, steps and cells."""
    page = opened()
    for n in range(6):
        plot = page.locator("figure svg").nth(n)
        drawn = plot.evaluate(
            "svg => [...svg.querySelectorAll('path, use, image')].map((one) => one.getBoundingClientRect())"
            ".filter((box) => box.width + box.height > 3).length"
        )
        assert drawn > 5
        expect(plot).to_have_attribute("role", "img")


def test_cases_open_and_what_they_hold_is_text(opened: Callable[..., Page]) -> None:
    page = opened()
    cases = page.locator("details")
    expect(cases).to_have_count(4)
    for n in range(4):
        case = cases.nth(n)
        inside = case.locator("p").first
        expect(inside).to_be_hidden()
        case.locator("summary").click()
        expect(inside).to_be_visible()
    worst = cases.first
    expect(worst.locator("summary")).to_contain_text("cold wrong broken")
    expect(worst.locator("pre").last).to_contain_text(EVIL)
    assert page.evaluate("window.harmed") is None
    assert page.locator("img, main script, details script").count() == 0
    # With the keyboard, too.
    worst.locator("summary").press("Enter")
    expect(worst.locator("p").first).to_be_hidden()


@pytest.mark.parametrize("width", [390, 320])
def test_a_phone_shows_it_without_pushing_the_page_sideways(opened: Callable[..., Page], width: int) -> None:
    page = opened({"width": width, "height": 800})
    page.locator("details").evaluate_all("all => all.forEach((one) => { one.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.evaluate("window.scrollTo(200, 0)")
    assert page.evaluate("window.scrollX") == 0
    # What is wider, a plot or a table, is pushed by itself.
    assert page.locator("figure.wide").first.evaluate("one => one.scrollWidth > one.clientWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_words_stand_out_from_what_is_behind_them(opened: Callable[..., Page], scheme: str) -> None:
    page = opened(DESKTOP, scheme)
    page.locator("details").evaluate_all("all => all.forEach((one) => { one.open = true })")
    found = page.evaluate(CONTRASTS)
    assert len(found) > 80
    # WCAG 2.2, 1.4.3.
    assert [one for one in found if one[0] < 4.5] == []
    background = page.evaluate("getComputedStyle(document.documentElement).colorScheme")
    assert background == "light dark"
    # The plots are drawn in black and stay on white.
    assert set(
        page.locator("figure").evaluate_all("all => all.map((one) => getComputedStyle(one).backgroundColor)")
    ) == {"rgb(255, 255, 255)"}


def test_dark_is_dark(opened: Callable[..., Page]) -> None:
    colours = [
        opened(DESKTOP, scheme).evaluate("getComputedStyle(document.body).color") for scheme in ("light", "dark")
    ]
    assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
