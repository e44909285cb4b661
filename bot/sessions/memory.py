"""Conversations in this process's memory: for single questions, and as the refuge when a store fails."""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bot.sessions.session import Exchange, Limits, Standing, Turn, check_newest, check_standing
from bot.sessions.turns import text_of_answer, text_of_turn

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

__all__ = ["MemoryConversations"]


@dataclass(frozen=True, slots=True)
class _Said:
    at: datetime
    # The answer as UTF-8 JSON, which takes half the room of its objects and cannot change.
    answer: bytes
    # Whether it went unanswered, which a store is told when it works again.
    unanswered: bool
    before: Turn
    # What a store would keep of it, in bytes.
    size: int

    @property
    def exchange(self) -> Exchange:
        return Exchange(self.at, json.loads(self.answer), self.unanswered)


@dataclass(slots=True)
class _Kept:
    turn: Turn
    used: float
    # Whether it goes on with a conversation that is kept elsewhere.
    goes_on: bool = False
    # The newest first.
    exchanges: deque[_Said] = field(default_factory=deque)

    @property
    def standing(self) -> Standing:
        return Standing(self.turn, text_of_turn(self.turn))


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

    def read(self, session: str, replacing: str | None = None) -> Standing:
        """How the conversation stands; see `Conversations.read`."""
        with self._lock:
            self._drop_expired()
            kept = self._kept.get(session)
            if replacing is not None:
                check_newest(_newest(kept), replacing)
            if kept is None:
                return Standing()
            return kept.standing if replacing is None else replace(kept.standing, turn=kept.exchanges[0].before)

    def remember(
        self,
        session: str,
        turn: Turn,
        exchange: Exchange | None = None,
        *,
        standing: Standing | None = None,
        replacing: str | None = None,
    ) -> None:
        """Makes `turn` the conversation's last, and adds an exchange to its transcript; see `Conversations`."""
        with self._lock:
            self._drop_expired()
            kept = self._kept.get(session)
            check_standing(standing, kept.standing.mark if kept and standing else None)
            if replacing is not None:
                check_newest(_newest(kept), replacing)
            kept = self._kept.setdefault(session, _Kept(Turn(), 0))
            if replacing is not None:
                kept.turn = kept.exchanges.popleft().before
            before, kept.turn, kept.used = kept.turn, turn, self._now()
            self._kept.move_to_end(session)
            if exchange:
                text = text_of_answer(exchange.answer).encode()
                size = len(text) + len(text_of_turn(before).encode())
                kept.exchanges.appendleft(_Said(exchange.at, text, exchange.unanswered, before, size))
                fitting = self._limits.fitting([one.size for one in kept.exchanges])
                while len(kept.exchanges) > fitting:
                    kept.exchanges.pop()
            while len(self._kept) > self._limits.conversations:
                self._kept.popitem(last=False)

    def history(self, session: str) -> list[Exchange]:
        """The conversation's transcript, the oldest exchange first."""
        return [exchange for exchange, _ in self.turns(session)]

    def sessions(self) -> list[str]:
        """The conversations that there are, the longest unused first."""
        with self._lock:
            self._drop_expired()
            return list(self._kept)

    def turns(self, session: str) -> list[tuple[Exchange, Turn]]:
        """The conversation's transcript, the oldest exchange first, each with the conversation's turn after it."""
        with self._lock:
            self._drop_expired()
            kept = self._kept.get(session)
            said = list(kept.exchanges) if kept else []
            after = [kept.turn if kept else Turn(), *(one.before for one in said)]
        return [(one.exchange, turn) for one, turn in zip(reversed(said), reversed(after[: len(said)]), strict=True)]

    def rewind(self, session: str, drop: int) -> int:
        """Takes the newest exchanges out of a transcript, as if they had not been; how many there were."""
        with self._lock:
            self._drop_expired()
            kept = self._kept.get(session)
            if kept is None:
                return 0
            taken = [kept.exchanges.popleft() for _ in range(min(drop, len(kept.exchanges)))]
            if taken:
                kept.turn, kept.used = taken[-1].before, self._now()
                self._kept.move_to_end(session)
            return len(taken)

    def carry_on(self, session: str, standing: Standing) -> bool:
        """Goes on with a conversation that is kept elsewhere and stands so; False where it is here already."""
        with self._lock:
            self._drop_expired()
            if session in self._kept:
                return False
            self._kept[session] = _Kept(standing.turn, self._now(), goes_on=standing.mark is not None)
            return True

    def goes_on(self, session: str) -> bool:
        """Whether a conversation goes on with one that is kept elsewhere."""
        with self._lock:
            kept = self._kept.get(session)
            return kept is not None and kept.goes_on

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


def _newest(kept: _Kept | None) -> Exchange | None:
    return kept.exchanges[0].exchange if kept and kept.exchanges else None
