"""Pages of one browser context, which have to get by with their own server and without an error in a script.

To load a page takes longer than most of what tests do with it, so one is brought back to its beginning for the next
test, as a person would do it; that nothing of the former conversation is left there is tested thereby, too. One page
of a server does for all files of tests: a browser's context of its own would load and compile all scripts again.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from playwright.sync_api import Error, ViewportSize, expect

from tests.browser.steps import BOX, PATIENCE_MS, answers, open_page, tab

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

__all__ = ["DESKTOP", "PHONE_SIZE", "Pages", "begin_anew"]

DESKTOP: ViewportSize = {"width": 1360, "height": 860}
PHONE_SIZE: ViewportSize = {"width": 390, "height": 844}
FOLD = """async () => {
  const unfolded = [...document.querySelectorAll('#decision details[open][data-key]')];
  const folded = unfolded.map((one) => new Promise((done) => one.addEventListener('toggle', done, { once: true })));
  unfolded.forEach((one) => { one.open = false; });
  await Promise.all(folded);
}"""


class Pages:
    """Opens the pages of a context.

    Args:
        context: The context.
    """

    def __init__(self, context: BrowserContext) -> None:
        self._context = context
        context.set_default_timeout(PATIENCE_MS)
        self._kept: dict[str, Page] = {}
        self._size: ViewportSize | None = None
        self._outside: list[str] = []
        self._errors: list[str] = []

    def open(self, address: str) -> Page:
        """Opens a new page."""
        page = self._context.new_page()
        self._size = page.viewport_size
        page.on("request", lambda request: self._outside.append(request.url) if not _is_local(request.url) else None)
        page.on("pageerror", lambda error: self._errors.append(str(error)))
        return open_page(page, address)

    def at_its_beginning(self, address: str) -> Page:
        """The page that the test before had, brought back to its beginning; a new one where that cannot be done."""
        page = self._kept.pop(address, None)
        if page is not None and not page.is_closed():
            page.unroute_all()
            page.emulate_media(color_scheme="light")
            with suppress(Error, AssertionError):
                # It may be at another address; to wait for its tabs there would take long.
                assert page.locator("#tabs").count()
                begin_anew(page, self._size if page.viewport_size != self._size else None)
                self._kept[address] = page
                return page
            page.close()
        self._kept[address] = self.open(address)
        return self._kept[address]

    def let_go(self, address: str) -> None:
        """Closes the page of a server that ends: it would look for it as long as it is open."""
        page = self._kept.pop(address, None)
        if page is not None:
            page.close()

    def check(self) -> None:
        """Raises an assertion when a page asked for something of another server, or a script failed, since last time."""
        outside, self._outside = self._outside, []
        errors, self._errors = self._errors, []
        assert outside == []
        assert errors == []


def begin_anew(page: Page, size: ViewportSize | None = None) -> None:
    """Brings a page back to its beginning, whatever it shows.

    Args:
        page: The page.
        size: Of what is seen of it; None leaves it as it is.
    """
    if size is not None:
        page.set_viewport_size(size)
    page.keyboard.press("Escape")
    _choose_nothing(page)
    tab(page, "Chat")
    # The page remembers what was unfolded. It is told so before the next conversation has anything to unfold.
    page.evaluate(FOLD)
    if answers(page).count():
        page.get_by_role("button", name="New chat").click()
    page.fill(BOX, "")
    # What was said last would else stay for a while.
    page.locator("#said").evaluate("said => said.replaceChildren()")
    expect(page.locator(".beginning").first).to_be_visible()
    expect(answers(page)).to_have_count(0)


def _choose_nothing(page: Page) -> None:
    """Unticks what the Compare tab has ticked."""
    decision = page.locator("#comparing input[type=radio]").first
    ticked = page.locator("#comparing input[type=checkbox]:checked")
    others = decision.count() > 0 and not decision.is_checked()
    if not others and not ticked.count():
        return
    tab(page, "Compare")
    if others:
        decision.check()
    else:
        for _ in range(ticked.count()):
            ticked.first.uncheck()
    expect(ticked).to_have_count(0)
    expect(page.locator("#compare-table")).to_contain_text("Choose two or three")


def _is_local(url: str) -> bool:
    return bool(re.match(r"(?:https?|wss?)://127\.0\.0\.1[:/]|data:|blob:|about:", url))
