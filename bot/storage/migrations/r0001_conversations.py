"""Conversations and their exchanges: what the first releases called layout 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Text

if TYPE_CHECKING:
    from alembic.operations import Operations

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0001"
down_revision = None


def upgrade(op: Operations) -> None:
    """Adds the tables."""
    op.create_table(
        "groundrule_layout",
        Column("id", Integer, primary_key=True),
        Column("version", Integer, nullable=False),
    )
    op.create_table(
        "conversations",
        Column("session", String(128), primary_key=True),
        Column("used", BigInteger, nullable=False, index=True),
        Column("turn", Text, nullable=False),
    )
    op.create_table(
        "exchanges",
        Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
        Column("session", String(128), ForeignKey("conversations.session", ondelete="CASCADE"), nullable=False),
        Column("at", BigInteger, nullable=False),
        Column("bytes", Integer, nullable=False),
        Column("answer", Text, nullable=False),
    )
    op.create_index("exchanges_of_session", "exchanges", ["session", "id"])
