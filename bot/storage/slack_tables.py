"""The tables of the Slack door: what was asked there, and the conversation that each thread is."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from bot.storage.tables import METADATA
from bot.types import MAX_SESSION_ID

__all__ = ["SLACK_JOBS", "SLACK_THREADS"]

# Slack's own ids and timestamps have 9 to 17 characters; it promises no length.
_ID = String(64)
# SQLite numbers rows by itself only where the column is of its own integer type.
_NUMBER = BigInteger().with_variant(Integer, "sqlite")

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

# Times are microseconds since 1970.
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
