"""What is kept of conversations, for every door: transcripts, votes, and taking back what was said."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Literal

from bot.messages.incoming import check_session
from bot.sessions.feedback import exchange_of, turns_until
from ingest.errors import MissingError

if TYPE_CHECKING:
    from bot.assistant import Assistant
    from bot.sessions.feedback_store import StoredFeedback
    from bot.sessions.session import Exchange

__all__ = ["KeptConversations", "Vote"]

Vote = Literal["up", "down"]
"""Thumb up or down."""


class KeptConversations(ABC):
    """The part of a service that looks after conversations; see `bot.service.service`.

    Args:
        feedback: Where votes are kept; the database of the conversations.
    """

    def __init__(self, feedback: StoredFeedback) -> None:
        self._feedback = feedback

    @property
    @abstractmethod
    def assistant(self) -> Assistant:
        """The assistant whose conversations they are."""

    def history(self, session: str) -> list[Exchange]:
        """The transcript of a conversation, the oldest exchange first.

        Raises:
            QuestionError: The identifier is none.
            MissingError: There is no such conversation.
        """
        exchanges = self.assistant.history(check_session(session))
        if not exchanges:
            raise MissingError(f"conversation {session!r} is not kept: it never was, has expired or was deleted.")
        return exchanges

    def forget(self, session: str) -> bool:
        """Deletes a conversation and the feedback on it; whether there was anything."""
        session = check_session(session)
        voted = self._feedback.forget(session)
        return bool(self.assistant.forget(session) or voted)

    def vote(self, session: str, vote: Vote, comment: str | None = "", number: int | None = None) -> int:
        """Stores a vote on an answer of a kept conversation; a second one on the same answer replaces the first.

        Args:
            session: Identifier of the conversation.
            vote: Thumb up or down.
            comment: The user's words; None leaves those of an earlier vote on the same answer.
            number: Which answer, from 1; the last when None.

        Returns:
            The number of the feedback.

        Raises:
            MissingError: There is no such conversation or answer.
        """
        exchanges = self.history(session)
        judged = _numbered(exchanges, len(exchanges) if number is None else number)
        if comment is None:
            given = self._feedback.entries(("up", "down"), session=session)
            own = exchange_of(session, judged.answer)
            comment = next((one.comment for one in given if one.exchange == own), "")
        return self._feedback.add(vote, session, turns_until(exchanges, judged.answer), judged.answer, comment)

    def withdraw(self, session: str, number: int) -> bool:
        """Takes a vote and the words about it back; whether there was one.

        Args:
            session: Identifier of the conversation.
            number: Which answer, from 1.

        Raises:
            MissingError: There is no such conversation or answer.
        """
        judged = _numbered(self.history(session), number)
        return self._feedback.withdraw(exchange_of(session, judged.answer))

    def votes(self, session: str) -> dict[int, Vote]:
        """The votes on the answers of a kept conversation: the number of the answer, from 1, to the vote.

        Raises:
            MissingError: There is no such conversation.
        """
        exchanges = self.history(session)
        given = self._feedback.entries(("up", "down"), session=session)
        of: dict[str, Vote] = {one.exchange: "up" if one.kind == "up" else "down" for one in given}
        found = ((number, of.get(exchange_of(session, one.answer))) for number, one in enumerate(exchanges, start=1))
        return {number: vote for number, vote in found if vote is not None}

    def rewind(self, session: str, drop: int) -> int:
        """Takes the newest answers of a kept conversation back, as if nothing had been asked; how many there were.

        Feedback on them stays.

        Args:
            session: Identifier of the conversation.
            drop: How many, from 1; all where there are no more.

        Raises:
            MissingError: There is no such conversation.
            UsageError: `drop` is below 1, or an older release stored them, so that they cannot be taken back.
        """
        self.history(session)
        return self.assistant.rewind(session, drop)


def _numbered(exchanges: list[Exchange], number: int) -> Exchange:
    if not 1 <= number <= len(exchanges):
        raise MissingError(f"answer {number} of the conversation is not kept; it has {len(exchanges)}.")
    return exchanges[number - 1]
