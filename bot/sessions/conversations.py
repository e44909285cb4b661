"""Conversations in a database, so that they outlive a process and can be shared by several.

One row a conversation with its last turn, one row an exchange. What has expired is gone for readers at once, and from
the database with the next answer that is stored; an index on the time of last use makes that cheap.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from bot.sessions.database import Database
from bot.sessions.session import MAX_SESSION_ID, Exchange, Limits, Turn, limits_of
from bot.sessions.turns import answer_from_text, text_of_answer, text_of_turn, turn_from_text
from ingest.errors import ConversationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import ColumnElement, Connection

    from ingest.config import Settings

__all__ = ["DATABASE_FILE", "LAYOUT_VERSION", "StoredConversations", "stored_conversations"]

DATABASE_FILE = "conversations.sqlite3"
LAYOUT_VERSION = 1
"""Raised when a table changes; see `bot.sessions.database` for the way from one to the next."""

_MICROSECONDS = 1_000_000


class StoredConversations:
    """Conversations in a SQLite file or a PostgreSQL database; safe with threads and with several processes.

    Args:
        address: Path of a SQLite file, or an address as SQLAlchemy writes it.
        limits: How much is kept.
        say: Told in a sentence when a damaged file is set aside.
        now: Tells the time in seconds since 1970.

    Raises:
        SettingError: The address is none, names a database that is not supported, or its driver is not installed.
    """

    def __init__(
        self,
        address: Path | str,
        limits: Limits | None = None,
        say: Callable[[str], None] = lambda _: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._limits = limits or Limits()
        self._now = now
        metadata = MetaData()
        self._conversations = Table(
            "conversations",
            metadata,
            Column("session", String(MAX_SESSION_ID), primary_key=True),
            # Microseconds since 1970, here and below: every database keeps whole numbers exactly.
            Column("used", BigInteger, nullable=False, index=True),
            Column("turn", Text, nullable=False),
        )
        self._exchanges = Table(
            "exchanges",
            metadata,
            # SQLite numbers rows by itself only where the column is of its own integer type.
            Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
            Column("session", ForeignKey("conversations.session", ondelete="CASCADE"), nullable=False),
            Column("at", BigInteger, nullable=False),
            Column("bytes", Integer, nullable=False),
            Column("answer", Text, nullable=False),
        )
        Index("exchanges_of_session", self._exchanges.c.session, self._exchanges.c.id)
        self._database = Database(address, metadata, LAYOUT_VERSION, say)

    @property
    def place(self) -> str:
        """Where they are kept, without user or password."""
        return self._database.name

    @property
    def set_aside(self) -> list[Path]:
        """Files that were set aside as damaged; they may still hold conversations."""
        return self._database.set_aside

    def last(self, session: str) -> Turn:
        """The conversation's last turn; an empty one when there is none, when it expired or cannot be read any more."""
        if self._database.absent:
            return Turn()
        wanted = select(self._conversations.c.turn).where(self._conversations.c.session == session, self._fresh())
        text = self._database.run(lambda connection: connection.execute(wanted).scalar())
        return (turn_from_text(text) if text is not None else None) or Turn()

    def remember(self, session: str, turn: Turn, exchange: Exchange | None = None) -> None:
        """Makes `turn` the conversation's last, and adds an exchange to its transcript; all of it or nothing.

        Raises:
            ConversationError: Nothing was stored.
        """
        text = text_of_turn(turn)
        answer = text_of_answer(exchange.answer) if exchange else ""

        def work(connection: Connection) -> int:
            # First of all: an expired conversation is not to be revived with its old transcript.
            expired = connection.execute(delete(self._conversations).where(~self._fresh())).rowcount
            new = self._write_turn(connection, session, text)
            if exchange:
                values = {"session": session, "at": _micro(exchange.at.timestamp()), "answer": answer}
                connection.execute(insert(self._exchanges).values(bytes=len(answer.encode()), **values))
                self._shorten(connection, session)
            if new:
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
            select(self._exchanges.c.at, self._exchanges.c.answer)
            .join(self._conversations)
            .where(self._exchanges.c.session == session, self._fresh())
            .order_by(self._exchanges.c.id)
        )
        rows = self._database.run(lambda connection: connection.execute(wanted).all())
        read = [(datetime.fromtimestamp(at / _MICROSECONDS, UTC), answer_from_text(text)) for at, text in rows]
        return [Exchange(at, answer) for at, answer in read if answer is not None]

    def forget(self, session: str) -> bool:
        """Deletes everything about a conversation; whether there was anything."""
        return bool(self._delete(self._conversations.c.session == session))

    def forget_older(self, days: float) -> int:
        """Deletes the conversations unused for more than so many days; how many."""
        return self._delete(self._conversations.c.used < _micro(self._now() - days * 86_400))

    def forget_all(self) -> int:
        """Deletes every conversation, those in files set aside as damaged too; how many could be counted."""
        count = self._delete(self._conversations.c.used.is_not(None), shrink=True)
        for file in self.set_aside:
            try:
                file.unlink(missing_ok=True)
            except OSError as error:
                raise ConversationError(
                    f"{file} cannot be deleted: {error.strerror}. Check the folder's permissions."
                ) from error
        return count

    def close(self) -> None:
        """Lets go of files and connections."""
        self._database.close()

    def _fresh(self) -> ColumnElement[bool]:
        """What has not expired."""
        oldest = self._limits.oldest_kept(self._now())
        return self._conversations.c.used >= (0 if oldest is None else _micro(oldest))

    def _write_turn(self, connection: Connection, session: str, text: str) -> bool:
        """Writes a conversation's row; whether it is new."""
        table, values = self._conversations, {"used": _micro(self._now()), "turn": text}
        if connection.execute(update(table).where(table.c.session == session).values(values)).rowcount:
            return False
        connection.execute(insert(table).values(session=session, **values))
        return True

    def _shorten(self, connection: Connection, session: str) -> None:
        """Drops the oldest exchanges of a transcript that has grown too long."""
        table = self._exchanges
        own = select(table.c.id, table.c.bytes).where(table.c.session == session).order_by(table.c.id.desc())
        rows = connection.execute(own).all()
        fitting = self._limits.fitting([size for _, size in rows])
        if fitting < len(rows):
            first = rows[fitting - 1][0]
            connection.execute(delete(table).where(table.c.session == session, table.c.id < first))

    def _crowd_out(self, connection: Connection, session: str) -> None:
        """Drops the conversations longest unused when there are too many; never the one just written."""
        table = self._conversations
        count = connection.execute(select(func.count()).select_from(table)).scalar_one()
        if count > self._limits.conversations:
            oldest = (
                select(table.c.session)
                .where(table.c.session != session)
                .order_by(table.c.used, table.c.session)
                .limit(count - self._limits.conversations)
            )
            connection.execute(delete(table).where(table.c.session.in_(oldest)))

    def _delete(self, which: ColumnElement[bool], *, shrink: bool = False) -> int:
        if self._database.absent:
            return 0
        statement = delete(self._conversations).where(which)
        count = self._database.run(lambda connection: connection.execute(statement).rowcount, writes=True)
        if not self._database.scrub(shrink=shrink):
            raise ConversationError(
                f"what was deleted from {self.place} may still stand in its log, which another program is reading. "
                "Delete again once it is done."
            )
        return count


def stored_conversations(settings: Settings, say: Callable[[str], None] = lambda _: None) -> StoredConversations:
    """The conversations at the place that the settings name; nothing is opened yet.

    Raises:
        SettingError: `GROUNDRULE_DATABASE_URL` cannot be used.
    """
    url = settings.database_url
    address = url.get_secret_value() if url is not None else settings.home / DATABASE_FILE
    return StoredConversations(address, limits_of(settings), say)


def _micro(seconds: float) -> int:
    return round(seconds * _MICROSECONDS)
