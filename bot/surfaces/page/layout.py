"""The page as Gradio lays it out: its tabs, and one dialog in which every one of them opens documents."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from bot.composing.draft import escape
from bot.surfaces.page.chat_tab import ChatTab
from bot.surfaces.page.comparing import choices, compared, nothing_compared
from bot.surfaces.page.library_tab import library_tab
from bot.surfaces.page.parts import EACH, QUICK, own_part, told
from bot.surfaces.page.quality import quality_page
from bot.surfaces.page.reading import in_document
from bot.surfaces.page.rubric import rubric_page
from bot.surfaces.page.talk import Talk
from bot.surfaces.page.templating import render
from ingest.errors import GroundruleError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.service.reports import Reports
    from bot.service.service import Service

__all__ = ["ASSETS", "HEAD", "make_page"]

ASSETS = Path(__file__).with_name("assets")
"""Scripts and styles."""
_SCRIPTS = ("page", "decision", "library")
# In the page itself: Gradio adds what is to be loaded to the head without waiting for it, and the page would begin
# without its scripts now and then.
HEAD = "".join(f"<script>\n{(ASSETS / f'{name}.js').read_text(encoding='utf-8')}</script>" for name in _SCRIPTS)
"""What the page's head needs."""
_COUNT = count()


def make_page(service: Service, reports: Reports | None = None, *, answers: int = 8) -> gr.Blocks:
    """The page over one service; the caller mounts it.

    Args:
        service: Answers and keeps.
        reports: Where the latest evaluation is; None where nothing is kept.
        answers: Questions answered at the same time; more wait their turn.
    """
    pack = service.assistant.pack
    page: gr.Blocks
    with gr.Blocks(title=f"Groundrule: {pack.title}", analytics_enabled=False, fill_width=True) as page:
        gr.Markdown(
            f"# Groundrule\n\n{escape(pack.title)}: every answer cites the passages it rests on.", elem_id="headline"
        )
        reader = own_part("reader", "")
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Chat", id="chat"):
                chat = ChatTab(Talk(service), answers)
            with gr.Tab("Compare", id="compare") as tab:
                _compare_tab(tab, service, chat.session, reader)
            with gr.Tab("Rubric", id="rubric") as tab:
                _lazy_tab(tab, "rubric", lambda: rubric_page(service.advisor), service, reader)
            with gr.Tab("Library", id="library") as tab:
                library_tab(tab, service, lambda part: _opens(part, service, reader))
            with gr.Tab("Quality", id="quality") as tab:
                _lazy_tab(tab, "quality", lambda: quality_page(service, reports), service, reader)
        chat.restore(page)
    return page


def _compare_tab(tab: gr.Tab, service: Service, session: gr.Textbox, reader: Any) -> None:
    """Choices of each decision, and what is chosen side by side."""
    decisions = choices(service)
    names = [(name, id_) for id_, name, _ in decisions]
    options = {id_: known for id_, _, known in decisions}
    first = decisions[0][0]
    with gr.Row(elem_id="comparing"):
        decision = gr.Radio(names, value=first, label="Compare", visible=len(decisions) > 1, scale=1)
        chosen = gr.CheckboxGroup(options[first], label="Two or three of", scale=3)
    table = own_part("compare-table", nothing_compared(), "open")

    def show(picked: list[str], session: str) -> str:
        if len(picked) < 2:
            return nothing_compared(len(picked))
        try:
            return compared(service.side_by_side(picked, session or None))
        except GroundruleError as error:
            return render("problem", words=str(error))

    decision.change(
        lambda id_: (gr.CheckboxGroup(choices=options.get(id_, []), value=[]), nothing_compared()),
        [decision],
        [chosen, table],
        **QUICK,
    )
    # What was chosen last counts, and where an option stands may have changed meanwhile.
    chosen.input(show, [chosen, session], [table], **{**QUICK, "trigger_mode": "always_last"})
    tab.select(show, [chosen, session], [table], **QUICK)
    _opens(table, service, reader)


def _lazy_tab(tab: gr.Tab, id_: str, make: Callable[[], str], service: Service, reader: Any) -> None:
    """A tab whose content is made when it is opened."""
    part = own_part(id_, render("loading"), "open")

    def show() -> str:
        try:
            return make()
        except GroundruleError as error:
            return render("problem", words=str(error))

    tab.select(show, None, [part], **QUICK)
    _opens(part, service, reader)


def _opens(part: Any, service: Service, reader: Any) -> None:
    """Lets the part's citations open their passage in the dialog."""

    def show(chosen: gr.EventData) -> str:
        try:
            document = in_document(service, told(chosen, "passage"), told(chosen, "number"), place="reader")
        except GroundruleError as error:
            document = render("problem", words=str(error))
        # Opened again it is news again.
        return render("reader", document=document, number=next(_COUNT))

    part.open(show, None, [reader], **EACH)
