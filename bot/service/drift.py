"""What stored things lost when documents changed: the rubric's evidence, and the citations of answers that were given.

Answers are read a page at a time, however many are stored, and nothing is written.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from bot.types import Citation
from bot.verifying.drift import LOST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from bot.deciding.rubric_model import Rubric
    from bot.sessions.conversations import StoredConversations
    from bot.sessions.feedback_store import StoredFeedback
    from bot.verifying.drift import Nearest, Span, Spans
    from ingest.types import Document

__all__ = ["Drifted", "LostEvidence", "Tally", "drifted_citations", "lost_evidence", "stored_answers"]


@dataclass(frozen=True, slots=True)
class LostEvidence:
    """A quote of the rubric that does not stand in its document any more.

    Attributes:
        name: Its name in the rubric.
        source_id: The document.
        quote: The words that stood there.
        rests: What rests on it: scores, weights, cut-offs, and where sources disagree.
        gone: Whether there is no such document.
        nearest: What reads most like it there today.
    """

    name: str
    source_id: str
    quote: str
    rests: tuple[str, ...]
    gone: bool
    nearest: Nearest | None

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "quote_name": self.name,
            "source_id": self.source_id,
            "quote": self.quote,
            "state": "gone" if self.gone else "changed",
            "rests": list(self.rests),
            "nearest": _nearest_json(self.nearest),
        }


def lost_evidence(rubric: Rubric, documents: Mapping[str, Document], spans: Spans) -> list[LostEvidence]:
    """The quotes that are gone, each with what rests on it and what stands in its place.

    Args:
        rubric: The rubric, whether its rules hold or not.
        documents: The pack's own documents by id.
        spans: Over the same.
    """
    return [
        LostEvidence(
            name,
            one.source,
            one.quote,
            tuple(_resting_on(rubric, name)),
            one.source not in documents,
            spans.nearest(one.source, one.quote),
        )
        for name, one in rubric.quotes.items()
        if one.source not in documents or one.quote not in documents[one.source].text
    ]


def _resting_on(rubric: Rubric, name: str) -> Iterator[str]:
    for decision, criterion, option, level, cell in rubric.cells:
        if name in cell.evidence:
            yield f"{decision}: {criterion} = {level} counts {cell.score:+d} for {option}"
    for decision_id, made in rubric.decisions.items():
        for criterion_id, weighing in made.criteria.items():
            if name in weighing.evidence:
                yield f"{decision_id}: the weight of {criterion_id}"
        for one in made.disagreements:
            if any(position.evidence == name for position in one.positions):
                yield f"{decision_id}: what the sources disagree on"
    for id_, asked in rubric.criteria.items():
        if any(numbers.basis == name for numbers in asked.numbers):
            yield f"the cut-offs of {id_}"


@dataclass(slots=True)
class Tally:
    """How many answers were looked at, and what became of their citations.

    Attributes:
        answers: Answers by where they are stored.
        states: Citations by what became of them; "unreadable" for those of another release.
        hit: Answers of which a citation was lost.
    """

    answers: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    hit: int = 0

    @property
    def lost(self) -> int:
        """Citations that nobody can read in their document any more."""
        return sum(self.states[state] for state in LOST)


@dataclass(frozen=True, slots=True)
class Drifted:
    """A citation of a stored answer that does not stand where it did.

    Attributes:
        stored: Where the answer is: "conversation" or "feedback".
        session: Its conversation.
        at: When it was given, or judged.
        question: What was asked.
        citation: As it was given.
        span: What became of it.
        nearest: What reads most like it in its document today, where it was changed.
    """

    stored: str
    session: str
    at: datetime
    question: str
    citation: Citation
    span: Span
    nearest: Nearest | None

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "stored": self.stored,
            "session": self.session,
            "at": self.at.isoformat(),
            "question": self.question,
            "number": self.citation.number,
            "source_id": self.citation.source_id,
            "section": self.citation.section,
            "quote": self.citation.quote,
            "start": self.citation.start,
            "state": self.span.state,
            "now": None if self.span.start is None else {"source_id": self.span.source_id, "start": self.span.start},
            "nearest": _nearest_json(self.nearest),
        }


Given = tuple[str, str, "datetime", "Mapping[str, Any]"]
"""An answer that was given: where it is stored, its conversation, when it was, and its public JSON."""


def stored_answers(conversations: StoredConversations, feedback: StoredFeedback) -> Iterator[Given]:
    """Every answer that is kept, those of conversations first.

    Raises:
        ConversationError: They cannot be read.
    """
    of_conversations = (("conversation", session, one.at, one.answer) for session, one in conversations.each())
    return chain(of_conversations, (("feedback", one.session, one.at, one.answer) for one in feedback.each()))


def drifted_citations(answers: Iterable[Given], spans: Spans, tally: Tally, *, nearest: bool) -> Iterator[Drifted]:
    """The citations that do not stand where they did.

    Args:
        answers: The answers.
        spans: Over all documents that answers cite.
        tally: Counts along.
        nearest: Whether to look for what stands in the place of what was changed, which takes longer.
    """
    for stored, session, at, answer in answers:
        tally.answers[stored] += 1
        before = tally.lost
        for citation in _citations(answer, tally):
            span = spans.look(citation.source_id, citation.quote, citation.start, citation.document_sha256)
            tally.states[span.state] += 1
            if span.state != "stands":
                wanted = nearest and span.state == "changed"
                near = spans.nearest(citation.source_id, citation.quote) if wanted else None
                yield Drifted(stored, session, at, str(answer.get("question", "")), citation, span, near)
        tally.hit += tally.lost > before


def _citations(answer: Mapping[str, Any], tally: Tally) -> Iterator[Citation]:
    given = answer.get("citations")
    for fields in given if isinstance(given, list) else ():
        try:
            yield Citation.model_validate(fields)
        except ValidationError:
            tally.states["unreadable"] += 1


def _nearest_json(nearest: Nearest | None) -> dict[str, Any] | None:
    return None if nearest is None else {"text": nearest.text, "start": nearest.start, "likeness": nearest.likeness}
