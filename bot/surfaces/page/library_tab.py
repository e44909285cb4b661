"""The library's tab: its parts and which event calls what. Files are sent by `assets/library.js` to our own API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

from bot.surfaces.guard.caller import caller_of
from bot.surfaces.page.library import document_head, documents_list, may_change, passages_list, upload_door
from bot.surfaces.page.parts import QUICK, own_part, told
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

    def begin(request: gr.Request) -> tuple[str, str]:
        caller = caller_of(request)
        return upload_door(service, caller), documents_list(service, removing=may_change(service, caller))

    def listed(chosen: gr.EventData, request: gr.Request) -> str:
        removing = may_change(service, caller_of(request))
        return documents_list(service, told(chosen, "words")[:MAX_WORDS], told(chosen, "page"), removing=removing)

    def browsed(chosen: gr.EventData) -> tuple[str, str]:
        document = told(chosen, "document")
        try:
            return document_head(service, document), passages_list(service, document)
        except GroundruleError as error:
            return render("library_document", document=None, origin=None, fault=str(error)), ""

    def paged(chosen: gr.EventData) -> str:
        words = told(chosen, "words")[:MAX_WORDS]
        try:
            return passages_list(service, told(chosen, "document"), words, told(chosen, "page"))
        except GroundruleError as error:
            return render("problem", words=str(error))

    tab.select(begin, None, [door, documents], **QUICK)
    documents.list(listed, None, [documents], **_NEWEST)
    documents.browse(browsed, None, [head, passages], **_NEWEST)
    passages.list(paged, None, [passages], **_NEWEST)
    head.back(lambda: ("", ""), None, [head, passages], **QUICK)
    opens(passages)
