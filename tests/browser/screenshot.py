"""Takes the README's pictures of real answers on the real page: python -m tests.browser.screenshot [FOLDER]"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import expect, sync_playwright

from tests.browser.server import serving
from tests.browser.steps import COMPANY, ask, citation, open_page, tab

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Page

__all__ = ["PICTURES", "take"]

DESKTOP, PHONE = (1280, 760), (390, 760)
# A page of few colours needs no more; with more, each picture would be three times the size.
COLOURS = 96


def chat(page: Page) -> None:
    """An answer with the decision beside it."""
    ask(page, COMPANY)
    expect(page.locator("#decision .ranking").first).to_be_visible()


def phone(page: Page) -> None:
    """An answer on a narrow screen, from its question on."""
    ask(page, COMPANY)
    page.evaluate("document.querySelector('#tools').scrollIntoView()")


def source(page: Page) -> None:
    """A passage in its document."""
    ask(page, "What are the pros of the factory model?")
    citation(page, 2).click()
    expect(page.locator("#sources mark")).to_be_visible()
    # The focus is for the keyboard; a picture looks better without its frame.
    page.locator("#sources .title").blur()


def compare(page: Page) -> None:
    """Options side by side, and how they fit the conversation."""
    ask(page, COMPANY)
    tab(page, "Compare")
    for name in ("Decentralised", "Centralised"):
        page.get_by_role("checkbox", name=name, exact=True).check()
    expect(page.locator("#compare-table thead th")).to_have_count(2)
    page.mouse.move(0, 0)


PICTURES: dict[str, tuple[Callable[[Page], None], tuple[int, int]]] = {
    "chat": (chat, DESKTOP),
    "source": (source, DESKTOP),
    "compare": (compare, DESKTOP),
    "phone": (phone, PHONE),
}
"""Name of each file: what it shows, and how large the screen is."""


def take(folder: Path) -> None:
    """Writes all pictures into a folder, as PNG."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as home, serving(Path(home)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, (show, size) in PICTURES.items():
            (folder / f"{name}.png").write_bytes(_picture(browser, address, show, size))
        browser.close()


def _picture(browser: Browser, address: str, show: Callable[[Page], None], size: tuple[int, int]) -> bytes:
    narrow = size == PHONE
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        device_scale_factor=2 if narrow else 1,
        has_touch=narrow,
        is_mobile=narrow,
        reduced_motion="reduce",
    )
    page = open_page(context.new_page(), address)
    show(page)
    page.wait_for_function("() => document.getAnimations().every((one) => one.playState !== 'running')")
    with Image.open(io.BytesIO(page.screenshot())) as taken:
        context.close()
        small = io.BytesIO()
        taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()


if __name__ == "__main__":
    take(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
