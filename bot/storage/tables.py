"""The tables that everything is kept in, and which of their rows go when a conversation is forgotten or expires.

To add or to change a table, write it here, write the revision that leads an older database there (see
`bot.storage.migrations`), and name it in `HOLDINGS` if it holds anything that people said or that is about them: then
to forget and to expire cover it. Nothing else has to be raised or listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    delete,
    or_,
    select,
)

from bot.types import MAX_SESSION_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement, Delete

__all__ = [
    "CONVERSATIONS",
    "EXCHANGES",
    "FEEDBACK",
    "HOLDINGS",
    "LAYOUT",
    "METADATA",
    "SLACK_JOBS",
    "SLACK_THREADS",
    "Holding",
    "expiring",
    "in_microseconds",
    "in_seconds",
]

METADATA = MetaData()
_MICROSECONDS = 1_000_000
# SQLite numbers rows by itself only where the column is of its own integer type.
_NUMBER = BigInteger().with_variant(Integer, "sqlite")
# Slack's own ids and timestamps have 9 to 17 characters; it promises no length.
_ID = String(64)

# For releases before the first revision; see `bot.storage.layout`.
LAYOUT = Table(
    "groundrule_layout",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("version", Integer, nullable=False),
)

# Times are microseconds since 1970, here and below: every database keeps whole numbers exactly.
CONVERSATIONS = Table(
    "conversations",
    METADATA,
    Column("session", String(MAX_SESSION_ID), primary_key=True),
    Column("used", BigInteger, nullable=False, index=True),
    Column("turn", Text, nullable=False),
)

EXCHANGES = Table(
    "exchanges",
    METADATA,
    Column("id", _NUMBER, primary_key=True),
    Column("session", ForeignKey("conversations.session", ondelete="CASCADE"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("answer", Text, nullable=False),
    # The conversation's last turn before it; null in what releases before revision 0004 stored.
    Column("turn_before", Text),
)
Index("exchanges_of_session", EXCHANGES.c.session, EXCHANGES.c.id)

# No key of conversations: feedback stays when many newer conversations have crowded out the one it is about.
FEEDBACK = Table(
    "feedback",
    METADATA,
    Column("id", _NUMBER, primary_key=True),
    Column("session", String(MAX_SESSION_ID), nullable=False, index=True),
    # The digest of the judged exchange: one vote and one refusal each.
    Column("exchange", String(64), nullable=False),
    Column("voted", Boolean, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
    # When it became a draft case; null before.
    Column("drafted", BigInteger),
    Column("comment", Text, nullable=False),
    Column("turns", Text, nullable=False),
    Column("answer", Text, nullable=False),
    UniqueConstraint("exchange", "voted"),
    # No number is given twice: whoever holds that of feedback since deleted does not reach somebody else's.
    sqlite_autoincrement=True,
)

# The conversation that each thread is.
SLACK_THREADS = Table(
    "slack_threads",
    METADATA,
    Column("team", _ID, primary_key=True),
    Column("channel", _ID, primary_key=True),
    # "" for a channel of direct messages as a whole.
    Column("thread", _ID, primary_key=True),
    # "" for a thread that is answered in; else who is answered in private about it.
    Column("user", _ID, primary_key=True),
    Column("session", String(MAX_SESSION_ID), nullable=False, index=True),
    Column("starter", _ID, nullable=False),
    Column("used", BigInteger, nullable=False, index=True),
)

# What was asked in Slack, what is done of it, and by whom.
SLACK_JOBS = Table(
    "slack_jobs",
    METADATA,
    Column("id", _NUMBER, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("team", _ID, nullable=False),
    Column("channel", _ID, nullable=False),
    Column("user", _ID, nullable=False),
    Column("thread", _ID),
    Column("text", Text, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("facts", Text, nullable=False),
    Column("decision", Text),
    Column("session", String(MAX_SESSION_ID), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("due", BigInteger, nullable=False),
    # When it was done or given up; null before.
    Column("finished", BigInteger),
    # Who works on it, and until when nobody else may; null when it was given back.
    Column("holder", String(32)),
    Column("held_until", BigInteger, nullable=False),
    # Whether Slack may hold messages of it that are not in `posted`.
    Column("doubt", Boolean, nullable=False),
    # How often an answer was begun, and the conversation's last exchange when it first was.
    Column("attempts", Integer, nullable=False),
    Column("asked", String(40)),
    # How often in a row Slack could not be reached for it, and since when.
    Column("failures", Integer, nullable=False),
    Column("failing_since", BigInteger),
    Column("answer", Text),
    Column("apology", Text),
    Column("to_channel", _ID),
    Column("to_thread", _ID),
    # Timestamps of the messages that show it, by part, as a JSON list.
    Column("posted", Text, nullable=False),
    Column("failure", Text),
    # Buttons carry the number: that of a job since deleted must not lead to somebody else's.
    sqlite_autoincrement=True,
)
Index("slack_jobs_open", SLACK_JOBS.c.finished, SLACK_JOBS.c.session, SLACK_JOBS.c.id)
Index("slack_jobs_of_user", SLACK_JOBS.c.team, SLACK_JOBS.c.user)


@dataclass(frozen=True, slots=True)
class Holding:
    """A table that holds what people said, and which of its rows go when.

    Attributes:
        table: The table. What another table holds only under a key of this one, and is deleted with it, is covered too.
        of_session: The rows of a conversation.
        older: The rows that have expired when what was said before a time, in microseconds since 1970, expires.
    """

    table: Table
    of_session: Callable[[str], ColumnElement[bool]]
    older: Callable[[int], ColumnElement[bool]]

    def forgetting(self, session: str) -> Delete:
        """Deletes what is held of a conversation."""
        return delete(self.table).where(self.of_session(session))

    def expiring(self, oldest: float) -> Delete:
        """Deletes what is older than a time in seconds since 1970."""
        return delete(self.table).where(self.older(in_microseconds(oldest)))

    def emptying(self) -> Delete:
        """Deletes everything."""
        return delete(self.table)


def in_microseconds(seconds: float) -> int:
    """Seconds since 1970 as they are stored."""
    return round(seconds * _MICROSECONDS)


def in_seconds(stored: int) -> float:
    """A stored time in seconds since 1970."""
    return stored / _MICROSECONDS


def _older_feedback(cut: int) -> ColumnElement[bool]:
    """Feedback of before, and that on a conversation last used before."""
    unused = select(CONVERSATIONS.c.session).where(CONVERSATIONS.c.used < cut)
    return or_(FEEDBACK.c.at < cut, FEEDBACK.c.session.in_(unused))


HOLDINGS = (
    # What still waits for its answer is somebody's question, whatever becomes of the conversation before it.
    Holding(
        SLACK_JOBS,
        lambda session: (SLACK_JOBS.c.session == session) & SLACK_JOBS.c.finished.is_not(None),
        lambda cut: SLACK_JOBS.c.finished < cut,
    ),
    Holding(SLACK_THREADS, lambda session: SLACK_THREADS.c.session == session, lambda cut: SLACK_THREADS.c.used < cut),
    Holding(FEEDBACK, lambda session: FEEDBACK.c.session == session, _older_feedback),
    # Last: what others hold of a conversation is found by the row of the conversation.
    Holding(CONVERSATIONS, lambda session: CONVERSATIONS.c.session == session, lambda cut: CONVERSATIONS.c.used < cut),
)
"""Every table that holds what people said, in the order in which to delete."""


def expiring(oldest: float) -> list[Delete]:
    """Deletes everything that is older than a time in seconds since 1970, in this order."""
    return [one.expiring(oldest) for one in HOLDINGS]
