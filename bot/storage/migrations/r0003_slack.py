"""What was asked in Slack, and the conversation that each thread is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Text

if TYPE_CHECKING:
    from alembic.operations import Operations

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0003"
down_revision = "0002"


def upgrade(op: Operations) -> None:
    """Adds the tables."""
    op.create_table(
        "slack_threads",
        Column("team", String(64), primary_key=True),
        Column("channel", String(64), primary_key=True),
        Column("thread", String(64), primary_key=True),
        Column("user", String(64), primary_key=True),
        Column("session", String(128), nullable=False, index=True),
        Column("starter", String(64), nullable=False),
        Column("used", BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "slack_jobs",
        Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
        Column("key", String(200), nullable=False, unique=True),
        Column("kind", String(16), nullable=False),
        Column("team", String(64), nullable=False),
        Column("channel", String(64), nullable=False),
        Column("user", String(64), nullable=False),
        Column("thread", String(64)),
        Column("text", Text, nullable=False),
        Column("private", Boolean, nullable=False),
        Column("facts", Text, nullable=False),
        Column("decision", Text),
        Column("session", String(128), nullable=False),
        Column("at", BigInteger, nullable=False),
        Column("due", BigInteger, nullable=False),
        Column("finished", BigInteger),
        Column("holder", String(32)),
        Column("held_until", BigInteger, nullable=False),
        Column("doubt", Boolean, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("asked", String(40)),
        Column("failures", Integer, nullable=False),
        Column("failing_since", BigInteger),
        Column("answer", Text),
        Column("apology", Text),
        Column("to_channel", String(64)),
        Column("to_thread", String(64)),
        Column("posted", Text, nullable=False),
        Column("failure", Text),
        sqlite_autoincrement=True,
    )
    op.create_index("slack_jobs_open", "slack_jobs", ["finished", "session", "id"])
    op.create_index("slack_jobs_of_user", "slack_jobs", ["team", "user"])
