"""What an answer amounts to before it is kept, and what is recommended from facts given outright in a conversation."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.responding import STRUCTURED_CONFIDENCE, advised
from bot.sessions.session import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.advising.advisor import Advice, Advisor
    from bot.advising.suggest import Suggestions
    from bot.deciding.correcting import Correction
    from bot.deciding.facts import Profile
    from bot.llm.phrasing import Spoken
    from bot.llm.prompt import Exchange as Said
    from bot.sessions.session import Turn
    from bot.types import Answer
    from ingest.types import Document

__all__ = ["Asked", "WorkedOut", "corrected", "decided", "from_facts"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question in its conversation.

    Attributes:
        question: The user's words.
        session: Identifier of the conversation.
        began: When work on it began, as `time.perf_counter` tells it.
        on_sentence: Told each sentence of a language model.
        said: Tells what was said in it before.
    """

    question: str
    session: str
    began: float
    on_sentence: Callable[[str], None] | None
    said: Callable[[], Sequence[Said]]


@dataclass(frozen=True, slots=True)
class WorkedOut:
    """An answer, not kept yet.

    Attributes:
        answer: The answer.
        turn: The conversation's last turn once it is kept.
        unanswered: Whether a question of substance had to be refused.
        composed: The answer as composed, before a language model phrased it.
        spoken: The answer in whosever words it is.
        suggestions: What a language model read in the message; None where it was not asked.
    """

    answer: Answer
    turn: Turn
    unanswered: bool = False
    composed: Spoken | None = None
    spoken: Spoken | None = None
    suggestions: Suggestions | None = None

    @property
    def exchange(self) -> Exchange:
        """The exchange that is kept, as of now."""
        return Exchange(datetime.now(UTC), self.answer.as_json(), self.unanswered)

    def phrased_before(self, composed: Spoken) -> Spoken:
        """A composed answer in the words that a language model found for it before; in the composer's, where what it
        was given then was another."""
        return self.spoken if self.spoken and self.composed == composed else composed


def decided(advisor: Advisor, last: Turn, told: Profile, decision: str | None) -> Advice:
    """What is recommended once facts are told; see `bot.assistant.Assistant.decide`."""
    profile = last.profile.with_more(told)
    return advisor.decide(profile, decision or advisor.decision_for(profile))


def corrected(advisor: Advisor, last: Turn, correction: Correction, decision: str | None) -> Advice:
    """What is recommended once what is known is corrected; see `bot.assistant.Assistant.correct`."""
    profile = correction.applied(last.profile)
    about = decision or (last.profile.decision if last.profile.decision in advisor.cards else None)
    about = about or advisor.decision_for(profile)
    advice = advisor.decide(profile, about, {*profile.skipped, *correction.unknown})
    if advice.profile.asked is None:
        advice = advisor.decide(profile, about, profile.skipped)
    return advice


def from_facts(
    advice: Advice, documents: Mapping[str, Document], last: Turn, said: str, session: str, began: float
) -> WorkedOut:
    """The answer that advice from facts given outright becomes.

    Args:
        advice: What is recommended.
        documents: What may be cited.
        last: The conversation's last turn.
        said: The facts in words, for the transcript.
        session: Identifier of the conversation.
        began: When work on it began, as `time.perf_counter` tells it.
    """
    answer = advised(
        advice,
        documents,
        session=session,
        question=said,
        asked="facts",
        confidence=STRUCTURED_CONFIDENCE,
        timings_ms={"total": round((time.perf_counter() - began) * 1000, 2)},
    )
    turn = replace(last, intent="recommend", options=advice.options, profile=advice.profile)
    return WorkedOut(answer, replace(turn, cited=tuple(p.id for p in advice.draft.passages) or last.cited))
