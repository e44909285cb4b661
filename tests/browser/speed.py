"""How quick the chat page is, on the real server and in a real browser: python -m tests.browser.speed [--json]

The browser measures: from the start of a navigation to the first paint and to a box that can be typed in, and from the
Enter key to the first words of the answer and to the last change that it makes on the page. Then many browsers ask at
once, each its own questions, and each has to get its own answers. Browser and server share the machine's cores.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.async_api import async_playwright

from tests.browser.server import serving

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.async_api import Browser, BrowserContext, Page

__all__ = ["main", "measure", "prepare"]

QUESTIONS = (
    "We are 30 people with two models live, and nobody regulates us. How should we organise?",
    "What are the pros of the factory model?",
    "and the cons?",
    "Compare centralised and decentralised",
    "What does an MLOps engineer do, and with which tools?",
)
MANY = (
    ("What are the pros of the {} model?", "Pros of"),
    ("and the cons?", "Cons of"),
    ("Which model fits a company of {} people with two models live?", "fits best"),
)
OPTIONS = ("factory", "federated", "centralised", "decentralised")
PATIENCE = 120.0
# Twenty browsers that start on one machine take most of its time themselves: so many come in at the same time. Then they
# all ask at the same time.
ARRIVING = 4
# An answer is there when it has changed nothing on the page for so long.
STILL_MS = 400
# Run before any script of the page's: notes when the box is there, and what happens after Enter. Nothing is asked again
# and again: that would keep twenty browsers busy on its own.
WATCH = """
window.spied = { typed: null };
spied.ready = new Promise((there) => { spied.there = there; });
spied.answered = () => {
  // What still stirs of the answer before must not end the waiting for this one.
  clearTimeout(spied.still);
  spied.asked = 0;
  return new Promise((done) => { spied.done = done; });
};
const box = () => document.querySelector('#question textarea:not(:disabled)');
const answers = () => [...document.querySelectorAll('#chat .bot.message')].filter((one) => one.innerText.trim());
addEventListener('keydown', (key) => {
  if (key.key !== 'Enter' || key.target !== box()) return;
  clearTimeout(spied.still);
  Object.assign(spied, { asked: performance.now(), first: null, last: null, before: answers().length });
}, true);
addEventListener('DOMContentLoaded', () => new MutationObserver(() => {
  const now = performance.now();
  if (!spied.typed && box()) spied.typed = now;
  if (document.querySelector('.beginning')) spied.there();
  if (!spied.asked) return;
  spied.last = now;
  if (!spied.first && answers().length > spied.before) spied.first = now;
  clearTimeout(spied.still);
  if (spied.first) spied.still = setTimeout(() => spied.done(), STILL);
}).observe(document.documentElement, { subtree: true, childList: true, characterData: true }));
""".replace("STILL", str(STILL_MS))
TOOK = "() => ({ first_words: spied.first - spied.asked, whole_answer: spied.last - spied.asked })"
PAINTED = """() => Object.fromEntries([
  ...performance.getEntriesByType('paint').map((one) => [one.name.replaceAll('-', '_'), one.startTime]),
  ['typing_possible', spied.typed],
])"""


@dataclass(frozen=True)
class Asked:
    """A question of one of many browsers, and how long its answer took, in milliseconds."""

    question: str
    first: float
    whole: float


def prepare(home: Path) -> None:
    """Makes a home with an index."""
    from bot.wiring import ready_library
    from ingest.config import Settings
    from ingest.embedding.choice import make_encoder

    settings = Settings(home=home)
    ready_library(settings, make_encoder(settings)).close()


async def opened(context: BrowserContext, address: str) -> Page:
    """A page on which a question can be asked."""
    page = await context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    await page.add_init_script(WATCH)
    await page.goto(address)
    await asyncio.wait_for(page.evaluate("spied.ready"), PATIENCE)
    return page


async def asked(page: Page, question: str) -> dict[str, float]:
    """How long the answer to a question took."""
    await page.fill("#question textarea", question)
    await page.evaluate("() => { spied.whole = spied.answered(); }")
    await page.press("#question textarea", "Enter")
    await asyncio.wait_for(page.evaluate("spied.whole"), PATIENCE)
    return dict(await page.evaluate(TOOK))


async def loads(browser: Browser, address: str, rounds: int, *, fresh: bool) -> list[dict[str, float]]:
    """Paint and readiness of pages, in a browser that was there before or in one that never was."""
    found = []
    context = await browser.new_context()
    await (await opened(context, address)).close()
    for _ in range(rounds):
        if fresh:
            await context.close()
            context = await browser.new_context()
        page = await opened(context, address)
        found.append(dict(await page.evaluate(PAINTED)))
        await page.close()
    await context.close()
    return found


async def answered(browser: Browser, address: str, rounds: int) -> list[dict[str, float]]:
    """Answers to one person who asks one question after the other."""
    found = []
    for _ in range(rounds):
        context = await browser.new_context()
        page = await opened(context, address)
        found += [await asked(page, question) for question in QUESTIONS]
        await context.close()
    return found


async def one_of_many(page: Page, number: int) -> list[Asked]:
    """One browser's conversation; what it gets has to be its own."""
    option, people = OPTIONS[number % len(OPTIONS)], 20 + number
    given = (option, "", people)
    found = []
    for (pattern, expected), value in zip(MANY, given, strict=True):
        question = pattern.format(value)
        took = await asked(page, question)
        found.append(Asked(question, took["first_words"], took["whole_answer"]))
        text = await page.locator("#chat .bot.message").last.inner_text()
        said = await page.locator("#chat .user.message").all_inner_texts()
        wanted = [one.format(v) for (one, _), v in zip(MANY, given, strict=True)][: len(found)]
        whose = option.capitalize() if len(found) < len(MANY) else str(people)
        if [one.strip() for one in said] != wanted or expected not in text or whose not in text:
            raise AssertionError(f"browser {number} asked {wanted} and sees {said}: {text[:200]}")
    return found


async def at_once(browser: Browser, address: str, count: int) -> dict[str, Any]:
    """Many browsers at the same time."""
    contexts = [await browser.new_context() for _ in range(count)]
    door = asyncio.Semaphore(ARRIVING)

    async def arrived(context: BrowserContext) -> Page:
        async with door:
            return await opened(context, address)

    pages = await asyncio.gather(*map(arrived, contexts), return_exceptions=True)
    loaded = [page for page in pages if not isinstance(page, BaseException)]
    typed = [dict(await page.evaluate(PAINTED))["typing_possible"] for page in loaded]
    # Who is there asks while the others do, not while they are still coming.
    talks = [one_of_many(page, number) for number, page in enumerate(loaded)]
    results = [*(await asyncio.gather(*talks, return_exceptions=True)), *pages]
    took = [one for result in results if isinstance(result, list) for one in result]
    for context in contexts:
        await context.close()
    return {
        "browsers": count,
        "answers": len(took),
        "failed": [f"{type(one).__name__}: {one}"[:500] for one in results if isinstance(one, BaseException)],
        "typing_possible": figures(typed),
        "first_words": figures([one.first for one in took]),
        "whole_answer": figures([one.whole for one in took]),
    }


def figures(values: Sequence[float]) -> dict[str, float]:
    """Median, 95th percentile and worst, in whole milliseconds."""
    if not values:
        return {}
    ordered = sorted(values)
    high = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    return {"median": round(statistics.median(ordered)), "p95": round(high), "worst": round(ordered[-1])}


def over(rows: Sequence[dict[str, float]]) -> dict[str, dict[str, float]]:
    """The figures of each column."""
    return {name: figures([row[name] for row in rows]) for name in rows[0]}


async def measure(address: str, rounds: int, browsers: int) -> dict[str, Any]:
    """Everything, against a running server, in milliseconds."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        # The server and the browser have done everything once.
        await answered(browser, address, 1)
        began = os.getloadavg()[0]
        found: dict[str, Any] = {
            "second_load": over(await loads(browser, address, rounds, fresh=False)),
            "new_browser": over(await loads(browser, address, rounds, fresh=True)),
            "one_person": over(await answered(browser, address, rounds)),
        }
        quiet = os.getloadavg()[0]
        found["at_once"] = await at_once(browser, address, browsers)
        found["machine"] = {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "browser": browser.version,
            "load_before": round(began, 2),
            "load_after_one_person": round(quiet, 2),
            "load_after_all": round(os.getloadavg()[0], 2),
        }
        await browser.close()
    return found


def shown(found: dict[str, Any]) -> str:
    """The figures for people."""
    lines = [f"{'milliseconds':44}{'median':>8}{'p95':>8}{'worst':>8}"]
    for part in ("second_load", "new_browser", "one_person", "at_once"):
        rows = {name: row for name, row in found[part].items() if isinstance(row, dict) and row}
        for name, row in rows.items():
            what = f"{part}: {name}".replace("_", " ")
            lines.append(f"{what:44}{row['median']:>8}{row['p95']:>8}{row['worst']:>8}")
    many = found["at_once"]
    lines += [f"{many['browsers']} browsers at once: {many['answers']} answers, {len(many['failed'])} failed"]
    lines += [f"  {one}" for one in many["failed"]]
    machine = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in found["machine"].items())
    return "\n".join([*lines, machine])


def main() -> int:
    """Measures and prints; 1 where one of many browsers failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the figures for programs")
    parser.add_argument("--rounds", type=int, default=10, help="loads, and conversations of one person")
    parser.add_argument("--browsers", type=int, default=20, help="browsers at once")
    parser.add_argument("--home", type=Path, help="a home with an index, which is copied; else one is made")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        if given.home:
            shutil.copytree(given.home, home)
        else:
            prepare(home)
        with serving(home) as address:
            found = asyncio.run(measure(address, given.rounds, given.browsers))
    sys.stdout.write(json.dumps(found, indent=2) + "\n" if given.json else shown(found) + "\n")
    return 1 if found["at_once"]["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
