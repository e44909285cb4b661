"""What a conversation remembers, bounded in number; kept in this process's memory."""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.facts import Profile

if TYPE_CHECKING:
    from bot.prompt import Exchange
    from bot.types import Intent, Wanted

__all__ = ["MAX_SESSION_ID", "SessionStore", "Turn"]

MAX_SESSION_ID = 128
"""Longest session identifier a door may bring, in characters."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What the next message may refer back to.

    Attributes:
        question: The message as understood last, with what it referred to written out.
        intent: What it asked for; None before the first.
        wanted: Which of pros and cons.
        options: Ids of the options it spoke of, in order.
        sources: Ids of the sources it was limited to.
        terms: First words of the many-meaning terms it used.
        cited: Ids of the passages that its answer cited.
        profile: What the conversation has told about an organisation.
        said: The last few exchanges, oldest first, for a language model.
    """

    question: str = ""
    intent: Intent | None = None
    wanted: tuple[Wanted, ...] = ()
    options: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    cited: tuple[str, ...] = ()
    profile: Profile = field(default_factory=Profile)
    said: tuple[Exchange, ...] = ()


class SessionStore:
    """The last turn of each conversation; beyond `capacity` the one longest unused is forgotten.

    Args:
        capacity: Conversations kept.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._turns: OrderedDict[str, Turn] = OrderedDict()
        self._lock = threading.Lock()

    @staticmethod
    def new_id() -> str:
        """An identifier that nobody can guess."""
        return uuid.uuid4().hex

    def last(self, session: str) -> Turn:
        """The conversation's last turn; an empty one when there is none."""
        with self._lock:
            turn = self._turns.get(session)
            if turn is None:
                return Turn()
            self._turns.move_to_end(session)
            return turn

    def remember(self, session: str, turn: Turn) -> None:
        """Makes `turn` the conversation's last."""
        with self._lock:
            self._turns[session] = turn
            self._turns.move_to_end(session)
            while len(self._turns) > self._capacity:
                self._turns.popitem(last=False)

    def forget(self, session: str) -> None:
        """Drops the conversation; no error when there is none."""
        with self._lock:
            self._turns.pop(session, None)
