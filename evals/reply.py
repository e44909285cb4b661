"""A system's last answer to a case, as the metrics read it: ours, or a system's that ours is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from bot.types import Recommendation
from bot.verifying.citations import citation_faults

if TYPE_CHECKING:
    from bot.assistant import Assistant
    from bot.types import Answer

__all__ = ["Cited", "Reply", "reply_of"]


class Cited(BaseModel):
    """What one number of an answer refers to.

    Attributes:
        number: The marker in the answer, from 1.
        source_id: The document.
        section: Headings above the passage.
        quote: What a reader is shown.
        text: What the verifier reads: the quote behind its author, title and headings and its list's opening sentence.
        exact: Whether the quote stands in its document at the place that the citation names.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: Annotated[int, Field(ge=1)]
    source_id: str
    section: str = ""
    quote: str
    text: str
    exact: bool = True


class Reply(BaseModel):
    """The last answer of a conversation.

    Attributes:
        answer: Markdown with [1] markers.
        kind: What sort of answer it is, as in `bot.types.Kind`.
        refused: Whether it says that the documents do not hold the answer.
        confidence: How sure the system is that they do, 0 to 1.
        citations: What the markers refer to.
        recommendation: The decision, where one was made.
        generator: Who phrased it.
        dropped_sentences: Sentences that the system withheld as unsupported.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    answer: str
    kind: str
    refused: bool
    confidence: Annotated[float, Field(ge=0, le=1)]
    citations: tuple[Cited, ...] = ()
    recommendation: Recommendation | None = None
    generator: str = "extractive"
    dropped_sentences: Annotated[int, Field(ge=0)] = 0

    @property
    def first(self) -> str | None:
        """Id of the option that comes first; None when nothing was ranked."""
        ranking = self.recommendation.ranking if self.recommendation else ()
        return ranking[0].option if ranking else None


def reply_of(answer: Answer, assistant: Assistant) -> Reply:
    """What the metrics read of one of our answers."""
    passages = assistant.passages
    cited = []
    for one in answer.citations:
        lead_in = passages[one.passage_id].lead_in if one.passage_id in passages else ""
        cited.append(
            Cited(
                number=one.number,
                source_id=one.source_id,
                section=one.section,
                quote=one.quote,
                text=f"{one.author or ''} {one.title}. {one.section}. {lead_in} {one.quote}".strip(),
                exact=not citation_faults(one, assistant.documents),
            )
        )
    return Reply(
        answer=answer.answer,
        kind=answer.kind,
        refused=answer.refused,
        confidence=answer.confidence,
        citations=tuple(cited),
        recommendation=answer.recommendation,
        generator=answer.generator,
        dropped_sentences=answer.dropped_sentences,
    )
