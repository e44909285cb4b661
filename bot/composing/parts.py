"""Puts the answers to the questions of one message together: one numbering, and what is not in the sources said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.composing.draft import Draft, escape, joined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.types import Kind
    from ingest.types import Passage

__all__ = ["PartAnswer", "merged"]


@dataclass(frozen=True, slots=True)
class PartAnswer:
    """The answer to one question of a message.

    Attributes:
        question: The question, in the user's words.
        kind: What sort of answer it is.
        text: Markdown, its markers counting from 1.
        passages: What the markers refer to, in order of number; empty when it is refused.
        confidence: How sure it is that the sources hold the answer, 0 to 1.
    """

    question: str
    kind: Kind
    text: str
    passages: Sequence[Passage]
    confidence: float


def merged(answers: Sequence[PartAnswer]) -> PartAnswer | None:
    """The answers as one, each passage under one number; None when none of the questions is answered.

    A question whose answer cites nothing new is answered by what stands there already.
    """
    held = [answer for answer in answers if answer.passages]
    if not held:
        return None
    draft = Draft()
    for answer in held:
        known = {passage.id for passage in draft.passages}
        if any(passage.id not in known for passage in answer.passages):
            draft.paragraph(draft.renumbered(answer.text, answer.passages))
    if missing := [f"“{escape(answer.question.strip(' ?.!'))}”" for answer in answers if not answer.passages]:
        draft.paragraph(f"The documents I have do not answer {joined(missing, 'or')}.")
    return PartAnswer(
        question=" ".join(answer.question for answer in answers),
        kind=held[0].kind,
        text=draft.markdown,
        passages=draft.passages,
        confidence=min(answer.confidence for answer in held),
    )
