"""A cited passage where it stands: the document around it, with the passage's exact characters marked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.service.cited import is_web
from bot.surfaces.page.templating import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.service.service import Service
    from bot.service.views import DocumentView
    from bot.types import Citation
    from ingest.types import Source

__all__ = ["Origin", "cited_passages", "in_document", "nothing_cited", "origin_of"]

AROUND = 20_000
"""Characters shown before and after a passage: more of a long document would slow the page down."""
_HEADING = re.compile(r"^#{1,6} .*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a passage comes from, as people read it.

    Attributes:
        title: Title of the source.
        who: Author, publisher and date, as far as they are known.
        notes: Whether the words are our own about the source.
        url: Its address on the web, or none.
        also_at: Where copies of it are.
    """

    title: str
    who: str
    notes: bool
    url: str | None
    also_at: tuple[str, ...] = ()


def origin_of(source: Source | Citation | DocumentView) -> Origin:
    """Where something is from; an author who is not known is said not to be."""
    known = (source.author or "author unknown", source.publisher, source.published)
    url = source.url if source.url and is_web(source.url) else None
    who = ", ".join(part for part in known if part)
    return Origin(source.title, who, source.text == "notes", url, tuple(source.also_at))


def nothing_cited(*, asked: bool) -> str:
    """What stands where passages would: before the first answer, or beside one that cites nothing."""
    return render("citations", cited=(), asked=asked)


def cited_passages(citations: Sequence[Citation]) -> str:
    """The passages of an answer, each with its number and where it is from."""
    return render("citations", cited=[(one, origin_of(one)) for one in citations], asked=True)


def in_document(service: Service, passage_id: str, number: str = "", *, place: str = "sources") -> str:
    """A passage in its document.

    Args:
        service: Knows documents and passages.
        passage_id: The passage.
        number: Its number in the answer that cites it, if any.
        place: Id of the part of the page that shows it.

    Raises:
        MissingError: There is no such passage, any more.
    """
    passage = service.passage(passage_id)
    document = service.document(passage.source_id)
    first = max(0, passage.start - AROUND)
    last = min(len(document.text), passage.end + AROUND)
    return render(
        "document",
        place=place,
        passage=passage,
        number=number if number.isdigit() else "",
        origin=origin_of(document.source),
        before=_parts(document.text[first : passage.start]),
        quote=document.text[passage.start : passage.end],
        after=_parts(document.text[passage.end : last]),
        left_out=(first, len(document.text) - last),
    )


def _parts(text: str) -> list[tuple[bool, str]]:
    """A text in pieces, each with whether it is a heading; together they are the text to the character."""
    pieces: list[tuple[bool, str]] = []
    done = 0
    for found in _HEADING.finditer(text):
        pieces += [(False, text[done : found.start()]), (True, found[0])]
        done = found.end()
    return [(heading, piece) for heading, piece in (*pieces, (False, text[done:])) if piece]
