"""How a conversation goes on: an answer is kept only where the conversation still stands as it did when it was read.

Nobody waits for another's language model: work is done without a lock, and what it was based on is looked at again in
the transaction that keeps it. Where somebody has said or corrected something meanwhile, the work is done once more
from there, and now in turn: of those in this process who go on with the same conversation, one at a time. So the second
time is the last, unless other processes go on with it too.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

from bot.sessions.session import Standing, deleted
from ingest.errors import ChangedError, DeletedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.sessions.session import Conversations, Exchange, Turn

__all__ = ["ATTEMPTS", "GoingOn", "InTurn"]

ATTEMPTS = 12
"""How often work is done at most. Each time but the first it takes 40 ms, and another process has to come between: on a
busy machine that was seen five times in a row."""


class _Said(Protocol):
    @property
    def turn(self) -> Turn: ...

    @property
    def exchange(self) -> Exchange: ...


_SaidT = TypeVar("_SaidT", bound=_Said)


class InTurn:
    """One thread at a time for each name; nothing is kept of a name that nobody holds or waits for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, tuple[threading.Lock, int]] = {}

    def __len__(self) -> int:
        """How many names are held."""
        return len(self._held)

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Waits for a name, and holds it."""
        with self._lock:
            own, users = self._held.get(name, (threading.Lock(), 0))
            self._held[name] = own, users + 1
        try:
            with own:
                yield
        finally:
            with self._lock:
                users = self._held[name][1] - 1
                if users:
                    self._held[name] = own, users
                else:
                    del self._held[name]


class GoingOn:
    """Goes on with conversations; safe with threads."""

    def __init__(self) -> None:
        self._in_turn = InTurn()

    def go_on(
        self,
        conversations: Conversations,
        session: str,
        work: Callable[[Turn, _SaidT | None], _SaidT],
        *,
        replacing: str | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> _SaidT:
        """Works out what is said next, and keeps it.

        Args:
            conversations: Where the conversation is kept.
            session: Its identifier.
            work: Given the last turn and, where it was done in vain, what it made then; short that time.
            replacing: Key of the newest exchange, whose place the new one takes.
            check: Called before anything is kept; an error of its leaves the conversation as it was.

        Raises:
            DeletedError: The conversation has gone since it was read.
            ChangedError: Others were faster each time.
            UsageError: The exchange to be replaced is not the newest.
            ConversationError: It cannot be read or kept.
        """
        standing = conversations.read(session, replacing)
        made = work(standing.turn, None)
        with self._in_turn.of(session):
            for _ in range(ATTEMPTS - 1):
                check()
                try:
                    conversations.remember(session, made.turn, made.exchange, standing=standing, replacing=replacing)
                except DeletedError:
                    raise
                except ChangedError:
                    standing = _read_again(conversations, session, replacing, standing)
                    made = work(standing.turn, made)
                else:
                    return made
            check()
            conversations.remember(session, made.turn, made.exchange, standing=standing, replacing=replacing)
            return made


def _read_again(conversations: Conversations, session: str, replacing: str | None, former: Standing) -> Standing:
    standing = conversations.read(session, replacing)
    if standing.mark is None and former.mark is not None:
        raise deleted()
    return standing
