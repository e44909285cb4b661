"""The library as people see it: who may add to it, its documents, and the passages of one. All of it is text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.service.uploads import MAX_FILES
from bot.surfaces.page.reading import Origin, origin_of
from bot.surfaces.page.templating import render
from ingest.reading.formats import SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.service.service import Service
    from bot.service.views import DocumentView, PassageView
    from bot.surfaces.guard.caller import Caller

__all__ = ["PER_PAGE", "document_head", "documents_list", "may_change", "passages_list", "upload_door"]

PER_PAGE = 50
"""Documents or passages on one page of a list: more are not read through, and a page of them is made in no time."""
_STANCES = {"pro": "pro", "con": "con", "fit": "when it suits", "neutral": ""}


@dataclass(frozen=True, slots=True)
class Shown:
    """A document in the list.

    Attributes:
        view: The document.
        origin: Where it is from.
    """

    view: DocumentView
    origin: Origin


@dataclass(frozen=True, slots=True)
class Claim:
    """A passage in the list.

    Attributes:
        view: The passage.
        options: Names of the options it speaks of.
        stance: What it says about them, in a word or two; "" for nothing in particular.
    """

    view: PassageView
    options: tuple[str, ...]
    stance: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page of a list.

    Attributes:
        number: Which, from 0.
        pages: How many there are, at least 1.
        words: What the list is narrowed to; "" for nothing.
    """

    number: int
    pages: int
    words: str


def may_change(service: Service, caller: Caller) -> bool:
    """Whether the caller may add and remove documents here; the API asks again."""
    return service.uploads is not None and caller.may("upload")


def upload_door(service: Service, caller: Caller) -> str:
    """Where documents are added, or why they cannot be."""
    uploads = service.uploads
    return render(
        "library_door",
        state="fixed" if uploads is None else "open" if caller.may("upload") else "locked",
        scope=caller.scope,
        max_bytes=uploads.max_bytes if uploads else 0,
        max_files=MAX_FILES,
        suffixes=SUFFIXES,
    )


def documents_list(service: Service, words: str = "", page: str = "", *, removing: bool = False) -> str:
    """A page of the library's documents.

    Args:
        service: Knows them.
        words: Only those whose title, author, publisher, date or id have all of these words in them.
        page: Which page, from 0; anything else is the first, and what is past the last is the last.
        removing: Whether who looks may remove what was uploaded.
    """
    known = [(one, origin_of(one)) for one in service.documents()]
    found = [Shown(one, origin) for one, origin in known if _has(words, one.title, origin.who, one.id)]
    leaf, shown = _leaf(found, page, words)
    count = _counted(len(found), len(known), "document", words)
    return render("library_documents", shown=shown, leaf=leaf, count=count, known=len(known), removing=removing)


def document_head(service: Service, document_id: str) -> str:
    """What a document is, above its passages.

    Raises:
        MissingError: There is no such document.
    """
    document = service.document(document_id)
    return render("library_document", document=document, origin=origin_of(document.source), fault="")


def passages_list(service: Service, document_id: str, words: str = "", page: str = "") -> str:
    """A page of the passages of a document.

    Args:
        service: Knows them.
        document_id: The document.
        words: Only those whose words, headings, options or stance have all of these words in them.
        page: Which page, from 0; see `documents_list`.

    Raises:
        MissingError: There is no such document.
    """
    names = {option.id: option.name for option in service.assistant.pack.options}
    claims = [_claim(one, names) for one in service.passages_of(document_id)]
    found = [one for one in claims if _has(words, one.view.text, one.view.section, *one.options, one.stance)]
    leaf, shown = _leaf(found, page, words)
    count = _counted(len(found), len(claims), "passage", words)
    return render("library_passages", document=document_id, shown=shown, leaf=leaf, count=count, known=len(claims))


def _claim(view: PassageView, names: dict[str, str]) -> Claim:
    # An index may be of another version of the pack.
    return Claim(view, tuple(names.get(option, option) for option in view.options), _STANCES[view.stance])


def _has(words: str, *texts: str) -> bool:
    whole = "\n".join(texts).casefold()
    return all(word in whole for word in words.casefold().split())


def _leaf(found: Sequence[Any], page: str, words: str) -> tuple[Leaf, Sequence[Any]]:
    pages = max(1, -(-len(found) // PER_PAGE))
    # Longer numbers are no page, and Python would take its time over some of them.
    number = min(int(page), pages - 1) if page.isascii() and page.isdigit() and len(page) < 10 else 0
    return Leaf(number, pages, words), found[number * PER_PAGE : (number + 1) * PER_PAGE]


def _counted(found: int, known: int, what: str, words: str) -> str:
    several = what if known == 1 else f"{what}s"
    return f"{found:,} of {known:,} {several}" if words.strip() else f"{known:,} {several}"
