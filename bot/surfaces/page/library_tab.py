"""The library's tab: its parts and which event calls what. Files are sent by `assets/library.js` to our own API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

from bot.surfaces.guard.caller import caller_of
from bot.surfaces.page.library import document_head, documents_list, may_change, passages_list, upload_door
from bot.surfaces.page.parts import QUICK, own_part
from bot.surfaces.page.templating import render
from ingest.errors import GroundruleError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.service.service import Service

__all__ = ["library_tab"]

# Who types on while a list is made wants the newest.
_NEWEST: dict[str, Any] = {**QUICK, "trigger_mode": "always_last"}
MAX_WORDS = 200
"""Longest words that a list is narrowed to, in characters."""


def library_tab(tab: gr.Tab, service: Service, opens: Callable[[Any], None]) -> None:
    """Fills the tab.

    Args:
        tab: The tab; documents are listed when it is opened.
        service: Knows the documents.
        opens: Lets a part's passages open in their document.
    """
    with gr.Column(elem_id="library-all"):
        door = own_part("library-door", render("loading"))
        # What became of files stays while the other parts change.
        own_part("uploads", render("library_uploads"))
        own_part("library-find", render("library_find", of="library", label="Filter the documents"))
        documents = own_part("library", render("loading"), "browse", "list")
        head = own_part("document-head", "", "back")
        own_part("passages-find", render("library_find", of="passages", label="Filter its passages"))
        passages = own_part("passages", "", "open", "list")

    # What each list is to show, asked of `library.js` when an event goes out: with one that waited for another, Gradio
    # sends what the other was told.
    document, words, page = (gr.Textbox("", visible=False) for _ in range(3))
    library_wanted: dict[str, Any] = {**_NEWEST, "js": "() => groundrule.wanted('library')"}
    passages_wanted: dict[str, Any] = {**_NEWEST, "js": "() => groundrule.wanted('passages')"}

    def begin(words: str | None, page: str | None, request: gr.Request) -> tuple[str, str]:
        return upload_door(service, caller_of(request)), listed(words, page, request)

    def listed(words: str | None, page: str | None, request: gr.Request) -> str:
        removing = may_change(service, caller_of(request))
        return documents_list(service, (words or "")[:MAX_WORDS], page or "", removing=removing)

    def browsed(document: str | None, words: str | None, page: str | None) -> tuple[str, str]:
        if not document:
            return "", ""
        try:
            return document_head(service, document), paged(document, words, page)
        except GroundruleError as error:
            return render("library_document", document=None, origin=None, fault=str(error)), ""

    def paged(document: str | None, words: str | None, page: str | None) -> str:
        if not document:
            return ""
        try:
            return passages_list(service, document, (words or "")[:MAX_WORDS], page or "")
        except GroundruleError as error:
            return render("problem", words=str(error))

    tab.select(begin, [words, page], [door, documents], **library_wanted)
    documents.list(listed, [words, page], [documents], **library_wanted)
    documents.browse(browsed, [document, words, page], [head, passages], **passages_wanted)
    passages.list(paged, [document, words, page], [passages], **passages_wanted)
    head.back(lambda: ("", ""), None, [head, passages], **QUICK)
    opens(passages)
