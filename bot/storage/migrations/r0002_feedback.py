"""Feedback: what the first releases called layout 2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Text, UniqueConstraint

if TYPE_CHECKING:
    from alembic.operations import Operations

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0002"
down_revision = "0001"


def upgrade(op: Operations) -> None:
    """Adds the table."""
    op.create_table(
        "feedback",
        Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
        Column("session", String(128), nullable=False, index=True),
        Column("exchange", String(64), nullable=False),
        Column("voted", Boolean, nullable=False),
        Column("kind", String(16), nullable=False),
        Column("at", BigInteger, nullable=False, index=True),
        Column("drafted", BigInteger),
        Column("comment", Text, nullable=False),
        Column("turns", Text, nullable=False),
        Column("answer", Text, nullable=False),
        UniqueConstraint("exchange", "voted"),
        sqlite_autoincrement=True,
    )
