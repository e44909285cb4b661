"""The values that every part of Groundrule exchanges. A leaf: imports nothing of ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Document", "Encoder", "Passage", "Source", "SourceText", "Stance"]

Stance = Literal["pro", "con", "fit", "neutral"]
"""What a passage says about its options: for them, against them, when they suit, or none of these."""

SourceText = Literal["notes", "original"]
"""Whether a document holds our notes on a source or the source's own words."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a document comes from: what a citation shows.

    Attributes:
        title: Title as published.
        author: Person who wrote it; None when the document does not say.
        author_role: What the author does; None when unknown.
        publisher: Where it appeared; None when unknown.
        published: ISO 8601 date (or year); None when unknown.
        url: Address, or None.
        path: File it was read from, relative to its root; None when it came from elsewhere.
        licence: Licence of the text; None when unknown.
        kind: What sort of text it is ("article", "post", ...).
        text: "notes" for our own words about the source, "original" for the source itself.
        aliases: Further names by which people refer to the source, lower case.
        also_at: Paths or addresses of copies, whose text is merged into the document's.
        work: Id of the pack's document on the same work; None when it is on none.
    """

    title: str
    author: str | None = None
    author_role: str | None = None
    publisher: str | None = None
    published: str | None = None
    url: str | None = None
    path: str | None = None
    licence: str | None = None
    kind: str = "document"
    text: SourceText = "original"
    aliases: tuple[str, ...] = ()
    also_at: tuple[str, ...] = ()
    work: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One source document in normalised form.

    Attributes:
        id: Stable identifier, unique in a library.
        source: Where it comes from.
        text: Normalised text, one block (heading, bullet, paragraph, table row) a line. All offsets count
            Unicode code points of this text.
        sha256: Hex digest of `text` in UTF-8.
    """

    id: str
    source: Source
    text: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A claim that a reader would quote: always `document.text[start:end] == text`.

    Attributes:
        id: Stable identifier: unchanged while the claim and its document's id are.
        document_id: The document it is cut from.
        position: 0-based rank of the passage in its document.
        heading_path: Headings above it, outermost (the title) first.
        text: The claim's exact characters.
        start: Offset of the first character.
        end: Offset past the last character.
        kind: "bullet", "paragraph", "row" or "cell" of a table.
        options: Ids of the options it speaks of.
        stance: What it says about them.
        lead_in: Sentence that opens the list the bullet stands in, the head of the column of a cell, or "".
    """

    id: str
    document_id: str
    position: int
    heading_path: tuple[str, ...]
    text: str
    start: int
    end: int
    kind: str
    options: tuple[str, ...] = ()
    stance: Stance = "neutral"
    lead_in: str = ""

    @property
    def heading(self) -> str:
        """The nearest heading above it; "" in a text without any."""
        return self.heading_path[-1] if self.heading_path else ""

    @property
    def section(self) -> str:
        """The headings below the title, joined for people: "Centralised › Cons"."""
        return " › ".join(self.heading_path[1:] or self.heading_path)

    @property
    def embedding_text(self) -> str:
        """What the encoder reads: the claim behind its headings, for a bullet rarely names its subject."""
        context = [*self.heading_path[1:], self.lead_in]
        return ": ".join([*(part.rstrip(" :,.") for part in context if part), self.text])


class Encoder(Protocol):
    """Turns text into unit vectors."""

    @property
    def name(self) -> str:
        """Names the model and its weights: vectors of two names are never mixed."""
        ...

    @property
    def max_tokens(self) -> int:
        """Word pieces the model reads, special ones included; text past them is lost."""
        ...

    @property
    def dimension(self) -> int:
        """Numbers of a vector."""
        ...

    @property
    def backend(self) -> str:
        """What computes the vectors: "openvino", "plain", ...; those of one name are the same by every backend."""
        ...

    def count_tokens(self, text: str) -> int:
        """Word pieces of `text`, special ones included."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (len(texts), dimension)."""
        ...
