"""What people and the bot itself say of an answer: a thumb up or down, or that a question had to be refused.

A leaf: it stores nothing itself, see `bot.sessions.feedback_store`. What users wrote is data: it is bounded, never
escaped, and only what no text may hold is taken out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal, get_args

from bot.sessions.turns import text_of_answer
from bot.storage.text import storable
from bot.types import MAX_SESSION_ID
from ingest.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.sessions.session import Exchange

__all__ = [
    "KINDS",
    "MAX_ANSWER_BYTES",
    "MAX_COMMENT",
    "MAX_TURNS",
    "MAX_TURNS_CHARS",
    "Feedback",
    "FeedbackKind",
    "exchange_of",
    "new_feedback",
    "turns_until",
]

FeedbackKind = Literal["up", "down", "refused"]
"""A user's thumb up or down, or "refused": the bot could not answer a question of substance."""
KINDS: tuple[FeedbackKind, ...] = get_args(FeedbackKind)
MAX_COMMENT = 2000
"""Longest comment that is kept, in characters."""
MAX_TURNS = 100
"""Most messages that are kept, as many as a transcript has; the judged one is the last."""
MAX_TURNS_CHARS = 100_000
"""Most characters of messages that are kept: the longest question that can be allowed is never cut."""
MAX_ANSWER_BYTES = 256 * 1024
"""Largest answer that is kept whole, as JSON in UTF-8; answers of the bundled pack take up to 33 kB."""

# Of a larger answer, what a draft case is made of.
_KEPT = ("schema", "session", "kind", "refused", "confidence", "generator")
_MAX_TEXT = 20_000
_MAX_SOURCES = 100


@dataclass(frozen=True, slots=True)
class Feedback:
    """What was said of one answer.

    Attributes:
        id: Its number in the store, which no other will ever have; 0 before it is stored.
        at: When it was said, in UTC; for a vote, when it was last changed.
        session: Identifier of the conversation.
        kind: "up", "down" or "refused".
        comment: The user's words about the answer, "" when there are none.
        turns: The user's messages of the conversation up to and including the judged one.
        answer: The public JSON of the judged answer.
        drafted: Whether a draft case was made of the exchange.
    """

    id: int
    at: datetime
    session: str
    kind: FeedbackKind
    comment: str
    turns: tuple[str, ...]
    answer: Mapping[str, Any]
    drafted: bool = False

    @property
    def exchange(self) -> str:
        """Names the judged exchange; see `exchange_of`."""
        return exchange_of(self.session, self.answer)


def new_feedback(
    kind: FeedbackKind, session: str, turns: Sequence[str], answer: Mapping[str, Any], at: datetime, comment: str = ""
) -> Feedback:
    """Feedback as it is stored: of bounded size, whatever it came as.

    Raises:
        UsageError: The kind is none, the session's identifier is empty or too long, or no message was judged.
    """
    if kind not in KINDS:
        raise UsageError(f"feedback cannot be {str(kind)[:40]!r}. Give one of {', '.join(KINDS)}.")
    if not 0 < len(session) <= MAX_SESSION_ID:
        raise UsageError(f"session identifier has {len(session)} characters; it must have 1 to {MAX_SESSION_ID}.")
    kept = _newest(turns)
    if not any(kept):
        raise UsageError(
            "the feedback names no message that was answered. Give the user's messages, the judged one last."
        )
    return Feedback(0, at, session, kind, storable(comment).strip()[:MAX_COMMENT], kept, _bounded(answer))


def exchange_of(session: str, answer: Mapping[str, Any]) -> str:
    """Names an exchange: a digest of the session and the answer, whose timings make it the only one.

    Args:
        session: Identifier of the conversation.
        answer: Its public JSON, as the transcript has it or as feedback on it keeps it.
    """
    return sha256(json.dumps([session, _bounded(answer)], sort_keys=True).encode()).hexdigest()


def turns_until(history: Sequence[Exchange], answer: Mapping[str, Any]) -> tuple[str, ...]:
    """The user's messages up to and including the one that was answered so; that one alone if the history lost it."""
    for count in range(len(history), 0, -1):
        if history[count - 1].answer == answer:
            return tuple(one.question for one in history[:count])
    return (str(answer.get("question", "")),)


def _newest(turns: Sequence[str]) -> tuple[str, ...]:
    kept: list[str] = []
    left = MAX_TURNS_CHARS
    for turn in reversed(turns[-MAX_TURNS:]):
        if kept and len(turn) > left:
            break
        kept.append(storable(turn)[:MAX_TURNS_CHARS])
        left -= len(turn)
    return tuple(reversed(kept))


def _bounded(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    if len(text_of_answer(answer).encode(errors="replace")) <= MAX_ANSWER_BYTES:
        return answer
    cited = answer.get("citations", ())
    sources = dict.fromkeys(str(one.get("source_id", "")) for one in cited)
    return {
        **{key: answer[key] for key in _KEPT if key in answer},
        "question": str(answer.get("question", ""))[:_MAX_TEXT],
        "answer": str(answer.get("answer", ""))[:_MAX_TEXT],
        "citations": [{"source_id": source} for source in list(sources)[:_MAX_SOURCES]],
    }
