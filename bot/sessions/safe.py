"""Conversations of a store that may fail: a full disk, a database that is locked or gone cost nobody an answer."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from bot.sessions.memory import MemoryConversations
from bot.sessions.session import Exchange, Limits, Standing, Turn, deleted
from ingest.errors import ConversationError, DeletedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sessions.session import Conversations

__all__ = ["SafeConversations"]


class SafeConversations:
    """Conversations of a store, carried on in memory while the store fails: no answer is lost to a full disk.

    Reading and writing for an answer never fail. What could not be stored is written with the next answer, in whatever
    conversation, once the store works again, or at the end. Transcripts and deletions do fail, for there half a result
    would mislead.

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
        # Nothing is put into memory while what is there is being stored: it would be dropped with that.
        self._storing = threading.RLock()

    def last(self, session: str) -> Turn:
        """The conversation's last turn; an empty one when there is none, or when it cannot be read now."""
        return self.read(session).turn

    def read(self, session: str, replacing: str | None = None) -> Standing:
        """How the conversation stands; as if it had never been, where it cannot be read now.

        Raises:
            UsageError: As in `Conversations.read`.
            ConversationError: What is to be replaced cannot be read now.
        """
        unsaved = self._unsaved.turns(session)
        if self._unsaved.last(session) != Turn() or (unsaved and replacing is not None):
            return self._unsaved.read(session, replacing)
        try:
            return self._stored.read(session, replacing)
        except ConversationError as error:
            self._tell(error)
            if replacing is not None:
                raise
            return self._unsaved.read(session)

    def remember(
        self,
        session: str,
        turn: Turn,
        exchange: Exchange | None = None,
        *,
        standing: Standing | None = None,
        replacing: str | None = None,
    ) -> None:
        """Makes `turn` the conversation's last, in the store or else in memory; see `Conversations.remember`.

        Raises:
            ConversationError: What is to be replaced stands in the store, which fails.
        """
        try:
            self._replay(session)
            self._stored.remember(session, turn, exchange, standing=standing, replacing=replacing)
        except ConversationError as error:
            self._tell(error)
            with self._storing:
                if replacing is not None and not self._unsaved.turns(session):
                    raise
                self._hold(session, turn, exchange, standing, replacing)
        else:
            self._fails = False
            self._store_rest()

    def _hold(
        self, session: str, turn: Turn, exchange: Exchange | None, standing: Standing | None, replacing: str | None
    ) -> None:
        """Keeps in memory what could not be stored."""
        begun = self._unsaved.carry_on(session, standing or Standing())
        # What was read of the store means nothing to a conversation that begins in memory, nor to one of which a
        # greeting alone is there: it is read from the store as long as that can be read.
        of_store = begun or (replacing is None and self._unsaved.last(session) == Turn())
        kept = None if of_store else standing
        self._unsaved.remember(session, turn, exchange, standing=kept, replacing=replacing)

    def _replay(self, session: str) -> None:
        """Stores what could not be stored before.

        Raises:
            DeletedError: The conversation that it goes on with was deleted in the store meanwhile.
            ConversationError: The store still fails; what is not stored stays in memory.
        """
        with self._storing:
            unsaved = self._unsaved.turns(session)
            if unsaved and self._unsaved.goes_on(session):
                there = self._stored.read(session).mark
                if there is None:
                    self._unsaved.forget(session)
                    raise deleted()
            for one, after in unsaved:
                # A greeting, say, while nothing could be read: it is not to wipe out what the store knows.
                self._stored.remember(session, self._stored.last(session) if after == Turn() else after, one)
                self._unsaved.drop_first(session)
            self._unsaved.forget(session)

    def _store_rest(self) -> None:
        """Stores what could not be stored of all conversations: who had an answer may not ask again."""
        for session in self._unsaved.sessions():
            try:
                self._replay(session)
            except DeletedError:
                continue
            except ConversationError as error:
                self._tell(error)
                return

    def history(self, session: str) -> list[Exchange]:
        """The conversation's transcript, the oldest exchange first."""
        return self._stored.history(session) + self._unsaved.history(session)

    def rewind(self, session: str, drop: int) -> int:
        """Takes the newest exchanges out of a transcript, as if they had not been; how many there were."""
        unsaved = len(self._unsaved.history(session))
        # The store first: where that fails, nothing is taken back.
        older = self._stored.rewind(session, drop - unsaved) if drop > unsaved else 0
        taken = older + self._unsaved.rewind(session, drop)
        if older and not self._unsaved.history(session):
            # A turn that belongs to no exchange.
            self._unsaved.forget(session)
        return taken

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
        """Stores what could not be stored, where that can be done now, and lets go of the store."""
        self._store_rest()
        self._stored.close()

    def _tell(self, error: ConversationError) -> None:
        if not self._fails:
            self._fails = True
            self._say(f"Warning: {error} Answers are given all the same, but conversations are not kept meanwhile.")
