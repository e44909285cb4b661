"""What the bot says: the answer and its citations, as every door shows them. A leaf above `ingest.types`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ingest.types import SourceText

__all__ = [
    "MAX_SESSION_ID",
    "Answer",
    "Citation",
    "Intent",
    "Kind",
    "KnownFact",
    "Ranked",
    "Recommendation",
    "Tipping",
    "Wanted",
]

MAX_SESSION_ID = 128
"""Longest session identifier a door may bring, in characters."""

Kind = Literal["recommendation", "comparison", "pros_cons", "fact", "clarification", "refusal", "smalltalk"]

Intent = Literal[
    "pros_cons",
    "compare",
    "describe",
    "catalogue",
    "fit",
    "recommend",
    "why_not",
    "what_if",
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
        also_at: Paths and addresses of copies of the document; what only they have is in its text, too.
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
    also_at: tuple[str, ...] = ()

    @property
    def attribution(self) -> str:
        """Who is cited, as people write it: "our notes on Ordax 2024", "Ordax 2024"."""
        names = (self.author or "").split()
        who = names[-1] if names else self.title
        when = f" {self.published[:4]}" if self.published else ""
        return f"our notes on {who}{when}" if self.text == "notes" else f"{who}{when}"


class Ranked(BaseModel):
    """An option in a ranking.

    Attributes:
        option: Its id.
        name: What people read.
        score: 0 to 100.
        low: The score if every open answer were the worst for it.
        high: The score if every open answer were the best for it.
        first_share: Share of weightings and open answers under which it comes first, 0 to 1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    option: str
    name: str
    score: float
    low: float
    high: float
    first_share: float


class KnownFact(BaseModel):
    """A fact that a decision rests on.

    Attributes:
        criterion: The criterion.
        level: Its level.
        said: The user's own words.
        how: How it was read: "number", "phrase", "hint", "reply", "model" or "chosen".
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    criterion: str
    level: str
    said: str
    how: str


class Tipping(BaseModel):
    """A single change of a fact that changes who comes first; `before` and `after` are "from" and "to" in JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    criterion: str
    before: Annotated[str, Field(alias="from")]
    after: Annotated[str, Field(alias="to")]
    winner: str


class Recommendation(BaseModel):
    """What the rubric decides.

    Attributes:
        decision: Id of the decision.
        rubric_version: Version of the rubric.
        rubric_sha256: Digest of the rubric's file.
        ranking: The options, best first.
        clear_winner: Whether the first is clearly ahead.
        facts: What was known.
        unknown: Criteria that nothing was known of.
        next_question: The question worth asking next; null once no answer could change who comes first.
        tipping_points: Single changes that would change who comes first, the nearest first.
        present: Id of the option that the organisation has today; null when it did not say.
        supposed: Criteria whose facts are only supposed ("what if ...").
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    decision: str
    rubric_version: str
    rubric_sha256: str
    ranking: tuple[Ranked, ...]
    clear_winner: bool
    facts: tuple[KnownFact, ...]
    unknown: tuple[str, ...]
    next_question: str | None
    tipping_points: tuple[Tipping, ...]
    present: str | None = None
    supposed: tuple[str, ...] = ()


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
        generator: "extractive", or the name of the language model that phrased it; where one was asked in vain,
            "extractive (<model>: <why>)".
        asked: "words" for a question, "facts" where facts were given outright and `question` only names them.
        dropped_sentences: Sentences that are not shown: of a language model or the composer, unsupported; or
            a model's, repeated or of another option.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_version: Annotated[int, Field(alias="schema")] = 1
    session: str
    question: str
    kind: Kind
    answer: str
    refused: bool = False
    citations: tuple[Citation, ...] = ()
    recommendation: Recommendation | None = None
    other_decisions: tuple[Recommendation, ...] = ()
    confidence: Annotated[float, Field(ge=0, le=1)]
    timings_ms: dict[str, float] = Field(default_factory=dict)
    generator: str = "extractive"
    asked: Literal["words", "facts"] = "words"
    dropped_sentences: Annotated[int, Field(ge=0)] = 0

    def as_json(self) -> dict[str, Any]:
        """The public JSON as a plain mapping."""
        return self.model_dump(mode="json", by_alias=True)
