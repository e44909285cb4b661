"""What the bot says: the answer and its citations, as every door shows them. A leaf above `ingest.types`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ingest.types import SourceText

__all__ = ["Answer", "Citation", "Intent", "Kind", "Wanted"]

Kind = Literal["recommendation", "comparison", "pros_cons", "fact", "clarification", "refusal", "smalltalk"]

Intent = Literal[
    "pros_cons",
    "compare",
    "describe",
    "catalogue",
    "fit",
    "recommend",
    "fact",
    "term",
    "ambiguous",
    "which_option",
    "smalltalk",
    "introduce",
    "origin",
]
"""What a message asks for; "ambiguous" and "which_option" are for what must be asked back."""

Wanted = Literal["pro", "con"]


class Citation(BaseModel):
    """A passage that an answer rests on: `document.text[start:end] == quote`, checked when the answer is made.

    Attributes:
        number: The marker in the answer, from 1.
        passage_id: The passage.
        source_id: The document it is cut from.
        title: Title of the source.
        author: Its author, or null when unknown.
        publisher: Where it appeared, or null.
        published: ISO 8601 date, or null.
        section: Headings above the passage.
        quote: The passage's exact characters.
        start: Offset of the first, in code points of the document's text.
        end: Offset past the last.
        document_sha256: Digest of the document's text in UTF-8.
        text: "notes" when the quote is our own words about the source, "original" when it is the source's.
        url: Address of the source, or null.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: Annotated[int, Field(ge=1)]
    passage_id: str
    source_id: str
    title: str
    author: str | None
    publisher: str | None
    published: str | None
    section: str
    quote: str
    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=1)]
    document_sha256: str
    text: SourceText
    url: str | None

    @property
    def attribution(self) -> str:
        """Who is cited, as people write it: "our notes on Ordax 2024", "Ordax 2024"."""
        who = self.author.split()[-1] if self.author else self.title
        when = f" {self.published[:4]}" if self.published else ""
        return f"our notes on {who}{when}" if self.text == "notes" else f"{who}{when}"


class Answer(BaseModel):
    """One answer. The public JSON of every door; changed by additions only.

    Attributes:
        schema_version: Version of this shape; "schema" in JSON.
        session: Identifier of the conversation.
        question: The question as asked.
        kind: What sort of answer it is.
        answer: Markdown with [1] markers.
        refused: Whether the sources do not hold the answer.
        citations: What the markers refer to, in order of number.
        recommendation: The decision, when one was asked for.
        other_decisions: Further decisions that the same facts allow.
        confidence: How sure it is that the sources hold the answer, 0 to 1.
        timings_ms: Time taken, by stage and in total.
        generator: "extractive", or the name of the language model that phrased it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_version: Annotated[int, Field(alias="schema")] = 1
    session: str
    question: str
    kind: Kind
    answer: str
    refused: bool = False
    citations: tuple[Citation, ...] = ()
    recommendation: dict[str, Any] | None = None
    other_decisions: tuple[dict[str, Any], ...] = ()
    confidence: Annotated[float, Field(ge=0, le=1)]
    timings_ms: dict[str, float] = Field(default_factory=dict)
    generator: str = "extractive"

    def as_json(self) -> dict[str, Any]:
        """The public JSON as a plain mapping."""
        return self.model_dump(mode="json", by_alias=True)
