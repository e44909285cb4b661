"""With each exchange the turn before it, so that an exchange can be taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, Text

if TYPE_CHECKING:
    from alembic.operations import Operations

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0004"
down_revision = "0003"


def upgrade(op: Operations) -> None:
    """Adds the column; what was before an older exchange nobody knows."""
    op.add_column("exchanges", Column("turn_before", Text))
