"""What the doors show of the library and the rubric: our values as public JSON. Changed by additions only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from ingest.types import SourceText, Stance

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.finding.retrieve import Hit
    from ingest.index.library import Library
    from ingest.pack import Decision, Pack
    from ingest.types import Document, Passage

__all__ = [
    "DecisionView",
    "DocumentView",
    "FoundView",
    "OptionView",
    "PassageView",
    "decision_views",
    "document_view",
    "document_views",
    "found_views",
    "passage_view",
]


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OptionView(_View):
    """An option that can be chosen.

    Attributes:
        id: Its id.
        name: What people read.
        aliases: Further names it goes by.
        pros: Claims for it in the documents.
        cons: Claims against it.
    """

    id: str
    name: str
    aliases: tuple[str, ...]
    pros: Annotated[int, Field(ge=0)]
    cons: Annotated[int, Field(ge=0)]


class DecisionView(_View):
    """A question with a closed list of answers.

    Attributes:
        id: Its id.
        name: What people read.
        noun: What one option is called.
        ranked: Whether the rubric ranks its options.
        options: The choices.
    """

    id: str
    name: str
    noun: str
    ranked: bool
    options: tuple[OptionView, ...]


class DocumentView(_View):
    """A document of the library.

    Attributes:
        id: Its id, the `source_id` of citations.
        title: Title as published.
        author: Its author, or null when unknown.
        publisher: Where it appeared, or null.
        published: ISO 8601 date, or null.
        url: Address of the source, or null.
        also_at: Paths and addresses of copies, whose text is in this one's.
        licence: Licence of the text, or null.
        text: "notes" when it is our own words about the source, "original" when it is the source's.
        sha256: Digest of its text in UTF-8.
        characters: Length of its text, in code points.
        passages: Claims it holds.
        removable: Whether it was uploaded, so that it can be deleted.
    """

    id: str
    title: str
    author: str | None
    publisher: str | None
    published: str | None
    url: str | None
    also_at: tuple[str, ...] = ()
    licence: str | None
    text: SourceText
    sha256: str
    characters: Annotated[int, Field(ge=0)]
    passages: Annotated[int, Field(ge=0)]
    removable: bool


class PassageView(_View):
    """A claim of a document: in the document whose text has `document_sha256`, characters start to end are `text`.

    Attributes:
        passage_id: Its id.
        source_id: The document.
        title: The document's title.
        section: Headings above it.
        options: Ids of the options it speaks of.
        stance: What it says about them.
        start: Offset of its first character, in code points.
        end: Offset past the last.
        document_sha256: Digest of the document's text in UTF-8.
        text: Its exact characters.
    """

    passage_id: str
    source_id: str
    title: str
    section: str
    options: tuple[str, ...]
    stance: Stance
    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=1)]
    document_sha256: str
    text: str


class FoundView(PassageView):
    """A passage that a search found.

    Attributes:
        rank: Its place, from 1.
        score: What it is ranked by.
        cosine: Likeness of meaning, -1 to 1.
        lexical: Likeness of words, 0 to 1.
    """

    rank: Annotated[int, Field(ge=1)]
    score: float
    cosine: float
    lexical: float


def decision_views(pack: Pack, library: Library, ranked: set[str]) -> list[DecisionView]:
    """The pack's decisions, with how much the documents say for and against each option.

    Args:
        pack: Decisions and options.
        library: Whose claims.
        ranked: Ids of the decisions that the rubric makes.
    """
    return [_decision_view(decision, library, decision.id in ranked) for decision in pack.decisions]


def _decision_view(decision: Decision, library: Library, ranked: bool) -> DecisionView:
    options = tuple(
        OptionView(
            id=option.id,
            name=option.name,
            aliases=option.aliases,
            pros=sum(p.stance == "pro" for p in library.of_option(option.id)),
            cons=sum(p.stance == "con" for p in library.of_option(option.id)),
        )
        for option in decision.options
    )
    return DecisionView(id=decision.id, name=decision.name, noun=decision.noun, ranked=ranked, options=options)


def document_view(document: Document, passages: int, *, removable: bool) -> DocumentView:
    """A document as it is listed.

    Args:
        document: The document.
        passages: Claims it holds.
        removable: Whether it can be deleted.
    """
    source = document.source
    return DocumentView(
        id=document.id,
        title=source.title,
        author=source.author,
        publisher=source.publisher,
        published=source.published,
        url=source.url,
        also_at=source.also_at,
        licence=source.licence,
        text=source.text,
        sha256=document.sha256,
        characters=len(document.text),
        passages=passages,
        removable=removable,
    )


def document_views(library: Library, removable: Callable[[str | None], bool]) -> list[DocumentView]:
    """The documents of a library, in its order.

    Args:
        library: The library.
        removable: Whether a document that was added from a place can be deleted.
    """
    return [
        document_view(o.document, library.counts[o.document.id], removable=removable(o.root)) for o in library.stored
    ]


def passage_view(passage: Passage, document: Document) -> PassageView:
    """A passage with the document it is cut from."""
    return PassageView(**_fields(passage, document))


def found_views(hits: list[Hit], documents: dict[str, Document]) -> list[FoundView]:
    """What a search found, best first."""
    return [
        FoundView(
            rank=rank,
            score=round(hit.score, 4),
            cosine=round(hit.cosine, 4),
            lexical=round(hit.lexical, 4),
            **_fields(hit.passage, documents[hit.passage.document_id]),
        )
        for rank, hit in enumerate(hits, start=1)
    ]


def _fields(passage: Passage, document: Document) -> dict[str, Any]:
    return {
        "passage_id": passage.id,
        "source_id": passage.document_id,
        "title": document.source.title,
        "section": passage.section,
        "options": passage.options,
        "stance": passage.stance,
        "start": passage.start,
        "end": passage.end,
        "document_sha256": document.sha256,
        "text": passage.text,
    }
