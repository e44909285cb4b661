"""What a conversation is: its last turn, its transcript, and what any keeper of conversations does with them.

A leaf: it stores nothing itself. `bot.sessions.memory` keeps conversations in this process,
`bot.sessions.conversations` in a database.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol

from bot.deciding.facts import Profile

# Read at run time too: a turn is checked against these when it comes back from a store.
from bot.types import Intent, Wanted  # noqa: TC001
from ingest.errors import ChangedError, DeletedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ingest.config import Settings

__all__ = [
    "Conversations",
    "Exchange",
    "Limits",
    "Standing",
    "Turn",
    "check_newest",
    "check_standing",
    "deleted",
    "limits_of",
    "new_session_id",
]

_KEY_DIGITS = 12


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
class Standing:
    """How a conversation stands when it is read.

    Attributes:
        turn: The last turn; the one before the exchange that is to be replaced, where one is.
        mark: Tells whether the conversation stands as it did: another last turn has another mark. None where nothing
            is known of the conversation.
    """

    turn: Turn = field(default_factory=Turn)
    mark: str | None = None


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

    @property
    def key(self) -> str:
        """What names it within its conversation, the same from every keeper: when it was answered, and a digest.

        The time alone would do where every clock is fine; some tick 64 times a second.
        """
        said = json.dumps(dict(self.answer), sort_keys=True).encode()
        return f"{self.at.astimezone(UTC).isoformat(timespec='microseconds')}-{sha256(said).hexdigest()[:_KEY_DIGITS]}"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept.

    Attributes:
        conversations: Conversations; beyond that the one longest unused goes first.
        days: Days after its last question that a conversation is kept; 0 sets no end.
        exchanges: Exchanges in a transcript; beyond that the oldest goes first.
        transcript_bytes: Bytes of a transcript, as JSON in UTF-8: its answers, and with each the turn before it. The
            newest exchange is kept whatever its size.
        feedback: Votes and refused questions; beyond that what can best be missed goes first.
    """

    conversations: int = 1000
    days: int = 30
    # Answers of the bundled pack take 3 to 33 kB (five measured), a turn at most 6: half a mebibyte is a long
    # afternoon's talk, and 1,000 conversations of that length stay below half a gibibyte.
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

    def read(self, session: str, replacing: str | None = None) -> Standing:
        """How the conversation stands, to go on from there.

        Args:
            session: Identifier of the conversation.
            replacing: Key of its newest exchange, where that is to be replaced.

        Raises:
            UsageError: The newest exchange is another, or nobody knows what was before it.
        """
        ...

    def remember(
        self,
        session: str,
        turn: Turn,
        exchange: Exchange | None = None,
        *,
        standing: Standing | None = None,
        replacing: str | None = None,
    ) -> None:
        """Makes `turn` the conversation's last, and adds an exchange to its transcript; all of it or nothing.

        Args:
            session: Identifier of the conversation.
            turn: Its last turn from now on.
            exchange: What was said.
            standing: What it was worked out from, as `read` gave it; whatever there is when None.
            replacing: Key of the newest exchange, whose place the new one takes: feedback on the former stays.

        Raises:
            DeletedError: The conversation was there when it was read, and has gone.
            ChangedError: It stands otherwise than it did.
            UsageError: As in `read`.
        """
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


def check_standing(standing: Standing | None, mark: str | None) -> None:
    """Looks whether a conversation stands as it did when it was read.

    Why one is gone nobody can tell: deleted, expired or crowded out, it is not to come back with what was said in it.

    Args:
        standing: How it did; anything will do when None.
        mark: The mark it has now, None where it is not there.

    Raises:
        DeletedError: It is not there any more.
        ChangedError: It has another mark.
    """
    if standing is None or standing.mark == mark:
        return
    if mark is None:
        raise deleted()
    raise ChangedError("the conversation was changed meanwhile, again and again; nothing was kept. Ask again.")


def deleted() -> DeletedError:
    """What is said of a conversation that has gone while an answer was worked out."""
    return DeletedError("the conversation was deleted meanwhile; nothing was kept. Ask again to begin a new one.")


def check_newest(newest: Exchange | None, replacing: str) -> None:
    """Looks whether an exchange is the newest of its conversation.

    Args:
        newest: The newest; None where there is none.
        replacing: Key of the exchange.

    Raises:
        UsageError: It is not.
    """
    if newest is None or newest.key != replacing:
        raise UsageError(
            "the answer to be replaced is not the last one of the conversation any more: something was asked, "
            "corrected or taken back meanwhile. Nothing was changed; look at the conversation as it stands."
        )


def limits_of(settings: Settings) -> Limits:
    """How much the settings let be kept."""
    return Limits(conversations=settings.max_sessions, days=settings.retention_days)


def new_session_id() -> str:
    """An identifier that nobody can guess: 128 random bits in hexadecimal."""
    return secrets.token_hex(16)
