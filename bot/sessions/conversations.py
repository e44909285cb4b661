"""Conversations in a database, so that they outlive a process and can be shared by several.

One row a conversation with its last turn, one row an exchange. What has expired is gone for readers at once, and from
the database with the next answer that is stored; an index on the time of last use makes that cheap.

Questions that had to be refused are noted as feedback with the exchange itself: what is stored of a conversation is
stored as one, and where it cannot be, that is told once and made good later. Feedback goes with its conversation when
that is forgotten or expires.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from bot.sessions.feedback import new_feedback
from bot.sessions.feedback_store import PAGE, write_feedback
from bot.sessions.session import Exchange, Standing, Turn, check_newest, check_standing, limits_of
from bot.sessions.stored import Stored
from bot.sessions.turns import answer_from_text, text_of_answer, text_of_turn, turn_from_text
from bot.storage.address import address_of
from bot.storage.tables import CONVERSATIONS, EXCHANGES, HOLDINGS, expiring, in_microseconds, in_seconds
from ingest.errors import ConversationError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from bot.storage.database import Database
    from ingest.config import Settings

__all__ = ["StoredConversations", "stored_conversations"]

# Which of the counts of a deletion is that of conversations.
_OWN = [one.table for one in HOLDINGS].index(CONVERSATIONS)


class StoredConversations(Stored):
    """Conversations in a SQLite file or a PostgreSQL database; see `Stored`.

    What it deletes it deletes from every table that holds something of the conversation.
    """

    def last(self, session: str) -> Turn:
        """The conversation's last turn; an empty one when there is none, when it expired or cannot be read any more."""
        return self.read(session).turn

    def read(self, session: str, replacing: str | None = None) -> Standing:
        """How the conversation stands; see `Conversations.read`."""
        if self._database.absent:
            if replacing is not None:
                check_newest(None, replacing)
            return Standing()
        wanted = select(CONVERSATIONS.c.turn).where(CONVERSATIONS.c.session == session, self._fresh())

        def work(connection: Connection) -> tuple[str | None, str | None]:
            mark = connection.execute(wanted).scalar()
            if replacing is None:
                return mark, mark
            return mark, self._newest(connection, session if mark is not None else None, replacing)[1]

        mark, text = self._database.run(work)
        return Standing((turn_from_text(text) if text is not None else None) or Turn(), mark)

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

        Raises:
            ChangedError: As in `Conversations.remember`, and `DeletedError` and `UsageError`. Nothing was stored.
            ConversationError: Nothing was stored.
        """
        text = text_of_turn(turn)
        answer = text_of_answer(exchange.answer) if exchange else ""

        def work(connection: Connection) -> int:
            # First of all: an expired conversation is not to be revived with its old transcript.
            expired = sum(connection.execute(one).rowcount for one in expiring(self._oldest()))
            there = self._turn_there(connection, session)
            check_standing(standing, there)
            before = text_of_turn(Turn()) if there is None else there
            if replacing is not None:
                newest, before = self._newest(connection, session if there is not None else None, replacing)
                expired += connection.execute(delete(EXCHANGES).where(EXCHANGES.c.id == newest)).rowcount
            self._write_turn(connection, session, text, new=there is None)
            if exchange:
                values = {"session": session, "at": in_microseconds(exchange.at.timestamp()), "answer": answer}
                values |= {"turn_before": before, "bytes": len(answer.encode()) + len(before.encode())}
                connection.execute(insert(EXCHANGES).values(values))
                self._shorten(connection, session)
                if exchange.unanswered:
                    expired += self._note(connection, session, exchange)
            if there is None:
                self._crowd_out(connection, session)
            return expired

        if self._database.run(work, writes=True):
            # What has expired is not to be found in the log either; should a reader hold it, the next time does it.
            self._database.scrub()

    def history(self, session: str) -> list[Exchange]:
        """The conversation's transcript, the oldest exchange first; empty when there is none."""
        if self._database.absent:
            return []
        wanted = (
            select(EXCHANGES.c.at, EXCHANGES.c.answer)
            .join(CONVERSATIONS)
            .where(EXCHANGES.c.session == session, self._fresh())
            .order_by(EXCHANGES.c.id)
        )
        rows = self._database.run(lambda connection: connection.execute(wanted).all())
        read = [(_at(at), answer_from_text(text)) for at, text in rows]
        return [Exchange(at, answer) for at, answer in read if answer is not None]

    def each(self, page: int = PAGE) -> Iterator[tuple[str, Exchange]]:
        """Every exchange that has not expired with its conversation's identifier; little is held at a time.

        Args:
            page: How many are read at a time.
        """
        table, last = EXCHANGES.c, 0
        wanted = select(table.id, table.session, table.at, table.answer).join(CONVERSATIONS).where(self._fresh())
        while not self._database.absent:
            after = wanted.where(table.id > last).order_by(table.id).limit(page)
            rows = self._database.run(partial(_rows, after))
            if not rows:
                return
            for row in rows:
                answer = answer_from_text(row.answer)
                if answer is not None:
                    yield row.session, Exchange(_at(row.at), answer)
            last = rows[-1].id

    def rewind(self, session: str, drop: int) -> int:
        """Takes the newest exchanges out of a transcript, as if they had not been; how many there were.

        Where all are taken out and an older release stored the first, the conversation knows nothing any more: what
        that release may have shortened away before it, nobody sees, and it should not steer what comes.

        Raises:
            UsageError: An older release stored the first of them, and exchanges before it stay.
            ConversationError: Nothing was taken out.
        """
        if self._database.absent:
            return 0
        table = EXCHANGES.c

        def work(connection: Connection) -> int:
            if self._turn_there(connection, session) is None:
                return 0
            own = select(table.id, table.turn_before).where(table.session == session).order_by(table.id.desc())
            rows = connection.execute(own).all()
            taken = rows[:drop]
            if not taken:
                return 0
            self._write_turn(connection, session, _before([row.turn_before for row in taken], len(rows)), new=False)
            return connection.execute(
                delete(EXCHANGES).where(table.session == session, table.id >= taken[-1].id)
            ).rowcount

        taken = self._database.run(work, writes=True)
        if taken:
            self._database.scrub()
        return taken

    def forget(self, session: str) -> bool:
        """Deletes everything about a conversation; whether there was anything."""
        return any(self._database.erase(*(one.forgetting(session) for one in HOLDINGS)))

    def forget_older(self, days: float) -> int:
        """Deletes the conversations unused for more than so many days; how many."""
        return self._database.erase(*expiring(self._now() - days * 86_400))[_OWN]

    def forget_all(self) -> int:
        """Deletes every conversation, those in files set aside as damaged too; how many could be counted."""
        count = self._database.erase(*(one.emptying() for one in HOLDINGS), shrink=True)[_OWN]
        for file in self.set_aside:
            try:
                file.unlink(missing_ok=True)
            except OSError as error:
                raise ConversationError(
                    f"{file} cannot be deleted: {error.strerror}. Check the folder's permissions."
                ) from error
        return count

    def _fresh(self) -> ColumnElement[bool]:
        """What has not expired."""
        return CONVERSATIONS.c.used >= in_microseconds(self._oldest())

    def _turn_there(self, connection: Connection, session: str) -> str | None:
        """The turn in a conversation's row, which nobody else changes until this is done; None where it has expired."""
        wanted = select(CONVERSATIONS.c.turn).where(CONVERSATIONS.c.session == session, self._fresh())
        return connection.execute(wanted.with_for_update()).scalar()

    def _newest(self, connection: Connection, session: str | None, key: str) -> tuple[int, str]:
        """Number of the newest exchange, which is to have this key, and the turn before it.

        Raises:
            UsageError: It has another, there is none, or an older release stored it after others.
        """
        table = EXCHANGES.c
        own = select(table.id, table.at, table.answer, table.turn_before).where(table.session == session)
        rows = connection.execute(own.order_by(table.id.desc()).limit(2)).all()
        read = answer_from_text(rows[0].answer) if rows else None
        check_newest(None if read is None else Exchange(_at(rows[0].at), read), key)
        return rows[0].id, _before([rows[0].turn_before], len(rows))

    def _write_turn(self, connection: Connection, session: str, text: str, *, new: bool) -> None:
        """Writes a conversation's row."""
        table, values = CONVERSATIONS, {"used": in_microseconds(self._now()), "turn": text}
        if new:
            connection.execute(insert(table).values(session=session, **values))
        else:
            connection.execute(update(table).where(table.c.session == session).values(values))

    def _shorten(self, connection: Connection, session: str) -> None:
        """Drops the oldest exchanges of a transcript that has grown too long."""
        table = EXCHANGES
        own = select(table.c.id, table.c.bytes).where(table.c.session == session).order_by(table.c.id.desc())
        rows = connection.execute(own).all()
        fitting = self._limits.fitting([size for _, size in rows])
        if fitting < len(rows):
            first = rows[fitting - 1][0]
            connection.execute(delete(table).where(table.c.session == session, table.c.id < first))

    def _note(self, connection: Connection, session: str, exchange: Exchange) -> int:
        """Writes a refused question as feedback; how many rows were deleted for it."""
        own = select(EXCHANGES.c.answer).where(EXCHANGES.c.session == session).order_by(EXCHANGES.c.id)
        answers = map(answer_from_text, connection.execute(own).scalars())
        turns = [str(answer.get("question", "")) for answer in answers if answer is not None]
        refused = new_feedback("refused", session, turns, exchange.answer, exchange.at)
        return write_feedback(connection, refused, self._limits)[1]

    def _crowd_out(self, connection: Connection, session: str) -> None:
        """Drops the conversations longest unused when there are too many; never the one just written."""
        table = CONVERSATIONS
        count = connection.execute(select(func.count()).select_from(table)).scalar_one()
        if count > self._limits.conversations:
            oldest = (
                select(table.c.session)
                .where(table.c.session != session)
                .order_by(table.c.used, table.c.session)
                .limit(count - self._limits.conversations)
            )
            connection.execute(delete(table).where(table.c.session.in_(oldest)))


def _rows(wanted: Select[Any], connection: Connection) -> Sequence[Row[Any]]:
    return connection.execute(wanted).all()


def _at(stored: int) -> datetime:
    return datetime.fromtimestamp(in_seconds(stored), UTC)


def _before(taken: Sequence[str | None], count: int) -> str:
    """The turn before the newest of so many exchanges that are taken out, given with each of these the turn before it.

    Raises:
        UsageError: An older release stored it without, and others before it stay.
    """
    before = taken[-1]
    if before is None and count > len(taken):
        raise UsageError(
            f"the last {len(taken)} of {count} answers cannot be taken back: an older release stored the first "
            "of them without what the conversation knew before. Take all of them back, or go on from here."
        )
    return text_of_turn(Turn()) if before is None else before


def stored_conversations(
    settings: Settings, say: Callable[[str], None] = lambda _: None, database: Database | None = None
) -> StoredConversations:
    """The conversations at the place that the settings name; nothing is opened yet.

    Args:
        settings: Where they are and how much is kept.
        say: Told in a sentence when a damaged file is set aside.
        database: The database at that place, where other things share it.

    Raises:
        SettingError: `GROUNDRULE_DATABASE_URL` cannot be used.
    """
    return StoredConversations(database or address_of(settings), limits_of(settings), say)
