"""The tables that conversations and the feedback on them are kept in.

Layout 1 had conversations and their exchanges; layout 2 added feedback.
"""

from __future__ import annotations

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
)

from bot.types import MAX_SESSION_ID

__all__ = ["CONVERSATIONS", "EXCHANGES", "FEEDBACK", "LAYOUT_VERSION", "METADATA", "in_microseconds", "in_seconds"]

LAYOUT_VERSION = 2
"""Raised when a table is added or changes; see `bot.storage.database` for the way from one to the next."""

METADATA = MetaData()
_MICROSECONDS = 1_000_000
# SQLite numbers rows by itself only where the column is of its own integer type.
_NUMBER = BigInteger().with_variant(Integer, "sqlite")

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


def in_microseconds(seconds: float) -> int:
    """Seconds since 1970 as they are stored."""
    return round(seconds * _MICROSECONDS)


def in_seconds(stored: int) -> float:
    """A stored time in seconds since 1970."""
    return stored / _MICROSECONDS
