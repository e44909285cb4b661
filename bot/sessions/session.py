"""What a conversation is: its last turn, its transcript, and what any keeper of conversations does with them.

A leaf: it stores nothing itself. `bot.sessions.memory` keeps conversations in this process,
`bot.sessions.conversations` in a database.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from bot.deciding.facts import Profile

# Read at run time too: a turn is checked against these when it comes back from a store.
from bot.types import Intent, Wanted  # noqa: TC001

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ingest.config import Settings

__all__ = ["Conversations", "Exchange", "Limits", "Turn", "limits_of", "new_session_id"]


@dataclass(frozen=True, slots=True)
class Turn:
    """What the next message may refer back to.

    Attributes:
        question: The message as understood last, with what it referred to written out.
        intent: What it asked for; None before the first.
        wanted: Which of pros and cons.
        options: Ids of the options it spoke of, in order.
        discussed: Ids of the options that the conversation has spoken of before, in order of first mention.
        sources: Ids of the sources it was limited to.
        terms: First words of the many-meaning terms it used.
        cited: Ids of the passages that its answer cited.
        profile: What the conversation has told about an organisation.
    """

    question: str = ""
    intent: Intent | None = None
    wanted: tuple[Wanted, ...] = ()
    options: tuple[str, ...] = ()
    discussed: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    cited: tuple[str, ...] = ()
    profile: Profile = field(default_factory=Profile)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer, as a transcript keeps them.

    Attributes:
        at: When it was answered, in UTC.
        answer: The answer's public JSON, in the shape of the release that gave it.
        unanswered: Whether a question of substance had to be refused. A keeper notes that as feedback, which others
            work on; it is no part of the transcript.
    """

    at: datetime
    answer: Mapping[str, Any]
    unanswered: bool = field(default=False, compare=False)

    @property
    def question(self) -> str:
        """The user's words."""
        return str(self.answer.get("question", ""))


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept.

    Attributes:
        conversations: Conversations; beyond that the one longest unused goes first.
        days: Days after its last question that a conversation is kept; 0 sets no end.
        exchanges: Exchanges in a transcript; beyond that the oldest goes first.
        transcript_bytes: Bytes of a transcript, as JSON in UTF-8; the newest exchange is kept whatever its size.
        feedback: Votes and refused questions; beyond that what can best be missed goes first.
    """

    conversations: int = 1000
    days: int = 30
    # Answers of the bundled pack take 3 to 33 kB (five measured): half a mebibyte is a long afternoon's talk,
    # and 1,000 conversations of that length stay below half a gibibyte.
    exchanges: int = 100
    transcript_bytes: int = 512 * 1024
    # At most 256 kB each, 2 kB where a question was refused: 10 MB, were all of them refusals.
    feedback: int = 5000

    def oldest_kept(self, now: float) -> float | None:
        """The time of last use before which a conversation has expired, in seconds since 1970; None for never."""
        return now - self.days * 86_400 if self.days else None

    def fitting(self, sizes: Sequence[int]) -> int:
        """How many of the newest exchanges fit into a transcript.

        Args:
            sizes: Their sizes in bytes, the newest first.
        """
        total = 0
        for count, size in enumerate(sizes[: self.exchanges]):
            total += size
            if total > self.transcript_bytes and count:
                return count
        return min(len(sizes), self.exchanges)


class Conversations(Protocol):
    """A keeper of conversations. What is asked of one session never shows anything of another.

    Every method may raise `ConversationError` when the place where conversations are kept fails.
    """

    def last(self, session: str) -> Turn:
        """The conversation's last turn; an empty one when there is none, when it expired or cannot be read any more."""
        ...

    def remember(self, session: str, turn: Turn, exchange: Exchange | None = None) -> None:
        """Makes `turn` the conversation's last, and adds an exchange to its transcript; all of it or nothing."""
        ...

    def history(self, session: str) -> list[Exchange]:
        """The conversation's transcript, the oldest exchange first; empty when there is none."""
        ...

    def rewind(self, session: str, drop: int) -> int:
        """Takes the newest exchanges out of a transcript, as if they had not been; all of it or nothing.

        The conversation's last turn is then what it was before them. Feedback on them stays.

        Args:
            session: Identifier of the conversation.
            drop: How many, from 1; all where there are no more.

        Returns:
            How many there were.

        Raises:
            UsageError: Nobody knows what was before: an older release stored the first of them.
        """
        ...

    def forget(self, session: str) -> bool:
        """Deletes everything about a conversation; whether there was anything."""
        ...

    def forget_older(self, days: float) -> int:
        """Deletes the conversations unused for more than so many days; how many."""
        ...

    def forget_all(self) -> int:
        """Deletes every conversation; how many there were."""
        ...

    def close(self) -> None:
        """Lets go of files and connections."""
        ...


def limits_of(settings: Settings) -> Limits:
    """How much the settings let be kept."""
    return Limits(conversations=settings.max_sessions, days=settings.retention_days)


def new_session_id() -> str:
    """An identifier that nobody can guess: 128 random bits in hexadecimal."""
    return secrets.token_hex(16)
