"""How documents are related: copies of one another, and originals of works that the pack has notes on."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.cleaning.copies import find_copies, merged
from ingest.lexicon import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.index.records import Stored
    from ingest.types import Document

__all__ = ["as_it_was_read", "related"]

# Notes carry every fact of a work at about its own length: an original of this share of it is the whole.
_WHOLE_FROM = 0.5
# What a citation of the work needs, and its file may not say.
_KNOWN = ("author", "author_role", "publisher", "published", "url", "licence")


def related(stored: Sequence[Stored], notes: Sequence[Document]) -> list[Stored]:
    """The documents as they are to be indexed.

    Copies are merged into one document; the others of them stay as `copy_of` it. An original of a work that the pack
    has notes on is known by the same names, and its citation is completed from theirs; the notes then are a copy, too,
    so that nothing is cited twice, unless the original is but an excerpt of what they tell.

    Args:
        stored: The documents as they were read, under ids of their own.
        notes: The pack's own documents, of which originals are notes on nothing.
    """
    originals = [item.document for item in stored if item.document.source.text == "original"]
    changed: dict[str, Document] = {}
    copy_of: dict[str, str] = {}
    for group in find_copies(originals):
        changed[group[0].id] = merged(group)
        copy_of |= dict.fromkeys((document.id for document in group[1:]), group[0].id)
    by_title = {_title_key(document): document for document in notes if document.source.text == "notes"}
    found: list[Stored] = []
    for item in stored:
        document = changed.get(item.document.id, item.document)
        work = by_title.get(_title_key(document)) if document.source.text == "original" else None
        if work is not None and _same_author(document, work):
            document = _completed(document, work)
            if len(document.text) >= _WHOLE_FROM * len(work.text):
                copy_of.setdefault(work.id, document.id)
        as_read = item.document if document != item.document else None
        found.append(replace(item, document=document, as_read=as_read))
    # Of notes, only the pack's own have those ids.
    return [replace(item, copy_of=copy_of.get(item.document.id)) for item in found]


def as_it_was_read(item: Stored) -> Stored:
    """A stored document without what its relations made of it."""
    return replace(item, document=item.read, as_read=None, copy_of=None)


def _title_key(document: Document) -> str:
    return " ".join(re.findall(r"\w+", fold(document.source.title)))


def _same_author(document: Document, work: Document) -> bool:
    """Whether nothing speaks against it: two people may give their texts one title."""
    theirs, known = document.source.author, work.source.author
    return not theirs or not known or bool(set(fold(theirs).split()) & set(fold(known).split()))


def _completed(document: Document, work: Document) -> Document:
    source = document.source
    known = {name: getattr(source, name) or getattr(work.source, name) for name in _KNOWN}
    aliases = tuple(dict.fromkeys([*source.aliases, *work.source.aliases]))
    kind = work.source.kind if source.kind == "document" else source.kind
    return replace(document, source=replace(source, **known, aliases=aliases, kind=kind, work=work.id))
