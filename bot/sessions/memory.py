"""Conversations in this process's memory: for single questions, and as the refuge when a store fails."""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.sessions.session import Exchange, Limits, Turn
from bot.sessions.turns import text_of_answer
from ingest.errors import ConversationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.sessions.session import Conversations

__all__ = ["MemoryConversations", "SafeConversations"]


@dataclass(slots=True)
class _Kept:
    turn: Turn
    used: float
    # The newest first: when, the answer as UTF-8 JSON, which takes half the room of its objects and cannot change, and
    # whether it went unanswered, which a store is told when it works again.
    exchanges: deque[tuple[datetime, bytes, bool]] = field(default_factory=deque)


class MemoryConversations:
    """Conversations that end with this process.

    Args:
        limits: How much is kept.
        now: Tells the time in seconds since 1970.
    """

    def __init__(self, limits: Limits | None = None, now: Callable[[], float] = time.time) -> None:
        self._limits = limits or Limits()
        self._now = now
        # The longest unused first.
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def last(self, session: str) -> Turn:
        """The conversation's last turn; an empty one when there is none."""
        with self._lock:
            self._drop_expired()
            kept = self._kept.get(session)
            return kept.turn if kept else Turn()

    def remember(self, session: str, turn: Turn, exchange: Exchange | None = None) -> None:
        """Makes `turn` the conversation's last, and adds an exchange to its transcript."""
        with self._lock:
            self._drop_expired()
            kept = self._kept.setdefault(session, _Kept(turn, 0))
            kept.turn, kept.used = turn, self._now()
            self._kept.move_to_end(session)
            if exchange:
                kept.exchanges.appendleft((exchange.at, text_of_answer(exchange.answer).encode(), exchange.unanswered))
                fitting = self._limits.fitting([len(text) for _, text, _ in kept.exchanges])
                while len(kept.exchanges) > fitting:
                    kept.exchanges.pop()
            while len(self._kept) > self._limits.conversations:
                self._kept.popitem(last=False)

    def history(self, session: str) -> list[Exchange]:
        """The conversation's transcript, the oldest exchange first."""
        with self._lock:
            self._drop_expired()
            kept = self._kept.get(session)
            stored = list(kept.exchanges) if kept else []
        return [Exchange(at, json.loads(text), unanswered) for at, text, unanswered in reversed(stored)]

    def drop_first(self, session: str) -> None:
        """Drops the oldest exchange of a transcript, once it is kept elsewhere."""
        with self._lock:
            kept = self._kept.get(session)
            if kept and kept.exchanges:
                kept.exchanges.pop()

    def forget(self, session: str) -> bool:
        """Deletes everything about a conversation; whether there was anything."""
        with self._lock:
            return self._kept.pop(session, None) is not None

    def forget_older(self, days: float) -> int:
        """Deletes the conversations unused for more than so many days; how many."""
        with self._lock:
            return self._drop_before(self._now() - days * 86_400)

    def forget_all(self) -> int:
        """Deletes every conversation; how many there were."""
        with self._lock:
            count = len(self._kept)
            self._kept.clear()
            return count

    def close(self) -> None:
        """Nothing is held."""

    def _drop_expired(self) -> None:
        oldest = self._limits.oldest_kept(self._now())
        if oldest is not None:
            self._drop_before(oldest)

    def _drop_before(self, oldest: float) -> int:
        count = 0
        while self._kept and next(iter(self._kept.values())).used < oldest:
            self._kept.popitem(last=False)
            count += 1
        return count


class SafeConversations:
    """Conversations of a store, carried on in memory while the store fails: no answer is lost to a full disk.

    Reading and writing for an answer never fail. What could not be stored is written with the conversation's next
    answer once the store works again. Transcripts and deletions do fail, for there half a result would mislead.

    Args:
        stored: The store.
        limits: How much is kept in memory meanwhile.
        say: Told once, in a sentence, each time the store begins to fail.
    """

    def __init__(self, stored: Conversations, limits: Limits, say: Callable[[str], None]) -> None:
        self._stored = stored
        self._unsaved = MemoryConversations(limits)
        self._say = say
        self._fails = False

    def last(self, session: str) -> Turn:
        """The conversation's last turn; an empty one when there is none, or when it cannot be read now."""
        unsaved = self._unsaved.last(session)
        if unsaved != Turn():
            return unsaved
        try:
            return self._stored.last(session)
        except ConversationError as error:
            self._tell(error)
            return Turn()

    def remember(self, session: str, turn: Turn, exchange: Exchange | None = None) -> None:
        """Makes `turn` the conversation's last, in the store or else in memory."""
        try:
            for unsaved in self._unsaved.history(session):
                self._stored.remember(session, turn, unsaved)
                self._unsaved.drop_first(session)
            self._stored.remember(session, turn, exchange)
        except ConversationError as error:
            self._tell(error)
            self._unsaved.remember(session, turn, exchange)
        else:
            self._unsaved.forget(session)
            self._fails = False

    def history(self, session: str) -> list[Exchange]:
        """The conversation's transcript, the oldest exchange first."""
        return self._stored.history(session) + self._unsaved.history(session)

    def forget(self, session: str) -> bool:
        """Deletes everything about a conversation; whether there was anything."""
        unsaved = self._unsaved.forget(session)
        return self._stored.forget(session) or unsaved

    def forget_older(self, days: float) -> int:
        """Deletes the conversations unused for more than so many days; how many."""
        self._unsaved.forget_older(days)
        return self._stored.forget_older(days)

    def forget_all(self) -> int:
        """Deletes every conversation; how many there were."""
        self._unsaved.forget_all()
        return self._stored.forget_all()

    def close(self) -> None:
        """Lets go of the store."""
        self._stored.close()

    def _tell(self, error: ConversationError) -> None:
        if not self._fails:
            self._fails = True
            self._say(f"Warning: {error} Answers are given all the same, but conversations are not kept meanwhile.")
