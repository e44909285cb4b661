"""Feedback in the database that conversations are kept in: it is deleted and expires with them.

One row a vote, one row a refusal. `bot.sessions.conversations` writes refusals with the exchange itself, in the same
transaction; the doors add votes.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, func, insert, select, true, update

from bot.sessions.feedback import KINDS, Feedback, new_feedback
from bot.sessions.session import limits_of
from bot.sessions.stored import Stored
from bot.sessions.turns import answer_from_text, text_of_answer
from bot.storage.address import address_of
from bot.storage.tables import FEEDBACK, HOLDINGS, in_microseconds, in_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Row

    from bot.sessions.feedback import FeedbackKind
    from bot.sessions.session import Limits
    from bot.storage.database import Database
    from ingest.config import Settings

__all__ = ["StoredFeedback", "stored_feedback", "write_feedback"]

PAGE = 50
"""At most 256 kB each: so many take 13 MB."""
_HELD = next(one for one in HOLDINGS if one.table is FEEDBACK)


class StoredFeedback(Stored):
    """Feedback in a SQLite file or a PostgreSQL database, the one of the conversations; see `Stored`."""

    def add(
        self, kind: FeedbackKind, session: str, turns: Sequence[str], answer: Mapping[str, Any], comment: str = ""
    ) -> int:
        """Stores feedback; who votes on the same answer again has changed their mind, and the vote keeps its number.

        Args:
            kind: "up", "down" or "refused".
            session: Identifier of the conversation.
            turns: The user's messages up to and including the judged one; see `bot.sessions.feedback.turns_until`.
            answer: The public JSON of the judged answer, as it was given or as the transcript has it.
            comment: The user's words.

        Returns:
            Its number.

        Raises:
            UsageError: It is no feedback; see `bot.sessions.feedback.new_feedback`.
            ConversationError: Nothing was stored.
        """
        one = new_feedback(kind, session, turns, answer, datetime.fromtimestamp(self._now(), UTC), comment)

        def work(connection: Connection) -> tuple[int, int]:
            expired = connection.execute(delete(FEEDBACK).where(self._expired())).rowcount
            id_, dropped = write_feedback(connection, one, self._limits)
            return id_, expired + dropped

        id_, dropped = self._database.run(work, writes=True)
        if dropped:
            # As with conversations: should a reader hold the log, the next time does it.
            self._database.scrub()
        return id_

    def entries(
        self,
        kinds: Collection[FeedbackKind] = KINDS,
        *,
        session: str | None = None,
        since: datetime | None = None,
        newest_first: bool = False,
        undrafted: bool = False,
        limit: int | None = None,
    ) -> list[Feedback]:
        """What is stored and has not expired.

        Args:
            kinds: Only these.
            session: Only what is about this conversation.
            since: Only what was said after that, changed minds with it.
            newest_first: The order; the oldest comes first otherwise.
            undrafted: Only what no draft case was made of.
            limit: At most so many.
        """
        if self._database.absent:
            return []
        table = FEEDBACK.c
        wanted = (
            select(FEEDBACK)
            .where(self._chosen(kinds, since))
            .where(table.session == session if session is not None else true())
            .where(table.drafted.is_(None) if undrafted else true())
            .order_by(*((table.at.desc(), table.id.desc()) if newest_first else (table.at, table.id)))
            .limit(limit)
        )
        rows = self._database.run(lambda connection: connection.execute(wanted).all())
        return [one for one in map(_read, rows) if one is not None]

    def each(
        self, kinds: Collection[FeedbackKind] = KINDS, *, since: datetime | None = None, page: int = PAGE
    ) -> Iterator[Feedback]:
        """What is stored and has not expired, in order of number; however much it is, little of it is held at a time.

        Args:
            kinds: Only these.
            since: Only what was said after that.
            page: How much is read at a time.
        """
        rows: Sequence[Row[Any]] = ()
        while rows := self._page(self._chosen(kinds, since), rows[-1].id if rows else 0, page):
            yield from (one for one in map(_read, rows) if one is not None)

    def count(self, kinds: Collection[FeedbackKind] = KINDS, *, since: datetime | None = None) -> int:
        """How much is stored of these kinds, was said after a time and has not expired."""
        if self._database.absent:
            return 0
        wanted = select(func.count()).select_from(FEEDBACK).where(self._chosen(kinds, since))
        return self._database.run(lambda connection: connection.execute(wanted).scalar_one())

    def mark_drafted(self, ids: Collection[int]) -> None:
        """Notes that draft cases were made of these, and with them of everything about the same exchanges."""
        if self._database.absent or not ids:
            return
        exchanges = select(FEEDBACK.c.exchange).where(FEEDBACK.c.id.in_(ids))
        statement = update(FEEDBACK).where(FEEDBACK.c.exchange.in_(exchanges), FEEDBACK.c.drafted.is_(None))
        values = {"drafted": in_microseconds(self._now())}
        self._database.run(lambda connection: connection.execute(statement.values(values)), writes=True)

    def withdraw(self, exchange: str) -> bool:
        """Deletes the vote on an exchange (`bot.sessions.feedback.exchange_of`); whether there was one.

        Raises:
            ConversationError: It is not deleted, or its words may still stand in the database's log.
        """
        return bool(self._database.erase(delete(FEEDBACK).where(FEEDBACK.c.exchange == exchange, FEEDBACK.c.voted))[0])

    def forget(self, session: str) -> int:
        """Deletes the feedback on a conversation; how much there was."""
        return self._database.erase(_HELD.forgetting(session))[0]

    def forget_older(self, days: float) -> int:
        """Deletes what is older than so many days, and what is about a conversation unused for as long; how much."""
        return self._database.erase(_HELD.expiring(self._now() - days * 86_400))[0]

    def forget_all(self) -> int:
        """Deletes all feedback; how much there was. Files set aside as damaged are the conversations' to delete."""
        return self._database.erase(_HELD.emptying(), shrink=True)[0]

    def _page(self, chosen: ColumnElement[bool], after: int, size: int) -> Sequence[Row[Any]]:
        """So many rows after a number."""
        if self._database.absent:
            return ()
        wanted = select(FEEDBACK).where(chosen, FEEDBACK.c.id > after).order_by(FEEDBACK.c.id).limit(size)
        return self._database.run(lambda connection: connection.execute(wanted).all())

    def _chosen(self, kinds: Collection[FeedbackKind], since: datetime | None) -> ColumnElement[bool]:
        """What is of these kinds, was said after a time and has not expired."""
        later = FEEDBACK.c.at > in_microseconds(since.timestamp()) if since else true()
        return and_(FEEDBACK.c.kind.in_(kinds), later, ~self._expired())

    def _expired(self) -> ColumnElement[bool]:
        return _HELD.older(in_microseconds(self._oldest()))


def stored_feedback(
    settings: Settings, say: Callable[[str], None] = lambda _: None, database: Database | None = None
) -> StoredFeedback:
    """The feedback at the place that the settings name; nothing is opened yet.

    Args:
        settings: Where it is and how much is kept.
        say: Told in a sentence when a damaged file is set aside.
        database: The database at that place, where other things share it.

    Raises:
        SettingError: `GROUNDRULE_DATABASE_URL` cannot be used.
    """
    return StoredFeedback(database or address_of(settings), limits_of(settings), say)


def write_feedback(connection: Connection, one: Feedback, limits: Limits) -> tuple[int, int]:
    """Writes feedback, in the place of an earlier vote on the same exchange; a refusal that is noted stays as it is.

    Returns:
        Its number, and how many rows were written over or deleted for it.
    """
    table, voted = FEEDBACK.c, one.kind != "refused"
    of_exchange = table.exchange == one.exchange
    there = connection.execute(select(table.id, table.voted, table.drafted).where(of_exchange)).all()
    if not voted and (noted := [row.id for row in there if not row.voted]):
        return noted[0], 0
    values = {
        "session": one.session,
        "exchange": one.exchange,
        "voted": voted,
        "kind": one.kind,
        "at": in_microseconds(one.at.timestamp()),
        "comment": one.comment,
        "turns": json.dumps(one.turns, ensure_ascii=False),
        "answer": text_of_answer(one.answer),
    }
    # Written over, not deleted and written anew: of two who do that at once on a server, one would fail.
    again = update(FEEDBACK).where(of_exchange, table.voted == voted).values(values).returning(table.id)
    if (id_ := connection.execute(again).scalar()) is not None:
        return id_, 1
    # An exchange is drafted once, whatever is said of it later.
    values["drafted"] = max((row.drafted for row in there if row.drafted is not None), default=None)
    id_ = connection.execute(insert(FEEDBACK).values(values).returning(table.id)).scalar_one()
    return id_, _crowd_out(connection, id_, limits.feedback)


def _crowd_out(connection: Connection, newest: int, most: int) -> int:
    """Drops what can best be missed when there is too much; never the one just written. How many rows.

    What was drafted is kept elsewhere; a refusal may come from anybody's idle question, a vote took somebody's thought.
    """
    surplus = connection.execute(select(func.count()).select_from(FEEDBACK)).scalar_one() - most
    if surplus <= 0:
        return 0
    table = FEEDBACK.c
    least = (
        select(table.id)
        .where(table.id != newest)
        .order_by(table.drafted.is_(None), table.voted, table.at, table.id)
        .limit(surplus)
    )
    return connection.execute(delete(FEEDBACK).where(table.id.in_(least))).rowcount


def _read(row: Row[Any]) -> Feedback | None:
    """A row as feedback; None when it cannot be read any more."""
    answer = answer_from_text(row.answer)
    try:
        turns = tuple(map(str, json.loads(row.turns)))
    except (ValueError, TypeError, RecursionError):
        return None
    if answer is None or row.kind not in KINDS or not turns:
        return None
    at = datetime.fromtimestamp(in_seconds(row.at), UTC)
    return Feedback(row.id, at, row.session, row.kind, row.comment, turns, answer, row.drafted is not None)
